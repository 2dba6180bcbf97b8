"""The effect by comparing the arms as they are: for a treatment assigned at random."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent

from ..adjustment import path_opened, used_set
from ..analysis import DIFFERENCES, Analysis, arms_analysis, require_answer
from ..effect import CRUDE, EffectEstimate, effect_row, means_note
from ..influence import MeanOutcomes, standard_error
from ..joint import covariance
from ..question import CausalQuestion

Floats = NDArray[np.float64]


@method("Difference in means", page="effect", weighs=True)
def difference_in_means(
    question: CausalQuestion, /, *, progress: Progress = silent
) -> EffectEstimate:
    """By how much the outcome differs between the arms, nothing adjusted for.

    In an experiment this is the effect, and because chance made the arms alike it is the ATE, ATT
    and ATC at once. Where the graph holds common causes of treatment and outcome it is none: the
    row is then called a crude difference, and the sentence says so. Unit: the outcome's; for a
    two-level outcome a difference in shares; or a ratio of the two means or of their odds. Of a
    treatment with several levels two are compared. CATE: within each group, where the graph holds
    no common cause; `NotApplicable` where it does.

    Intervals are 95 %: from Neyman's variance (which is HC2) and t with Welch's degrees of freedom;
    of a ratio on the logarithm, from the normal distribution; with a column of the role `group`
    from sums over its groups.

    Assumes that the treatment was assigned at random. Raises `NotApplicable` for a numeric
    treatment and for an arm of fewer than two rows.
    Source: Neyman (1923); Imbens & Rubin (2015), chapter 6.
    """
    progress(0.0, "Comparing means")
    require_answer(
        question, "A difference in means", (*DIFFERENCES, "CATE"),
        ("difference", "ratio", "odds ratio"),
    )  # fmt: skip
    if question.by is not None:
        return _within_groups(question, progress)
    confounded = used_set(question)
    analysis = arms_analysis(question, "A difference in means", used=())
    means = _means(analysis, np.ones(len(analysis), dtype=bool))
    frame = _row(analysis, means, CRUDE if confounded else None)
    progress(1.0)
    kind = (
        "Neyman's standard error, t by Welch" if _is_plain(analysis) else "robust standard errors"
    )
    notes = (*analysis.notes, means_note(analysis, means), f"Intervals are 95 % ({kind}).")
    return EffectEstimate.of(question, frame, _how(confounded), (*notes, *_doubt(confounded)))


def _within_groups(question: CausalQuestion, progress: Progress) -> EffectEstimate:
    opened = path_opened(question, ())
    if opened:
        raise NotApplicable(
            f"A difference in means leaves the path {opened} open in every group.",
            "Use AIPW, standardisation, weighting or linear regression.",
        )
    analysis = arms_analysis(question, "A difference in means", used=())
    made = [_means(analysis, over.astype(bool)) for over in analysis.asked]
    pairs = [means.compared(question.scale) for means in made]
    influence = np.column_stack([psi for _, psi in pairs])
    if analysis.clusters is None:
        joint, kind = influence.T @ influence / len(analysis) ** 2, "Neyman's standard errors"
    else:
        joint, kind = covariance(influence, analysis.clusters), "robust standard errors"
    degrees = [_degrees(analysis, psi, over.astype(bool))
               for (_, psi), over in zip(pairs, analysis.asked, strict=True)]  # fmt: skip
    progress(1.0)
    return EffectEstimate.of_groups(
        analysis, [estimate for estimate, _ in pairs], joint,
        "by a difference in means within each", (f"Intervals are 95 % ({kind}).",), degrees,
    )  # fmt: skip


def _means(analysis: Analysis, among: NDArray[np.bool_]) -> MeanOutcomes:
    start, to = (_arm(analysis, rows & among) for rows in (analysis.control, analysis.arm))
    return MeanOutcomes(start[0], to[0], np.column_stack([start[1], to[1]]))


def _arm(analysis: Analysis, rows: NDArray[np.bool_]) -> tuple[float, Floats]:
    """An arm's mean and each row's influence on it, enlarged by 1/√(1 - leverage): HC2."""
    if rows.sum() < 2:
        raise NotApplicable(
            "One of the two arms has a single row, from which no spread can be told.",
            "Compare other levels, or bring more rows.",
        )
    share = np.where(rows, analysis.weight, 0.0)
    share = share / share.sum()
    mean = float(share @ analysis.y)
    grown = share / np.sqrt(1 - share) if analysis.clusters is None else share
    return mean, len(rows) * grown * (analysis.y - mean)


def _row(analysis: Analysis, means: MeanOutcomes, estimand: str | None) -> pd.DataFrame:
    question = analysis.question
    estimate, influence = means.compared(question.scale)
    if analysis.clusters is not None:
        error = standard_error(influence, analysis.clusters)
    else:
        error = float(np.sqrt((influence**2).sum())) / len(analysis)
    degrees = _degrees(analysis, influence, np.ones(len(analysis), dtype=bool))
    return effect_row(question, estimate, error, degrees=degrees, estimand=estimand)


def _degrees(analysis: Analysis, influence: Floats, among: NDArray[np.bool_]) -> float:
    if analysis.question.scale != "difference":
        return np.inf
    if analysis.clusters is not None:
        return float(analysis.clusters.max())
    return _welch(analysis, influence, among)


def _welch(analysis: Analysis, influence: Floats, among: NDArray[np.bool_]) -> float:
    """Welch's and Satterthwaite's degrees of freedom of the two arms' variances, of some rows."""
    parts = [(float((influence[a] ** 2).sum()), int((a & among).sum()) - 1)
             for a in (analysis.arm, analysis.control)]  # fmt: skip
    spread = sum(v**2 / df for v, df in parts)
    return sum(v for v, _ in parts) ** 2 / spread if spread > 0 else np.inf


def _is_plain(analysis: Analysis) -> bool:
    return analysis.clusters is None and analysis.question.scale == "difference"


def _how(confounded: tuple[str, ...]) -> str:
    if confounded:
        return (
            "as the arms are, which is no effect: they differ in what the graph says to adjust for"
        )
    return "by a difference in means"


def _doubt(confounded: tuple[str, ...]) -> list[str]:
    if not confounded:
        return []
    return [
        (
            f"Warning: by the graph, {', '.join(confounded)} must be adjusted for. This difference "
            "mixes their effects with the treatment's."
        )
    ]
