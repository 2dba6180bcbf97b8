"""One effect on the treated, adjusted for covariates, with each row's influence on it: by a
regression of the outcome, or doubly robust (Sant'Anna & Zhao, Doubly Robust Difference-in-
Differences Estimators, Journal of Econometrics 219, 2020)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..independent_columns import independent_columns

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: A comparison unit with a larger chance of treatment than this has hardly a treated unit's like.
LARGEST_CHANCE = 0.995


@dataclass(frozen=True)
class Effect:
    """One effect, each row's influence (n,) on it, and the share (n,) of each comparison row's
    outcome in what the treated are compared with; 0 in the treated."""

    estimate: float
    influence: Floats
    shares: Floats

    def among(self, used: Mask) -> Effect:
        """The same over all units, of which only some were used."""
        influence, shares = np.zeros(len(used)), np.zeros(len(used))
        influence[used] = self.influence * (len(used) / used.sum())
        shares[used] = self.shares
        return Effect(self.estimate, influence, shares)


def with_constant(x: Floats) -> Floats:
    """Ones, then the covariates (n, K) with mean 0 and spread 1, so that none is taken for a
    constant because it is far from zero; without those that others already make up."""
    x = x[:, np.ptp(x, axis=0) > 0] if len(x) else x[:, :0]
    columns = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    return columns[:, independent_columns(columns)]


def outcome_regression(
    change: Floats, treated: Mask, x: Floats, w: Floats, clusters: Codes
) -> Effect | None:
    """The treated's change minus what the comparison units' regression predicts for them."""
    fit = Regression.of(change, ~treated, x, w, clusters)
    if fit is None:
        return None
    t = w * treated
    size = t.mean()
    rest = change - fit.predicted
    effect = float((t * rest).mean() / size)
    mean = (t[:, None] * x).mean(axis=0) / size
    influence = t * (rest - effect) / size * longer_around(t, clusters)
    return Effect(effect, influence - fit.influence @ mean, fit.shares @ mean)


def doubly_robust(
    change: Floats, treated: Mask, x: Floats, w: Floats, clusters: Codes
) -> Effect | None:
    """Right where the regression of the change or the chance of treatment is right; the influence
    of estimating both is in."""
    if x.shape[1] == 1:  # nothing to adjust for: a difference of mean changes
        return outcome_regression(change, treated, x, w, clusters)
    fit = Regression.of(change, ~treated, x, w, clusters)
    chance = Chance.of(treated, x, w)
    if fit is None or chance is None:
        return None
    kept = treated | (chance.predicted < LARGEST_CHANCE)
    t = w * treated
    c = w * kept * ~treated * chance.predicted / (1 - chance.predicted)
    if not c.sum() > 0:
        return None
    rest = change - fit.predicted
    effect, off = float((t * rest).sum() / t.sum()), float((c * rest).sum() / c.sum())
    means = (t[:, None] * x).sum(axis=0) / t.sum(), (c[:, None] * x).sum(axis=0) / c.sum()
    by_chance = chance.influence @ ((c * (rest - off))[:, None] * x).sum(axis=0) / c.sum()
    of_treated = t * (rest - effect) / t.mean() * longer_around(t, clusters)
    of_others = c * (rest * fit.longer - off) / c.mean() * longer_around(c, clusters)
    between = means[0] - means[1]
    return Effect(
        effect - off,
        of_treated - of_others - by_chance - fit.influence @ between,
        c / c.sum() + fit.shares @ between,
    )


def _longer(shares: Floats, x: Floats, clusters: Codes) -> Floats:
    """What the residuals of a fit on x (n, p) are multiplied by, (n,). Rows that pull the fit
    towards themselves have residuals shorter than their errors, by the square root of one minus
    the leverage (HC2: MacKinnon & White 1985). That of a cluster is the mean of the eigenvalues
    of its block of the hat matrix, weighed by themselves: for one row, or rows that are alike,
    what CR2 (Bell & McCaffrey 2002) takes. Who decides its own fit has no residual to lengthen."""
    blocks = np.zeros((int(clusters.max()) + 1, x.shape[1], x.shape[1]))
    np.add.at(blocks, clusters, shares[:, :, None] * x[:, None, :])
    trace = np.trace(blocks, axis1=1, axis2=2)
    square = np.einsum("gij,gji->g", blocks, blocks)
    leverage = np.divide(square, trace, out=np.zeros_like(trace), where=trace > 0)[clusters]
    return np.asarray(1 / np.sqrt(np.where(leverage < 1 - 1e-9, 1 - leverage, 1.0)))


def longer_around(weight: Floats, clusters: Codes) -> Floats:
    """The same around a weighted mean."""
    return _longer((weight / weight.sum())[:, None], np.ones((len(weight), 1)), clusters)


@dataclass(frozen=True)
class Regression:
    """Predictions (n,); each row's influence (n, p) on the coefficients, and share (n, p) in them,
    by which they are sums of the outcome; `longer` (n,) is what its residual is multiplied by."""

    predicted: Floats
    influence: Floats
    shares: Floats
    longer: Floats

    @classmethod
    def of(
        cls, change: Floats, rows: Mask, x: Floats, w: Floats, clusters: Codes
    ) -> Regression | None:
        """The change on x over some rows; None where they do not tell the columns apart."""
        ww = w * rows
        gram = (ww[:, None] * x).T @ x
        if not _is_regular(gram) or 1 < x.shape[1] >= int(rows.sum()):
            return None
        shares = (ww[:, None] * x) @ np.linalg.inv(gram)
        predicted = x @ (shares.T @ change)
        longer = _longer(shares, x, clusters)
        influence = shares * (longer * (change - predicted) * len(x))[:, None]
        return cls(predicted, influence, shares, longer)


@dataclass(frozen=True)
class Chance:
    """The chance of being treated (n,) by logistic regression, with the influences (n, p)."""

    predicted: Floats
    influence: Floats

    @classmethod
    def of(cls, treated: Mask, x: Floats, w: Floats) -> Chance | None:
        """None where the covariates tell treated and others apart, so that no chance exists."""
        from scipy.special import expit

        beta = np.zeros(x.shape[1])
        for _ in range(50):
            chance = expit(x @ beta)
            score = w * (treated - chance)
            hessian = ((w * chance * (1 - chance))[:, None] * x).T @ x / len(x)
            if not _is_regular(hessian):
                return None
            step = np.linalg.solve(hessian, score @ x / len(x))
            beta = beta + step
            if np.abs(step @ hessian @ step) < 1e-20:
                influence = (score[:, None] * x) @ np.linalg.inv(hessian)
                return cls(np.minimum(chance, 1 - 1e-6), influence)
        return None


def _is_regular(gram: Floats) -> bool:
    scale = np.sqrt(np.diag(gram))
    if not (scale > 0).all():
        return False
    return bool(np.linalg.cond(gram / np.outer(scale, scale)) < 1e10)
