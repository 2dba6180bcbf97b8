"""By how much does the prediction change, on average, for a change of a chosen size?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.blocks import blocks
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95, Floats
from workbench.model import FittedModel, Part, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName

from ._accumulate import varies
from ._dependence import NO_EFFECT
from ._engine import Engine, Target, engine_of
from ._importance_figure import drawn_note, importance_figure
from ._rows import PART_NAMES, sample_rows
from ._values import is_levels, step_name, value_names

Change = Literal["iqr", "one", "sd"]
#: What each change of a number is called, before its size.
CHANGES: Mapping[str, str] = {
    "iqr": "their interquartile range (IQR), or the whole range where that is 0",
    "one": "1",
    "sd": "one standard deviation (SD)",
}  # fmt: skip
#: Rows at most.
MOST_ROWS = 200_000
#: What rows' curves over levels may take at a time, in bytes.
CURVES_BYTES = 64 * 2**20
#: Share of the rows that a change may push out of the range of the data without a note.
OUTSIDE = 0.25


@dataclass(frozen=True, kw_only=True)
class AverageComparison(Result):
    """The mean change of the prediction, one line per column and change."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column and what is done to it",
        "column": "the column alone",
        "importance": "the mean change of `output` over the rows (of a number, those that hold it)",
        "conf_low": "lower end of the 95 % interval from the sampling of rows",
        "conf_high": "upper end of the 95 % interval",
        "std_error": "standard error of the mean over rows",
        "share_outside": "share of these rows that the change pushes out of the range of the data",
        "output": "the number that is predicted",
    }

    def figure(self) -> Any:
        """Bars with 95 % intervals, in the order of their size."""
        return importance_figure(self.frame, x=f"Mean change in {self.frame['output'].iloc[0]}")


@dataclass(frozen=True)
class _Contrast:
    """What is done to one column, and by how much each row's prediction changes for it.

    `share_outside` of the rows are pushed out of the range of the data.
    """

    feature: int
    words: str
    difference: Floats
    share_outside: float


@method("Average comparison", page="importance")
def average_comparison(
    model: FittedModel,
    /,
    *,
    change: Annotated[Change, "The change that numbers are given"] = "iqr",
    target_class: Annotated[str | None, ClassName(), "The class whose output is shown"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    rows: Annotated[Part, "Rows that are averaged over"] = "all",
    progress: Progress = silent,
) -> AverageComparison:
    """By how much the prediction changes on average for a change of a chosen size, by column.

    Each number is raised, in every row, by its interquartile range (by its whole range where half
    of the values are one and the same), by 1, or by a standard deviation, whichever is chosen;
    dates are moved on by so many days; yes-no columns and levels go from the most frequent level to
    each other one. The mean over rows of the difference of two predictions has the target's unit.
    A missing number cannot be raised, so the mean is over the rows that hold one.

    A slope is deliberately not offered: trees are flat between thresholds, and a difference over a
    tiny step is noise. The change is one of the model's answers; it is no effect in the world.

    Raises `NotApplicable` where the rows hold nothing to change, or for a margin the family
    does not have.

    Source: Gelman & Pardoe, Sociological Methodology 37 (2007), "average predictive comparisons".
    """
    sample = sample_rows(model, rows, MOST_ROWS, seed=0)
    target = Target(model.explained_class(target_class), scale)
    engine = engine_of(model)
    found = _contrasts(engine, sample.codes, target, change, progress)
    lines = [_line(model, contrast) for contrast in found]
    if not lines:
        raise NotApplicable("No column varies in these rows.", "Choose other rows.")
    frame = pd.DataFrame(lines).assign(output=model.output_label(target_class, scale))
    frame = _sorted(frame)
    notes = (
        sample.note,
        engine.note,
        f"Numbers are raised by {CHANGES[change]}; levels go from the most frequent to another.",
        NO_EFFECT,
        *_missing(model, sample.codes),
        *_outside(model, frame),
        *drawn_note(frame),
    )
    return AverageComparison(frame=frame, summary=_summary(frame, len(sample), rows), notes=notes)


def _contrasts(
    engine: Engine, codes: Floats, target: Target, change: Change, progress: Progress
) -> Iterator[_Contrast]:
    own = engine.predict(codes, target, part(progress, 0.0, 0.05))
    for f, name in enumerate(engine.model.features):
        at = part(
            progress, 0.05 + 0.95 * f / codes.shape[1], 0.05 + 0.95 * (f + 1) / codes.shape[1]
        )
        present = codes[~np.isnan(codes[:, f]), f]
        if not len(present) or present.min() == present.max():
            at(1.0)
        elif is_levels(engine.model.transform, name):
            yield from _of_levels(engine, codes, f, target, at)
        else:
            size, words = _size(change, present)
            holds = ~np.isnan(codes[:, f])
            given = codes[holds]
            given[:, f] += size
            difference = engine.predict(given, target, at) - own[holds]
            outside = float((given[:, f] > present.max()).mean())
            step = step_name(engine.model.transform, name, size)
            yield _Contrast(f, f"{name} +{step}{words}", difference, outside)


def _size(change: Change, present: Floats) -> tuple[float, str]:
    """How large the change is, and what it is called after its size."""
    if change == "one":
        return 1.0, ""
    if change == "sd":
        return float(present.std(ddof=1)), " (SD)"
    low, high = np.quantile(present, [0.25, 0.75])
    if high > low:
        return float(high - low), " (IQR)"
    return float(present.max() - present.min()), " (range)"  # half of the values are the same


def _of_levels(
    engine: Engine, codes: Floats, f: int, target: Target, progress: Progress
) -> Iterator[_Contrast]:
    """From the most frequent level to each other one, a roomful of the rows' curves at a time."""
    name = engine.model.features[f]
    found, counts = np.unique(codes[~np.isnan(codes[:, f]), f], return_counts=True)
    usual, others = found[counts.argmax()], np.delete(found, counts.argmax())
    for some in blocks(len(others), max(1, CURVES_BYTES // (8 * len(codes)))):
        grid = np.append(usual, others[some])
        at = part(progress, some.start / len(others), some.stop / len(others))
        curves = engine.curves(codes, f, grid, target, at)
        start, *ends = value_names(engine.model.transform, name, grid)
        for k, end in enumerate(ends, start=1):
            yield _Contrast(f, f"{name}: {start} → {end}", curves[:, k] - curves[:, 0], 0.0)


def _line(model: FittedModel, contrast: _Contrast) -> dict[str, Any]:
    n, mean = len(contrast.difference), float(contrast.difference.mean())
    error = float(contrast.difference.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return {
        "feature": contrast.words,
        "column": model.features[contrast.feature],
        "importance": mean,
        "conf_low": mean - Z95 * error,
        "conf_high": mean + Z95 * error,
        "std_error": error,
        "share_outside": contrast.share_outside,
    }


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    order = frame["importance"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)[list(AverageComparison.columns)]


def _missing(model: FittedModel, codes: Floats) -> tuple[str, ...]:
    """Which numbers are not had by all rows, and which columns have nothing to change."""
    notes, share = [], np.isnan(codes).mean(axis=0)
    numbers = [f for f, name in enumerate(model.features)
               if share[f] > 0 and not is_levels(model.transform, name)]  # fmt: skip
    some = [f for f in sorted(numbers, key=lambda f: -share[f]) if share[f] < 1]
    if some:
        named = ", ".join(f"'{model.features[f]}' {share[f]:.0%}" for f in some[:4])
        more = f" and {len(some) - 4} more" if len(some) > 4 else ""
        notes.append(
            f"A missing number cannot be raised: the mean is over the rows that hold one (missing: "
            f"{named}{more})."
        )
    still = [name for name, column in zip(model.features, codes.T, strict=True)
             if not varies(column)]  # fmt: skip
    if still:
        named = ", ".join(f"'{name}'" for name in still[:4])
        more = f" and {len(still) - 4} more" if len(still) > 4 else ""
        notes.append(f"Without two different values in these rows, and left out: {named}{more}.")
    return tuple(notes)


def _outside(model: FittedModel, frame: pd.DataFrame) -> tuple[str, ...]:
    far = frame[frame["share_outside"] > OUTSIDE]
    of_date = " of its trend, while months and days of the week come round"
    return tuple(
        f"{line['share_outside']:.0%} of the rows leave the range of the data with "
        f"'{line['feature']}'; there the trees repeat what they say at its end"
        f"{of_date if line['column'] in model.transform.dates else ''}."
        for _, line in far.head(3).iterrows()
    )


def _summary(frame: pd.DataFrame, n: int, rows: str) -> str:
    first = frame.iloc[0]
    return (
        f"Over {n:,} {PART_NAMES[rows]} rows, the largest change is that of '{first['feature']}': "
        f"{first['output']} changes by {number(first['importance'])} on average (95 % interval "
        f"{number(first['conf_low'])} to {number(first['conf_high'])})."
    )
