"""Early stopping: how many rounds of boosting are enough, told by rows it does not learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from .dataset import Dataset
from .errors import DataError, NotApplicable, ParameterError
from .figures import BLUE, ORANGE, VERMILION, new_figure, number
from .fitting import Grown, fit_until, lesson_of
from .methods import Method
from .models import FAMILIES, Family, Losses
from .progress import Progress, silent
from .result import Result
from .settings import Subject
from .split import Split, split
from .target import Target

if TYPE_CHECKING:
    from .model import FittedModel

#: The share of the training rows that tells when to stop.
PART = 0.15
#: Training ends when so many rounds have brought nothing better, and at the latest after so many.
PATIENCE, MOST_ROUNDS = 50, 2_000
#: With fewer rows the number of rounds is partly luck.
FEW_ROWS = 200
#: What is made small, by the objective of a number; of classes it is the log loss.
LOSSES: Mapping[str, str] = {
    "squared": "RMSE",
    "absolute": "MAE",
    "quantile": "Pinball loss",
    "poisson": "Poisson loss",
    "tweedie": "Tweedie loss",
}


@dataclass(frozen=True, kw_only=True)
class Stopping(Result):
    """The loss after every round, and after which of them training was stopped.

    Both parts are rows of the training part; the held-out rows are not looked at. The loss on the
    stopping part is the least of many and therefore a little too good.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "round": "number of rounds grown",
        "part": "train (rows learned from) or stopping (rows that tell when to stop)",
        "loss": "what training makes small, the mean over the rows; the Poisson and Tweedie losses "
        "up to a constant that differs between libraries",
        "title": "the loss as it is printed",
        "kept": "whether this is the number of rounds the model has",
        "rows": "rows of the part",
    }

    @property
    def rounds(self) -> int:
        """The number of rounds the model has."""
        return int(self.frame.loc[self.frame["kept"], "round"].iloc[0])

    def figure(self) -> Any:
        """Both losses by round, with the round that was kept marked."""
        frame = self.frame
        figure = new_figure(height=320, x="Rounds", y=str(frame["title"].iloc[0]))
        for part, words, colour in (("train", "learned from", ORANGE),
                                    ("stopping", "tells when to stop", BLUE)):  # fmt: skip
            shown = frame[frame["part"] == part]
            figure.add_scatter(x=shown["round"], y=shown["loss"], mode="lines", name=words,
                               line={"color": colour})  # fmt: skip
        kept = frame[frame["kept"] & (frame["part"] == "stopping")].iloc[0]
        figure.add_vline(x=kept["round"], line={"color": VERMILION, "dash": "dash"})
        figure.add_scatter(
            x=[kept["round"]], y=[kept["loss"]], mode="markers",
            name=f"kept: {kept['round']:,} rounds", marker={"size": 10, "color": VERMILION},
            hovertemplate="%{x} rounds: %{y}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(rangemode="tozero")
        return figure


def require_rounds(family: Family, given: Mapping[str, Any]) -> None:
    """Raises an `AnalysisError` where there are no rounds to stop, or their number was given."""
    if family.rounds is None:
        growing = [f.title for f in FAMILIES.values() if f.rounds and f.is_available]
        raise NotApplicable(
            f"A {family.title.lower()} does not grow in rounds that could be stopped early.",
            f"Leave early_stopping out, or choose one of: {', '.join(growing)}.",
        )
    setting = family.rounds.setting
    if setting in given:
        raise ParameterError(
            f"{setting} = {given[setting]!r} was given with early_stopping, which finds it.",
            f"Leave one of the two out; with early stopping there are {MOST_ROUNDS:,} at most.",
        )


def with_stopping(data: Dataset, target: Target, parts: Split, seed: int) -> Split:
    """The split with a part of its training rows set aside, by the rule of the split itself: at
    random, whole groups, or the latest."""
    y = target.y[parts.train]
    alone = np.zeros(len(y), dtype=bool)
    if target.classes:
        alone = np.bincount(y.astype(int))[y.astype(int)] < 2  # the only row of a class is learned
    cut = split(data, parts.train[~alone], y[~alone], target.task, PART, seed)
    learned = np.sort(np.concatenate([cut.train, parts.train[alone]]))
    lost = set(np.unique(y)) - set(np.unique(target.y[learned]))
    if target.classes and lost:
        name = target.classes[int(min(lost))]
        raise DataError(
            f"All training rows with '{target.name}' = '{name}' fell into the part that tells when "
            "to stop.",
            "Train without early stopping, or leave the class out of the table.",
        )
    return replace(parts, train=learned, stopping=np.sort(cut.test))


def grow(blank: FittedModel, progress: Progress) -> Grown:
    """The estimator of a model that has none yet, with the rounds its stopping part wants."""
    assert blank.family.rounds is not None
    learning, rounds = blank.learning(blank.seed), blank.family.rounds.setting
    lesson, judge = (
        lesson_of(
            learning,
            blank.transform.inputs(blank.transform.codes(blank.data.frame.iloc[rows])),
            blank.target.y[rows],
            blank.training.weights(blank.data, blank.target, rows),
        )
        for rows in (blank.split.train, blank.split.stopping)
    )
    most = {**blank.settings, rounds: MOST_ROUNDS}
    return fit_until(blank.family, learning, most, lesson, judge, PATIENCE, progress)


def stopping_of(model: FittedModel, losses: Losses) -> Stopping:
    """How many rounds the model has and why, as a result with its picture."""
    frame = _frame(model, losses)

    def made(_model: Subject, /, *, progress: Progress = silent) -> Stopping:  # noqa: ARG001
        return Stopping(frame=frame, summary=_summary(frame), notes=_notes(model, frame))

    result = Method("workbench.train", "Early stopping", "model", (), made, weighs=True)(model)
    assert isinstance(result, Stopping)
    assert result.provenance is not None
    script = model.script.also("result", (), (f"result = {model.script.name}.stopping",))
    return replace(result, provenance=replace(result.provenance, script=script))


def _frame(model: FittedModel, losses: Losses) -> pd.DataFrame:
    title = LOSSES[model.training.objective] if model.task == "regression" else "Log loss"
    rounds = np.arange(1, len(losses.judged) + 1)
    parts = {"train": losses.learned, "stopping": losses.judged}
    return pd.concat(
        pd.DataFrame({"round": rounds, "part": part, "loss": values, "title": title,
                      "kept": rounds == losses.best, "rows": rows})
        for (part, values), rows in zip(parts.items(), losses.rows, strict=True)
    ).reset_index(drop=True)  # fmt: skip


def _summary(frame: pd.DataFrame) -> str:
    kept = frame[frame["kept"] & (frame["part"] == "stopping")].iloc[0]
    at_best = frame[frame["kept"]]
    losses: dict[str, float] = dict(zip(at_best["part"], at_best["loss"], strict=True))
    title = str(kept["title"])
    loss = title if title.isupper() else f"{title[0].lower()}{title[1:]}"
    return (
        f"Early stopping kept {kept['round']:,} of {frame['round'].max():,} rounds: there the "
        f"{loss} on {kept['rows']:,} rows that are neither learned from nor held out was least "
        f"({number(losses['stopping'])}; on the rows learned from {number(losses['train'])})."
    )


def _notes(model: FittedModel, frame: pd.DataFrame) -> tuple[str, ...]:
    grown = int(frame["round"].max())
    kept, rows = frame.loc[frame["kept"] & (frame["part"] == "stopping"), ["round", "rows"]].iloc[0]
    notes = [
        (
            f"The part that tells when to stop is {PART:.0%} of the training rows, "
            f"{_how(model.data)}; training ends when {PATIENCE} rounds have brought nothing better."
        )
    ]
    if grown >= MOST_ROUNDS and grown - kept < PATIENCE:
        notes.append(
            f"It was still getting better at the most rounds there may be, {MOST_ROUNDS:,}: with a "
            "larger learning_rate it gets there sooner."
        )
    if rows < FEW_ROWS:
        notes.append(
            f"With {rows:,} rows in this part the number of rounds is partly luck; settings that "
            "were tuned by cross-validation use all training rows for it."
        )
    return tuple(notes)


def _how(data: Dataset) -> str:
    """How the part was chosen: by the rule of `split`."""
    time, group = data.with_role("time"), data.with_role("group")
    if time:
        return f"the latest of them by '{time[0]}'"
    return f"whole groups of '{group[0]}'" if group else "drawn at random"
