"""What shuffling a column costs on average over every shuffle there is, with none drawn.

In a shuffle taken at random row i gets each row's value with the same chance 1 / n, its own among
them. So a loss that is averaged over rows is expected to be its mean over all n² pairs of a row and
a lender, which is counted from the trees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.case_weights import weight_column
from workbench.errors import NotApplicable, ParameterError
from workbench.metrics import Average, Floats, Metric, Score
from workbench.model import FittedModel
from workbench.progress import Progress, silent

from ._engine import Engine
from ._engine.asking import Asking
from ._engine.exact import Exact

WAY_OUT = "Draw the shuffles instead: shuffles='drawn'."


@dataclass(frozen=True)
class Shuffled:
    """The score with nothing shuffled, and the one expected with a column shuffled.

    The influence of `after` is of a mean over pairs of rows (Hoeffding 1948): a row has part in it
    as borrower and as lender.
    """

    before: Score
    after: Score

    @property
    def std_error(self) -> float:
        """Of the difference of the two, from the sampling of rows."""
        own = self.after.influence - self.before.influence
        return float(own.std() / np.sqrt(len(own)))


def require_fit(model: FittedModel, metric: Metric, together: tuple[str, ...]) -> None:
    """Raises `ParameterError` or `NotApplicable` where all shuffles cannot be had as asked."""
    if together:
        raise ParameterError(
            f"shuffles = 'all' takes one column at a time, and together = {together!r} moves "
            "several as one.",
            "Leave `together` out, or draw the shuffles: shuffles='drawn'.",
        )
    if model.task == "multiclass":
        raise NotApplicable(
            "The average over all shuffles is computed for a number or for two classes; "
            f"'{model.target.name}' has {len(model.classes)}, whose sums all change together.",
            WAY_OUT,
        )
    weights = weight_column(model.data)
    if weights is not None:
        raise NotApplicable(
            "The average over all shuffles counts every row once, and the scores here are weighted "
            f"by '{weights}'.",
            WAY_OUT,
        )
    averaged(metric, model)


def averaged(metric: Metric, model: FittedModel) -> Average:
    """How the metric follows from the rows' losses; raises `ParameterError` where it does not."""
    if metric.average is not None:
        return metric.average
    fitting = ", ".join(repr(m.name) for m in model.metrics if m.average)
    if not fitting:
        raise NotApplicable(f"{metric.title} is no average of a loss counted from trees.", WAY_OUT)
    raise ParameterError(
        f"metric = {metric.name!r} is no average over rows, which shuffles = 'all' takes.",
        f"Choose one of: {fitting}; or draw the shuffles: shuffles='drawn'.",
    )


def require_trees(engine: Engine) -> Exact:
    """The exact engine; raises `NotApplicable` with the reason where it does not serve."""
    if isinstance(engine, Exact):
        return engine
    why = engine.why if isinstance(engine, Asking) else engine.note
    raise NotApplicable(
        f"The average over all shuffles is counted from a model's trees. {why}", WAY_OUT
    )


def every_shuffle(
    engine: Exact, codes: Floats, y: Floats, metric: Metric, progress: Progress = silent
) -> list[Shuffled]:
    """Column by column, what the score is expected to be with its values shuffled."""
    average, found = averaged(metric, engine.model), []
    for lost in engine.expected_losses(codes, y, average.loss, progress):
        before = average.score(y, lost.own)
        for borrowed, lent in zip(lost.borrowed, lost.lent, strict=True):
            # what a row's value does to others is added to its own loss: the mean stays the same,
            # and the influence becomes that of both its parts
            both = lost.own + borrowed + (lent - lent.mean())
            found.append(Shuffled(before, average.score(y, both)))
    return found


def what_is_meant(metric: Metric, rows: int) -> tuple[str, ...]:
    """Sentences on what exactly is computed: how a shuffle, the expectation and the score meet."""
    over = f"over all shuffles of the {rows:,} rows"
    expected = {
        "rmse": f"RMSE after shuffling is the root of the squared error expected {over}: a little "
        "more than the mean of the single shuffles' RMSE.",
        "r2": f"R² after shuffling is of the squared error expected {over}, which is the mean of "
        "the single shuffles' R².",
    }.get(metric.name, f"{metric.title} after shuffling is its mean {over}.")
    own = (
        f"A row is left its own value by 1 of {rows:,} shuffles, as by shuffles that are drawn; "
        f"the mean loss therefore grows {rows - 1:,}/{rows:,} times as much as if every row got "
        "another row's value (Fisher, Rudin & Dominici 2019 describe both)."
    )
    return expected, own
