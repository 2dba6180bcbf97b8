"""Which classes does the model take for which?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ParameterError
from ..figures import BLUE, INK, PAPER, escape, new_figure, number
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._intervals import wilson
from ._rows import CLASSES, PART_NAMES, JudgedOn, all_classes, seen

Codes = NDArray[np.intp]
HALF = 0.5
#: So many pairs of classes are named as confused most often.
MOST_PAIRS = 3
#: Above this share of a row of the matrix the letters are white.
DARK = 0.55
#: With more classes the numbers would not be read: they are shown by pointing at a field.
MOST_WRITTEN = 15


@dataclass(frozen=True, kw_only=True)
class ConfusionMatrix(Result):
    """One row per pair of an observed and a predicted class."""

    columns: ClassVar[Mapping[str, str]] = {
        "observed": "the class observed",
        "predicted": "the class predicted",
        "rows": "rows of the pair",
        "share_of_observed": "the same as a share of the rows with this observed class",
        "conf_low": "lower end of the 95 % interval of this share (Wilson)",
        "conf_high": "upper end of the 95 % interval of this share",
        "share_of_all": "the same as a share of all rows",
    }

    def figure(self) -> Any:
        """Observed classes one below the other, predicted ones side by side; the darker, the
        larger the share of its observed class."""
        names = list(dict.fromkeys(self.frame["observed"]))
        counts, shares = (self._matrix(column, names) for column in ("rows", "share_of_observed"))
        labels = [escape(name, 24) for name in names]
        places = list(range(len(names)))
        figure = new_figure(
            height=min(max(320, 56 * len(names) + 130), 900), x="predicted", y="observed"
        )
        figure.add_heatmap(
            z=shares, x=places, y=places, zmin=0, zmax=1, colorscale=[[0, PAPER], [1, BLUE]],
            xgap=2, ygap=2, colorbar={"title": {"text": "share"}, "tickformat": ".0%"},
            customdata=counts,
            hovertemplate="%{customdata} rows, %{z:.1%} of the observed<extra></extra>",
        )  # fmt: skip
        for row, column in np.ndindex(counts.shape if len(names) <= MOST_WRITTEN else (0, 0)):
            share = shares[row, column]
            words = f"{counts[row, column]:,}"
            words += f"<br>{share:.0%}" if share == share else ""
            figure.add_annotation(
                x=column, y=row, text=words, showarrow=False,
                font={"color": "white" if share > DARK else INK},
            )  # fmt: skip
        plain = {"tickvals": places, "ticktext": labels, "showgrid": False, "zeroline": False}
        figure.update_xaxes(**plain)
        figure.update_yaxes(**plain, autorange="reversed")
        return figure

    def _matrix(self, column: str, names: list[str]) -> NDArray[Any]:
        return np.asarray(self.frame[column]).reshape(len(names), len(names))


@method("Confusion matrix", page="quality", tasks=CLASSES)
def confusion_matrix(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[
        str | None, ClassName(), "Of several classes, the one told from the rest"
    ] = None,
    cutoff: Annotated[
        float, Range(0, 1), "The chance from which the class, or the positive one, is said"
    ] = HALF,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> ConfusionMatrix:
    """Which classes the model gets right, and which it takes for which.

    Observed classes in rows, predicted ones in columns: counts, and shares of the observed class
    with Wilson's 95 % intervals (on the diagonal the share that is found, the recall). Of two
    classes the positive one (or `target_class`) is said where its chance is at least `cutoff`. Of
    more, the most probable; with a `target_class` the matrix is that class against the rest, said
    by the cutoff. Raises `ParameterError` for a cutoff with more than two classes and no
    `target_class`, and `NotApplicable` for regression.
    """
    if model.task == "multiclass" and target_class is None and cutoff != HALF:
        raise ParameterError(
            f"cutoff = {cutoff:g}, but '{model.target.name}' has {len(model.classes)} classes: the "
            "most probable one is said.",
            f"Leave it at {HALF:g}, or choose the target_class it is about.",
        )
    observed, chances = all_classes(model, rows, progress)
    said = _Said.of(model, target_class, observed, chances, cutoff)
    frame = _frame(said.classes, said.observed, said.predicted)
    return ConfusionMatrix(
        frame=frame,
        summary=_summary(model, said, frame, rows, cutoff),
        notes=(*_notes(model, said, rows, cutoff), *_confused(said, frame)),
    )


@dataclass(frozen=True)
class _Said:
    """The names of the classes, the codes observed and said, (n,), and the name of the class that
    a cutoff says: the last one, or None where the most probable is said."""

    classes: tuple[str, ...]
    observed: Codes
    predicted: Codes
    by_cutoff: str | None

    @staticmethod
    def of(
        model: FittedModel, asked: str | None, observed: Codes, chances: Floats, cutoff: float
    ) -> "_Said":
        if model.task == "multiclass" and asked is None:
            return _Said(model.classes, observed, np.asarray(chances.argmax(axis=1)), None)
        name = asked or model.classes[1]
        code = model.classes.index(name)
        others = [each for each in model.classes if each != name]
        rest = others[0] if len(others) == 1 else f"not {name}"
        predicted = (chances[:, code] >= cutoff).astype(np.intp)
        return _Said((rest, name), (observed == code).astype(np.intp), predicted, name)


def _frame(classes: tuple[str, ...], observed: Codes, predicted: Codes) -> pd.DataFrame:
    k = len(classes)
    counts = np.bincount(observed * k + predicted, minlength=k * k)
    of_class = np.repeat(counts.reshape(k, k).sum(axis=1), k)
    some = np.maximum(of_class, 1)
    low, high = wilson(counts, some)
    return pd.DataFrame(
        {
            "observed": np.repeat(classes, k),
            "predicted": np.tile(classes, k),
            "rows": counts,
            "share_of_observed": np.where(of_class > 0, counts / some, np.nan),
            "conf_low": np.where(of_class > 0, low, np.nan),
            "conf_high": np.where(of_class > 0, high, np.nan),
            "share_of_all": counts / len(observed),
        }
    )


def _summary(
    model: FittedModel, said: _Said, frame: pd.DataFrame, part: JudgedOn, cutoff: float
) -> str:
    right = frame[frame["observed"] == frame["predicted"]]
    total, hits = int(frame["rows"].sum()), int(right["rows"].sum())
    opening = (
        f"{hits:,} of {total:,} {PART_NAMES[part]} rows ({hits / total:.1%}) are given their own "
        "class"
    )
    if said.by_cutoff is None:
        worst = right.iloc[int(np.nanargmin(right["share_of_observed"].to_numpy()))]
        return (
            f"{opening}; the class found least is {worst['observed']}, with "
            f"{worst['share_of_observed']:.1%} of its rows."
        )
    negative, positive = said.classes
    found = right[right["observed"] == positive].iloc[0]
    alarms = frame[(frame["observed"] == negative) & (frame["predicted"] == positive)].iloc[0]
    return (
        f"{opening} at a cutoff of {number(cutoff)}: {_share(found)} of those with "
        f"{model.target.name} = {positive} are found, and {_share(alarms)} of the others are "
        "called so by mistake."
    )


def _share(row: "pd.Series[Any]") -> str:
    if row["share_of_observed"] != row["share_of_observed"]:
        return "none"
    return f"{row['share_of_observed']:.1%}"


def _notes(model: FittedModel, said: _Said, part: JudgedOn, cutoff: float) -> tuple[str, ...]:
    usual = _usual(model, said)
    share = float((said.observed == usual).mean())
    rule = "The most probable class is said."
    if said.by_cutoff is not None:
        of_two = "positive class" if said.by_cutoff == model.positive else "class"
        rule = (
            f"The {of_two} {said.by_cutoff} is said where {model.output_label(said.by_cutoff)} is "
            f"at least {number(cutoff)}; another cutoff trades misses for false alarms."
        )
    return (
        f"Computed on all {len(said.observed):,} {PART_NAMES[part]} rows.",
        *seen(part),
        rule,
        f"Saying {said.classes[usual]} of every row would be right for {share:.1%}.",
        "The intervals in the table are Wilson's, of each share of an observed class.",
    )


def _confused(said: _Said, frame: pd.DataFrame) -> tuple[str, ...]:
    """Of several classes, the pairs that are taken for one another most often."""
    wrong = frame[(frame["observed"] != frame["predicted"]) & (frame["rows"] > 0)]
    if said.by_cutoff is not None or wrong.empty:
        return ()
    most = wrong.sort_values("rows", ascending=False, kind="stable").head(MOST_PAIRS)
    pairs = "; ".join(
        f"{row['observed']} taken for {row['predicted']} in {row['rows']:,} rows "
        f"({row['share_of_observed']:.0%} of them)"
        for _, row in most.iterrows()
    )
    return (f"Confused most often: {pairs}.",)


def _usual(model: FittedModel, said: _Said) -> int:
    """The code of the class that is most frequent among the rows learned from."""
    shares = model.without_columns(1)[0]
    if said.by_cutoff is None:
        return int(shares.argmax())
    return int(shares[model.classes.index(said.by_cutoff)] > HALF)
