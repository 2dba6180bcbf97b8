"""A feature's value as a person writes it: the level's name, a date, a number without needless
digits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dates import date_names, moments, span_words
from workbench.figures import number
from workbench.model import FittedModel
from workbench.transform import Floats, Transform

MISSING = "(missing)"
#: The values of a column as a table holds them: numbers, or the moments of a date.
Shown = NDArray[np.float64] | NDArray[np.datetime64]


def value_names(transform: Transform, feature: str, codes: Floats) -> list[str]:
    """The codes of one feature as text; missing is `missing_name` of that feature."""
    levels, missing = _levels(transform, feature), missing_name(transform, feature)
    if feature in transform.dates:
        named = zip(date_names(codes), codes, strict=True)
        return [missing if np.isnan(c) else name for name, c in named]
    return [missing if np.isnan(c) else levels[int(c)] if levels else plain(c) for c in codes]


def shown_values(transform: Transform, feature: str, codes: Floats) -> Shown:
    """The codes of one feature as a table holds them: numbers, a date's moments, NaN for levels,
    which have no amount. A picture knows by the type that its axis is one of dates."""
    if feature in transform.dates:
        return moments(codes)
    return np.full(len(codes), np.nan) if is_levels(transform, feature) else codes


def is_date(values: Shown) -> bool:
    """Whether shown values are the moments of a date."""
    return bool(np.issubdtype(values.dtype, np.datetime64))


def step_name(transform: Transform, feature: str, size: float) -> str:
    """A difference between two values of a number, or of a date, as a person writes it."""
    return span_words(size) if feature in transform.dates else plain(size)


def missing_name(transform: Transform, feature: str) -> str:
    """What a missing value is called: "(missing)", unless a level has that very name."""
    name = MISSING
    while name in _levels(transform, feature):
        name = f"({name})"
    return name


def is_levels(transform: Transform, feature: str) -> bool:
    """Whether a feature's values are named levels and not amounts."""
    return bool(_levels(transform, feature))


def amounts(transform: Transform, codes: Floats) -> Floats:
    """The codes (n, p) with the levels of categories, which have no amount, as NaN; a date's are
    days since 1970-01-01."""
    return np.where(np.asarray(transform.is_category), np.nan, codes)


def row_values(model: FittedModel, rows: pd.DataFrame, codes: Floats) -> pd.DataFrame:
    """What every row holds, as text, one column per feature.

    A level that training did not see is named, with the words that the model takes it as missing.
    """
    named = {
        feature: _with_unseen(value_names(model.transform, feature, codes[:, j]),
                              rows[feature], codes[:, j])
        for j, feature in enumerate(model.features)
    }  # fmt: skip
    return pd.DataFrame(named, index=rows.index)


def plain(value: float) -> str:
    """A number for a label: whole numbers up to four digits as they are (a year stays 2011)."""
    if float(value).is_integer() and abs(value) < 10_000:
        return f"{value:.0f}".replace("-", "−")
    return number(value)


def the(output: str) -> str:
    """The explained number in a sentence: the predicted y, the log-odds of …, but P(…)."""
    return output if output.startswith("P(") else f"the {output}"


def _levels(transform: Transform, feature: str) -> tuple[str, ...]:
    if transform.kinds[feature] == "boolean":
        return ("false", "true")
    return transform.levels.get(feature, ())


def _with_unseen(names: list[str], raw: pd.Series, codes: Floats) -> list[str]:
    unseen = np.isnan(codes) & raw.notna().to_numpy()
    for at in np.flatnonzero(unseen):
        names[at] = f"{raw.iloc[at]} (not seen in training, taken as missing)"
    return names
