"""What a model's prediction changes by when a question's treatment goes from one value to another,
row by row, and how that moves when the same recipe learns from other rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.blocks import blocks
from workbench.calibrate import learn_again
from workbench.errors import NotApplicable, QuestionError
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent

from .analysis import Analysis
from .bridge import ModelAndQuestion
from .design_matrix import MOST_LEVELS, DesignMatrix, Term
from .question import CausalQuestion

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]
#: Rows that are predicted in one go.
ROWS_AT_A_TIME = 50_000
#: Draws that lose one of the model's two classes are drawn again, so often.
MOST_TRIES = 20


@dataclass(frozen=True)
class ModelContrast:
    """The rows of an analysis, encoded for the model, with the treatment set to the value the
    contrast comes from and to the one it goes to. `scale` turns the prediction into the outcome's
    scale, `target_class` is the class whose chance is predicted."""

    codes: tuple[Floats, Floats]
    target_class: str | None
    scale: float

    @classmethod
    def of(cls, model: FittedModel, question: CausalQuestion, analysis: Analysis) -> ModelContrast:
        """Raises `NotApplicable` where the model does not use the treatment, predicts no mean, or
        never saw one of the two values."""
        require_same_rows(model, question)
        _require_mean(model)
        treatment = question.treatment
        if treatment not in model.features:
            raise NotApplicable(
                f"The model does not use '{treatment}', so that its prediction does not change "
                "with it.",
                f"Train a model with '{treatment}' among its columns.",
            )
        rows = model.transform.codes(model.data.frame.iloc[analysis.rows])
        at = model.features.index(treatment)
        every = model.transform.codes(model.data.frame)[:, at]
        made = []
        for value in question.contrast:
            codes = rows.copy()
            codes[:, at] = _code(model, question, every, value)
            made.append(codes)
        return cls((made[0], made[1]), event_class(model, question), scale_of(model, question))

    def changes(self, model: FittedModel, progress: Progress = silent) -> Floats:
        """What each row's prediction changes by (n,), on the outcome's scale."""
        start, to = self.codes
        found = np.empty(len(start))
        for block in blocks(len(start), ROWS_AT_A_TIME):
            progress(block.start / len(start))
            before, after = (
                model.column(model.response(codes[block]), self.target_class)
                for codes in (start, to)
            )
            found[block] = (after - before) * self.scale
        return found


def event_class(model: FittedModel, question: CausalQuestion) -> str | None:
    """The model's class that is the question's event; None for a number."""
    if model.task == "regression":
        return None
    y, event = model.target.y, question.response.as_effect_scale == 1
    codes = np.unique(y[event & ~np.isnan(y)])
    if len(codes) != 1:
        raise QuestionError(
            f"The model's classes of '{model.target.name}' are not the two values that the "
            "question reads in it.",
            "Train the model on the table that the question is asked of.",
        )
    return model.classes[int(codes[0])]


def scale_of(model: FittedModel, question: CausalQuestion) -> float:
    """What turns a predicted number into the outcome's scale: two values are 0 and 1 there."""
    response = question.response
    if model.task != "regression" or not response.is_binary:
        return 1.0
    low, high = response.values
    return 1 / (high - low)


def require_same_rows(model: FittedModel, question: CausalQuestion) -> None:
    """Raises `QuestionError` where the model and the question are of two tables."""
    ours, theirs = model.data.frame, question.data.frame
    if ours is theirs:
        return
    columns = [*model.features, question.outcome]
    if len(ours) != len(theirs) or not ours[columns].equals(theirs[columns]):
        raise QuestionError(
            f"The model's table {model.data.name} and the question's table {question.data.name} "
            "do not hold the same rows.",
            "Ask the question of the table that the model was trained on.",
        )


def model_columns(model: FittedModel, analysis: Analysis) -> tuple[DesignMatrix, list[str]]:
    """What the model knows of each row beside the treatment, as a matrix an estimator can adjust
    for, and notes on what had to be simplified: a missing number is its mean and a 1 in a column of
    its own, of many levels the rare ones are taken together."""
    codes = model.transform.codes(model.data.frame.iloc[analysis.rows])
    columns: list[Floats] = []
    terms: list[Term] = []
    notes: list[str] = []
    names: list[str | None]
    for name, values, named in zip(model.features, codes.T, model.transform.is_category,
                                   strict=True):  # fmt: skip
        if name == analysis.question.treatment:
            continue
        if named:
            found, counts = np.unique(values[~np.isnan(values)], return_counts=True)
            kept = found[np.argsort(-counts, kind="stable")][1:MOST_LEVELS]
            if len(found) > MOST_LEVELS:
                notes.append(f"The {len(found) - MOST_LEVELS} rarest levels of '{name}' are taken "
                             "together where the model's columns are adjusted for.")  # fmt: skip
            made = [values == code for code in kept]
            names = [model.transform.levels[name][int(code)] for code in kept]
        else:
            mean = float(np.nanmean(values)) if not np.isnan(values).all() else 0.0
            made, names = [np.where(np.isnan(values), mean, values)], [None]
        if np.isnan(values).any():
            made.append(np.isnan(values))
            names.append("(missing)")
        columns += [np.asarray(column, dtype=float) for column in made]
        terms += [Term(name, level) for level in names]
    matrix = np.column_stack([np.empty((len(codes), 0)), *columns])
    varied = [k for k in range(matrix.shape[1]) if np.ptp(matrix[:, k]) > 0]
    return DesignMatrix(matrix, tuple(terms)).take(varied), notes


def refitted_changes(
    subject: ModelAndQuestion,
    contrast: ModelContrast,
    analysis: Analysis,
    counts: list[Counts],
    progress: Progress,
) -> Floats:
    """The mean change of the prediction, one for each draw of rows (b,): the model's recipe learned
    again from its training rows as often as each was drawn, and averaged over the analysis' rows as
    often as each was drawn. `counts` (N,) say how often."""
    model, means = subject.model, []
    for b, drawn in enumerate(counts):
        lap = part(progress, b / len(counts), (b + 1) / len(counts),
                   f"Learning the model again: {b + 1} of {len(counts)}")  # fmt: skip
        lap(0.0)
        train = np.repeat(model.split.train, drawn[model.split.train])
        again = learn_again(model, train, model.seed, part(lap, 0.0, 0.8))
        over = drawn[analysis.rows] * analysis.weight
        means.append(float(np.average(contrast.changes(again, part(lap, 0.8, 1.0)), weights=over)))
    return np.array(means)


def drawn_rows(
    subject: ModelAndQuestion, analysis: Analysis, draws: int, seed: int
) -> list[Counts]:
    """How often each row of the table (N,) is in each of so many bootstrap samples: rows drawn one
    by one, or by whole groups where a column has that role. Both classes of a model are in each."""
    model = subject.model
    used = np.union1d(model.split.train, analysis.rows)
    unit = _units(subject.question, used)
    rng = np.random.default_rng(seed)
    return [_drawn(model, used, unit, rng) for _ in range(draws)]


def _units(question: CausalQuestion, used: Counts) -> Counts:
    group = question.data.with_role("group")
    if not group:
        return np.arange(len(used))
    texts = question.data.frame[group[0]].iloc[used].astype(str)
    return np.asarray(np.unique(texts, return_inverse=True)[1], dtype=np.intp)


def _drawn(model: FittedModel, used: Counts, unit: Counts, rng: np.random.Generator) -> Counts:
    units = int(unit.max()) + 1
    for _ in range(MOST_TRIES):
        often = np.bincount(rng.integers(units, size=units), minlength=units)
        counts = np.zeros(len(model.data), dtype=np.intp)
        counts[used] = often[unit]
        train = model.split.train[counts[model.split.train] > 0]
        if model.task == "regression" or len(np.unique(model.target.y[train])) == 2:
            return counts
    raise NotApplicable(
        f"{MOST_TRIES} bootstrap samples in a row hold only one class of '{model.target.name}'.",
        "Set refits to 0, or bring more rows of the rarer class.",
    )


def _code(model: FittedModel, question: CausalQuestion, every: Floats, value: float) -> float:
    """The number that stands for a value of the treatment inside the model."""
    treated = question.treated
    codes = np.unique(every[treated.numbers == value])
    codes = codes[~np.isnan(codes)]
    if len(codes) == 1:
        return float(codes[0])
    name = question.treatment
    if treated.is_amount and name not in (*model.transform.levels, *model.transform.dates):
        return value
    level = question.compared[question.contrast.index(value)]
    raise NotApplicable(
        f"The model did not see '{name}' = {level} in training.",
        "Compare values that its training rows hold.",
    )


def _require_mean(model: FittedModel) -> None:
    if model.training.objective in ("absolute", "quantile") and model.task == "regression":
        raise NotApplicable(
            f"The model gives the {model.training.loss.predicted(model.target.name)}, and an "
            "effect is a difference of means.",
            "Train it on the squared error.",
        )
