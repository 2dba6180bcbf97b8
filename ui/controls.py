"""Forms made from the settings of a method: the signature is the form.

A label is the setting's own sentence, our words and so not escaped; its name in Python stands in
the help beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from workbench.methods import Method
from workbench.settings import Setting, Subject

from .state import SETTING
from .text import in_words

#: Choices whose name in Python is short where a person needs a word more.
WORDS: Mapping[Any, str] = {
    "test": "held-out rows",
    "train": "rows it learned from",
    "all": "all rows",
    "default": "the usual one",
    "response": "prediction",
    "margin": "log-odds or score",
    "trees": "what the trees add up to",
    "paths": "training rows, along the trees",
    "row": "one other row",
    "partial": "partial dependence",
    "accumulated": "accumulated local effects",
    "interaction": "joint part alone",
    "iqr": "interquartile range",
    "one": "one unit",
    "sd": "standard deviation",
    "absolute": "absolute error",
    "squared": "squared error",
    "log": "log loss",
    "zero_one": "wrong class",
    "gain": "what it won in training",
    "count": "one each",
    "error": "count as wrong",
    "aside": "are set aside",
}
COLUMNS_OF_WIDGETS = 3


def inline(
    settings: Iterable[Setting],
    subject: Subject | None,
    name: str,
    names: Iterable[str],
    without: Iterable[str] = (),
    *,
    starts_empty: bool = True,
) -> dict[str, Any]:
    """Draws the settings in `names` and gives their values; not those in `without`, nor a class
    to choose where there are no classes, nor values of columns, which need the row beside them.

    A column that must be chosen is None until it is, or, where the form does not start empty, the
    first one."""
    wanted = set(names) - set(without)
    shown = [s for s in settings if s.name in wanted and _is_choosable(s, subject)]
    return _in_columns(shown, subject, name, starts_empty)


def missing(settings: Iterable[Setting], values: Mapping[str, Any]) -> bool:
    """Whether a column that must be chosen is not yet."""
    return any(needs_column(s) and not values.get(s.name) for s in settings)


def needs_column(setting: Setting) -> bool:
    """It names a column, and has no default."""
    return setting.is_required and setting.kind in ("column", "columns")


def rest(
    settings: Iterable[Setting], subject: Subject | None, name: str, without: Iterable[str] = ()
) -> dict[str, Any]:
    """Draws all settings but those in `without`, in an expander, and gives their values."""
    skipped = set(without)
    shown = [s for s in settings if s.name not in skipped and _is_choosable(s, subject)]
    if not shown:
        return {}
    with st.expander("More settings", key=f"more-{name}"):
        return _in_columns(shown, subject, name, True)


def of(method: Method, name: str) -> Setting:
    """One setting of a method, by name."""
    return next(setting for setting in method.settings if setting.name == name)


def key_of(form_name: str, setting: str) -> str:
    """The key of a setting's widget."""
    return f"{SETTING}{form_name}.{setting}"


def _in_columns(
    settings: list[Setting], subject: Subject | None, name: str, starts_empty: bool
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for start in range(0, len(settings), COLUMNS_OF_WIDGETS):
        row = settings[start : start + COLUMNS_OF_WIDGETS]
        # labels may take two lines: the fields still stand in one
        places = st.columns(COLUMNS_OF_WIDGETS, vertical_alignment="bottom")
        for place, setting in zip(places, row, strict=False):
            with place:
                key = key_of(name, setting.name)
                values[setting.name] = widget(setting, subject, key, starts_empty=starts_empty)
    return values


def widget(
    setting: Setting, subject: Subject | None, key: str, *, starts_empty: bool = False, **more: Any
) -> Any:
    """One setting as a widget that fits its kind; its value is None where nothing is chosen.

    What must be chosen starts at its first option, or with `starts_empty` a column at none."""
    common: dict[str, Any] = {
        "label": in_words(setting.help or setting.name),
        "key": key,
        "help": _help(setting),
        **({"persist_state": "session"} | more),
    }
    if setting.kind == "bool":
        return st.checkbox(value=bool(setting.default), **common)
    if setting.kind in ("int", "float", "row"):
        return _number(setting, subject, common)
    if setting.kind == "columns":
        options = _options(setting, subject)
        default = [] if setting.is_required else [c for c in setting.default or () if c in options]
        return tuple(st.multiselect(options=options, default=default, **common))
    if setting.kind == "text":
        return st.text_input(value=str(setting.default or ""), **common)
    return _choice(setting, subject, common, starts_empty and needs_column(setting))


def _choice(
    setting: Setting, subject: Subject | None, common: dict[str, Any], starts_empty: bool
) -> Any:
    options = list(_options(setting, subject))
    default = None if setting.is_required else setting.default
    if setting.optional:
        common["placeholder"] = "Automatic" if "automatic" in setting.help else "None"
    elif starts_empty:
        common["placeholder"] = "Choose a column"
    elif default is None and options:
        default = options[0]
    index = options.index(default) if default in options else None
    # a column may be called like a choice: margin, count, row
    shown = _word if setting.kind == "choice" else str
    return st.selectbox(options=options, index=index, format_func=shown, **common)


def _number(setting: Setting, subject: Subject | None, common: dict[str, Any]) -> Any:
    kind: Any = float if setting.kind == "float" else int
    low, high = setting.low, setting.high
    if setting.kind == "row" and subject is not None:
        high = len(subject.dataset) - 1
    default = 0 if setting.is_required else setting.default
    bounds: dict[str, Any] = {"min_value": low, "max_value": high}
    bounds = {name: kind(value) for name, value in bounds.items() if value is not None}
    value: Any = None if default is None else kind(default)
    step = kind(1) if kind is int else _step(setting)
    number_format = "%d" if kind is int else "%g"
    return st.number_input(value=value, step=step, format=number_format, **bounds, **common)


def _step(setting: Setting) -> float:
    """A tenth of the default's size: 0.05 moves by 0.01, 3 by 1."""
    size = abs(float(setting.default or 1))
    return max(float(10 ** (len(str(int(size))) - 1)), 1.0) if size >= 1 else _below_one(size)


def _below_one(size: float) -> float:
    step = 0.1
    while step > size / 2 and step > 0.001:
        step /= 10
    return step


def _options(setting: Setting, subject: Subject | None) -> tuple[Any, ...]:
    return setting.choices if subject is None else setting.options(subject)


def _is_choosable(setting: Setting, subject: Subject | None) -> bool:
    if setting.kind == "values":
        return False
    return setting.kind not in ("class", "model") or len(_options(setting, subject)) > 1


def _help(setting: Setting) -> str:
    bounds = ""
    if setting.low is not None and setting.high is not None and setting.high < 2**31 - 1:
        bounds = f", from {setting.low:g} to {setting.high:g}"
    return f"`{setting.name}` in Python{bounds}"


def _word(choice: Any) -> str:
    return WORDS.get(choice, str(choice))
