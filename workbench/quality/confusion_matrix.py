"""Which classes does the model take for which?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ParameterError
from ..figures import number
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._matrices import Matrix, draw_matrices
from ._rows import CLASSES, PART_NAMES, Judged, JudgedOn, by_weight, seen
from ._sides import PART, asked_for, beside, drawn_sides, gap, judged_sides
from ._tallies import Tally, shares

Codes = NDArray[np.intp]
HALF = 0.5
#: So many pairs of classes are named as confused most often.
MOST_PAIRS = 3


@dataclass(frozen=True, kw_only=True)
class ConfusionMatrix(Result):
    """One row per part and pair of an observed and a predicted class."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "observed": "the class observed",
        "predicted": "the class predicted",
        "rows": "rows of the pair",
        "share_of_observed": "what they weigh as a share of the rows with this observed class",
        "conf_low": "lower end of the 95 % interval of this share (Wilson)",
        "conf_high": "upper end of the 95 % interval of this share",
        "share_of_all": "what they weigh as a share of all rows",
    }

    def figure(self) -> Any:
        """Observed classes one below the other, predicted ones side by side; the darker, the
        larger the share of its observed class. Beside it the other part of the table, in grey."""
        names = list(dict.fromkeys(self.frame["observed"]))
        sides = [*drawn_sides(self.frame)][::-1]
        made = [Matrix(look, *_fields(shown, len(names))) for shown, look in sides]
        return draw_matrices(made, names, x="predicted", y="observed", lowest=0.0,
                             hover="%{customdata}")  # fmt: skip


def _fields(shown: pd.DataFrame, k: int) -> tuple[Floats, NDArray[Any]]:
    shares = shown["share_of_observed"].to_numpy(dtype=float)
    words = [
        f"{rows:,}" + (f"<br>{share:.0%}" if share == share else "")
        for rows, share in zip(shown["rows"], shares, strict=True)
    ]
    return shares.reshape(k, k), np.array(words, dtype=object).reshape(k, k)


@method("Confusion matrix", page="quality", tasks=CLASSES, weighs=True)
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
    sides = judged_sides(model, rows, progress)
    said = [_Said.of(model, target_class, side, cutoff) for side in sides]
    every = beside(said, _frame)
    frame = asked_for(every)
    return ConfusionMatrix(
        frame=every,
        summary=_summary(model, said[0], frame, rows, cutoff),
        notes=(
            *_notes(model, said[0], rows, cutoff),
            gap(said, "the share given their own class", [100 * each.right for each in said], " %"),
            *_confused(said[0], frame),
        ),
    )


@dataclass(frozen=True)
class _Said:
    """The names of the classes, the codes observed and said, (n,), what the rows weigh, (n,) or
    None, and the name of the class that a cutoff says: the last one, or None where the most
    probable is."""

    part: JudgedOn
    classes: tuple[str, ...]
    observed: Codes
    predicted: Codes
    weights: Floats | None
    by_cutoff: str | None

    @staticmethod
    def of(model: FittedModel, asked: str | None, side: Judged, cutoff: float) -> "_Said":
        observed, chances, part, weights = side.codes, side.said, side.part, side.weights
        if model.task == "multiclass" and asked is None:
            most = np.asarray(chances.argmax(axis=1))
            return _Said(part, model.classes, observed, most, weights, None)
        name = asked or model.classes[1]
        code = model.classes.index(name)
        others = [each for each in model.classes if each != name]
        rest = others[0] if len(others) == 1 else f"not {name}"
        predicted = (chances[:, code] >= cutoff).astype(np.intp)
        is_class = (observed == code).astype(np.intp)
        return _Said(part, (rest, name), is_class, predicted, weights, name)

    @property
    def right(self) -> float:
        """The share, by weight, that is given its own class."""
        return float(np.average(self.observed == self.predicted, weights=self.weights))


def _frame(said: _Said) -> pd.DataFrame:
    k = len(said.classes)
    weight = np.ones(len(said.observed)) if said.weights is None else said.weights
    pair = said.observed * k + said.predicted
    of_pair, of_class = (
        Tally.of(weight, group, many) for group, many in ((pair, k * k), (said.observed, k))
    )
    of_class = Tally(np.repeat(of_class.weight, k), np.repeat(of_class.squares, k))
    found = shares(of_pair, of_class)
    return pd.DataFrame(
        {
            "observed": np.repeat(said.classes, k),
            "predicted": np.tile(said.classes, k),
            "rows": np.bincount(pair, minlength=k * k),
            "share_of_observed": found.value,
            "conf_low": found.low,
            "conf_high": found.high,
            "share_of_all": of_pair.weight / weight.sum(),
        }
    )


def _summary(
    model: FittedModel, said: _Said, frame: pd.DataFrame, part: JudgedOn, cutoff: float
) -> str:
    right = frame[frame["observed"] == frame["predicted"]]
    total, hits = int(frame["rows"].sum()), int(right["rows"].sum())
    share = f"{said.right:.1%}{by_weight(said.weights)}"
    opening = f"{hits:,} of {total:,} {PART_NAMES[part]} rows ({share}) are given their own class"
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
    share = float(np.average(said.observed == usual, weights=said.weights))
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
        f"({row['share_of_observed']:.0%} of the class)"
        for _, row in most.iterrows()
    )
    return (f"Confused most often: {pairs}.",)


def _usual(model: FittedModel, said: _Said) -> int:
    """The code of the class that is most frequent among the rows learned from."""
    shares = model.without_columns(1)[0]
    if said.by_cutoff is None:
        return int(shares.argmax())
    return int(shares[model.classes.index(said.by_cutoff)] > HALF)
