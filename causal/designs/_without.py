"""The path that a series would have taken without the intervention, and how far it can be known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from workbench.errors import NotApplicable
from workbench.progress import Progress, part

from ._mixture import Mixture
from ._posterior import DRAWS, FEWEST_WORTH, Draws, draws, paths
from ._race import Choice, Chosen, chosen
from ._structural import LONGEST_SEASON, WAVES, Fit, Structure, fit
from .design import Floats
from .series import Series, SeriesQuestion

Made = TypeVar("Made")


@dataclass(frozen=True)
class Without:
    """The forecast from the times before: at every time after (`point`) and summed up so far over
    the times that have an outcome (`total`)."""

    series: Series
    fitted: Fit
    picked: Chosen
    drawn: Draws
    point: Mixture
    total: Mixture

    @property
    def model(self) -> str:
        """The model, or the models, in words."""
        return self.picked.words + season_words(self.series)

    @property
    def counted(self) -> Floats:
        """1 for every time after that has an outcome."""
        return self.series.seen_after.astype(float)

    @property
    def observed(self) -> Floats:
        """The outcome after, NaN where it is missing."""
        return self.series.y[self.series.before :]

    @property
    def so_far(self) -> Floats:
        """Its running sum over the times that have one."""
        return np.nancumsum(self.observed)

    @property
    def stretch(self) -> str:
        """The times after in words."""
        names, count = self.series.names[self.series.before :], int(self.counted.sum())
        return f"{times(count, self.series.unit)} from {names[0]} to {names[-1]}"


def without(question: SeriesQuestion, model: Choice, seed: int, progress: Progress) -> Without:
    """The forecast by the model that was named or that won the race."""
    progress(0.0, "which model forecasts best")
    picked = chosen(question.series, model, part(progress, 0.0, 0.3))
    return of_models(question.series, picked, seed, part(progress, 0.3, 1.0))


def of_models(series: Series, picked: Chosen, seed: int, progress: Progress) -> Without:
    """The forecast of all models that have a share, mixed."""
    counted = series.seen_after.astype(float)

    def one(structure: Structure, stretch: Progress) -> tuple[Fit, Draws, Mixture, Mixture]:
        fitted = fit(series, structure, series.before, part(stretch, 0.0, 0.2))
        drawn = draws(fitted, seed, part(stretch, 0.2, 1.0))
        point, total = paths(fitted, drawn, counted)
        if not np.isfinite(total.sd).all():
            raise NotApplicable(
                f"The forecast of a {structure} has no finite interval here.",
                "Choose a simpler model, or leave regressors out.",
            )
        return fitted, drawn, point, total

    made, picked = mixed(picked, one, progress)
    (fitted, drawn, _, _), _ = made[0]
    point = Mixture.pooled([(each[2], share) for each, share in made])
    total = Mixture.pooled([(each[3], share) for each, share in made])
    return Without(series, fitted, picked, drawn, point, total)


def mixed(
    picked: Chosen, one: Callable[[Structure, Progress], Made], progress: Progress
) -> tuple[list[tuple[Made, float]], Chosen]:
    """What is made of each model that has a share, with it, the best first; and what is left of
    the choice: another than the best that cannot be fitted to all the times gives up its share."""
    count = len(picked.shares)
    made: list[tuple[Made, float]] = []
    kept: list[Structure] = []
    for k, (structure, share) in enumerate(picked.shares):
        try:
            made.append((one(structure, part(progress, k / count, (k + 1) / count)), share))
            kept.append(structure)
        except NotApplicable:
            if structure == picked.structure:
                raise
    whole = sum(share for _, share in made)
    made = [(each, share / whole) for each, share in made]
    shares = tuple((name, share) for name, (_, share) in zip(kept, made, strict=True))
    return made, replace(picked, shares=shares)


def notes_of(question: SeriesQuestion, made: Without) -> tuple[str, ...]:
    """What the forecast rests on, and its doubts."""
    series, held = made.series, made.picked.held
    first, last = series.names[0], series.names[series.before - 1]
    unknown = len(series.y[: series.before]) - int((~np.isnan(series.y[: series.before])).sum())
    said = [
        made.picked.how(made.fitted.structure + season_words(series)),
        (
            f"Fitted to {times(series.before, series.unit)}, {first} to {last}, and to "
            "nothing later."
        ),
        (
            "The effect is what the intervention did if nothing else began at that time, if nobody "
            "acted on it before, and if the path before would have gone on as it was."
        ),
        (
            "The intervals count that the level moves on its own, that every value has noise, and "
            f"that the parameters are estimated ({DRAWS} draws of them weighted by their "
            f"likelihood, worth {made.drawn.worth:.0f} equal ones)."
        ),
        made.picked.others,
        *regressor_notes(question),
        *season_notes(question),
    ]
    if unknown:
        said.append(f"{unknown} missing values before the beginning are bridged by the model.")
    gone = series.after - int(made.counted.sum())
    if gone:
        said.append(f"{gone} times after the beginning have no outcome and are not counted.")
    left = len(question.data) - len(series)
    if left:
        said.append(f"{times(left, series.unit)} after {question.ends} are left out.")
    if held and held.steps < series.after / 2:
        said.append(
            f"Warning: the models were tried on forecasts of up to {held.steps} times ahead, "
            f"while the effect is read {series.after} times ahead: nothing before the beginning "
            "shows how good such a long forecast is."
        )
    return (*said, *doubts_of(made.fitted, made.drawn), *(held.doubts if held else ()))


def doubts_of(fitted: Fit, drawn: Draws) -> list[str]:
    """Whether parameters and their draws can be relied on."""
    said = []
    if drawn.worth < FEWEST_WORTH:
        said.append(
            f"Warning: the draws of the parameters are worth only {drawn.worth:.0f} equal ones, "
            "so the interval's ends are rough; try another seed or a simpler model."
        )
    if not fitted.has_converged:
        said.append(
            "Warning: the search for the model's parameters did not settle; a simpler model may."
        )
    return said


def regressor_notes(question: SeriesQuestion) -> list[str]:
    """What has to hold of the regressors."""
    if not question.regressors:
        return []
    named = ", ".join(question.regressors)
    return [
        (
            f"Regressors: {named}. What the intervention changed in them is taken out of its "
            "effect, so it must not have touched them; their link with the outcome is taken to "
            "have stayed."
        )
    ]


def season_notes(question: SeriesQuestion) -> list[str]:
    """What was read from the calendar, and what a calendar has beside it."""
    series = question.series
    if series.season == 1:
        return [] if question.season == 1 else ["No season is modelled."]
    said = []
    if question.season is None:
        said.append(f"The season of {times(series.season, series.unit)} is read from the calendar.")
    if series.season > LONGEST_SEASON:
        said.append(f"The season is drawn by {WAVES} waves: anything sharper is noise to it.")
    if series.unit in ("day", "working day", "hour"):
        said.append(f"A season of the year is not modelled in a series by the {series.unit}.")
    return said


def season_words(series: Series) -> str:
    """The season as a part of the model's name."""
    return f" with a season of {series.season}" if series.season > 1 else ""


def times(count: int, unit: str) -> str:
    """A number of steps in words."""
    if unit == "two months":
        return f"{count:,} times of two months"
    many = unit if count == 1 else "half-years" if unit == "half-year" else f"{unit}s"
    return f"{count:,} {many}"
