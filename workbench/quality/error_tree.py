"""Where does the model fail? A small tree that looks for the rows with the largest loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NotApplicable
from ..figures import BLUE, GREY, VERMILION, escape, new_figure, number
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, part, silent
from ..result import Result
from ..settings import Range
from ._against_rest import WELCH, Losses, Sums, against_rest
from ._intervals import interval_words, mean_interval
from ._rows import OTHER, JudgedOn, seen
from ._sides import PART_WORDS
from ._tallies import Tally, shares
from ._tree_rules import AND, LossTree
from .losses import LossName, LossRows, loss_rows

#: A leaf has at least so many of the rows it is found in.
FEWEST_IN_LEAF = 10
#: With fewer rows there is no half to find two leaves in.
FEWEST_ROWS = 4 * FEWEST_IN_LEAF
EACH_ALONE = (
    "Each interval of 95 % is of its leaf alone; the leaf named in the summary is the worst of the "
    "half that found it, so it was not picked by the numbers shown."
)
#: Letters of a condition beside the picture, and the pixels of a line; the table has all of it.
LETTERS, LINE = 52, 17


@dataclass(frozen=True, kw_only=True)
class ErrorTree(Result):
    """Groups of rows found in one half and measured in the other, worst by the first half first."""

    columns: ClassVar[Mapping[str, str]] = {
        "leaf": "number of the leaf, from the largest mean loss in the half that found it",
        "rule": "which rows are in it",
        "rows": "its rows in the half that measures",
        "share": "what they weigh as a share of that half",
        "loss": "their mean loss",
        "conf_low": "lower end of the 95 % interval of the mean loss",
        "conf_high": "upper end of the 95 % interval of the mean loss",
        "rest": "mean loss of the other rows of the half that measures",
        "excess": "loss − rest",
        "excess_low": "lower end of the 95 % interval of the excess",
        "excess_high": "upper end of the 95 % interval of the excess",
        "found_rows": "its rows in the half that found it",
        "found_loss": "their mean loss there: too far from that of all, as it was searched for",
        "other_rows": "its rows in the other part of the table",
        "other_loss": "their mean loss there; empty for no row",
        "average": "mean loss of all rows of the half that measures",
        "loss_name": "what the mean loss is",
        "part": "test (held out) or train (learned from): the part that was divided in halves",
    }

    def figure(self) -> Any:
        """The leaves one below the other: measured loss with its interval, and that of all; a
        hollow mark is the leaf in the other part of the table."""
        shown = self.frame.dropna(subset="loss").sort_values("loss", ascending=False, kind="stable")
        places = list(range(len(shown)))
        lines = 1 + max(rule.count(AND) + 1 for rule in shown["rule"])
        figure = new_figure(
            height=120 + (LINE * lines + 10) * len(shown),
            x=str(self.frame["loss_name"].iloc[0]),
        )
        figure.add_vline(x=self.frame["average"].iloc[0], annotation_text="all",
                         line={"color": GREY, "dash": "dash"})  # fmt: skip
        measured = shown["part"].iloc[0]
        figure.add_scatter(
            x=shown["other_loss"], y=places, mode="markers", name=PART_WORDS[OTHER[measured]],
            marker={"size": 8, "symbol": "circle-open", "color": GREY},
            customdata=shown["other_rows"],
            hovertemplate="%{x:.4g} on %{customdata:,} rows there<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            x=shown["loss"], y=places, mode="markers", name=PART_WORDS[measured],
            marker={"size": 10, "color": np.where(shown["excess_low"] > 0, VERMILION, BLUE)},
            error_x={"type": "data", "symmetric": False, "thickness": 1.5, "color": GREY,
                     "array": shown["conf_high"] - shown["loss"],
                     "arrayminus": shown["loss"] - shown["conf_low"]},
            customdata=np.column_stack([[escape(rule, 160) for rule in shown["rule"]],
                                        shown["rows"], shown["rest"]]),
            hovertemplate="%{customdata[0]}<br>%{x:.4g} on %{customdata[1]} rows; the others "
                          "%{customdata[2]:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(
            tickvals=places, range=[len(shown) - 0.4, -0.6], showgrid=False, zeroline=False,
            ticktext=[f"{_on_lines(rule)}<br>{rows:,} rows"
                      for rule, rows in zip(shown["rule"], shown["rows"], strict=True)],
        )  # fmt: skip
        figure.update_xaxes(rangemode="tozero")
        figure.update_layout(legend={"traceorder": "reversed"})
        return figure


def _on_lines(rule: str) -> str:
    return "<br>".join(escape(each, LETTERS) for each in rule.split(AND))


@method("Error tree", page="quality", weighs=True)
def error_tree(
    model: FittedModel,
    /,
    *,
    loss: Annotated[LossName, "The loss of a row"] = "default",
    depth: Annotated[int, Range(1, 4), "Questions one after another, at most"] = 3,
    smallest: Annotated[float, Range(0.01, 0.5), "Share of the rows in a leaf, at least"] = 0.05,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    seed: int = 0,
    progress: Progress = silent,
) -> ErrorTree:
    """Which rows the model fails on most, in words: a small tree of the loss of each row.

    The rows are divided at random (whole groups where a column has the role group). In one half a
    regression tree of the losses on the model's features looks for leaves whose losses differ; the
    mean loss of each leaf is then measured on the other half, which had no say in where the leaves
    are. So their intervals hold: Student's for a mean, Wilson's for a share, each leaf for itself.
    The excess is the difference to the other rows, with Welch's interval. Levels are ordered by
    their mean loss in the first half, rare ones taken together.

    The default loss is the absolute error of a number, in the target's unit, and the log loss of a
    class, in nats; "squared" and "zero_one" (1 where another class is the most probable) are the
    others. A leaf says where it fails, not why: fewer training rows, noise, or a column that is
    lacking. Raises `NotApplicable` for fewer than 40 rows or losses that do not differ.

    Sources: Athey & Imbens, PNAS 113 (2016), for the honest halves; Fisher, JASA 53 (1958), for the
    order of levels.
    """
    judged = loss_rows(model, rows, loss, part(progress, 0, 0.3))
    _require_enough(judged)
    find, measure = _halves(model, judged, seed)
    progress(0.3, "Looking for leaves")
    fewest = max(FEWEST_IN_LEAF, int(np.ceil(smallest * len(find))))
    table = judged.frame(model)
    kinds = {column: model.transform.kinds[column] for column in model.features}
    tree = LossTree.fit(table, kinds, judged, find, depth, fewest)
    progress(0.7, "Measuring the leaves")
    frame = _frame(judged, tree, table, find, measure)
    other = loss_rows(model, OTHER[rows], loss, part(progress, 0.7, 1))
    frame = _with_other(frame, other, tree.leaf_of(other.frame(model)), rows)
    return ErrorTree(
        frame=frame,
        summary=_summary(model, judged, frame, measure),
        notes=_notes(model, judged, frame, find, measure, fewest, seed),
    )


def _require_enough(judged: LossRows) -> None:
    if len(judged) < FEWEST_ROWS:
        raise NotApplicable(
            f"There are {len(judged)} {judged.name} rows; one half is to find leaves, the other to "
            "measure them.",
            f"Hold out at least {FEWEST_ROWS} rows.",
        )
    if float(np.ptp(judged.loss)) == 0:
        raise NotApplicable(
            f"The loss is {number(float(judged.loss[0]))} on each of the {len(judged):,} "
            f"{judged.name} rows, so no place is worse than another.",
            "Choose another loss.",
        )


def _halves(
    model: FittedModel, judged: LossRows, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the rows that find and of those that measure."""
    rng = np.random.default_rng(seed)
    group = model.data.with_role("group")
    unit = np.arange(len(judged))
    if group:
        values = model.data.frame[group[0]].iloc[judged.positions]
        unit = pd.factorize(values, use_na_sentinel=False)[0]
    units = int(unit.max()) + 1
    if units < 2:
        raise NotApplicable(
            f"All {len(judged):,} {judged.name} rows are of one group of '{group[0]}', so they "
            "cannot be divided into one half that finds leaves and one that measures them.",
            "Hold out more groups.",
        )
    finds = np.isin(unit, rng.permutation(units)[: units // 2])
    return np.flatnonzero(finds), np.flatnonzero(~finds)


def _frame(
    judged: LossRows, tree: LossTree, table: pd.DataFrame,
    find: NDArray[np.intp], measure: NDArray[np.intp],
) -> pd.DataFrame:  # fmt: skip
    measured, found = judged.some(measure), judged.some(find)
    place, was = tree.leaf_of(table.iloc[measure]), tree.leaf_of(table.iloc[find])
    count = len(tree.rules)
    compared = against_rest(Sums.by_group(measured, place, count), measured)
    excess_low, excess_high = compared.interval()
    low, high = _intervals(judged, measured, place, count)
    frame = pd.DataFrame(
        {
            "at": np.arange(count),
            "rule": tree.rules,
            "rows": compared.rows,
            "share": compared.share,
            "loss": compared.inside,
            "conf_low": low,
            "conf_high": high,
            "rest": compared.outside,
            "excess": compared.difference,
            "excess_low": excess_low,
            "excess_high": excess_high,
            "found_rows": np.bincount(was, minlength=count),
            "found_loss": _means(found, was, count),
            "average": measured.centre,
            "loss_name": judged.words,
        }
    )
    frame = frame.sort_values("found_loss", ascending=False, kind="stable", ignore_index=True)
    frame.insert(0, "leaf", np.arange(1, count + 1))
    return frame


def _with_other(
    frame: pd.DataFrame, other: Losses, place: NDArray[np.intp], part: JudgedOn
) -> pd.DataFrame:
    """With the mean loss of each leaf in the other part of the table."""
    count, at = len(frame), frame["at"].to_numpy()
    rows, loss = np.bincount(place, minlength=count), _means(other, place, count)
    frame = frame.assign(other_rows=rows[at], other_loss=loss[at], part=part)
    return frame[list(ErrorTree.columns)]


def _means(losses: Losses, place: NDArray[np.intp], count: int) -> Floats:
    weight = np.bincount(place, losses.weight, count)
    total = np.bincount(place, losses.weight * losses.loss, count)
    found: Floats = np.divide(total, weight, out=np.full(count, np.nan), where=weight > 0)
    return found


def _intervals(
    judged: LossRows, losses: Losses, place: NDArray[np.intp], count: int
) -> tuple[Any, Any]:
    if judged.is_share:
        of = Tally.of(losses.weight, place, count)
        found = shares(Tally.of(losses.weight * losses.loss, place, count), of)
        return found.low, found.high
    leaves = [losses.some(place == leaf) for leaf in range(count)]
    ends = np.array([mean_interval(leaf.loss, weights=leaf.weights) for leaf in leaves])
    return np.maximum(ends[:, 0], 0), ends[:, 1]


def _summary(
    model: FittedModel, judged: LossRows, frame: pd.DataFrame, measure: NDArray[np.intp]
) -> str:
    worst = frame.iloc[0]
    if len(frame) == 1:
        return (
            f"No leaves were found among {len(judged):,} {judged.name} rows; the {judged.words} of "
            f"{model.target.name} is {number(worst['loss'])} "
            f"({interval_words(worst['conf_low'], worst['conf_high'])})."
        )
    if not worst["rows"]:
        return (
            f"The worst leaf that one half suggested, where {worst['rule']}, has none of the "
            f"{len(measure):,} rows of the other half, so nothing is known of it."
        )
    measured = (
        f"{judged.words} {number(worst['loss'])} "
        f"({interval_words(worst['conf_low'], worst['conf_high'])}) on {worst['rows']:,} rows, "
        f"{number(worst['rest'])} on the others"
    )
    if worst["excess_low"] > 0:
        return f"The model fails most where {worst['rule']}: {measured}."
    return (
        "No place was found where the model fails more than elsewhere. The worst that one half "
        f"suggested is where {worst['rule']}, and the other half does not confirm it: {measured}."
    )


def _notes(
    model: FittedModel, judged: LossRows, frame: pd.DataFrame,
    find: NDArray[np.intp], measure: NDArray[np.intp], fewest: int, seed: int,
) -> tuple[str, ...]:  # fmt: skip
    group = model.data.with_role("group")
    of = f"whole groups of '{group[0]}'" if group else "the rows"
    halves = (
        f"Of {len(judged):,} {judged.name} rows {len(find):,} found the leaves and "
        f"{len(measure):,} measured them; {of} were divided at random (seed {seed}), and another "
        "seed finds other leaves."
    )
    notes = [
        halves,
        *seen(judged.part),
        f"A leaf has at least {fewest:,} of the rows that found it.",
        EACH_ALONE,
        WELCH,
        "Where a model fails is not why: rows like these may be few, noisy, or lack a column.",
    ]
    few = int((frame["rows"] < 2).sum())
    if few:
        notes.append(f"{few} of {len(frame)} leaves have fewer than two rows to be measured on.")
    if group:
        notes.append(
            f"The intervals take rows as independent; rows of one group of '{group[0]}' are often "
            "alike, and the intervals are then too narrow."
        )
    return tuple(notes)
