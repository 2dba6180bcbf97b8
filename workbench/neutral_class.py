"""Rows whose label is arbitrary become a class of their own, so that no model has to guess them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .dataset import Dataset
from .errors import DataError, ParameterError
from .figures import number
from .script import Name
from .target import Target, read_target
from .transform import level_names

#: The classes that a numeric target is cut into, beside the neutral one.
BELOW, ABOVE = "below", "above"
NEUTRAL = "neutral"
Mask = NDArray[np.bool_]


def with_neutral_class(
    data: Dataset,
    *,
    column: str | None = None,
    low: float | None = None,
    high: float | None = None,
    levels: Sequence[str] | None = None,
    name: str = NEUTRAL,
) -> Dataset:
    """The same table with a third class for the rows whose label is arbitrary.

    A return of +0.02 % is "up" by accident, three stars of five are neither good nor bad, and what
    lies within the error of measurement of a threshold may be on either side. A model that must
    call such rows one or the other learns noise and is judged by it; with a class of their own it
    can say "undecided", and `coverage_accuracy` shows how often it decides and how often it is
    then right.

    - Without `column`, or with the target's name, and a target that is a number: it is cut into
      `below` (value < low), `name` (low ≤ value ≤ high) and `above` (value > high).
    - With a `column` that is a number: the rows with low ≤ value ≤ high (one end may be left out)
      get the class `name`, whatever their label was; the others keep theirs.
    - With a `column` of levels: the rows whose value is one of `levels` (of a boolean column, by
      default, True) get the class `name`.

    The labels are replaced, so the former ones cannot leak. The column that says which rows are
    neutral gives the new class away: if it was a feature it gets the role ignore, and a note says
    so. Rows without a label stay without one; where `column` is empty the label stays as it was.

    Raises `ParameterError` for bounds or levels that mean nothing and for a `name` that is already
    a class; `DataError` where no row, or every row of all but one class, would become neutral.
    """
    if data.target is None:
        raise DataError(f"{data.name} has no target.", "Choose what to predict first.")
    name = name.strip()
    if not name:
        raise ParameterError("The neutral class has no name.", "Name it, such as 'neutral'.")
    at = data.target if column is None else column
    data.require(at)
    if at == data.target and levels is None and _is_number(data, at):
        labels, words = _cut(data, at, low, high, name), _between(at, low, high)
        neutral = (labels == name).to_numpy(dtype=bool, na_value=False)
        notes = _cut_note(at, low, high, name)
    else:
        target = _with_classes(data, name)
        neutral, words = _chosen(data, at, low, high, levels)
        labels = _names(target).mask(neutral & ~np.isnan(target.y), name)
        notes = _unknown(data, at)
    _require_three(labels, name, words)
    notes = (*_counted(labels, neutral, name, words), *notes)
    asked = {"column": column, "low": low, "high": high, "levels": levels, "name": name}
    return _changed(data, at, labels, notes, asked)


def _is_number(data: Dataset, column: str) -> bool:
    values = data.frame[column]
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


# Which rows


def _cut(data: Dataset, at: str, low: float | None, high: float | None, name: str) -> pd.Series:
    """A numeric target as three classes; missing stays missing."""
    _require_bounds(at, low, high)
    if low is None or high is None:
        raise ParameterError(
            f"'{at}' is cut with one bound ({_between(at, low, high)}): that makes two classes.",
            "Give both low and high; between them the rows are neutral.",
        )
    if name in (BELOW, ABOVE):
        raise ParameterError(
            f"name = {name!r} is already the class of the numbers {name} the band.",
            f"Choose another name, such as '{NEUTRAL}'.",
        )
    values = _values(data, at)
    made = np.select([values < low, values > high], [BELOW, ABOVE], name)
    return pd.Series(made, dtype="str").mask(np.isnan(values))


def _cut_note(at: str, low: float | None, high: float | None, name: str) -> tuple[str, ...]:
    words = (
        f"The numbers of '{at}' were replaced by three classes: '{BELOW}' {_number(low)}, "
        f"'{ABOVE}' {_number(high)}, and '{name}' in between."
    )
    return (words,)


def _with_classes(data: Dataset, name: str) -> Target:
    target = read_target(data)
    if target.task == "regression":
        raise ParameterError(
            f"The target '{target.name}' is a number; a class beside numbers cannot be learned.",
            "Leave column out and give low and high: the target itself is then cut in three.",
        )
    if name in target.classes:
        raise ParameterError(
            f"name = {name!r} is already a class of '{target.name}'.",
            f"Choose a name other than {', '.join(repr(c) for c in target.classes)}.",
        )
    return target


def _names(target: Target) -> pd.Series:
    """The labels as their classes are called; missing stays missing."""
    known = ~np.isnan(target.y)
    codes = np.where(known, target.y, 0).astype(int)
    return pd.Series(np.asarray(target.classes)[codes], dtype="str").where(known)


def _chosen(
    data: Dataset,
    at: str,
    low: float | None,
    high: float | None,
    levels: Sequence[str] | None,
) -> tuple[Mask, str]:
    """Which rows the condition names, and the condition in words."""
    if low is not None or high is not None:
        if levels is not None:
            raise ParameterError(
                f"Both bounds and levels were given for '{at}'.", "Give one or the other."
            )
        if not _is_number(data, at):
            raise ParameterError(
                f"'{at}' holds no numbers, so it has no low and no high.",
                "Say which of its levels are neutral: levels=[…].",
            )
        _require_bounds(at, low, high)
        values = _values(data, at)
        inside = ~np.isnan(values)
        inside &= values >= (-math.inf if low is None else low)
        inside &= values <= (math.inf if high is None else high)
        return inside, _between(at, low, high)
    wanted = _levels(data, at, levels)
    found = level_names(data.frame[at]).isin(wanted).to_numpy(dtype=bool, na_value=False)
    return found, f"'{at}' is {' or '.join(repr(level) for level in wanted)}"


def _levels(data: Dataset, at: str, levels: Sequence[str] | None) -> list[str]:
    if levels is None and data.kinds[at] == "boolean":
        yes = [v for v in level_names(data.frame[at]).dropna().unique() if v.lower() in _TRUE]
        if len(yes) == 1:
            return yes
    if not levels:
        raise ParameterError(
            f"Nothing says which values of '{at}' are neutral.",
            "Give low and high (or one of them) for a number, levels=[…] for anything else.",
        )
    if isinstance(levels, str):
        raise ParameterError(f"levels = {levels!r} is a text.", f"Give a list: [{levels!r}].")
    known = set(level_names(data.frame[at]).dropna().unique())
    wanted = list(level_names(pd.Series(list(levels), dtype=object)))
    strange = [level for level in wanted if level not in known]
    if strange:
        some = ", ".join(repr(level) for level in sorted(known)[:12])
        raise ParameterError(f"{strange[0]!r} is not a value of '{at}'.", f"It holds: {some}.")
    return wanted


_TRUE = frozenset({"true", "1", "yes"})


def _values(data: Dataset, column: str) -> NDArray[np.float64]:
    return data.frame[column].to_numpy(dtype=float, na_value=np.nan)


def _require_bounds(at: str, low: float | None, high: float | None) -> None:
    given = [bound for bound in (low, high) if bound is not None]
    if not given:
        raise ParameterError(
            f"Nothing says which values of '{at}' are neutral.",
            "Give low and high: between them the label is arbitrary.",
        )
    if any(math.isnan(bound) for bound in given) or (len(given) == 2 and given[0] > given[1]):
        raise ParameterError(
            f"low = {low} and high = {high} enclose nothing.", "Give a low that is not above high."
        )


# What is said of it


def _number(bound: float | None) -> str:
    return "" if bound is None else number(bound)


def _between(at: str, low: float | None, high: float | None) -> str:
    if low is None:
        return f"'{at}' ≤ {_number(high)}"
    return f"'{at}' ≥ {_number(low)}" if high is None else (
        f"{_number(low)} ≤ '{at}' ≤ {_number(high)}"
    )  # fmt: skip


def _require_three(labels: pd.Series, name: str, words: str) -> None:
    counts = labels.value_counts()
    if not counts.get(name, 0):
        raise DataError(
            f"No row with a label has {words}, so none is neutral.", "Widen the condition."
        )
    if len(counts) < 3:
        others = " and ".join(f"'{c}'" for c in counts.index if c != name) or "no class"
        raise DataError(
            f"With {words} only {others} would be left beside '{name}'.",
            "Narrow the condition: a neutral class stands between two others.",
        )


def _counted(labels: pd.Series, neutral: Mask, name: str, words: str) -> tuple[str, ...]:
    known = labels.notna().to_numpy()
    count, of = int((neutral & known).sum()), int(known.sum())
    lost = int((neutral & ~known).sum())
    notes = [f"{count:,} of {of:,} rows ({count / of:.1%}) are '{name}': {words}."]
    if lost:
        notes.append(f"{lost:,} more rows have {words} but no label; they stay without one.")
    return tuple(notes)


def _unknown(data: Dataset, at: str) -> tuple[str, ...]:
    empty = int(data.frame[at].isna().sum())
    if not empty or at == data.target:
        return ()
    return (f"In {empty:,} rows '{at}' is empty; they keep their label.",)


def _changed(
    data: Dataset, at: str, labels: pd.Series, notes: tuple[str, ...], asked: Mapping[str, object]
) -> Dataset:
    target = data.target
    assert target is not None
    frame = data.frame.copy(deep=False)
    frame[target] = labels.to_numpy()
    roles = dict(data.roles)
    if roles[at] == "feature":
        roles[at] = "ignore"
        gives_away = (
            f"'{at}' says which rows are '{asked['name']}', so it would give the label away: it is "
            "no longer a feature."
        )
        notes = (*notes, gives_away)
    default = {"column": None, "low": None, "high": None, "levels": None, "name": NEUTRAL}
    given = {key: value for key, value in asked.items() if value != default[key]}
    return replace(
        data,
        frame=frame,
        kinds={**data.kinds, target: "category"},
        roles=roles,
        notes=(*data.notes, *notes),
        script=data.script.then(
            data.script.name, "workbench", "with_neutral_class", Name(data.script.name), **given
        ),
    )
