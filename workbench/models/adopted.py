"""A person's own fitted estimator behind this project's door: codes in, predictions out.

Everything here explains a model of codes (see `transform`), while the person's estimator takes the
table as they have it: names, texts, categories of pandas. Codes are therefore turned back into such
a table, and the estimator is asked as its owner would ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..dates import moments
from ..errors import NotApplicable
from ..transform import Floats, Transform, level_names
from ._family import Family, Learning, Lesson, Watch

#: By the estimator's class: the family whose name and title it shares.
KNOWN: Mapping[str, tuple[str, str]] = {
    "XGB": ("xgboost", "XGBoost"),
    "ExtraTrees": ("extra_trees", "Extra trees"),
    "RandomForest": ("random_forest", "Random forest"),
    "HistGradientBoosting": ("gradient_boosting", "Gradient boosting"),
    "GradientBoosting": ("gradient_boosting", "Gradient boosting"),
    "LGBM": ("lightgbm", "LightGBM"),
    "DecisionTree": ("decision_tree", "Decision tree"),
}
#: By the estimator's class: how it gives what its trees add up to, before the link.
MARGINS: Mapping[str, Callable[[Any, Any], Any]] = {
    "XGBClassifier": lambda own, table: own.predict(table, output_margin=True),
    "LGBMClassifier": lambda own, table: own.predict(table, raw_score=True),
    "HistGradientBoostingClassifier": lambda own, table: own.decision_function(table),
    "GradientBoostingClassifier": lambda own, table: own.decision_function(table),
}


@dataclass(frozen=True)
class Values:
    """What one column's codes stand for: the values of its levels, in the order of the codes.

    Empty for a number and for a date. `dtype` is the column's own; `categories` those of a pandas
    category.
    """

    levels: tuple[Any, ...]
    dtype: Any
    is_date: bool = False

    @classmethod
    def of(cls, column: pd.Series, names: tuple[str, ...]) -> Values:
        """The values behind the names of a column's levels; none for a number."""
        if not names:
            return cls((), column.dtype)
        seen = column.dropna().drop_duplicates()
        by_name = dict(zip(level_names(seen), seen, strict=True))
        return cls(tuple(by_name[name] for name in names), column.dtype)

    @classmethod
    def of_truths(cls, column: pd.Series) -> Values:
        """Of a column that says true or false in words, the words: the first spelling of each."""
        words = column.dropna().drop_duplicates()
        said = {str(word).lower(): word for word in reversed(words.tolist())}
        return cls((said.get("false"), said.get("true")), column.dtype)

    @property
    def are_own_codes(self) -> bool:
        """Whether a library that numbers the levels of a pandas category numbers them so."""
        if self.is_date:
            return False
        if not self.levels:
            return True
        is_category = isinstance(self.dtype, pd.CategoricalDtype)
        return is_category and tuple(self.dtype.categories) == self.levels

    def back(self, codes: Floats) -> Any:
        """The values of some codes, as the person's column would hold them; NaN is missing."""
        if self.is_date:
            return self._dates(codes)
        if not self.levels:
            return codes
        place = np.where(np.isnan(codes), -1, codes).astype(int)
        if isinstance(self.dtype, pd.CategoricalDtype):
            known = {each: i for i, each in enumerate(self.dtype.categories)}
            own = np.array([*(known[level] for level in self.levels), -1])
            return pd.Categorical.from_codes(own[place], dtype=self.dtype)
        found = pd.Series(np.array([*self.levels, None], dtype=object)[place])
        return found if found.isna().any() else found.astype(self.dtype)

    def _dates(self, codes: Floats) -> Any:
        found = pd.Series(moments(codes))
        if isinstance(self.dtype, pd.DatetimeTZDtype):
            found = found.dt.tz_localize("UTC")
        is_date = pd.api.types.is_datetime64_any_dtype(self.dtype)
        # dates of Python's, as a column of objects has them
        return found.astype(self.dtype) if is_date else found.dt.date


@dataclass(frozen=True)
class Adopted:
    """`own` is the person's estimator; it is given a table with these columns, or an array where
    it was fitted on one. `classes[k]` is its class in the place of the model's class k."""

    own: Any
    columns: tuple[str, ...]
    values: tuple[Values, ...]
    takes_table: bool
    classes: tuple[int, ...]

    @property
    def trees(self) -> Any:
        """The estimator, if what it splits on are our codes; else None."""
        return self.own if all(values.are_own_codes for values in self.values) else None

    def table(self, codes: Floats) -> Any:
        """What the estimator takes."""
        parts = {
            name: values.back(codes[:, f])
            for f, (name, values) in enumerate(zip(self.columns, self.values, strict=True))
        }
        return pd.DataFrame(parts) if self.takes_table else np.column_stack([*parts.values()])

    def predict(self, codes: Floats) -> Any:
        return np.asarray(self.own.predict(self.table(codes))).reshape(len(codes))

    def predict_proba(self, codes: Floats) -> Any:
        return np.asarray(self.own.predict_proba(self.table(codes)))[:, self.classes]

    def margin(self, codes: Floats) -> Floats:
        """What the trees add up to: (n,) for two classes, else (n, classes)."""
        found = MARGINS[type(self.own).__name__](self.own, self.table(codes))
        sums = np.asarray(found, dtype=float)
        if sums.ndim == 2:
            return sums[:, self.classes]
        return sums if self.classes[1] == 1 else -sums


def family_of(adopted: Adopted) -> Family:
    """The family of an adopted estimator: how it is called, and how its like is fitted anew."""
    name, title = _called(adopted.own)

    def build(_learning: Learning, /, **_settings: Any) -> Any:
        from sklearn.base import clone

        return replace(adopted, own=clone(adopted.own))

    def fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
        if watch.stopped:
            return
        weights = _weights(estimator.own, lesson)
        estimator.own.fit(estimator.table(lesson.codes), _as_fitted(adopted, lesson.y), **weights)

    has_margin = type(adopted.own).__name__ in MARGINS
    margin = (lambda estimator, codes: estimator.margin(codes)) if has_margin else None
    return Family(name, title, (), build, fit, margin, f"A {title} that was fitted elsewhere.")


def values_of(frame: pd.DataFrame, transform: Transform) -> tuple[Values, ...]:
    """What the codes of every column stand for."""
    return tuple(_values_of(frame[c], c, transform) for c in transform.columns)


def _values_of(column: pd.Series, name: str, transform: Transform) -> Values:
    if name in transform.dates:
        return Values((), column.dtype, is_date=True)
    is_written = not pd.api.types.is_numeric_dtype(
        column
    )  # true and false of their own are numbers
    if transform.kinds[name] == "boolean" and is_written:
        return Values.of_truths(column)
    return Values.of(column, transform.levels.get(name, ()))


def _weights(own: Any, lesson: Lesson) -> dict[str, Floats]:
    """The weights as an argument of its `fit`; refused where it takes none."""
    if lesson.weights is None:
        return {}
    from sklearn.utils.validation import has_fit_parameter

    if not has_fit_parameter(own, "sample_weight"):
        raise NotApplicable(
            f"A {type(own).__name__} cannot be fitted again with case weights: its fit takes no "
            "sample_weight.",
            "Give the column of weights the role 'ignore', or adopt the estimator itself and not a "
            "pipeline around it.",
        )
    return {"sample_weight": lesson.weights}


def _as_fitted(adopted: Adopted, y: Floats) -> Any:
    """The target as the estimator knows it: its own classes."""
    if not adopted.classes:
        return y
    return np.asarray(adopted.own.classes_)[np.asarray(adopted.classes)[y.astype(int)]]


def _called(own: Any) -> tuple[str, str]:
    kind = type(own).__name__
    for beginning, names in KNOWN.items():
        if kind.startswith(beginning):
            return names
    steps = getattr(own, "steps", None)
    title = f"{kind} ending in {type(steps[-1][1]).__name__}" if steps else kind
    return kind.lower(), title
