"""Writes docs/reference.md from the code's own docstrings: `python docs/make_reference.py`.

A test fails when the page and the code differ, so the page is never out of date.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("workbench", "interpret", "causal")
OPENING = """# Reference

Every public name of the three packages, from their own docstrings. Made by
`python docs/make_reference.py`; a test fails when this page and the code differ.
"""


def reference() -> str:
    """The whole page."""
    for name in PACKAGES:  # every method registers itself before the registry is written down
        importlib.import_module(name)
    return OPENING + "".join(_package(name) for name in PACKAGES)


def _package(name: str) -> str:
    package = importlib.import_module(name)
    entries = [_entry(n, getattr(package, n)) for n in sorted(package.__all__, key=str.lower)]
    return f"\n## {name}\n\n{_indented_prose(package)}\n" + "".join(entries)


def _entry(name: str, thing: Any) -> str:
    made = inspect.unwrap(thing) if callable(thing) else thing
    if not (inspect.isclass(made) or inspect.isfunction(made)):
        return f"\n### `{name}`\n\n{_constant(thing)}\n"
    heading = (
        f"\n### `{name}{_signature(made)}`\n" if inspect.isfunction(made) else f"\n### `{name}`\n"
    )
    return f"{heading}\n{_indented_prose(made)}\n{_settings(made)}{_columns(made)}"


def _signature(function: Any) -> str:
    parameters = inspect.signature(function).parameters.values()
    words = [p.replace(annotation=p.empty) for p in parameters if p.name != "progress"]
    return str(inspect.Signature(words))


def _settings(function: Any) -> str:
    from workbench import METHODS

    found = [m for m in METHODS.values() if m.function is function]
    if not found or not found[0].settings:
        return ""
    lines = [f"| `{s.name}` | {_default(s)} | {s.help or s.kind} |" for s in found[0].settings]
    return "\n| setting | default | meaning |\n|---|---|---|\n" + "\n".join(lines) + "\n"


def _default(setting: Any) -> str:
    return "required" if setting.is_required else f"`{setting.default!r}`"


def _columns(thing: Any) -> str:
    from workbench import Result

    if not (inspect.isclass(thing) and issubclass(thing, Result) and thing.columns):
        return ""
    lines = [f"| `{column}` | {meaning} |" for column, meaning in thing.columns.items()]
    return "\n| column of `frame` | meaning |\n|---|---|\n" + "\n".join(lines) + "\n"


def _constant(thing: Any) -> str:
    return (
        "One of: " + ", ".join(f"`{key}`" for key in sorted(thing))
        if hasattr(thing, "keys")
        else ""
    )


def _indented_prose(thing: Any) -> str:
    """The docstring as Markdown: indented continuation lines become quiet prose, not code."""
    text = inspect.getdoc(thing) or ""
    return re.sub(r"(?m)^ {4,}(?=\S)", "  ", text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    (ROOT / "docs" / "reference.md").write_text(reference(), encoding="utf-8")
