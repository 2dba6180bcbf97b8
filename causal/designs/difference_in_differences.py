"""Did those who were treated change differently from those who were not?"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.settings import Range

from ..effect import CRUDE, EffectEstimate, number, p_in_words
from ._adjusted import with_constant
from ._bacon import share_of_already_treated
from ._few_clusters import FEW_CLUSTERS, cluster_sums, few_notes, smaller_arm, welch_degrees
from ._form import form_notes
from ._group_time import group_time
from ._pretrends import drift_notes
from ._two_way import Fitted, TwoWay, fitted
from ._wild_bootstrap import placebo_units, wild_bootstrap
from .design import estimate_row
from .panel import Panel, PanelQuestion

Floats = NDArray[np.float64]
#: With fewer treated clusters than this the wild bootstrap misleads as well.
FEW_TREATED = 4
#: A bootstrap over more cells than this would take minutes.
MOST_CELLS = 200_000


@method("Difference-in-differences", page="difference_in_differences", weighs=True)
def difference_in_differences(
    question: PanelQuestion,
    /,
    *,
    count_unit_effects: Annotated[
        bool, "Count every unit's effect as a parameter in the correction for small samples"
    ] = False,
    draws: Annotated[int, Range(99, 9999), "Of the bootstrap where clusters are few"] = 999,
    seed: int = 0,
    progress: Progress = silent,
) -> EffectEstimate:
    """The change of the treated since their treatment, minus the change of the others meanwhile.

    A regression of the outcome on the treatment with an effect of every unit and every period
    (two-way fixed effects); in a balanced panel in which all start together, exactly the difference
    of the two groups' changes. It is the effect on the treated if, untreated, they would have
    changed as the others did (parallel trends), and did nothing in advance; where they may have,
    the periods that the question's `anticipation` names are left out. Covariates, as they were
    before the first start, let the trends differ by them, along straight lines: where squares and
    products of them move the effect, a warning says so.

    Where units start at different times it compares some with units that are treated already,
    which is wrong if effects grow or shrink: the share is in a warning, and staggered adoption is
    the method to take.

    Standard errors are clustered by unit (CR1), t with Satterthwaite's degrees of freedom. Effects
    of units within clusters are not counted as parameters (as fixest, reghdfe and xtreg do);
    `count_unit_effects` counts them (areg, or dummies), which with two periods is √2 too long. With
    fewer than 40 clusters a p-value by wild cluster bootstrap stands in the notes. Where fewer than
    four units are treated no standard error can be trusted: interval and p-value are then from
    placebo units, or, of repeated cross-sections of too few units for that, from how rows vary
    within units and periods, with a warning of what that leaves out.

    Source: Cameron & Miller, A Practitioner's Guide to Cluster-Robust Inference (2015).
    """
    panel = question.panel.calm()
    progress(0.0, "two-way fixed effects")
    x, kept, dropped = _before(panel)
    two_way = TwoWay.of(kept, x)
    fit = fitted(two_way, np.where(kept.seen, kept.outcome, 0.0), kept.on.astype(float))
    treated = _treated_clusters(kept)
    sums = cluster_sums(fit.influence, kept.clusters)
    degrees = welch_degrees(sums, treated)
    placebos = _placebos(kept, x, treated, draws, seed, progress)
    by_rows = _by_rows(kept, fit, treated) if placebos is None else None
    error = _cr1(kept, two_way, sums, count_unit_effects)
    row = estimate_row(
        estimand="ATT", contrast=question.contrast_in_words, group="the treated",
        estimate=fit.estimate, std_error=by_rows[0] if by_rows else error,
        degrees=by_rows[1] if by_rows else degrees,
        **_by_placebos(fit.estimate, placebos, is_open=_is_alone(treated) and not by_rows),
    )  # fmt: skip
    frame = pd.concat([row, *_crude(kept, question)], ignore_index=True)
    notes = [
        *panel.notes,
        *dropped,
        *_meaning(kept, question),
        *_staggered(kept),
        *_drift(kept, question, progress),
        *form_notes(panel, kept.clusters, lambda bent: (_estimate(fit), _estimate(_fit(bent)))),
        *_error_notes(kept, treated, by_rows, degrees if placebos is None else None),
        *_placebo_notes(placebos, int(treated.sum())),
        *_wild(kept, two_way, fit, treated, draws, seed, progress),
    ]
    return EffectEstimate(
        frame=frame,
        summary=effect_sentence(question, frame, "by difference-in-differences"),
        notes=tuple(notes),
        unit=question.outcome_in_words,
    )


def effect_sentence(question: PanelQuestion, frame: pd.DataFrame, how: str) -> str:
    """The first row as a sentence a person can quote."""
    row = frame.iloc[0]
    change = "raised" if row["estimate"] > 0 else "lowered"
    return (
        f"The treatment {change} {question.outcome_in_words} by {number(abs(row['estimate']))} "
        f"on average over the treated (95 % interval {number(row['conf_low'])} to "
        f"{number(row['conf_high'])}, {p_in_words(row['p_value'])}), {how}."
    )


def _before(panel: Panel) -> tuple[Floats, Panel, list[str]]:
    """The covariates as they were in the last period before anyone started, and who has them."""
    x = panel.covariates[:, panel.base]
    whole = np.asarray(~np.isnan(x).any(axis=1))
    if not (whole & ~panel.never).any():
        raise NotApplicable(
            f"In {panel.name_of(panel.base)}, before anyone was treated, no treated unit has a "
            f"value of all of: {', '.join(panel.covariate_names)}.",
            "Fill them in, leave covariates out, or take staggered adoption: it looks at the "
            "period before each start.",
        )
    kept = panel if whole.all() else panel.take(whole)
    notes = []
    if panel.covariate_names:
        when = panel.name_of(panel.base)
        notes.append(
            f"Trends may differ by {', '.join(panel.covariate_names)}, as they were in {when}, "
            "before anyone was treated: what came later may be an effect itself."
        )
    if not whole.all():
        notes.append(f"Warning: {int((~whole).sum()):,} units have no such value and are left out.")
    return with_constant(x[whole])[:, 1:], kept, notes


def _fit(panel: Panel) -> Fitted:
    x, kept, _ = _before(panel)
    outcome = np.where(kept.seen, kept.outcome, 0.0)
    return fitted(TwoWay.of(kept, x), outcome, kept.on.astype(float))


def _estimate(fit: Fitted) -> tuple[float, Floats]:
    return fit.estimate, fit.influence


def _treated_clusters(panel: Panel) -> NDArray[np.bool_]:
    return np.asarray(np.bincount(panel.clusters, weights=~panel.never) > 0)


def _cr1(panel: Panel, two_way: TwoWay, sums: Floats, count_unit_effects: bool) -> float:
    cells = int((two_way.weight > 0).sum()) if panel.rows is None else len(panel.rows)
    groups = len(sums)
    counted = two_way.count + 2 + (len(panel.units) - 1 if count_unit_effects else 0)
    small = groups / (groups - 1) * (cells - 1) / max(cells - counted, 1)
    return float(np.sqrt(small * (sums**2).sum()) / len(panel.units))


def _crude(panel: Panel, question: PanelQuestion) -> list[pd.DataFrame]:
    """What treated and other cells differ by after the first start, nothing taken out; not of means
    that are adjusted for what the rows are made up of."""
    if panel.rows is not None and panel.rows.x.shape[1]:
        return []
    after = panel.seen & (np.arange(len(panel.periods)) >= panel.cohorts[0])
    weight = np.where(after, panel.weight, 0.0)
    shares = [weight * arm for arm in (panel.on, ~panel.on)]
    if not all(share.sum() > 0 for share in shares):
        return []
    y = np.where(panel.seen, panel.outcome, 0.0)
    means = [float((share * y).sum() / share.sum()) for share in shares]
    treated = _treated_clusters(panel)
    if panel.rows is not None and _is_alone(treated):
        error, degrees = panel.rows.error_of(
            shares[0] / shares[0].sum() - shares[1] / shares[1].sum()
        )
    else:
        parts = [
            share * (y - mean) / share.sum() for share, mean in zip(shares, means, strict=True)
        ]
        sums = cluster_sums((parts[0] - parts[1]).sum(axis=1), panel.clusters)
        error = float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()))
        degrees = welch_degrees(sums, treated)
    return [
        estimate_row(
            estimand=CRUDE, contrast=question.contrast_in_words, group="after the first start",
            estimate=means[0] - means[1], std_error=error, degrees=degrees,
        )
    ]  # fmt: skip


def _meaning(panel: Panel, question: PanelQuestion) -> list[str]:
    words = [
        (
            "It is an effect if, untreated, the treated would have changed as the others did "
            f"(parallel trends), if {question.panel.nobody_in_advance}, and if the others were not "
            "touched by the treatment."
        )
    ]
    if not panel.is_staggered:
        start = int(panel.cohorts[0])
        parts = []
        for name, arm in (("the treated", ~panel.never), ("the others", panel.never)):
            means = [
                np.average(cells, weights=weight)
                for cells, weight in (
                    _cells(panel, arm, slice(None, start)),
                    _cells(panel, arm, slice(start, None)),
                )
            ]
            parts.append(f"{name} from {number(means[0])} to {number(means[1])}")
        words.append(
            f"{question.mean_in_words(question.outcome)} before and since {panel.name_of(start)}: "
            f"{parts[0]}, {parts[1]}."
        )
    return words


def _cells(panel: Panel, arm: NDArray[np.bool_], periods: slice) -> tuple[Floats, Floats]:
    seen = panel.seen[arm, periods]
    return panel.outcome[arm, periods][seen], panel.weight[arm, periods][seen]


def _staggered(panel: Panel) -> list[str]:
    if not panel.is_staggered:
        return []
    share = share_of_already_treated(panel)
    exact = panel.is_balanced and not panel.is_weighted and not panel.covariate_names
    as_if = "" if exact else ", as if all units were seen always and counted the same"
    return [
        (
            f"Warning: units start at {len(panel.cohorts)} different times, and {share:.0%} of "
            "the weight is on comparisons with units that are treated already (Goodman-Bacon "
            f"2021{as_if}). Where effects grow or shrink with time these bias the estimate, even "
            "in its sign: take staggered adoption instead."
        )
    ]


def _drift(panel: Panel, question: PanelQuestion, progress: Progress) -> list[str]:
    """Where all start together, whether they moved differently before."""
    if panel.is_staggered or panel.base < 1 or int(_treated_clusters(panel).sum()) < FEW_TREATED:
        return []
    try:
        return drift_notes(group_time(panel, progress=progress), question.outcome_in_words)
    except NotApplicable as error:
        return [f"Whether they moved alike before was not tested: {error.message}"]


def _placebos(
    panel: Panel,
    x: Floats,
    treated: NDArray[np.bool_],
    draws: int,
    seed: int,
    progress: Progress,
) -> Floats | None:
    """What units that are not treated would give; None where the clusters' errors do, or where
    there are too few units to give it to."""
    few = int(treated.sum()) < FEW_TREATED
    others = int(panel.never.sum())
    if not few or len(treated) < len(panel.units) or others <= int(treated.sum()) + 1:
        return None
    return placebo_units(panel, x, draws, seed, progress)


def _is_alone(treated: NDArray[np.bool_]) -> bool:
    """One cluster on a side: how such clusters vary cannot be told."""
    return smaller_arm(len(treated), int(treated.sum())) < 2


def _by_rows(panel: Panel, fit: Fitted, treated: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Where clusters tell no error, that of the rows within units and periods, with its degrees of
    freedom; None where clusters do, or where there are no such rows."""
    if not _is_alone(treated) or panel.rows is None:
        return None
    error, degrees = panel.rows.error_of(fit.shares)
    return None if np.isnan(error) else (error, degrees)


def _error_notes(
    panel: Panel,
    treated: NDArray[np.bool_],
    by_rows: tuple[float, float] | None,
    degrees: float | None,
) -> list[str]:
    """What the standard error is of, and what it leaves out; `degrees` where the interval is from
    it."""
    if by_rows and panel.rows is not None:
        return [
            (
                f"The standard error is that of {len(panel.rows):,} rows within units and periods "
                f"(HC2); the interval is from t with {by_rows[1]:.1f} degrees of freedom."
            ),
            (
                f"Warning: only one '{panel.clustered_by}' is "
                f"{'treated' if int(treated.sum()) == 1 else 'compared with'}, so its own ups and "
                "downs cannot be told from the effect. The interval counts who was drawn and not "
                "that the two sides may change differently by themselves: it is too short unless "
                "they hardly do (Donald & Lang 2007)."
            ),
        ]
    from_t = "" if degrees is None else (
        f"; the interval is from t with {degrees:.1f} degrees of freedom"
    )  # fmt: skip
    return [
        (
            f"Standard errors are clustered by '{panel.clustered_by}' ({len(treated):,} clusters, "
            f"CR1){from_t}."
        ),
        *few_notes(len(treated), int(treated.sum()), panel.clustered_by),
    ]


def _by_placebos(estimate: float, placebos: Floats | None, *, is_open: bool) -> dict[str, Any]:
    if placebos is None and is_open:
        return {"interval": (-np.inf, np.inf), "p_value": 1.0}  # nothing bounds it
    if placebos is None:
        return {}
    p = (float((np.abs(placebos) >= abs(estimate) * (1 - 1e-9)).sum()) + 1) / (len(placebos) + 1)
    place = int(np.ceil(0.95 * (len(placebos) + 1)))
    reach = np.sort(np.abs(placebos))[place - 1] if place <= len(placebos) else np.inf
    return {"interval": (estimate - reach, estimate + reach), "p_value": p}


def _placebo_notes(placebos: Floats | None, treated: int) -> list[str]:
    if placebos is None:
        return []
    short = (
        " Fewer than 19 placebos bound no 95 % interval, so it is open."
        if len(placebos) < 19
        else ""
    )
    return [
        (
            f"Interval and p-value are therefore from {len(placebos):,} placebos, in which the "
            f"treatment is given to {treated} of the never treated instead (Conley & Taber "
            f"2011): right if the treated vary as the others do.{short}"
        )
    ]


def _wild(
    panel: Panel,
    two_way: TwoWay,
    fit: Fitted,
    treated: NDArray[np.bool_],
    draws: int,
    seed: int,
    progress: Progress,
) -> list[str]:
    clusters, count = len(treated), int(treated.sum())
    if clusters >= FEW_CLUSTERS or smaller_arm(clusters, count) < FEW_TREATED:
        return []
    if panel.outcome.size > MOST_CELLS:
        return [
            f"No bootstrap was made: it would run over {panel.outcome.size:,} cells {draws} times."
        ]
    p = wild_bootstrap(two_way, fit, panel.clusters, draws, seed, progress)
    return [
        (
            "With so few clusters trust this p-value of no effect rather than the interval's: "
            f"{p_in_words(p)} by wild cluster bootstrap ({draws:,} draws, seed {seed})."
        )
    ]
