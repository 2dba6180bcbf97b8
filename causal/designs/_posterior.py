"""What the estimation of a structural model's parameters adds to an interval: parameters drawn as
the series allows them, and the path without the intervention for each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.progress import Progress, part

from ._many import Filtered, Systems, ahead, filter_many, systems_of
from ._mixture import Mixture
from ._structural import MOST_LASTING, Fit
from .design import Floats

#: Draws of the parameters, and the fewest they must be worth for their intervals to be trusted.
DRAWS, FEWEST_WORTH = 200, 25
#: Where draws are worth less than this they are drawn again, in so many rounds at most.
ENOUGH_WORTH, _ROUNDS = 50, 4
#: The draws' tails (t with so many degrees of freedom), and the widest a parameter is drawn.
_TAILS, _WIDEST = 5, 1.0


@dataclass(frozen=True)
class Draws:
    """Parameters that the likelihood allows: (draws, p) with their weights, the models of them and
    where these have come to by the last time before."""

    parameters: Floats
    weights: Floats
    systems: Systems
    filtered: Filtered

    @property
    def worth(self) -> float:
        """Equally weighted draws that say as much."""
        return float(1 / (self.weights**2).sum())

    def taking(self, kept: NDArray[np.bool_]) -> Draws:
        """Some of them."""
        return Draws(
            self.parameters[kept],
            self.weights[kept] / self.weights[kept].sum(),
            self.systems.taking(kept),
            self.filtered.taking(kept),
        )


def draws(fitted: Fit, seed: int, progress: Progress) -> Draws:
    """Parameters drawn about the fitted ones and weighted by their likelihood and by how much
    levels and slopes are taken to move beforehand: the posterior (importance sampling). Where they
    are worth too little they are drawn again, as the weighted ones lie. The first is the fitted
    one."""
    rng = np.random.default_rng(seed)
    progress(0.0, "how sure the parameters are")
    centre, root = fitted.parameters, _spread_of_parameters(fitted, progress)
    for k in range(_ROUNDS):
        stretch = part(progress, k / _ROUNDS, (k + 1) / _ROUNDS, "parameters that fit as well")
        drawn, logs = _round(fitted, centre, root, rng, stretch)
        if drawn.worth > ENOUGH_WORTH or not np.isfinite(logs[0]):
            break
        centre, root = _as_they_lie(fitted, drawn.parameters, logs)
    if not np.isfinite(logs[0]):
        raise NotApplicable(
            f"A {fitted.structure} meets the times before nearly exactly: there is no noise to "
            "make an interval of.",
            "Choose another model, or look whether the series was interpolated.",
        )
    return drawn.taking(np.isfinite(logs))


def plain(fitted: Fit, progress: Progress) -> Draws:
    """The fitted parameters alone, their estimation left out."""
    made = fitted.parameters[None, :]
    return Draws(made, np.ones(1), *_many(fitted, made, progress))


def paths(fitted: Fit, drawn: Draws, counted: Floats) -> tuple[Mixture, Mixture]:
    """The outcome at every time after, and its sum so far over the `counted` times (1 or 0), for
    each draw of the parameters: state, observation and parameters uncertain."""
    means, variances, sums, of_sums = ahead(drawn.systems, drawn.filtered, fitted.until, counted)
    point = Mixture(means, np.sqrt(variances), drawn.weights, means[0])
    total = Mixture(sums, np.sqrt(of_sums), drawn.weights, sums[0])
    so_far = np.cumsum(counted)
    return (
        point.moved(fitted.location, fitted.spread),
        total.moved(fitted.location * so_far, fitted.spread),
    )


def last_coefficient(fitted: Fit, drawn: Draws) -> Mixture:
    """The coefficient of the last regressor, in the outcome's unit per unit of the regressor."""
    means, sds = drawn.filtered.state[:, -1:], np.sqrt(drawn.filtered.cov[:, -1, -1:])
    return Mixture(means, sds, drawn.weights, means[0]).moved(0.0, fitted.spread)


def _round(
    fitted: Fit, centre: Floats, root: Floats, rng: np.random.Generator, progress: Progress
) -> tuple[Draws, Floats]:
    """Draws with tails of t about a centre, with the logarithms of their weights."""
    off = rng.normal(size=(DRAWS, len(centre)))
    off *= np.sqrt(_TAILS / rng.chisquare(_TAILS, size=(DRAWS, 1)))
    made = centre + off @ root.T
    made[0] = fitted.parameters
    made[:, fitted.sds :] = np.clip(made[:, fitted.sds :], -MOST_LASTING, MOST_LASTING)
    systems, filtered = _many(fitted, made, progress)
    logs = filtered.log_likelihood - 2 * np.log(np.cosh(made[:, fitted.sds :])).sum(axis=1)
    logs -= _stillness(fitted, made)
    logs = np.where(np.isfinite(logs), logs, -np.inf) - _log_drawn(fitted, made, centre, root)
    if not np.isfinite(logs.max()):
        return Draws(made, np.full(DRAWS, 1 / DRAWS), systems, filtered), logs
    weights = np.exp(logs - logs.max())
    return Draws(made, weights / weights.sum(), systems, filtered), logs


def _stillness(fitted: Fit, made: Floats) -> Floats:
    """How much less likely parameters (draws, p) are beforehand than a level and a slope that stand
    still, in logarithms. The standard deviations of their steps are exponential: on average so
    large that they alone would spread the series by as much as it is spread. A flat prior would
    give most of its weight to steps that no series of this length shows."""
    n = fitted.until
    # n steps of variance 1 give a sample variance of n/6; of a slope they give n³/30
    likely = {"sigma2.level": np.sqrt(6 / n), "sigma2.trend": np.sqrt(30 / n**3)}
    return np.asarray(
        sum(
            np.abs(made[:, k]) / likely[name]
            for k, name in enumerate(fitted.model.param_names)
            if name in likely
        )
    )


def _as_they_lie(fitted: Fit, made: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """Mean and a root of the covariance of weighted draws; weights are tempered, so that a few
    draws do not decide it, and a standard deviation and its negative are one."""
    weights = np.exp((logs - logs.max()) / 2)
    weights /= weights.sum()
    folded = made.copy()
    folded[:, : fitted.sds] = np.abs(folded[:, : fitted.sds])
    centre = weights @ folded
    off = folded - centre
    covariance = (weights[:, None] * off).T @ off
    values, vectors = np.linalg.eigh(covariance)
    return centre, np.asarray(vectors * np.sqrt(np.maximum(values, 1e-8)))


def _log_drawn(fitted: Fit, made: Floats, centre: Floats, root: Floats) -> Floats:
    """The logarithm of the density that the draws come from, but for its constant; a standard
    deviation and its negative are the same, so both ways to it are counted."""
    size = made.shape[1]
    found = np.zeros(len(made))
    for signs in itertools.product((1.0, -1.0), repeat=fitted.sds):
        mirrored = made * np.array([*signs, *[1.0] * (size - fitted.sds)])
        off = np.linalg.solve(root, (mirrored - centre).T)
        found += (1 + (off**2).sum(axis=0) / _TAILS) ** (-(_TAILS + size) / 2)
    return np.asarray(np.log(found))


def _many(fitted: Fit, parameters: Floats, progress: Progress) -> tuple[Systems, Filtered]:
    """The filter over the times before `until` for many parameters (B, p)."""
    natural = [fitted.natural(each) for each in parameters]
    has_lasting = fitted.sds < parameters.shape[1]
    lasting = np.tanh(parameters[:, -1]) if has_lasting else None
    systems = systems_of(fitted.model, natural, lasting)
    return systems, filter_many(systems, fitted.y[: fitted.until], progress)


def _spread_of_parameters(fitted: Fit, progress: Progress) -> Floats:
    """A root of the inverse curvature of the log-posterior (p, p); where it hardly bends, as far
    as parameters are drawn at most."""
    at, size = fitted.parameters, len(fitted.parameters)
    step = 0.01 * np.maximum(1.0, np.abs(at))
    value = {}

    def height(*moves: tuple[int, int]) -> float:
        if moves not in value:
            progress(0.0)
            moved = at.copy()
            for j, sign in moves:
                moved[j] += sign * step[j]
            value[moves] = fitted.log_posterior(moved)
        return value[moves]

    curve = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            found = sum(a * b * height((i, a), (j, b)) for a in (1, -1) for b in (1, -1)) / (
                4 * step[i] * step[j]
            )
            curve[i, j] = curve[j, i] = -found
    values, vectors = np.linalg.eigh(curve)
    return np.asarray(vectors * np.sqrt(1 / np.maximum(values, 1 / _WIDEST**2)))
