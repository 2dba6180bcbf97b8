import pandas as pd

from tests.worlds_findings import clean, data, only, told
from workbench.findings.rare_levels import CODE


def test_a_handful_of_rows_on_an_island():
    frame = clean()
    frame.loc[:4, "place"] = "ISLAND"
    found = only(data(frame), CODE)
    assert (found.severity, found.columns) == ("notice", ("place",))
    assert "'ISLAND' of 'place' (5 rows)" in found.says


def test_levels_that_are_held_are_not_told_and_those_nobody_holds_neither():
    frame = clean()
    kinds = pd.CategoricalDtype(["north", "south", "west", "nowhere"])
    assert told(data(frame.assign(place=frame["place"].astype(kinds))), CODE) == []


def test_in_a_short_table_everything_is_rare():
    assert told(data(clean(100)), CODE) == []
