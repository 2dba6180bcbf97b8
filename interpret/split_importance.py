"""What did the trees split on? The book-keeping of training, not what the model relies on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, silent
from workbench.result import Result

from ._importance_figure import drawn_note, importance_figure
from .trees import TreeEnsemble, read_trees

#: More distinct values than this, and a column has many places to be split at.
MANY_VALUES = 100


@dataclass(frozen=True, kw_only=True)
class SplitImportance(Result):
    """The share of all splits, or of what they won in training, that each column has."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column",
        "importance": "its share of the gain of all splits, or of their number; they add up to 1",
        "conf_low": "empty: nothing is sampled, and training once says nothing of training again",
        "conf_high": "empty, for the same reason",
        "splits": "how many splits ask about it",
        "values": "how many distinct values it has in the training rows",
        "measure": "what importance measures, in words",
    }

    def figure(self) -> Any:
        """Bars, the largest on top."""
        return importance_figure(self.frame, x=self.frame["measure"].iloc[0])


@method("Split importance", page="importance")
def split_importance(
    model: FittedModel,
    /,
    *,
    measure: Annotated[
        Literal["gain", "count"], "What a split counts by: what it won in training, or as one"
    ] = "gain",
    progress: Progress = silent,
) -> SplitImportance:
    """What the trees split on, as training kept the books; not what the model relies on.

    With "gain" a column's share of what all splits won in training: XGBoost's total gain,
    scikit-learn's impurity decrease (every tree of a forest having the same say), the histogram
    booster's gain. With "count" its share of the number of splits.

    It is counted on the rows the model learned from, so that columns learned by heart look
    important, and it favours columns with many values, which offer more places to split at (Strobl
    et al. 2007). It is here because many tools show it under the name of feature importance.

    Raises `NotApplicable` for a model that is not made of trees.

    Source: Breiman, Friedman, Olshen & Stone (1984); Strobl et al., BMC Bioinformatics 8 (2007).
    """
    ensemble = read_trees(model.trees)
    progress(0.5)
    inner = ensemble.nodes.feature >= 0
    counted = ensemble.gain if measure == "gain" else np.ones(len(inner))
    amount = _by_feature(model, ensemble, counted)
    if not amount.sum() > 0:
        raise NotApplicable(
            "The trees of this model do not split on anything.", "Train it with other settings."
        )
    frame = _frame(
        model, amount / amount.sum(), _by_feature(model, ensemble, np.ones(len(inner))), measure
    )
    progress(1.0)
    return SplitImportance(
        frame=frame, summary=_summary(frame, measure), notes=_notes(frame) + drawn_note(frame)
    )


def _by_feature(model: FittedModel, ensemble: TreeEnsemble, counted: np.ndarray) -> np.ndarray:
    """The sums by column: of a date, over all that the trees were given of it."""
    inner = ensemble.nodes.feature >= 0
    column = np.array(model.transform.owners)[ensemble.nodes.feature[inner]]
    return np.bincount(column, counted[inner], minlength=len(model.features))


def _frame(model: FittedModel, share: np.ndarray, splits: np.ndarray, measure: str) -> pd.DataFrame:
    learned = model.transform.codes(model.rows("train"))
    words = {"gain": "Share of the gain of all splits", "count": "Share of the number of splits"}
    frame = pd.DataFrame(
        {
            "feature": model.features,
            "importance": share,
            "conf_low": np.nan,
            "conf_high": np.nan,
            "splits": splits.astype(int),
            "values": [len(np.unique(column[~np.isnan(column)])) for column in learned.T],
            "measure": f"{words[measure]}, in training",
        }
    )
    return frame.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _summary(frame: pd.DataFrame, measure: str) -> str:
    first = frame.iloc[0]
    what = "of what the splits won in training" if measure == "gain" else "of the splits"
    return (
        f"'{first['feature']}' has {first['importance']:.0%} {what} "
        f"({number(float(first['splits']))} splits)."
    )


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    counted = (
        "Counted on the rows the model learned from: a column learned by heart looks important. "
        "What the model relies on is permutation importance on held-out rows."
    )
    notes = [counted]
    many, few = frame["values"] > MANY_VALUES, frame["values"] <= MANY_VALUES
    if many.any() and few.any():
        names = ", ".join(f"'{name}'" for name in frame.loc[many, "feature"].head(4))
        notes.append(
            f"It favours columns with many values, which offer more places to split at: {names}."
        )
    return tuple(notes)
