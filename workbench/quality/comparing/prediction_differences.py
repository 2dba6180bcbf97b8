"""Where do two models disagree? The rows whose prediction changes most, and what they have in
common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ...dates import date_name
from ...errors import ParameterError
from ...figures import BLUE, GREY, LIGHT_GREY, VERMILION, new_figure, number
from ...methods import method
from ...metrics import Floats
from ...model import FittedModel
from ...models.any_unit import grow_tree
from ...progress import Progress, silent
from ...result import Result
from ...settings import ClassName, ModelName, Range
from .._intervals import interval_words, mean_interval
from .model_set import ModelSet

#: A region is looked for among this share of the held-out rows, and measured on the others.
LOOKED_AT = 0.5
#: It holds at least this share of the rows it was looked for in, and so many.
SMALLEST_SHARE, FEWEST_ROWS = 0.05, 15


@dataclass(frozen=True, kw_only=True)
class PredictionDifferences(Result):
    """The held-out rows by how much the two predictions differ, the furthest apart first."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the row in the table, from 0",
        "first": "what the first model predicts (of classes, the chance of one)",
        "second": "what the second model predicts",
        "difference": "first less second",
        "observed": "what was observed",
        "closer": "the model whose prediction is closer to it; empty where both are as close",
        "first_model": "what the first model is called",
        "second_model": "what the second model is called",
        "output": "what is predicted",
    }

    def figure(self) -> Any:
        """One prediction against the other; on the diagonal they agree."""
        shown = self.frame
        first, second = shown["first_model"].iloc[0], shown["second_model"].iloc[0]
        figure = new_figure(height=480, x=f"{second}", y=f"{first}")
        both = [float(shown[["first", "second"]].min().min()),
                float(shown[["first", "second"]].max().max())]  # fmt: skip
        figure.add_scatter(x=both, y=both, mode="lines", hoverinfo="skip", showlegend=False,
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
        for words, rows, colour in (
            ("the first is closer to what was observed", shown["closer"] == first, BLUE),
            ("the second is closer", shown["closer"] == second, VERMILION),
            ("both are as close", shown["closer"].isna(), GREY),
        ):
            some = shown[rows]
            if len(some):
                figure.add_scattergl(
                    x=some["second"], y=some["first"], mode="markers", name=words,
                    marker={"color": colour, "size": 6, "opacity": 0.6},
                    customdata=some[["row"]],
                    hovertemplate="row %{customdata[0]}: %{y:.4g} and %{x:.4g}<extra></extra>",
                )  # fmt: skip
        return figure


@method("Where they differ", page="compare")
def prediction_differences(
    models: ModelSet,
    /,
    *,
    first: Annotated[str | None, ModelName(), "The one model; by default the first"] = None,
    second: Annotated[str | None, ModelName(), "The other; by default the second"] = None,
    target_class: Annotated[str | None, ClassName(), "The class whose chance is compared"] = None,
    depth: Annotated[int, Range(1, 4), "Conditions that describe a region, at most"] = 2,
    seed: int = 0,
    progress: Progress = silent,
) -> PredictionDifferences:
    """Which rows the choice between two models changes, and what these rows have in common.

    All held-out rows, those whose predictions lie furthest apart first. In words: the region, of at
    most `depth` conditions on the columns, where the mean difference is largest in size; it is
    looked for by a small regression tree on one half of the held-out rows (drawn with `seed`) and
    measured, with a 95 % interval of the mean, on the other half, so that the luck of the search
    does not count. A region describes where they differ and not why: for one row that is
    `interpret.difference_row`.

    With classes, the chance of one class is compared. Raises `ParameterError` for one model twice.
    """
    one, other = pair_of(models, first, second)
    at = models.held_out
    left, right = models.models[one], models.models[other]
    rows = models.dataset.frame.iloc[at]
    progress(0.0, "Predicting with both models")
    a, b = (model.output(rows, target_class) for model in (left, right))
    y = models.target.y[at]
    name = left.explained_class(target_class)
    truth = y if name is None else (y == models.classes.index(name)).astype(float)
    frame = _frame(models, one, other, a, b, truth).assign(output=left.output_label(target_class))
    progress(0.7, "Looking for what these rows have in common")
    return PredictionDifferences(
        frame=frame,
        summary=_summary(frame),
        notes=(*_region(left, at, a - b, depth, seed), *_notes(frame)),
    )


def pair_of(models: ModelSet, first: str | None, second: str | None) -> tuple[int, int]:
    """The places of two models; `ParameterError` for the same one twice."""
    one = models.place(first, 0)
    other = models.place(second, 1 if one == 0 else 0)
    if one == other:
        raise ParameterError(
            f"'{models.names[one]}' was chosen twice.", "Choose two different models."
        )
    return one, other


def _frame(
    models: ModelSet, one: int, other: int, a: Floats, b: Floats, truth: Floats
) -> pd.DataFrame:
    names = models.names[one], models.names[other]
    near = np.abs(a - truth) - np.abs(b - truth)
    closer = pd.Series(np.where(near < 0, *names)).where(near != 0)
    frame = pd.DataFrame(
        {
            "row": models.held_out,
            "first": a,
            "second": b,
            "difference": a - b,
            "observed": models.dataset.frame[models.target.name].iloc[models.held_out].to_numpy(),
            "closer": closer,
            "first_model": names[0],
            "second_model": names[1],
        }
    )
    order = np.argsort(-np.abs(a - b), kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def _region(
    model: FittedModel, at: Any, difference: Floats, depth: int, seed: int
) -> tuple[str, ...]:
    """What the rows that differ most have in common, in words."""
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(seed)
    looked = rng.random(len(at)) < LOOKED_AT
    fewest = max(FEWEST_ROWS, int(np.ceil(SMALLEST_SHARE * looked.sum())))
    if looked.sum() < 2 * fewest or (~looked).sum() < FEWEST_ROWS:
        few = f"{len(at):,} held-out rows are too few to look for a region in one half of them "
        return (few + "and measure it on the other.",)
    codes = model.transform.codes(model.data.frame.iloc[at])
    # a column is cut where it has values only: a missing one goes to the side of the larger values
    filled = np.where(np.isnan(codes), np.inf, codes).clip(max=np.finfo(np.float32).max)
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=fewest, random_state=seed)
    grow_tree(tree, filled[looked], difference[looked])
    leaf = tree.apply(filled)
    means = pd.Series(difference[looked]).groupby(leaf[looked]).mean()
    chosen = int((means - difference[looked].mean()).abs().idxmax())
    inside, measured = leaf == chosen, ~looked
    if len(means) < 2 or not (inside & measured).any() or (inside & measured).all():
        return ("No region of the columns was found in which they differ more than elsewhere.",)
    there, elsewhere = difference[inside & measured], difference[~inside & measured]
    low, high = mean_interval(there)
    words = (
        f"Where {_conditions(tree, chosen, model)}, the mean difference is "
        f"{number(float(there.mean()), 3)} ({interval_words(low, high)}; {len(there):,} rows); "
        f"elsewhere it is {number(float(elsewhere.mean()), 3)} ({len(elsewhere):,} rows). The "
        "region was looked for among the other half of the held-out rows."
    )
    return (words,)


def _conditions(tree: Any, leaf: int, model: FittedModel) -> str:
    """The way from the root to a leaf, one condition a column, in the person's own values."""
    nodes = tree.tree_
    above = {int(child): (at, side) for at in range(nodes.node_count)
             for side, child in enumerate((nodes.children_left[at], nodes.children_right[at]))
             if child >= 0}  # fmt: skip
    bounds: dict[int, list[float]] = {}
    at = leaf
    while at in above:
        at, side = above[at]
        low, high = bounds.setdefault(int(nodes.feature[at]), [-np.inf, np.inf])
        cut = float(nodes.threshold[at])
        bounds[int(nodes.feature[at])] = [max(low, cut), high] if side else [low, min(high, cut)]
    return " and ".join(_condition(model, f, *ends) for f, ends in sorted(bounds.items()))


def _condition(model: FittedModel, feature: int, low: float, high: float) -> str:
    column = model.transform.columns[feature]
    or_missing = " or missing" if high == np.inf else ""
    levels = model.transform.levels.get(column)
    if levels is not None:
        kept = [level for code, level in enumerate(levels) if low < code <= high]
        if len(kept) == len(levels) or not kept:
            return f"'{column}' is missing"
        shown = ", ".join(kept[:4]) + (f" and {len(kept) - 4} more" if len(kept) > 4 else "")
        return f"'{column}' is {'one of ' if len(kept) > 1 else ''}{shown}{or_missing}"
    said = date_name if column in model.transform.dates else number
    if low == -np.inf:
        return f"'{column}' is at most {said(high)}"
    if high == np.inf:
        return f"'{column}' is above {said(low)}{or_missing}"
    return f"'{column}' is above {said(low)} and at most {said(high)}"


def _summary(frame: pd.DataFrame) -> str:
    top, size = frame.iloc[0], frame["difference"].abs()
    if size.max() == 0:
        return f"{top['first_model']} and {top['second_model']} predict the same of every row."
    observed = top["observed"]
    shown = number(float(observed)) if isinstance(observed, int | float) else str(observed)
    return (
        f"{top['first_model']} and {top['second_model']} differ in their {_short(top['output'])} "
        f"by {number(float(size.median()), 3)} in the median of {len(frame):,} held-out rows, by "
        f"{number(float(size.quantile(0.9)), 3)} or more in a tenth of them, and most in row "
        f"{top['row']}: {number(top['first'], 3)} and {number(top['second'], 3)}, where "
        f"{shown} was observed."
    )


def _short(output: str) -> str:
    return output.removeprefix("predicted ")


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    first, second = frame["first_model"].iloc[0], frame["second_model"].iloc[0]
    closer = frame["closer"].value_counts()
    mean = (
        f"The difference is that of {first} less that of {second}; its mean over all held-out rows "
        f"is {number(float(frame['difference'].mean()), 3)}."
    )
    who = (
        f"{first} is closer to what was observed in {int(closer.get(first, 0)):,} rows, {second} "
        f"in {int(closer.get(second, 0)):,}. To be closer more often is not to be better: how much "
        "closer counts too."
    )
    return mean, who
