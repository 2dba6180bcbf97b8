"""Whether effects differ between rows at all, and only if they do, for whom they are larger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BAND, BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Range

from ..adjustment import used_set
from ..influence import standard_error
from ..nuisances import Nuisance, fold_of_rows, race
from ..question import CausalQuestion
from ._causal_forest import MOST_SPLIT_BY, TREES, causal_forest
from ._scores import FOLDS, Scores, scores_of
from ._targeting import errors_of_targeting, targeting

Floats = NDArray[np.float64]
#: Who predicts each row's effect.
Learner = Literal["best", "dr_learner", "causal_forest"]
#: With fewer rows no gate can tell effects from noise.
FEWEST_ROWS = 100
#: The sorted effects are drawn at these places, each from the rows this near to it.
PLACES, AROUND = np.linspace(0.1, 0.9, 33), 0.1
SLOPE, AUTOC, QINI = "calibration slope", "AUTOC", "Qini"
BETTER = "gain over a constant"
#: All of these must be above zero with their whole interval, or no individual effect is shown.
MUST_PASS = (SLOPE, AUTOC, BETTER)


@dataclass(frozen=True, kw_only=True)
class EffectHeterogeneity(Result):
    """The gate's four tests, and, only where it is open, the groups by predicted effect.

    `passed` says whether it is open. `effects` holds each row's predicted effect (`row`: its
    position in the table, `effect`: by models that never saw the row), and is empty where the gate
    is closed."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": "gate: a test; group: a group of rows by predicted effect, from the smallest; "
        "curve: the fifth of the rows around a place in the order of their predicted effects",
        "name": "which test, which group, or the share of rows with a smaller predicted effect",
        "predicted": "the mean predicted effect of these rows; empty for tests",
        "estimate": "the test's value, or the effect of these rows from their own scores",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "passed": "a test: its whole interval is above zero; else empty",
        "rows": "rows it rests on",
    }

    unit: str = ""
    passed: bool = False
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)

    def figure(self) -> Any:
        """Where the gate is open, the effect of each group against what was predicted for it, on
        whose dashed line predictions are right, and below it the effects in the order of their
        predictions; where it is closed, the gate alone."""
        return self._groups() if self.passed else self._gate()

    def _gate(self) -> Any:
        shown = self.frame[self.frame["part"] == "gate"].iloc[::-1]
        ratio = shown["estimate"] / shown["std_error"]
        at = list(range(len(shown)))
        figure = new_figure(height=330, x="in standard errors", showlegend=False)
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_scatter(
            x=ratio, y=at, mode="markers",
            marker={"size": 11, "color": [BLUE if p else GREY for p in shown["passed"]]},
            error_x={"type": "constant", "value": Z95, "thickness": 2, "color": GREY},
            customdata=[f"{number(a)} ({number(b)} to {number(c)})" for a, b, c in zip(
                shown["estimate"], shown["conf_low"], shown["conf_high"], strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(
            tickvals=at, ticktext=list(shown["name"]), range=[-0.6, len(at) - 0.4],
            showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        return figure

    def _groups(self) -> Any:
        shown = self.frame[self.frame["part"] == "group"]
        figure = new_figure(
            x="predicted effect", y="effect from the group's own rows", showlegend=False, height=760
        )
        ends = [shown["predicted"].min(), shown["predicted"].max()]
        figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": GREY, "dash": "dash"},
                           hoverinfo="skip")  # fmt: skip
        figure.add_scatter(
            x=shown["predicted"], y=shown["estimate"], mode="markers",
            marker={"size": 11, "color": BLUE},
            error_y={
                "type": "data", "symmetric": False, "thickness": 2,
                "array": shown["conf_high"] - shown["estimate"],
                "arrayminus": shown["estimate"] - shown["conf_low"],
            },
            customdata=shown[["rows"]],
            hovertemplate="predicted %{x:.4g}, found %{y:.4g} (%{customdata[0]:,} rows)"
            "<extra></extra>",
        )  # fmt: skip
        _draw_sorted(figure, self.frame[self.frame["part"] == "curve"])
        return figure


def _draw_sorted(figure: Any, curve: pd.DataFrame) -> None:
    """The sorted effects: what was predicted dashed, what was found with its interval."""
    at = curve["name"].astype(float)
    figure.add_scatter(
        x=[*at, *at[::-1]], y=[*curve["conf_high"], *curve["conf_low"][::-1]], mode="lines",
        fill="toself", fillcolor=BAND, line={"width": 0}, hoverinfo="skip", xaxis="x2", yaxis="y2",
    )  # fmt: skip
    for column, look in (
        ("predicted", {"color": GREY, "dash": "dash"}), ("estimate", {"color": BLUE, "width": 2.5}),
    ):  # fmt: skip
        figure.add_scatter(
            x=at, y=curve[column], mode="lines", line=look, xaxis="x2", yaxis="y2",
            hovertemplate=f"{'predicted' if column == 'predicted' else 'found'} %{{y:.4g}}"
            "<extra></extra>",
        )  # fmt: skip
    plain = {axis: figure.layout[axis].to_plotly_json() for axis in ("xaxis", "yaxis")}
    titles = {
        "xaxis": "share of rows with a smaller predicted effect",
        "yaxis": "effect of a fifth of the rows around it",
    }
    for axis, title in titles.items():
        plain[axis]["title"] = plain[axis]["title"] | {"text": title}
    figure.update_layout(
        yaxis={"domain": [0.57, 1]},
        xaxis2={**plain["xaxis"], "anchor": "y2", "range": [0, 1], "tickformat": ".0%"},
        yaxis2={**plain["yaxis"], "domain": [0, 0.42], "anchor": "x2"},
    )


@method("Do effects differ?", page="effect", weighs=True)
def effect_heterogeneity(
    question: CausalQuestion,
    /,
    *,
    groups: Annotated[int, Range(2, 10), "groups by predicted effect, where they are shown"] = 5,
    learner: Annotated[
        Learner, "who predicts each row's effect; best: the better of both on unseen rows"
    ] = "best",
    seed: int = 0,
    progress: Progress = silent,
) -> EffectHeterogeneity:
    """Whether effects differ between rows more than one constant tells, and if so for whom.

    Each row's effect is predicted twice, from what is adjusted for, by models that never saw the
    row; the one with the smaller squared error against the doubly robust scores counts. A
    DR-learner regresses these scores, by the winner of the same race of learners as the nuisances.
    A causal forest splits trees where effects differ most by one part of the rows, fills them by
    another, and predicts a row by the trees whose half of the table it is not in. The forest does
    better where effects jump or bend, the DR-learner where they are straight or products. Single
    rows have no interval: those of forests held too few true effects where two columns multiply.

    Then a gate, each test with a 95 % interval from the scores of rows the predictions never saw:
    the calibration slope (1: deviations are as large as predicted; 0: they say nothing), AUTOC and
    Qini (what is won by treating those first who are predicted to gain most), and by how much the
    squared error is smaller than that of one constant. Individual effects and groups are shown only
    where slope, AUTOC and gain are above zero with their whole interval; else a constant is as
    good, which does not prove that effects are alike. Unit: the outcome's.

    For two arms, the ATE and a difference, from a hundred rows on; `NotApplicable` else. Effects
    predicted for single rows are averages over rows like it, never that person's own.

    Source: Kennedy (2023); Wager & Athey (2018) and Athey, Tibshirani & Wager (2019) for forests;
    Chernozhukov, Demirer, Duflo & Fernández-Val (2018); Yadlowsky et al. (2021).
    """
    what = "The search for different effects"
    tested = gate(question, what, seed, part(progress, 0.0, 0.95), learner)
    found, learned, passed = tested.scores, tested.learned, tested.passed
    shown = [tested.frame]
    if passed:
        shown += [_by_prediction(found, learned.predictions, groups),
                  _sorted(found, learned.predictions)]  # fmt: skip
    frame = pd.concat(shown, ignore_index=True)[list(EffectHeterogeneity.columns)]
    effects = pd.DataFrame({"row": found.analysis.rows, "effect": learned.predictions})
    progress(1.0)
    return EffectHeterogeneity(
        frame=frame,
        summary=_summary(question, frame, passed),
        notes=(*_notes(passed), learned.says, *found.notes),
        unit=question.unit_in_words,
        passed=passed,
        effects=effects if passed else effects.iloc[:0],
    )


@dataclass(frozen=True)
class Learned:
    """Each row's effect (n,) by models that never saw the row, and in words how it was learned."""

    predictions: Floats
    says: str


@dataclass(frozen=True)
class Gate:
    """The scores, the effects predicted out of sample, and the tests of these; `passed` where
    effects are shown to differ."""

    scores: Scores
    fold: NDArray[np.intp]
    learned: Learned
    frame: pd.DataFrame

    @property
    def passed(self) -> bool:
        """Every test that must pass does."""
        must = self.frame["name"].isin(MUST_PASS)
        return bool(self.frame.loc[must, "passed"].all())

    @property
    def failed(self) -> str:
        """The tests that do not, in words."""
        must = self.frame[self.frame["name"].isin(MUST_PASS)]
        return ", ".join(must.loc[~must["passed"].astype(bool), "name"])


def gate(
    question: CausalQuestion,
    what: str,
    seed: int,
    progress: Progress,
    learner: Learner = "best",
) -> Gate:
    """Whether effects differ at all: nothing that rests on their differing is shown where not.

    Raises `NotApplicable` where nothing is adjusted for or the rows are too few.
    """
    if not used_set(question):
        raise NotApplicable(
            "Nothing is adjusted for, so there is no column the effect could differ by.",
            "Name confounders: columns settled before the treatment.",
        )
    found = scores_of(question, what, (), seed, part(progress, 0.0, 0.6))
    if len(found.values) < FEWEST_ROWS:
        raise NotApplicable(
            f"{what} has {len(found.values)} complete rows, too few to tell effects from noise.",
            f"At least {FEWEST_ROWS} are needed.",
        )
    fold = fold_of_rows(found.analysis.t, FOLDS, seed, found.analysis.clusters)
    learned = _learned(found, fold, seed, part(progress, 0.6, 1.0), learner)
    return Gate(found, fold, learned, _gate(found, learned.predictions, fold, seed))


def _learned(
    found: Scores, fold: NDArray[np.intp], seed: int, progress: Progress, learner: Learner
) -> Learned:
    if learner == "dr_learner":
        return _by_race(found, fold, seed, progress)
    if learner == "causal_forest":
        return _by_forest(found, seed, progress)
    both = (
        _by_race(found, fold, seed, part(progress, 0.0, 0.5)),
        _by_forest(found, seed, part(progress, 0.5, 1.0)),
    )
    losses = [
        float(np.average((found.values - each.predictions) ** 2, weights=found.analysis.weight))
        for each in both
    ]
    won = both[losses[1] < losses[0]]
    says = (
        f"{won.says} Squared error on unseen rows: DR-learner {number(losses[0])}, causal forest "
        f"{number(losses[1])}; the smaller one counts."
    )
    return Learned(won.predictions, says)


def _by_race(found: Scores, fold: NDArray[np.intp], seed: int, progress: Progress) -> Learned:
    everyone = np.ones(len(fold), dtype=bool)
    wanted = Nuisance("Effect of each row", found.values, everyone)
    x, weight = found.analysis.covariates.matrix, found.analysis.weight
    (won,) = race(x, [wanted], fold, weight=weight, seed=seed, progress=progress)
    return Learned(won.predictions, won.says)


def _by_forest(found: Scores, seed: int, progress: Progress) -> Learned:
    analysis, (y, t) = found.analysis, found.left
    x = analysis.covariates.matrix
    made = causal_forest(x, y, t, analysis.weight, analysis.clusters, seed, progress)
    is_capped = len(x) // 4 > MOST_SPLIT_BY
    says = (
        f"Effect of each row: causal forest, {TREES} honest trees, each on half of {len(x):,} rows"
        + (f" and split by {MOST_SPLIT_BY:,} of them." if is_capped else ".")
    )
    return Learned(made, says)


def _gate(found: Scores, prediction: Floats, fold: NDArray[np.intp], seed: int) -> pd.DataFrame:
    weight, clusters, s = found.analysis.weight, found.analysis.clusters, found.values
    targeted = zip(
        (AUTOC, QINI),
        targeting(prediction, s, weight),
        errors_of_targeting(prediction, s, weight, clusters, seed),
        strict=True,
    )
    mean_of_others = np.empty(len(s))
    for k in range(int(fold.max()) + 1):
        others = fold != k
        mean_of_others[fold == k] = np.average(s[others], weights=weight[others])
    gain = weight * ((s - mean_of_others) ** 2 - (s - prediction) ** 2)
    better = float(gain.mean())
    rows = [
        (SLOPE, *_slope(found, prediction)),
        *targeted,
        (BETTER, better, standard_error(gain - weight * better, clusters)),
    ]
    frame = pd.DataFrame(rows, columns=["name", "estimate", "std_error"])
    half = Z95 * frame["std_error"]
    frame = frame.assign(
        part="gate", predicted=np.nan, rows=len(s),
        conf_low=frame["estimate"] - half, conf_high=frame["estimate"] + half,
    )  # fmt: skip
    return frame.assign(passed=(frame["conf_low"] > 0).astype(object))


def _slope(found: Scores, prediction: Floats) -> tuple[float, float]:
    """The scores regressed on the predictions' deviation from their mean: slope and error."""
    weight = found.analysis.weight
    away = prediction - np.average(prediction, weights=weight)
    spread = float((weight * away**2).mean())
    if spread <= 1e-12 * float(found.values.var()):
        return 0.0, float("inf")  # one constant was predicted: nothing to calibrate
    mean = np.average(found.values, weights=weight)
    slope = float((weight * away * found.values).mean()) / spread
    influence = weight * away * (found.values - mean - slope * away) / spread
    return slope, standard_error(influence, found.analysis.clusters)


def _by_prediction(found: Scores, prediction: Floats, groups: int) -> pd.DataFrame:
    cut = pd.qcut(prediction, groups, labels=False, duplicates="drop")
    rows = []
    for k in range(int(cut.max()) + 1):
        mean, influence = found.influence_on_mean((cut == k).astype(float))
        error = standard_error(influence, found.analysis.clusters)
        own = found.analysis.weight * (cut == k)
        rows.append({
            "part": "group", "name": f"group {k + 1} of {int(cut.max()) + 1}",
            "predicted": float(np.average(prediction, weights=own)), "estimate": mean,
            "std_error": error, "conf_low": mean - Z95 * error, "conf_high": mean + Z95 * error,
            "passed": None, "rows": int((cut == k).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _sorted(found: Scores, prediction: Floats) -> pd.DataFrame:
    """The mean score of the rows around each place in the order of their predicted effects."""
    rank = (np.argsort(np.argsort(prediction, kind="stable"), kind="stable") + 0.5) / len(
        prediction
    )
    rows = []
    for place in PLACES:
        near = (np.abs(rank - place) <= AROUND).astype(float)
        mean, influence = found.influence_on_mean(near)
        error = standard_error(influence, found.analysis.clusters)
        rows.append({
            "part": "curve", "name": f"{place:.3f}", "estimate": mean, "std_error": error,
            "predicted": float(np.average(prediction, weights=found.analysis.weight * near)),
            "conf_low": mean - Z95 * error, "conf_high": mean + Z95 * error, "passed": None,
            "rows": int(near.sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _summary(question: CausalQuestion, frame: pd.DataFrame, passed: bool) -> str:
    start = f"{question.treatment} {question.contrast_in_words}: "
    if not passed:
        gate = frame[frame["name"].isin(MUST_PASS)]
        failed = ", ".join(gate.loc[~gate["passed"].astype(bool), "name"])
        return (
            f"{start}one constant is as good as effects that differ between rows "
            f"(not above zero: {failed}), so no individual effects are shown."
        )
    groups = frame[frame["part"] == "group"]
    slope = frame.loc[frame["name"] == SLOPE].iloc[0]
    return (
        f"{start}effects differ between rows; from {number(groups['estimate'].iloc[0])} where the "
        f"smallest are predicted to {number(groups['estimate'].iloc[-1])} where the largest are "
        f"(calibration slope {number(slope['estimate'])}, 95 % interval "
        f"{number(slope['conf_low'])} to {number(slope['conf_high'])})."
    )


def _notes(passed: bool) -> list[str]:
    if passed:
        return [
            "A predicted effect is the average over rows like it, never one person's own.",
            "Each point of the sorted effects has an interval of its own; neighbours share rows.",
        ]
    return [
        (
            "That a constant is as good does not prove that effects are alike: with more rows they "
            "may be told apart."
        )
    ]
