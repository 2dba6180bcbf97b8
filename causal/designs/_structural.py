"""A series as level, slope, season and regressors, each with its own noise: the state-space models
behind interrupted time series, fitted by maximum likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from workbench.errors import NotApplicable
from workbench.metrics import Z95
from workbench.progress import Progress

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
#: Where the search for parameters starts: standard deviations (the outcome's is 1), and the inverse
#: hyperbolic tangent of how much of an error lasts.
_START_SD, _START_LASTING = 0.3, 0.5
_SEARCH = {"eps": 1e-5, "maxiter": 200}
#: The share of an error that lasts stays below tanh of this: at one there is no stationary error.
MOST_LASTING = 5.0


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

    def natural(self, parameters: Floats) -> Floats:
        """Variances and the share of an error that lasts, as statsmodels takes them."""
        return _natural(self.structure, parameters)

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
    bounds = [(None, None)] * sds + [(-MOST_LASTING, MOST_LASTING)] * (len(start) - sds)
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
    sds = _sds(structure, parameters)
    return np.concatenate([parameters[:sds] ** 2, np.tanh(parameters[sds:])])


def _log_posterior(model: Any, structure: Structure, parameters: Floats) -> float:
    sds = _sds(structure, parameters)
    if (np.abs(parameters[sds:]) > MOST_LASTING).any():
        return -np.inf
    likelihood = float(model.loglike(_natural(structure, parameters), transformed=True))
    # a flat prior on the share that lasts, by the change of variables; it keeps it below one
    return likelihood - 2 * float(np.log(np.cosh(parameters[sds:])).sum())
