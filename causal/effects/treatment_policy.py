"""Whom to treat: a short rule, and whether it beats treating everyone or no one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.figures import BLUE, GREY, LIGHT_GREY, ORANGE, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Range

from ..influence import standard_error
from ..question import CausalQuestion
from ._policy_tree import MOST_SPLITS, PolicyTree, best_tree, candidate_splits
from ._scores import Scores
from .effect_heterogeneity import Gate, gate

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: A leaf holds at least this share of the rows.
FEWEST_IN_LEAF = 0.05
NOBODY, EVERYBODY, EVERYONE = "rule over no one", "rule over everyone", "everyone over no one"


@dataclass(frozen=True, kw_only=True)
class TreatmentPolicy(Result):
    """What the rule wins, and, only where it is shown, whom it treats.

    `passed` says whether it is shown: effects differ (the gate of `effect_heterogeneity`), and the
    rule wins over no one and over everyone with the whole interval. `unit`: that of the values."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": "value: what is won; leaf: a group that the rule makes",
        "name": "what is compared with what, or the group's conditions",
        "treat": "a leaf: whether the rule treats it; empty for values",
        "estimate": "what is won per row, cost taken off; empty for leaves",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "share": "share of the rows: of a leaf, or those that are treated",
    }

    unit: str = ""
    passed: bool = False

    def figure(self) -> Any:
        """What is won with its intervals, and below it the groups of the rule, as wide as their
        share of the rows and blue where they are treated."""
        values = self.frame[self.frame["part"] == "value"].iloc[::-1]
        leaves = self.frame[self.frame["part"] == "leaf"].iloc[::-1]
        height = 210 + 46 * len(leaves) + (70 if len(leaves) else 0)
        figure = new_figure(height=height, x=self.unit)
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_scatter(
            x=values["estimate"], y=list(range(len(values))), mode="markers", showlegend=False,
            marker={"size": 11, "color": ORANGE},
            error_x={"type": "data", "symmetric": False, "thickness": 2,
                     "array": values["conf_high"] - values["estimate"],
                     "arrayminus": values["estimate"] - values["conf_low"]},
            hovertemplate="%{x:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(
            tickvals=list(range(len(values))), ticktext=list(values["name"]),
            range=[-0.6, len(values) - 0.4], showgrid=False, ticks="", zeroline=False,
        )  # fmt: skip
        if len(leaves):
            _draw_leaves(figure, leaves, 46 * len(leaves) / height)
        return figure


def _draw_leaves(figure: Any, leaves: pd.DataFrame, room: float) -> None:
    at = np.arange(len(leaves))
    for treats, colour, pattern, name in (
        (True, BLUE, "", "treat"), (False, GREY, "/", "do not treat"),
    ):  # fmt: skip
        here = (leaves["treat"].astype(bool) == treats).to_numpy()
        if here.any():
            figure.add_bar(
                x=leaves.loc[here, "share"], y=at[here], orientation="h", name=name, xaxis="x2",
                yaxis="y2", marker={"color": colour, "pattern": {"shape": pattern}}, width=0.55,
                hovertemplate="%{x:.1%} of the rows<extra></extra>",
            )  # fmt: skip
    plain = figure.layout.xaxis.to_plotly_json()
    figure.update_layout(
        margin={"b": 60},
        yaxis={"domain": [min(room + 0.26, 0.8), 1]},
        xaxis2={**plain, "anchor": "y2", "range": [0, 1.02], "tickformat": ".0%",
                "title": plain["title"] | {"text": "share of the rows"}},
        yaxis2={"domain": [0, room], "anchor": "x2", "tickvals": at.tolist(), "automargin": True,
                "ticktext": [escape(n, 60).replace(" and ", "<br>and ") for n in leaves["name"]],
                "range": [-0.6, len(leaves) - 0.4], "zeroline": False, "showgrid": False},
    )  # fmt: skip


@method("Whom to treat", page="effect", weighs=True)
def treatment_policy(
    question: CausalQuestion,
    /,
    *,
    depth: Annotated[int, Range(1, 2), "splits on the way to a group"] = 2,
    cost: Annotated[float, Range(-1e9, 1e9), "cost of treating a row, in the outcome's unit"] = 0.0,
    more_is_better: Annotated[bool, "more of the outcome is what is wanted"] = True,
    points: Annotated[int, Range(1, 50), "values of each column at which it may be split"] = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> TreatmentPolicy:
    """Whether a short rule of whom to treat wins over treating everyone or no one, and which.

    The rule is a tree of one or two splits in what is adjusted for, found by exact search: of all
    trees over the quantiles of every column the one with the largest sum of doubly robust scores
    less the cost. What it wins is measured on rows it has not seen: the rule for each fold is
    learned from the others, and the interval is that of the mean score of those it treats. Unit:
    the outcome's, per row of everybody.

    It is shown only where effects differ at all (the gate of `effect_heterogeneity`) and the rule
    wins over no one and over everyone with its whole 95 % interval; else the answer is that no rule
    does, and no rule is shown. The rule shown is learned from all rows; what was measured is how
    well rules learned like it do. Whether a rule is fair or lawful, no score says.

    For two arms, the ATE and a difference; columns that come after the treatment are never used.

    Source: Athey & Wager, Policy Learning with Observational Data, Econometrica 89 (2021).
    """
    what = "The search for a rule"
    tested = gate(question, what, seed, part(progress, 0.0, 0.7))
    found = tested.scores
    gain = (1 if more_is_better else -1) * found.values - cost
    search = _Search(found, gain, depth, points)
    chosen = _out_of_fold(search, tested, part(progress, 0.7, 0.95))
    values = _values(found, gain, chosen)
    beats = bool((values["conf_low"].iloc[:2] > 0).all())
    passed = tested.passed and beats
    parts = [values]
    if passed:
        parts.append(_leaves(search, search.best(slice(None), part(progress, 0.95, 1.0))))
    frame = pd.concat(parts, ignore_index=True)[list(TreatmentPolicy.columns)]
    progress(1.0)
    return TreatmentPolicy(
        frame=frame,
        summary=_summary(question, frame, tested, beats),
        notes=tuple(_notes(search, tested, cost, more_is_better)),
        unit=f"won per row, {question.unit_in_words}",
        passed=passed,
    )


@dataclass(frozen=True)
class _Search:
    """What the rule is sought in: covariates, what is won by treating each row (n,), and how."""

    found: Scores
    gain: Floats
    depth: int
    points: int

    def best(self, rows: Mask | slice, progress: Progress) -> PolicyTree:
        """The best tree for some rows."""
        analysis = self.found.analysis
        x, gain = analysis.covariates.matrix[rows], (analysis.weight * self.gain)[rows]
        fewest = max(1, int(FEWEST_IN_LEAF * len(x)))
        splits = candidate_splits(x, self.points)
        return best_tree(x, gain, splits, self.depth, fewest, progress)


def _out_of_fold(search: _Search, tested: Gate, progress: Progress) -> Mask:
    """Whom rules treat that were learned without the row's own fold."""
    x, fold = search.found.analysis.covariates.matrix, tested.fold
    chosen = np.zeros(len(fold), dtype=bool)
    folds = int(fold.max()) + 1
    for k in range(folds):
        lap = part(progress, k / folds, (k + 1) / folds, f"Rule {k + 1} of {folds}")
        tree = search.best(fold != k, lap)
        chosen[fold == k] = tree.treats(x[fold == k])
    return chosen


def _values(found: Scores, gain: Floats, chosen: Mask) -> pd.DataFrame:
    everyone, weight = np.ones(len(gain)), found.analysis.weight
    compared = {NOBODY: chosen * 1.0, EVERYBODY: chosen - everyone, EVERYONE: everyone}
    rows = []
    for name, treats in compared.items():
        won = weight * treats * gain
        mean = float(won.mean())
        error = standard_error(won - weight * mean, found.analysis.clusters)
        share = everyone if name == EVERYONE else chosen
        rows.append({
            "part": "value", "name": name, "treat": None, "estimate": mean, "std_error": error,
            "conf_low": mean - Z95 * error, "conf_high": mean + Z95 * error,
            "share": float(np.average(share, weights=weight)),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _leaves(search: _Search, tree: PolicyTree) -> pd.DataFrame:
    analysis = search.found.analysis
    x = analysis.covariates
    return pd.DataFrame(
        [
            {
                "part": "leaf", "name": leaf.says(x), "treat": leaf.treats,
                "share": float(np.average(leaf.holds(x.matrix), weights=analysis.weight)),
            }
            for leaf in tree.leaves
        ]
    ).assign(estimate=np.nan, std_error=np.nan, conf_low=np.nan, conf_high=np.nan)  # fmt: skip


def _summary(question: CausalQuestion, frame: pd.DataFrame, tested: Gate, beats: bool) -> str:
    start = f"{question.treatment} {question.contrast_in_words}: "
    values = frame[frame["part"] == "value"].set_index("name")
    won = {
        name: f"{number(row['estimate'])} ({number(row['conf_low'])} to {number(row['conf_high'])})"
        for name, row in values.iterrows()
    }
    if not tested.passed:
        return (
            f"{start}no rule is shown to beat treating everyone or no one: one constant is as good "
            f"as effects that differ between rows (not above zero: {tested.failed}); treating "
            f"everyone wins {won[EVERYONE]} per row over treating no one."
        )
    if not beats:
        return (
            f"{start}no rule of this size is shown to beat treating everyone or no one: out of "
            f"fold it wins {won[NOBODY]} per row over no one and {won[EVERYBODY]} over everyone."
        )
    leaves = frame[frame["part"] == "leaf"]
    treated = leaves.loc[leaves["treat"].astype(bool), "name"]
    return (
        f"{start}treat where {', or where '.join(treated)}; such rules win {won[NOBODY]} per row "
        f"over treating no one and {won[EVERYBODY]} over treating everyone."
    )


def _notes(search: _Search, tested: Gate, cost: float, more_is_better: bool) -> Iterator[str]:
    better = "More" if more_is_better else "Less"
    yield (
        f"{better} of the outcome is taken to be better, and treating a row costs {number(cost)} "
        "in its unit."
    )
    x = search.found.analysis.covariates.matrix
    count = len(candidate_splits(x, search.points))
    yield (
        f"The best of all trees of depth {search.depth} over {count} splits"
        f"{f' (at most {MOST_SPLITS})' if count == MOST_SPLITS else ''}, each group with at least "
        f"{FEWEST_IN_LEAF:.0%} of the rows; its worth is that of rules learned without the rows it "
        "is measured on."
    )
    if x.shape[1] > MOST_SPLITS:
        yield f"Of {x.shape[1]:,} columns and levels only the first {MOST_SPLITS} may be split."
    yield tested.learned.says
    yield from search.found.notes
