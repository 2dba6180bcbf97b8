"""By how much did the treated unit leave the path of a weighted mean of others?"""

from __future__ import annotations

from workbench.methods import method
from workbench.progress import Progress, part, silent

from ..effect import EffectEstimate, number
from ._donors import donors_of
from ._synthetic import fit_notes, inference_notes, placebos, synthetic, unusual
from .design import estimate_row
from .panel import PanelQuestion


@method("Synthetic control", page="synthetic_control")
def synthetic_control(
    question: PanelQuestion, /, *, seed: int = 0, progress: Progress = silent
) -> EffectEstimate:
    """By how much the treated unit left the path of a weighted mean of units that were not treated.

    The weights are not negative, add up to one and make the weighted mean of the donors meet the
    treated unit's path before the treatment (with covariates: meet those, each counted so that the
    path is met best; of weights that meet them alike the evenest). The effect is the mean gap
    after. Several treated units with one start are averaged. Unit: the outcome's, per period. The
    95 % interval holds the effects that placebos do not reject: every donor pretends to be treated,
    and the mean gaps, each over its own error before, are compared; the p-value is the treated
    unit's rank among them. With several treated units drawn groups of as many of all units pretend,
    the treated among them and the effect that is tried taken off (a permutation test of one effect
    for all treated).

    Assumes that donors are untouched, that nothing else began, and that who moved alike goes on
    doing so; the treated path must lie within the donors'. Raises `NotApplicable` for starts at
    different times, missing outcomes, fewer than two donors or three periods before. Source:
    Abadie, Diamond & Hainmueller, Journal of the American Statistical Association 105 (2010);
    Firpo & Possebom, Journal of Causal Inference 6 (2018) for the interval; Abadie, Journal of
    Economic Literature 59 (2021) for when to use it.
    """
    donors = donors_of(question, "A synthetic control")
    made = synthetic(donors, part(progress, 0.0, 0.1))
    found = unusual(made, placebos(made, seed, part(progress, 0.1, 1.0)))
    low, high = found.interval()
    frame = estimate_row(
        estimand="ATT",
        contrast=question.contrast_in_words,
        group=donors.stretch,
        estimate=made.effect,
        std_error=found.std_error,
        interval=(low, high),
        p_value=found.p_value,
    )
    progress(1.0)
    where = "above" if made.effect >= 0 else "below"
    return EffectEstimate(
        frame=frame,
        summary=(
            f"From {donors.starts} on, {question.outcome_in_words} of {donors.who} ran "
            f"{number(abs(made.effect))} per period {where} its synthetic control (95 % interval "
            f"{number(low)} to {number(high)}, p = {found.p_value:.3f} among {len(found.gaps)} "
            "placebos)."
        ),
        notes=(
            *question.panel.notes,
            *fit_notes(made, question.outcome_in_words),
            *inference_notes(found, len(donors.treated)),
        ),
        unit=question.outcome_in_words,
    )
