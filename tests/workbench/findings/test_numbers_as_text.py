import numpy as np
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.numbers_as_text import CODE

ROWS = 600


def amounts():
    return np.random.default_rng(0).gamma(2, 900, size=ROWS).round(2)


def test_one_word_makes_numbers_text():
    text = [f"{value}" for value in amounts()]
    text[7] = "n.b."
    found = only(data(clean(ROWS).assign(charges=text)), CODE)
    assert (found.severity, found.columns) == ("warning", ("charges",))
    assert "'n.b.'" in found.says


def test_thousands_marked_by_commas_are_numbers():
    text = [f"{value:,.2f}" for value in amounts()]
    assert only(data(clean(ROWS).assign(charges=text)), CODE).columns == ("charges",)


@pytest.mark.parametrize(
    "text",
    [
        [f"{value:05d}" for value in np.random.default_rng(0).integers(0, 99_999, size=ROWS)],
        [str(value) for value in np.random.default_rng(0).integers(10_000, 99_999, size=ROWS)],
        [f"{value} W" for value in range(ROWS)],
        [str(value % 4) for value in range(ROWS)],
    ],
    ids=["leading zeros", "postcodes", "units", "few codes"],
)
def test_codes_and_words_are_left_alone(text):
    assert told(data(clean(ROWS).assign(code=text)), CODE) == []
