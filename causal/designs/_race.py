"""Which model forecasts this series best where the answer is known: before the intervention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.metrics import Z95
from workbench.progress import Progress, part

from ._structural import STRUCTURES, Structure, fit, forecast
from .design import Floats
from .series import Series

Choice = Literal[
    "automatic", "local level", "local linear trend", "smooth trend", "level with ARMA errors",
    "trend with ARMA errors",
]  # fmt: skip
#: The same as a setting.
Model = Annotated[Choice, "how the series runs; automatic: what forecast best before the beginning"]
#: Of the times before, the share that the models are fitted to before they forecast the rest.
LEARNED = 0.6
#: At most so many times are forecast from.
ORIGINS = 12
#: A model is mixed in if its likelihood is at least this share of the best one's.
LEAST_SHARE = 0.05
SMOOTHING, REPEATED = "exponential smoothing", "last season repeated"


@dataclass(frozen=True)
class Entry:
    """One model in the race: its forecast errors (k,) and whether each 95 % interval held the
    outcome; nothing of it, and why, where it could not be fitted."""

    name: str
    is_yardstick: bool
    errors: Floats
    inside: Floats
    refused: str = ""

    @property
    def rmse(self) -> float:
        """The root of the mean squared error; infinite where it took no part."""
        return float(np.sqrt((self.errors**2).mean())) if len(self.errors) else float("inf")


@dataclass(frozen=True)
class Race:
    """What took part, from how many origins how far was forecast, the first origin, and how many
    times were held out."""

    entries: tuple[Entry, ...]
    origins: int
    steps: int
    first: int
    held_out: int

    @property
    def winner(self) -> Structure:
        """The structural model with the smallest error."""
        best = min((e for e in self.entries if not e.is_yardstick), key=lambda e: e.rmse)
        return next(s for s in STRUCTURES if s == best.name)

    @property
    def shares(self) -> Mapping[str, float]:
        """How much each model counts: by the normal likelihood of its held-out errors, as many of
        them as stretches of that length fit in without overlap."""
        models = [e for e in self.entries if not e.is_yardstick and not e.refused]
        best = min(e.rmse for e in models)
        if not best > 0:
            return {self.winner: 1.0}
        power = max(1.0, self.held_out / self.steps)
        raw = {e.name: (best / e.rmse) ** power for e in models}
        kept = {name: share for name, share in raw.items() if share >= LEAST_SHARE}
        return {name: share / sum(kept.values()) for name, share in kept.items()}

    @property
    def frame(self) -> pd.DataFrame:
        """One row per model, the best first, yardsticks below the models."""
        frame = pd.DataFrame(
            {
                "model": [e.name for e in self.entries],
                "rmse": [e.rmse if len(e.errors) else np.nan for e in self.entries],
                "mean_error": [_mean(e.errors) for e in self.entries],
                "share_inside": [_mean(e.inside) for e in self.entries],
                "share": [self.shares.get(e.name, 0.0) for e in self.entries],
                "forecasts": [len(e.errors) for e in self.entries],
                "is_yardstick": [e.is_yardstick for e in self.entries],
                "is_chosen": [e.name == self.winner for e in self.entries],
            }
        )
        return frame.sort_values(["is_yardstick", "rmse"], kind="stable", ignore_index=True)

    @property
    def words(self) -> str:
        """How it was chosen, as the end of a sentence."""
        return (
            f"chosen by its forecasts of up to {self.steps} times ahead from {self.origins} times "
            "before the beginning"
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the race says against its winner."""
        best = min((e for e in self.entries if not e.is_yardstick), key=lambda e: e.rmse)
        better = [e for e in self.entries if e.is_yardstick and e.rmse < 0.95 * best.rmse]
        said = [
            f"Warning: {e.name} forecasts the times before better than every model here (error "
            f"{e.rmse:.4g} against {best.rmse:.4g}): the models miss something of the series."
            for e in better
        ]
        share = _mean(best.inside)
        if share < 0.8:
            said.append(
                f"Warning: only {share:.0%} of the held-out values before the beginning lay in "
                f"the 95 % intervals of the {best.name}, which leave the estimation of its "
                "parameters out."
            )
        return (
            *said,
            *(f"{e.name[0].upper()}{e.name[1:]}: {e.refused}" for e in self.entries if e.refused),
        )


def race(series: Series, progress: Progress) -> Race:
    """Every model fitted to the first part of the times before and asked for the rest, from one
    origin after the other (parameters as first fitted, levels brought up to date)."""
    past = series.until(series.before, series.before)
    first = max(int(np.ceil(LEARNED * len(past))), min(2 * series.season, len(past) - 4))
    steps = min(series.after, (len(past) - first + 1) // 2)
    last = max(first, len(past) - steps)
    origins = np.unique(np.linspace(first, last, min(ORIGINS, last - first + 1)).astype(int))
    share = 1 / (len(STRUCTURES) + 1)
    entries = [
        _entry(past, structure, first, origins, steps, part(progress, k * share, (k + 1) * share))
        for k, structure in enumerate(STRUCTURES)
    ]
    if all(e.refused for e in entries):
        raise NotApplicable(
            f"None of the models could be fitted to the first {first} of {len(past)} times before "
            "the beginning.",
            "Bring a longer series, or leave regressors out.",
        )
    yardsticks = part(progress, 1 - share, 1.0, "yardsticks")
    entries += [
        _repeated(past, origins, steps),
        _smoothing(past, first, origins, steps, yardsticks),
    ]
    return Race(tuple(entries), len(origins), steps, first, len(past) - first)


@dataclass(frozen=True)
class Chosen:
    """The model that forecast best (or was named), the share of each that is mixed in (that one
    first), and the race, if there was one."""

    structure: Structure
    shares: tuple[tuple[Structure, float], ...]
    held: Race | None

    def how(self, named: str) -> str:
        """How the model that is `named` came to be the first, as a sentence."""
        first = "Model" if len(self.shares) == 1 else "The first of the models"
        how = self.held.words if self.held else "as was asked"
        return f"{first}: {named}, {how}."

    @property
    def words(self) -> str:
        """The model, or the models, in words."""
        if len(self.shares) == 1:
            return self.structure
        return f"mix of {len(self.shares)} models, first a {self.structure}"

    @property
    def others(self) -> str:
        """What estimate and interval say of the choice, as a sentence."""
        if self.held is None:
            return "That the model might be another is left out of the interval."
        if len(self.shares) == 1:
            return "No other model forecasts nearly as well, so the interval is that of one model."
        named = ", ".join(f"{name} {share:.2f}" for name, share in self.shares)
        return (
            "Estimate and interval count that another model may be right: all are mixed by how "
            f"well they forecast held-out times ({named})."
        )


def chosen(series: Series, model: Choice, progress: Progress) -> Chosen:
    """The model that was named, or the winner of the race with the others' shares."""
    if model != "automatic":
        return Chosen(model, ((model, 1.0),), None)
    held = race(series, progress)
    rest = [s for s in STRUCTURES if s in held.shares and s != held.winner]
    order = sorted(rest, key=lambda s: -held.shares[s])
    return Chosen(held.winner, tuple((s, held.shares[s]) for s in (held.winner, *order)), held)


def _entry(
    past: Series, structure: Structure, first: int, origins: Any, steps: int, progress: Progress
) -> Entry:
    try:
        fitted = fit(past, structure, first, progress)
    except NotApplicable as error:
        return Entry(structure, False, np.empty(0), np.empty(0), error.message)
    errors, inside = [], []
    for origin in origins:
        progress(0.5)
        reach = min(steps, len(past) - origin)
        made = forecast(fitted, origin, reach)
        off = past.y[origin : origin + reach] - made.fitted
        known = ~np.isnan(off)
        errors.append(off[known])
        inside.append((np.abs(off) <= Z95 * made.sds[0])[known].astype(float))
    return Entry(structure, False, np.concatenate(errors), np.concatenate(inside))


def _repeated(past: Series, origins: Any, steps: int) -> Entry:
    """The last season over again (without a season the last value)."""
    errors = []
    for origin in origins:
        reach = min(steps, len(past) - origin)
        places = origin - past.season + np.arange(reach) % past.season
        errors.append(past.y[origin : origin + reach] - past.y[places])
    off = np.concatenate(errors)
    name = REPEATED if past.season > 1 else "last value repeated"
    return Entry(name, True, off[~np.isnan(off)], np.empty(0))


def _smoothing(past: Series, first: int, origins: Any, steps: int, progress: Progress) -> Entry:
    """Holt and Winters with a damped trend, fitted once and brought up to each origin."""
    if np.isnan(past.y).any():
        why = "takes no missing values, so it is no yardstick here."
        return Entry(SMOOTHING, True, np.empty(0), np.empty(0), why)
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    seasonal = {"seasonal": "add", "seasonal_periods": past.season} if past.season > 1 else {}
    shape: dict[str, Any] = {"trend": "add", "damped_trend": True, **seasonal,
                             "initialization_method": "heuristic"}  # fmt: skip
    progress(0.0)
    # In its own spread: the search for the shares ends by a step that knows no unit.
    spread = float(past.y[:first].std()) or 1.0
    y = (past.y - past.y[:first].mean()) / spread
    try:
        asked = ExponentialSmoothing(y[:first], **shape).fit().params
    except ValueError as error:
        return Entry(SMOOTHING, True, np.empty(0), np.empty(0), f"{error}.")
    fixed = {
        "smoothing_level": asked["smoothing_level"], "smoothing_trend": asked["smoothing_trend"],
        "damping_trend": asked["damping_trend"], "optimized": False,
    }  # fmt: skip
    if past.season > 1:
        fixed["smoothing_seasonal"] = asked["smoothing_seasonal"]
    errors = []
    for k, origin in enumerate(origins):
        progress(k / len(origins))
        reach = min(steps, len(past) - origin)
        again = ExponentialSmoothing(y[:origin], **shape).fit(**fixed)
        errors.append(spread * (y[origin : origin + reach] - again.forecast(reach)))
    return Entry(SMOOTHING, True, np.concatenate(errors), np.empty(0))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
