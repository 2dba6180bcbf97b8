"""The folds, each encoded once by a transform that saw only what the fold learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..case_weights import case_weights
from ..dataset import Dataset
from ..errors import DataError
from ..fitting import fit
from ..folds import Fold
from ..models import Family, Learning
from ..progress import Progress
from ..target import Target
from ..training import Training
from ..transform import Floats, Transform

#: Below this many rows the threads of one fit wait for one another longer than they work.
FEW_ROWS = 20_000


@dataclass(frozen=True)
class EncodedFold:
    """What one fold learns from and what it is judged on, as codes (n, p) and targets (n,).

    `weights` are those of the learning, class weights and all; `judged_weights` the case weights;
    None where every row counts the same.
    """

    learning: Learning
    codes: Floats
    y: Floats
    weights: Floats | None
    judged_codes: Floats
    judged_y: Floats
    judged_weights: Floats | None

    @classmethod
    def of(
        cls, fold: Fold, data: Dataset, target: Target, training: Training, seed: int
    ) -> EncodedFold:
        """Encodes a fold; levels that only its judged rows hold are missing there, as they would
        be in a new table."""
        transform = Transform.fit(data.take(fold.learned))
        if not transform.columns:
            raise DataError(
                f"Every feature of {data.name} is empty in the rows one fold learns from.",
                "Use fewer folds, or bring columns that hold values.",
            )
        learning = Learning(
            target.task, transform.input_is_category, seed, transform.input_columns, training.loss
        )
        return cls(
            learning,
            transform.inputs(transform.codes(data.frame.iloc[fold.learned])),
            target.y[fold.learned],
            training.weights(data, target, fold.learned),
            transform.inputs(transform.codes(data.frame.iloc[fold.judged])),
            target.y[fold.judged],
            case_weights(data, fold.judged, "rows that a fold is judged on"),
        )

    def fitted(self, family: Family, settings: Mapping[str, Any], progress: Progress) -> Any:
        """The family's estimator with these settings, trained on what the fold learns from."""
        if len(self.y) < FEW_ROWS:
            family = replace(
                family, fit=_on_one_core(family.fit), build=_with_one_job(family.build)
            )
        return fit(family, self.learning, settings, self.codes, self.y, self.weights, progress)

    def judged(self, estimator: Any) -> Floats:
        """What an estimator predicts for the judged rows: values (n,) or probabilities (n, k)."""
        predict = getattr(estimator, "predict_proba", estimator.predict)
        return np.asarray(predict(self.judged_codes), dtype=float)


def _on_one_core(fit: Callable[..., None]) -> Callable[..., None]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    def run(*what: Any) -> None:
        with threadpool_limits(1, user_api="openmp"):
            fit(*what)

    return run


def _with_one_job(build: Callable[..., Any]) -> Callable[..., Any]:
    def built(*what: Any, **settings: Any) -> Any:
        estimator = build(*what, **settings)
        if "n_jobs" in estimator.get_params():
            estimator.set_params(n_jobs=1)
        return estimator

    return built
