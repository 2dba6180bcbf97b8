"""The answers decide; every way has a page, and where nothing fits that is said."""

import itertools
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from causal import which_design
from causal.designs.which_design import WAYS, Answer, Chance, Line, Start
from workbench import Dataset

TABLE = Dataset.of(pd.DataFrame({"y": [1.0, 2.0, 4.0], "year": [2000, 2001, 2002]}))


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        ({"by_chance": "yes", "all_causes_measured": "yes"}, "Experiment"),
        ({"by_chance": "an offer, which not all took up"}, "Instrument or encouragement"),
        ({"by_a_line": "yes", "since_a_time": "several units"}, "Regression discontinuity"),
        ({"by_a_line": "it made it more likely"}, "Regression discontinuity"),
        ({"since_a_time": "several units", "by_a_push": "yes"}, "Difference in differences"),
        ({"since_a_time": "one unit among others"}, "Synthetic control"),
        ({"since_a_time": "one series"}, "Interrupted time series"),
        ({"by_a_push": "yes", "all_causes_measured": "yes"}, "Instrument or encouragement"),
        ({"all_causes_measured": "yes"}, "Adjustment"),
    ],
)
def test_the_least_to_be_believed_comes_first(answers, first):
    found = which_design(TABLE, **answers)
    assert found.frame.iloc[0][["design", "fits"]].tolist() == [first, "first choice"]
    assert found.summary.startswith(f"{first} fits first")


def test_where_nothing_fits_it_is_said():
    found = which_design(TABLE)
    assert set(found.frame["fits"]) == {"no"}
    assert found.summary.startswith("No design fits")


def test_every_set_of_answers_has_one_first_choice_or_none_and_names_every_way():
    for answers in itertools.product(*map(get_args, (Chance, Line, Start, Answer, Answer))):
        names = ("by_chance", "by_a_line", "since_a_time", "by_a_push", "all_causes_measured")
        frame = which_design(TABLE, **dict(zip(names, answers, strict=True))).frame
        counts = frame["fits"].value_counts()
        assert set(frame["design"]) == {way.title for way in WAYS}
        assert counts.get("first choice", 0) == (0 if set(answers) == {"no"} else 1)


def test_every_way_leads_to_a_page(root: Path):
    assert all((root / "pages" / f"{way.page}.py").is_file() for way in WAYS)
