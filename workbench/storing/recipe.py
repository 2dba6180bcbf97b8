"""What a saved model says of itself, as JSON: every field with a type that is checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, get_args

import pandas as pd

from ..column_kinds import Kind
from ..dataset import Role
from ..dates import DATE_PARTS, DateColumn
from ..errors import ModelError
from ..metrics import Task
from .container import SAVE_AGAIN

#: Dates lie within so many days of 1970: some 270,000 years.
MOST_DAYS = 1e8
#: The version of the format this code writes and reads.
FORMAT = 1


@dataclass(frozen=True)
class Recipe:
    """Names, kinds and settings; arrays and tables are parts of their own.

    `parts` holds the hash of every other part, `versions` the libraries it was saved with.
    """

    format: int
    family: str
    settings: Mapping[str, Any]
    task: Task
    classes: tuple[str, ...]
    seed: int
    target: str
    target_notes: tuple[str, ...]
    notes: tuple[str, ...]
    split: str
    data: str
    data_notes: tuple[str, ...]
    kinds: Mapping[str, Kind]
    roles: Mapping[str, Role]
    features: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, str]
    fingerprint: str
    parts: Mapping[str, str]
    training: Mapping[str, Any] = field(default_factory=dict)
    dates: Mapping[str, DateColumn] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    losses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The recipe as it stands in the file."""
        return json.dumps(asdict(self), indent=1, allow_nan=False).encode()


def read_recipe(text: bytes, opening: str) -> Recipe:
    """The recipe in a file, every field of the type it must have."""
    try:
        held = _object(json.loads(text))
        version = _whole(held.get("format"))
        if version != FORMAT:
            raise ModelError(
                f"{opening} has format {version}; this version of Whence reads format {FORMAT}.",
                "Open it with the version that saved it, or train the model again.",
            )
        # what was added to the format later may be absent
        there = [f.name for f in fields(Recipe)
                 if f.name in held or f.default_factory is MISSING]  # fmt: skip
        return Recipe(**{name: _field(held, name) for name in there})
    except (ValueError, RecursionError) as error:  # what is no JSON is a ValueError, too
        raise ModelError(f"{opening} has an unreadable recipe: {error}.", SAVE_AGAIN) from error


def _field(held: Mapping[str, Any], name: str) -> Any:
    if name not in held:
        raise ValueError(f"'{name}' is missing")
    try:
        return _TYPES[name](held[name])
    except ValueError as error:
        raise ValueError(f"'{name}' {error}") from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("is not an object")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise ValueError("is not a whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("is not a list")
    return tuple(_text(each) for each in value)


def _numbers(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not all(isinstance(each, int | float) for each in value):
        raise ValueError("is not a list of numbers")
    return tuple(float(each) for each in value)


def _calibration(value: Any) -> dict[str, Any]:
    """Nothing, or how a model was calibrated, and the numbers of every map."""
    held = _object(value)
    if not held:
        return {}
    maps = held.get("maps")
    if set(held) != {"settings", "maps", "notes"} or not isinstance(maps, list):
        raise ValueError("is no calibration")
    each = tuple(_by_name(_numbers)(one) for one in maps)
    asked, notes = _by_name(_plain)(held["settings"]), _texts(held["notes"])
    return {"settings": asked, "maps": each, "notes": notes}


def _setting(value: Any) -> Any:
    """A number, a text, or the names of columns."""
    names = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return _texts(value) if names else _plain(value)


def _asked(value: Any) -> Any:
    """What was asked of a training: like a setting, or a number for each of some names."""
    return _by_name(_plain)(value) if isinstance(value, dict) else _setting(value)


def _date(value: Any) -> DateColumn:
    """What training settled about a column of dates."""
    held = _object(value)
    origin, zone = held.get("origin"), held.get("zone")
    if not isinstance(origin, float) or not abs(origin) < MOST_DAYS:
        raise ValueError("does not say from when its days are counted")
    parts = tuple(_one_of(DATE_PARTS)(part) for part in _texts(held.get("parts")))
    if not parts or len(set(parts)) < len(parts):
        raise ValueError("does not say what is made of its dates")
    return DateColumn(origin, parts, None if zone is None else _time_zone(zone))  # type: ignore[arg-type]


def _time_zone(value: Any) -> str:
    try:
        return str(pd.DatetimeTZDtype(tz=_text(value)).tz)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError("names an unknown time zone") from error


def _plain(value: Any) -> Any:
    if not (value is None or isinstance(value, bool | int | float | str)):
        raise ValueError("holds more than a number or a text")
    return value


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return _text(value)

    return check


def _by_name(check: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: check(each) for name, each in _object(value).items()}


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "format": _whole,
    "family": _text,
    "settings": _by_name(_setting),
    "task": _one_of(get_args(Task)),
    "classes": _texts,
    "seed": _whole,
    "target": _text,
    "target_notes": _texts,
    "notes": _texts,
    "split": _text,
    "data": _text,
    "data_notes": _texts,
    "kinds": _by_name(_one_of(get_args(Kind))),
    "roles": _by_name(_one_of(get_args(Role))),
    "features": _texts,
    "levels": _by_name(_texts),
    "versions": _by_name(_text),
    "fingerprint": _text,
    "parts": _by_name(_text),
    "training": _by_name(_asked),
    "dates": _by_name(_date),
    "calibration": _calibration,
    "losses": _by_name(_numbers),
}
