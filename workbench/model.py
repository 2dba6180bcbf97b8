"""A fitted model: raw columns in, prediction out, and what it was trained and tested on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case_weights import case_weights
from .dataset import Dataset
from .errors import ModelError, NotApplicable, ParameterError
from .metrics import Metric, Task, metrics_for
from .models import Family, Learning, Losses
from .models.adopted import Adopted
from .models.calibrated import Calibrated
from .script import Script
from .split import Rows, Split
from .stopping import Stopping, stopping_of
from .target import Target
from .training import Training
from .transform import Floats, Transform

Scale = Literal["response", "margin"]
#: Which rows of the person's table a computation runs over.
Part = Literal["test", "train", "all"]


@dataclass(frozen=True)
class FittedModel:
    """A trained pipeline with its recipe and its data.

    `data` is the whole table as the person brought it; `split` says which of its rows were learned
    from and which held out (rows without a target are in neither). So a row number always means
    the row of the person's own table. Of two classes, `classes[1]` is the positive one.
    `losses` are those by which early stopping found the number of rounds, where it was asked for.
    """

    estimator: Any = field(repr=False, compare=False)
    transform: Transform
    family: Family
    settings: Mapping[str, Any]
    target: Target = field(repr=False, compare=False)
    data: Dataset
    split: Split = field(repr=False, compare=False)
    seed: int
    notes: tuple[str, ...] = ()
    script: Script = field(default=Script("model"), compare=False)
    training: Training = field(default=Training())
    losses: Losses | None = field(default=None, repr=False, compare=False)

    # What it is

    @property
    def task(self) -> Task:
        """regression, binary or multiclass."""
        return self.target.task

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of `predict_proba`'s columns; empty for regression."""
        return self.target.classes

    @property
    def positive(self) -> str | None:
        """Of two classes, the one whose probability is shown."""
        return self.classes[1] if self.task == "binary" else None

    @property
    def features(self) -> tuple[str, ...]:
        """The columns it was trained on: the person's own."""
        return self.transform.columns

    @property
    def trees(self) -> Any:
        """The library's estimator whose trees split on the codes; None where none may be read.

        An adopted estimator that encodes the columns itself splits on something else.
        """
        return self.estimator.trees if isinstance(self.estimator, Adopted) else self.estimator

    @property
    def dataset(self) -> Dataset:
        """The whole table, for settings that name a column or a row."""
        return self.data

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the recipe: family, settings, target, split, seed and data."""
        recipe = {
            "family": self.family.name,
            "settings": dict(self.settings),
            "target": (self.target.name, self.task, self.classes),
            "test": hashlib.blake2b(self.split.test.tobytes()).hexdigest(),
            "seed": self.seed,
            "data": self.data.fingerprint,
            **self.training.changed(),
        }
        text = json.dumps(recipe, sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

    @cached_property
    def stopping(self) -> Stopping | None:
        """How many rounds early stopping kept and why; None where it was not asked for."""
        return None if self.losses is None else stopping_of(self, self.losses)

    # Its rows

    def positions(self, part: Part) -> Rows:
        """The row numbers of a part of the table; "all" is train and test together, without the
        rows that told when to stop."""
        parts = {"train": (self.split.train,), "test": (self.split.test,)}
        return np.sort(np.concatenate(parts.get(part, (self.split.train, self.split.test))))

    def rows(self, part: Part) -> pd.DataFrame:
        """The features and target of a part of the table."""
        return self.data.frame.iloc[self.positions(part)]

    def weights(self, part: Part) -> Floats | None:
        """The case weights of a part of the table, in the order of `positions`; None where no
        column has the role weight and every row counts the same."""
        return case_weights(self.data, self.positions(part))

    @cached_property
    def train(self) -> Dataset:
        """What it learned from."""
        return self.data.take(self.split.train)

    @cached_property
    def test(self) -> Dataset:
        """What was held out."""
        return self.data.take(self.split.test)

    def learning(self, seed: int) -> Learning:
        """What an estimator like this one's is built for."""
        made = self.transform
        return Learning(
            self.task, made.input_is_category, seed, made.input_columns, self.training.loss
        )

    # What it was made to predict

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that fit its task and its loss; the first is the default."""
        return self.training.loss.metrics() if self.task == "regression" else metrics_for(self.task)

    @property
    def has_log_link(self) -> bool:
        """Whether it predicts a number of which the logarithm is added up (Poisson, Tweedie)."""
        return self.task == "regression" and self.training.loss.has_log_link

    @property
    def additive_scale(self) -> Scale:
        """The scale on which its trees add up."""
        return "margin" if self.has_log_link else self.family.additive_scale(self.task)

    # What it says

    def predict(self, frame: pd.DataFrame) -> NDArray[Any]:
        """The prediction for raw rows (n,): numbers, or the most probable class's name."""
        if self.task == "regression":
            return self.output(frame)
        names: NDArray[Any] = np.asarray(self.classes)[self.predict_proba(frame).argmax(axis=1)]
        return names

    def predict_proba(self, frame: pd.DataFrame) -> Floats:
        """The probability of every class for raw rows, (n, classes)."""
        if self.task == "regression":
            raise ModelError("A regression has no probabilities.", "Use predict.")
        return self.response(self.transform.codes(frame))

    def output(
        self, frame: pd.DataFrame, target_class: str | None = None, scale: Scale = "response"
    ) -> Floats:
        """The one number per raw row that explanations explain, (n,).

        On the response scale the predicted value or the class's probability; on the margin scale
        the log-odds (two classes), the class's score before the softmax, or the logarithm of a
        number that was learned with a log link.
        """
        codes = self.transform.codes(frame)
        return self.column(self.on_scale(codes, scale), target_class)

    def response(self, codes: Floats) -> Floats:
        """Predictions for encoded rows: (n,) for regression, else probabilities (n, classes)."""
        given = self._given(codes)
        if self.task == "regression":
            return np.asarray(self.estimator.predict(given), dtype=float)
        return np.asarray(self.estimator.predict_proba(given), dtype=float)

    def on_scale(self, codes: Floats, scale: Scale) -> Floats:
        """Predictions for encoded rows on a scale; the margin of two classes is (n,)."""
        if self.has_log_link and scale == "margin":
            return np.asarray(np.log(self.response(codes)))
        if scale == "response" or self.task == "regression":
            return self.response(codes)
        if self.family.margin is None:
            raise self._without_margin()
        return self.family.margin(self.estimator, self._given(codes))

    def _given(self, codes: Floats) -> Floats:
        """What the estimator takes; a calibrated one asks the model before it, with the codes."""
        return codes if isinstance(self.estimator, Calibrated) else self.transform.inputs(codes)

    def without_columns(self, rows: int) -> Floats:
        """What one would predict for `rows` rows knowing no column: the training mean
        (or the quantile it predicts), or the training shares of the classes, by the weights."""
        learned = self.target.y[self.split.train]
        weights = case_weights(self.data, self.split.train)
        if self.task == "regression":
            return np.full(rows, self.training.loss.best_constant(learned, weights))
        held = np.bincount(learned.astype(int), weights, len(self.classes))
        return np.tile(held / held.sum(), (rows, 1))

    def column(self, predictions: Floats, target_class: str | None = None) -> Floats:
        """The column of one class out of predictions; a margin of two classes changes its sign
        for the negative class."""
        if self.task == "regression":
            return predictions
        code = self.classes.index(self.explained_class(target_class) or "")
        if predictions.ndim == 2:
            return predictions[:, code]
        return predictions if code == 1 else -predictions

    # How it is spoken of

    def explained_class(self, target_class: str | None = None) -> str | None:
        """The class an explanation is about: the one asked for, else the positive one, else the
        most frequent; None for regression."""
        if self.task == "regression":
            if target_class is not None:
                raise ParameterError(
                    f"target_class = {target_class!r}, but '{self.target.name}' has no classes.",
                    "Leave it out.",
                )
            return None
        if target_class is None:
            return self.positive or self.classes[int(np.bincount(self._class_codes()).argmax())]
        if target_class not in self.classes:
            raise ParameterError(
                f"target_class = {target_class!r} is not a class of '{self.target.name}'.",
                f"Choose one of: {', '.join(repr(c) for c in self.classes)}.",
            )
        return target_class

    def output_label(self, target_class: str | None = None, scale: Scale = "response") -> str:
        """What the explained number is, for axes and sentences: P(Churn = Yes)."""
        if self.task == "regression":
            predicted = self.training.loss.predicted(self.target.name)
            on_log = scale == "margin" and self.has_log_link
            return f"log of the {predicted}" if on_log else predicted
        event = f"{self.target.name} = {self.explained_class(target_class)}"
        if scale == "response":
            return f"P({event})"
        return f"log-odds of {event}" if self.task == "binary" else f"softmax score of {event}"

    def describe(self) -> str:
        """One line: family, target, rows."""
        aside = f", {len(self.split.stopping):,} told when to stop"
        return (
            f"{self.family.title} predicting {self.target.name} from {len(self.features)} columns, "
            f"trained on {len(self.split.train):,} rows, {len(self.split.test):,} held out"
            f"{aside if len(self.split.stopping) else ''}"
        )

    def _without_margin(self) -> NotApplicable:
        if isinstance(self.estimator, Calibrated):
            return NotApplicable(
                "The probabilities were calibrated after the trees, so what the trees add up to is "
                "not the margin of this model.",
                "Use the response scale, or explain the model before calibration: "
                "uncalibrated(model).",
            )
        return NotApplicable(
            f"A {self.family.title.lower()} has no margin: its trees average probabilities.",
            "Use the response scale.",
        )

    def _class_codes(self) -> NDArray[np.intp]:
        y = self.target.y
        codes: NDArray[np.intp] = y[~np.isnan(y)].astype(np.intp)
        return codes
