"""The settings of a method, read off its signature: at once API, form, validation and docs.

A setting is a keyword-only parameter with a type and a default. `Annotated` adds what the type
cannot say: the bounds of a number, the columns to choose from, where tuning looks, a sentence of
help.
"""

from __future__ import annotations

import datetime
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from .dataset import Dataset, Role
from .errors import ParameterError
from .script import Script

REQUIRED = inspect.Parameter.empty


class Subject(Protocol):
    """What a method analyses: a data set, a fitted model, several of them or a causal question."""

    @property
    def dataset(self) -> Dataset: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def script(self) -> Script: ...


@dataclass(frozen=True)
class Range:
    """The smallest and largest value a number may take."""

    low: float
    high: float


@dataclass(frozen=True)
class Search:
    """Where tuning looks for the setting: from `low` to `high`, evenly or, with `log`, evenly in
    the logarithm. Without bounds, for a choice, among all of its values."""

    low: float | None = None
    high: float | None = None
    log: bool = False


@dataclass(frozen=True)
class Column:
    """The setting names a column of the subject's data set that plays this role; None is any."""

    role: Role | None = "feature"


@dataclass(frozen=True)
class RowNumber:
    """The setting is the number of a row of the subject's data set, counted from 0."""


@dataclass(frozen=True)
class ColumnValues:
    """The setting gives features of the subject's data set new values: a mapping from column to
    value, of which None is a missing one. The page that has the row draws its form."""


@dataclass(frozen=True)
class ClassName:
    """The setting names a class of the model's target; None is the class it explains by default."""


@dataclass(frozen=True)
class ModelName:
    """The setting names one of the models that are compared."""


@dataclass(frozen=True)
class Setting:
    """One setting: `kind` is what a form draws, `choices` or `low`/`high` bound it."""

    name: str
    kind: Literal[
        "choice", "bool", "int", "float", "column", "columns", "row", "values", "class", "model",
        "text",
    ]  # fmt: skip
    default: Any
    help: str = ""
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    role: Role | None = None
    optional: bool = False
    search: Search | None = None

    @property
    def is_required(self) -> bool:
        """No default: the person must choose."""
        return self.default is REQUIRED

    def options(self, subject: Subject) -> tuple[Any, ...]:
        """What may be chosen for this subject; empty where the setting is no choice."""
        if self.role is not None:
            return subject.dataset.with_role(self.role)
        if self.kind in ("column", "columns"):
            return subject.dataset.columns
        if self.kind == "class":
            return tuple(getattr(subject, "classes", ()))
        if self.kind == "model":
            return tuple(getattr(subject, "names", ()))
        return self.choices

    def check(self, value: Any, subject: Subject | None = None) -> None:
        """Raises `ParameterError` for a value that is not allowed."""
        if value is None and self.optional:
            return
        if self.kind in ("int", "float", "row"):
            self._check_number(value, subject)
        elif self.kind == "bool":
            self._require(isinstance(value, bool), value, "Use True or False.")
        elif self.kind == "columns":
            for column in value:
                self._check_choice(column, subject)
        elif self.kind == "values":
            example = "Use a mapping such as {'age': 40}."
            self._require(isinstance(value, Mapping) and len(value) > 0, value, example)
            for column in value:
                self._check_choice(column, subject)
        elif self.kind != "text":
            self._check_choice(value, subject)

    def _check_number(self, value: Any, subject: Subject | None) -> None:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if self.kind == "float":
            self._require(whole or isinstance(value, float), value, "Use a number.")
        else:
            self._require(whole, value, "Use a whole number.")
        low, high = self.low, self.high
        if self.kind == "row" and subject is not None:
            low, high = 0, len(subject.dataset) - 1
        inside = (low is None or value >= low) and (high is None or value <= high)
        self._require(inside, value, f"Use a value from {low:g} to {high:g}." if not inside else "")

    def _check_choice(self, value: Any, subject: Subject | None) -> None:
        if subject is None and not self.choices:
            return
        options = self.choices if subject is None else self.options(subject)
        shown = ", ".join(repr(o) for o in options[:12]) + (" …" if len(options) > 12 else "")
        self._require(value in options, value, f"Choose one of: {shown or 'nothing fits here'}.")

    def _require(self, holds: bool, value: Any, hint: str) -> None:
        if not holds:
            raise ParameterError(f"{self.name} = {value!r} is not allowed.", hint)


def read_settings(function: Callable[..., Any]) -> tuple[Setting, ...]:
    """The settings of a function: its keyword-only parameters, but for `progress`."""
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    return tuple(
        _setting(p.name, hints[p.name], p.default)
        for p in parameters
        if p.kind is p.KEYWORD_ONLY and p.name != "progress"
    )


def filled_in(
    settings: tuple[Setting, ...], given: Mapping[str, Any], subject: Subject | None = None
) -> dict[str, Any]:
    """Every setting with the value given or its default, each checked.

    Raises `ParameterError` for one that is missing, unknown or outside what is allowed.
    """
    names = [s.name for s in settings]
    for name in given:
        if name not in names:
            raise ParameterError(
                f"There is no setting '{name}'.", f"The settings are: {', '.join(names)}."
            )
    values = {s.name: given.get(s.name, s.default) for s in settings}
    for setting in settings:
        if values[setting.name] is REQUIRED:
            raise ParameterError(f"{setting.name} was not given.", f"Choose {setting.name}.")
        setting.check(values[setting.name], subject)
        if setting.kind == "float" and values[setting.name] is not None:
            values[setting.name] = float(values[setting.name])  # 2 and 2.0 are one setting
        if setting.kind == "values" and values[setting.name] is not None:
            values[setting.name] = {c: _plain(v) for c, v in values[setting.name].items()}
    return values


def _plain(value: Any) -> Any:
    """A value of a table as Python writes it: a number, a text, True or False, a date as text;
    None where it is missing."""
    if isinstance(value, Mapping | list | tuple | set | np.ndarray):
        return value  # nothing a cell holds; whoever reads it refuses it
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None  # only what is missing differs from itself
    if isinstance(value, np.generic):
        value = pd.Timestamp(value) if isinstance(value, np.datetime64) else value.item()
    return value.isoformat() if isinstance(value, datetime.date) else value


def _setting(name: str, hint: Any, default: Any) -> Setting:
    base, extras = _unwrapped(hint)
    base, optional = _without_none(base)
    inner, inner_extras = _unwrapped(base)
    extras = (*extras, *inner_extras)
    says = next((e for e in extras if isinstance(e, str)), "")
    search = next((e for e in extras if isinstance(e, Search)), None)
    common: dict[str, Any] = {"default": default, "help": says, "optional": optional,
                              "search": search}  # fmt: skip
    for extra in extras:
        if isinstance(extra, Column):
            several = get_origin(inner) is tuple
            return Setting(name, "columns" if several else "column", role=extra.role, **common)
        if isinstance(extra, RowNumber):
            return Setting(name, "row", low=0, **common)
        if isinstance(extra, ColumnValues):
            return Setting(name, "values", role="feature", **common)
        if isinstance(extra, ClassName):
            return Setting(name, "class", **common)
        if isinstance(extra, ModelName):
            return Setting(name, "model", **common)
        if isinstance(extra, Range):
            kind: Literal["int", "float"] = "int" if inner is int else "float"
            return Setting(name, kind, low=extra.low, high=extra.high, **common)
    return _plain_setting(name, inner, common)


def _plain_setting(name: str, base: Any, common: dict[str, Any]) -> Setting:
    if get_origin(base) is Literal:
        return Setting(name, "choice", choices=get_args(base), **common)
    if base is bool:
        return Setting(name, "bool", **common)
    if base is str:
        return Setting(name, "text", **common)
    if name == "seed" and base is int:
        return Setting(name, "int", low=0, high=2**31 - 1, **common)
    raise TypeError(f"Setting {name}: a {base} needs a Range, Column or another marker.")


def _unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        return get_args(hint)[0], get_args(hint)[1:]
    return hint, ()


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        rest = [a for a in get_args(hint) if a is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False
