"""By how much did the level step when the intervention began?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.methods import method
from workbench.progress import Progress, part, silent

from ..effect import EffectEstimate, number, p_in_words
from ._mixture import Mixture
from ._posterior import Draws, draws, last_coefficient
from ._race import Model, chosen
from ._structural import Fit, Structure, fit
from ._without import (
    doubts_of,
    mixed,
    regressor_notes,
    season_notes,
    season_words,
    times,
)
from .design import estimate_row
from .series import Series, SeriesQuestion


@method("Level shift", page="interrupted_time_series")
def level_shift(
    question: SeriesQuestion,
    /,
    *,
    model: Model = "automatic",
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """By how much the level of the series stepped when the intervention began, once and for good.

    The structural model is fitted to the whole series with one regressor more: 0 before the
    beginning and 1 from then on. Its coefficient is the step. Where the effect is such a step this
    is sharper than a forecast, since the times after help to find the level before as well; where
    the effect grows, fades or comes late the step is a kind of mean and the picture of
    `counterfactual_series` is to be believed instead. Unit: the outcome's. The interval counts that
    parameters are estimated, and estimate and interval that another model may be right, as those of
    `interrupted_time_series` do.

    Assumes what `interrupted_time_series` does, and that the path but for the step went on as
    before. Source: Box & Tiao, Journal of the American Statistical Association 70 (1975); Harvey
    (1989), section 7.6.
    """
    progress(0.0, "which model forecasts best")
    series = question.series
    picked = chosen(series, model, part(progress, 0.0, 0.4))
    held = picked.held
    stepped = _with_step(series)

    def one(each: Structure, stretch: Progress) -> tuple[Fit, Draws, Mixture]:
        fitted = fit(stepped, each, len(series), part(stretch, 0.0, 0.2))
        drawn = draws(fitted, seed, part(stretch, 0.2, 1.0))
        return fitted, drawn, last_coefficient(fitted, drawn)

    made, picked = mixed(picked, one, part(progress, 0.4, 1.0))
    (fitted, drawn, _), _ = made[0]
    step = Mixture.pooled([(each[2], share) for each, share in made])
    row = estimate_row(
        estimand="level shift",
        contrast=f"since {question.starts} vs before",
        group=f"{times(len(series), series.unit)} from {series.names[0]} to {series.names[-1]}",
        estimate=float(step.fitted[0]),
        std_error=float(step.sd[0]),
        interval=(float(step.quantile(0.025)[0]), float(step.quantile(0.975)[0])),
        p_value=float(step.p_value(np.zeros(1))[0]),
    )
    found = row.iloc[0]
    low, high = number(found["conf_low"]), number(found["conf_high"])
    notes = (
        picked.how(f"{picked.structure}{season_words(series)} with a step"),
        (
            "It answers for a step that comes at once and stays; an effect that grows or fades is "
            "seen in the picture of the series without the intervention."
        ),
        "The step is the intervention's if nothing else began at that time.",
        picked.others,
        *regressor_notes(question),
        *season_notes(question),
        *_missing_notes(question),
        *doubts_of(fitted, drawn),
        *(held.doubts if held else ()),
    )
    progress(1.0)
    return EffectEstimate(
        frame=row,
        summary=(
            f"From {question.starts} on the level of {question.outcome} is "
            f"{number(abs(found['estimate']))} {'higher' if found['estimate'] >= 0 else 'lower'} "
            f"(step {number(found['estimate'])}, 95 % interval {low} to {high}, "
            f"{p_in_words(found['p_value'])}), by a {picked.words}{season_words(series)}."
        ),
        notes=notes,
        unit=question.outcome,
    )


def _missing_notes(question: SeriesQuestion) -> list[str]:
    series = question.series
    unknown, left = int(np.isnan(series.y).sum()), len(question.data) - len(series)
    notes = [f"{unknown} missing values are bridged by the model."] if unknown else []
    if left:
        notes.append(f"{times(left, series.unit)} after {question.ends} are left out.")
    return notes


def _with_step(series: Series) -> Series:
    """The series with one regressor more, the last: 1 from the beginning on."""
    step = (np.arange(len(series)) >= series.before).astype(float)
    return replace(series, x=np.column_stack([series.x, step]))
