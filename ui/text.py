"""What a person named, shown as it is: nothing in it is read as Markdown, HTML or a formula."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from workbench.figures import number

#: Invisible and without width: keeps a colon from starting an icon or an emoji.
WORD_JOINER = "\u2060"
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&^=\"'@/])")
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown_safe(text: object, longest: int = 400) -> str:
    """A text that Markdown shows literally, on one line and not endlessly long.

    Every mark that Streamlit interprets is escaped: emphasis, links and images, HTML, formulas,
    coloured text, icons and emoji codes.
    """
    plain = " ".join(shortened(text, longest).split())
    escaped = _PUNCTUATION.sub(r"\\\1", plain)
    # icons and emoji codes are looked for after the escapes are gone, so a backslash is not enough
    return escaped.replace(":", f"\\:{WORD_JOINER}")


def shortened(text: object, longest: int) -> str:
    """The text, cut with an ellipsis where it is longer."""
    plain = str(text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def in_words(name: str) -> str:
    """A label that begins like a sentence: test_share becomes Test share."""
    words = name if " " in name else name.replace("_", " ")
    return words[:1].upper() + words[1:]


def formula_safe(value: object) -> object:
    """A text cell that no spreadsheet runs as a formula; everything else as it is."""
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value


def file_name(text: object, longest: int = 60) -> str:
    """A text as part of a file name, in any script: letters, digits, dashes."""
    return re.sub(r"[^\w\-]+", "-", shortened(text, longest)).strip("-") or "whence"


def cell(value: object) -> str:
    """A value of a table as a person writes it."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return "missing"  # only what is missing differs from itself
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.date().isoformat()
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return number(float(value)) if is_number else str(value)  # type: ignore[arg-type]
