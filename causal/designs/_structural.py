"""A series as level, slope, season and regressors, each with its own noise: the state-space models
behind interrupted time series, with what the estimation of their parameters adds to an interval."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.metrics import Z95
from workbench.progress import Progress, part

from ._many import Filtered, Systems, ahead, filter_many, systems_of
from ._mixture import Mixture
from .design import Floats
from .series import Series

Structure = Literal[
    "local level", "local linear trend", "smooth trend", "level with ARMA errors",
    "trend with ARMA errors",
]  # fmt: skip
STRUCTURES: tuple[Structure, ...] = get_args(Structure)
#: What is given to statsmodels for each.
_PARTS: Mapping[Structure, dict[str, Any]] = {
    "local level": {"level": "local level"},
    "local linear trend": {"level": "local linear trend"},
    "smooth trend": {"level": "smooth trend"},
    "level with ARMA errors": {"level": "deterministic constant", "autoregressive": 1},
    "trend with ARMA errors": {"level": "deterministic trend", "autoregressive": 1},
}
#: A season of at most this many times has an effect of its own for each; a longer one is drawn by
#: this many waves and their overtones.
LONGEST_SEASON, WAVES = 24, 6
#: Draws of the parameters, and the fewest they must be worth for their intervals to be trusted.
DRAWS, FEWEST_WORTH = 200, 25
#: Where draws are worth less than this they are drawn again, in so many rounds at most.
ENOUGH_WORTH, _ROUNDS = 50, 4
#: The draws' tails (t with so many degrees of freedom), and the widest a parameter is drawn.
_TAILS, _WIDEST = 5, 1.0
#: Where the search for parameters starts: standard deviations (the outcome's is 1), and the inverse
#: hyperbolic tangent of how much of an error lasts.
_START_SD, _START_LASTING = 0.3, 0.5
_SEARCH = {"eps": 1e-5, "maxiter": 200}
#: The share of an error that lasts stays below tanh of this: at one there is no stationary error.
_LASTING = 5.0


@dataclass(frozen=True)
class Fit:
    """A model fitted to the times before `until`, in units of that stretch's standard deviation.

    `model` runs over the whole series, with the outcome after `until` unknown to it; `parameters`
    are standard deviations (their sign means nothing) and, where errors are ARMA, the inverse
    hyperbolic tangent of how much of an error lasts; `y` is the whole outcome in the model's unit,
    `location` and `spread` lead back to its own.
    """

    structure: Structure
    model: Any
    parameters: Floats
    has_converged: bool
    until: int
    y: Floats
    location: float
    spread: float

    @property
    def sds(self) -> int:
        """How many of the parameters are standard deviations: the first ones."""
        return _sds(self.structure, self.parameters)

    def log_posterior(self, parameters: Floats) -> float:
        """The log-likelihood under flat priors on standard deviations and on the share of an error
        that lasts."""
        return _log_posterior(self.model, self.structure, parameters)


def fit(series: Series, structure: Structure, until: int, progress: Progress) -> Fit:
    """The model fitted by maximum likelihood to the times before `until`.

    Raises `NotApplicable` where these times do not tell all of its parts apart.
    """
    from scipy.optimize import minimize

    location, spread = float(np.nanmean(series.y[:until])), float(np.nanstd(series.y[:until]))
    if not spread > 0:
        raise NotApplicable(
            f"Before {series.names[until - 1]} the outcome never moves.", "Begin later."
        )
    short = _model(series, structure, until, until, location, spread)

    def loss(parameters: Floats) -> float:
        progress(0.0, f"fitting a {structure}")
        return -_log_posterior(short, structure, parameters) / until

    start = np.full(len(short.param_names), _START_SD)
    start[_sds(structure, start) :] = _START_LASTING
    sds = _sds(structure, start)
    bounds = [(None, None)] * sds + [(-_LASTING, _LASTING)] * (len(start) - sds)
    search: dict[str, Any] = {"method": "L-BFGS-B", "options": _SEARCH, "bounds": bounds}
    found = minimize(loss, start, **search)
    # A standard deviation of zero is a turning point: without a push no search would leave it.
    pushed = np.where(np.abs(found.x) < 1e-3, 0.05, found.x)
    again = minimize(loss, pushed, **search)
    best = again if again.fun < found.fun else found
    model = _model(series, structure, until, len(series), location, spread)
    if _run(model, structure, best.x).nobs_diffuse >= until:
        raise NotApplicable(
            f"A {structure} cannot be fitted to {until} times.", "Choose a simpler model."
        )
    return Fit(
        structure, model, best.x, bool(found.success or again.success), until,
        (series.y - location) / spread, location, spread,
    )  # fmt: skip


def forecast(fitted: Fit, origin: int, steps: int) -> Mixture:
    """The outcome at the `steps` times from `origin` on, from what came before, at the fitted
    parameters: their estimation left out."""
    regressors = {} if fitted.model.exog is None else {"exog": fitted.model.exog}
    seen = _hidden(fitted.y, origin)
    filtered = _run(fitted.model.clone(seen, **regressors), fitted.structure, fitted.parameters)
    reach = slice(origin, origin + steps)
    means = filtered.forecasts[0, reach]
    sds = np.sqrt(filtered.forecasts_error_cov[0, 0, reach])
    return Mixture.one(means, sds).moved(fitted.location, fitted.spread)


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
    """Parameters drawn about the fitted ones and weighted by their likelihood: the posterior under
    flat priors (importance sampling). Where they are worth too little they are drawn again, as the
    weighted ones lie. The first is the fitted one."""
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


def _round(
    fitted: Fit, centre: Floats, root: Floats, rng: np.random.Generator, progress: Progress
) -> tuple[Draws, Floats]:
    """Draws with tails of t about a centre, with the logarithms of their weights."""
    off = rng.normal(size=(DRAWS, len(centre)))
    off *= np.sqrt(_TAILS / rng.chisquare(_TAILS, size=(DRAWS, 1)))
    made = centre + off @ root.T
    made[0] = fitted.parameters
    made[:, fitted.sds :] = np.clip(made[:, fitted.sds :], -_LASTING, _LASTING)
    systems, filtered = _many(fitted, made, progress)
    logs = filtered.log_likelihood - 2 * np.log(np.cosh(made[:, fitted.sds :])).sum(axis=1)
    logs = np.where(np.isfinite(logs), logs, -np.inf) - _log_drawn(fitted, made, centre, root)
    if not np.isfinite(logs.max()):
        return Draws(made, np.full(DRAWS, 1 / DRAWS), systems, filtered), logs
    weights = np.exp(logs - logs.max())
    return Draws(made, weights / weights.sum(), systems, filtered), logs


def plain(fitted: Fit, progress: Progress) -> Draws:
    """The fitted parameters alone, their estimation left out."""
    made = fitted.parameters[None, :]
    return Draws(made, np.ones(1), *_many(fitted, made, progress))


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


def paths(fitted: Fit, drawn: Draws, counted: Floats) -> tuple[Mixture, Mixture]:
    """The outcome at every time after, and its sum so far over the `counted` times (1 or 0), for
    each draw of the parameters: state, observation and parameters uncertain."""
    means, variances, sums, of_sums = ahead(drawn.systems, drawn.filtered, fitted.until, counted)
    point = Mixture(means, np.sqrt(variances), drawn.weights)
    total = Mixture(sums, np.sqrt(of_sums), drawn.weights)
    so_far = np.cumsum(counted)
    return (
        point.moved(fitted.location, fitted.spread),
        total.moved(fitted.location * so_far, fitted.spread),
    )


def last_coefficient(fitted: Fit, drawn: Draws) -> Mixture:
    """The coefficient of the last regressor, in the outcome's unit per unit of the regressor."""
    means, sds = drawn.filtered.state[:, -1:], np.sqrt(drawn.filtered.cov[:, -1, -1:])
    return Mixture(means, sds, drawn.weights).moved(0.0, fitted.spread)


def _many(fitted: Fit, parameters: Floats, progress: Progress) -> tuple[Systems, Filtered]:
    """The filter over the times before `until` for many parameters (B, p)."""
    natural = [_natural(fitted.structure, each) for each in parameters]
    has_lasting = fitted.sds < parameters.shape[1]
    lasting = np.tanh(parameters[:, -1]) if has_lasting else None
    systems = systems_of(fitted.model, natural, lasting)
    return systems, filter_many(systems, fitted.y[: fitted.until], progress)


def one_step(fitted: Fit) -> tuple[Floats, Floats]:
    """Before `until`, each time forecast from the one before, and half its 95 % interval, in the
    outcome's unit; NaN while the level is being found."""
    filtered = _run(fitted.model, fitted.structure, fitted.parameters)
    means = filtered.forecasts[0, : fitted.until].copy()
    sds = np.sqrt(filtered.forecasts_error_cov[0, 0, : fitted.until])
    means[: _found_after(filtered)] = np.nan
    return fitted.location + fitted.spread * means, Z95 * fitted.spread * sds


def innovations(fitted: Fit) -> Floats:
    """One-step forecast errors before `until` over their standard deviations, without the first
    ones, which only find the level, and without missing times."""
    filtered = _run(fitted.model, fitted.structure, fitted.parameters)
    errors = filtered.standardized_forecasts_error[0, _found_after(filtered) : fitted.until]
    return np.asarray(errors[~np.isnan(errors)])


def _model(
    series: Series, structure: Structure, until: int, stop: int, location: float, spread: float
) -> Any:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    season: dict[str, Any] = {}
    if 1 < series.season <= LONGEST_SEASON:
        season = {"seasonal": series.season}
    elif series.season > 1:
        season = {"freq_seasonal": [{"period": series.season, "harmonics": WAVES}]}
    regressors: dict[str, Any] = {}
    if series.x.shape[1]:
        # As states with a diffuse beginning their estimation is part of every forecast's variance.
        regressors = {"exog": _scaled(series.x, until)[:stop], "mle_regression": False}
    y = (series.y[:stop] - location) / spread
    # Over a long season the first values lie nearly on one wave: the exact beginning then loses its
    # way in rounding, and a wide one takes its place.
    is_exact = series.season <= LONGEST_SEASON
    return UnobservedComponents(
        _hidden(y, until), **_PARTS[structure], **season, **regressors, use_exact_diffuse=is_exact
    )


def _found_after(filtered: Any) -> int:
    """How many of the first times only find the level, the slope and the season."""
    return max(int(filtered.nobs_diffuse), int(filtered.loglikelihood_burn))


def _scaled(x: Floats, until: int) -> Floats:
    """Regressors with mean 0 and standard deviation 1 before; a step stays as it is."""
    known = x[:until]
    are_steps = np.all((x == 0) | (x == 1), axis=0)
    size = np.where(are_steps, 1.0, known.std(axis=0))
    return np.asarray((x - np.where(are_steps, 0.0, known.mean(axis=0))) / size)


def _hidden(y: Floats, until: int) -> Floats:
    hidden = np.array(y, dtype=float)
    hidden[until:] = np.nan
    return hidden


def _run(model: Any, structure: Structure, parameters: Floats) -> Any:
    model.update(_natural(structure, parameters), transformed=True)
    return model.ssm.filter()


def _sds(structure: Structure, parameters: Floats) -> int:
    return len(parameters) - ("autoregressive" in _PARTS[structure])


def _natural(structure: Structure, parameters: Floats) -> Floats:
    """Variances and the share of an error that lasts, as statsmodels takes them."""
    sds = _sds(structure, parameters)
    return np.concatenate([parameters[:sds] ** 2, np.tanh(parameters[sds:])])


def _log_posterior(model: Any, structure: Structure, parameters: Floats) -> float:
    sds = _sds(structure, parameters)
    if (np.abs(parameters[sds:]) > _LASTING).any():
        return -np.inf
    likelihood = float(model.loglike(_natural(structure, parameters), transformed=True))
    # a flat prior on the share that lasts, by the change of variables; it keeps it below one
    return likelihood - 2 * float(np.log(np.cosh(parameters[sds:])).sum())


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
