"""What a person named is shown as it is, wherever Markdown, HTML or a spreadsheet would read it."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.text import WORD_JOINER, cell, file_name, formula_safe, in_words, markdown_safe

HOSTILE = [
    "*bold* _it_ `code`",
    "![x](http://example.org/x.png)",
    "[link](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "$x^2$",
    ":red[stop] :material/delete: :smile:",
    "# heading",
    "a | b",
    "~~gone~~",
    "나이(세)",
]


def shown(escaped: str) -> str:
    """What is left when the escapes are taken away again."""
    return re.sub(r"\\(.)", r"\1", escaped).replace(WORD_JOINER, "")


@pytest.mark.parametrize("name", HOSTILE)
def test_every_mark_is_escaped_and_nothing_is_lost(name: str) -> None:
    escaped = markdown_safe(name)
    assert re.search(r"(?<!\\)[*_`\[\]()<>$#|~!:]", escaped) is None
    assert shown(escaped) == name


@given(st.text(max_size=80))
def test_escaping_loses_nothing_but_superfluous_blanks(name: str) -> None:
    assert shown(markdown_safe(name)).split() == name.replace(WORD_JOINER, "").split()


@given(st.text(max_size=600))
def test_a_name_stays_on_one_line_and_is_not_endless(name: str) -> None:
    escaped = markdown_safe(name, longest=50)
    assert len(escaped.splitlines()) <= 1
    assert len(shown(escaped)) <= 50


@pytest.mark.parametrize("value", ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(value: str) -> None:
    assert formula_safe(value) == f"'{value}"


@pytest.mark.parametrize("value", ["text", -1.5, 3, None, ""])
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert formula_safe(value) is value


def test_labels_begin_like_sentences() -> None:
    assert in_words("test_share") == "Test share"
    assert in_words("shuffles; AIPW takes long") == "Shuffles; AIPW takes long"


@pytest.mark.parametrize(
    ("value", "text"), [(float("nan"), "missing"), (None, "missing"), (3.0, "3"), ("남", "남")]
)
def test_a_cell_is_written_as_a_person_would(value: object, text: str) -> None:
    assert cell(value) == text


def test_file_names_keep_letters_of_any_script_and_no_paths() -> None:
    assert file_name("../우리 보고서: 1/2") == "우리-보고서-1-2"
    assert file_name("///") == "whence"


def test_a_day_is_written_without_a_time() -> None:
    assert cell(pd.Timestamp("2011-01-02")) == "2011-01-02"
    assert cell(pd.Timestamp("2011-01-02 08:30")) == "2011-01-02 08:30:00"
