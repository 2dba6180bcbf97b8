"""Which columns move the model's output most? The mean size of their SHAP values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.model import FittedModel, Part
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import ClassName, Range, RowNumber

from ._association import twin_notes
from ._contributions import Contributions, explain
from ._engine import engine_of
from ._importance_figure import drawn_note, importance_figure
from ._reference import ComparedWith, reference_of
from ._rows import PART_NAMES, automatic, sample_rows
from ._values import the

#: What the mean size of SHAP values is not.
NOT_ACCURACY = (
    "It says what moves this model's output, right or wrong; not how much accuracy a column "
    "brings, and not what would change the target."
)
#: Contributions that are held at once.
MOST_VALUES = 50_000_000
#: What follows where two columns nearly repeat one another.
SPLIT_CREDIT = "The credit is split between them as the trees happened to use them."


@dataclass(frozen=True, kw_only=True)
class ShapImportance(Result):
    """The mean absolute SHAP value of every column."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column",
        "importance": "mean of |contribution| over the rows, on the scale of `output`",
        "conf_low": "lower end of the 95 % interval from the sampling of rows, not below 0",
        "conf_high": "upper end of the 95 % interval",
        "std_error": "standard error of the mean over rows",
        "output": "the number that is explained",
    }

    def figure(self) -> Any:
        """Bars with 95 % intervals, the largest on top."""
        return importance_figure(
            self.frame, x=f"Mean |SHAP value|: change in {self.frame['output'].iloc[0]}"
        )


@method("SHAP importance", page="importance")
def shap_importance(
    model: FittedModel,
    /,
    *,
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    rows: Annotated[Part, "Rows that are explained"] = "test",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    compared_with: Annotated[ComparedWith, "What the rows are compared with"] = "paths",
    background_rows: Annotated[int, Range(1, 1_000_000), "Rows compared with, at most"] = 1_000,
    baseline_row: Annotated[int | None, RowNumber(), "The one row to compare with"] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ShapImportance:
    """Which columns move the model's output most, up or down: the mean size of their SHAP values.

    The mean over rows of |contribution|, on the scale on which the trees add up (the target's
    unit, probability, or log-odds; the axis says which), with the 95 % interval of a mean over
    sampled rows. It is about the model's output, right or wrong: not about accuracy, for which
    permutation importance stands, and not about effects in the world. Without a wish all rows are
    explained where the trees can be read, else a sample.

    `compared_with` is the other half of every contribution: "paths", the training rows as they
    flowed through the trees; "train" or "test", up to `background_rows` of these rows, whose values
    stand in for what is not known (interventional SHAP values); "row", the row `baseline_row`.

    Raises `NotApplicable` or `ModelError` where the values would be wrong or do not add up.

    Source: Lundberg et al., Nature Machine Intelligence 2 (2020).
    """
    enough = automatic(engine_of(model), most_rows)
    sample = sample_rows(model, rows, min(enough, MOST_VALUES // len(model.features)), seed)
    reference = reference_of(model, compared_with, background_rows, baseline_row, seed)
    found = explain(model, sample.codes, target_class, reference=reference, progress=progress)
    frame = _frame(model, found)
    notes = (
        sample.note,
        *found.notes,
        NOT_ACCURACY,
        *twin_notes(model.features, sample.codes, SPLIT_CREDIT),
        *drawn_note(frame),
    )
    first = frame.iloc[0]
    summary = (
        f"Over {len(sample):,} {PART_NAMES[rows]} rows '{first['feature']}' moves "
        f"{the(found.output)} most: by {number(first['importance'])} on average, up or down (95 % "
        f"interval {number(first['conf_low'])} to {number(first['conf_high'])})."
    )
    return ShapImportance(frame=frame, summary=summary, notes=notes)


def _frame(model: FittedModel, found: Contributions) -> pd.DataFrame:
    size = np.abs(found.values)
    mean = size.mean(axis=0)
    error = size.std(axis=0, ddof=1) / np.sqrt(len(size)) if len(size) > 1 else mean * np.nan
    frame = pd.DataFrame(
        {
            "feature": model.features,
            "importance": mean,
            "conf_low": np.maximum(mean - Z95 * error, 0),
            "conf_high": mean + Z95 * error,
            "std_error": error,
            "output": found.output,
        }
    )
    return frame.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
