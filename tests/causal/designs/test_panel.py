"""Units over time: how the treatment came, and everything that is refused in a sentence."""

import causaldata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causal import PanelQuestion
from workbench import Dataset
from workbench.errors import QuestionError

YEARS = range(2001, 2006)


def table(**changed):
    """Four shops over five years; b is treated from 2003, c from 2005."""
    frame = pd.DataFrame([(s, y) for s in "abcd" for y in YEARS], columns=["shop", "year"])
    start = frame["shop"].map({"a": 0, "b": 2003, "c": 2005, "d": 0})
    frame["starts"] = start
    frame["on"] = ((start > 0) & (frame["year"] >= start)).astype(int)
    frame["y"] = np.arange(len(frame)) + 0.5
    return frame.assign(**changed)


def ask(frame=None, **given):
    data = frame if isinstance(frame, Dataset) else Dataset.of(table() if frame is None else frame)
    return PanelQuestion(data, **{"outcome": "y", "unit": "shop", "time": "year"} | given)


def refused(match, frame=None, **given):
    with pytest.raises(QuestionError, match=match):
        ask(frame, **given)


def test_three_ways_to_say_it_are_one():
    panels = [
        ask(treated="on").panel,
        ask(adopted="starts").panel,
        ask(table(starts=table()["starts"].replace(0, np.nan)), adopted="starts").panel,
    ]
    for panel in panels:
        assert panel.units == ("a", "b", "c", "d")
        assert panel.first.tolist() == [5, 2, 4, 5]
        assert panel.outcome.tolist() == table()["y"].to_numpy().reshape(4, 5).tolist()
        assert panel.cohorts.tolist() == [2, 4]
        assert panel.is_staggered
        assert panel.is_balanced
    named = ask(treated_units="b, c", starts="2003").panel
    assert named.first.tolist() == [5, 2, 2, 5]


def test_the_order_of_the_rows_does_not_matter():
    mixed = ask(table().sample(frac=1, random_state=3), treated="on").panel
    assert np.array_equal(mixed.outcome, ask(treated="on").panel.outcome)
    assert np.array_equal(mixed.first, ask(treated="on").panel.first)


@pytest.mark.parametrize(
    "times",
    [
        ["Q32010", "Q42010", "Q12011", "Q22011", "Q32011"],
        ["2010Q3", "2010Q4", "2011Q1", "2011Q2", "2011Q3"],
        ["2010-11", "2010-12", "2011-01", "2011-02", "2011-03"],
        ["Nov 2010", "Dec 2010", "Jan 2011", "Feb 2011", "March 2011"],
        [201011, 201012, 201101, 201102, 201103],
        pd.to_datetime(["2010-10-31", "2010-11-30", "2010-12-31", "2011-01-31", "2011-02-28"]),
        pd.to_datetime(["2010-10-01", "2010-11-01", "2010-12-01", "2011-01-01", "2011-02-01"]),
        ["2010-10-31", "2010-11-30", "2010-12-31", "2011-01-31", "2011-02-28"],
        ["31.8.2010", "30.9.2010", "31.10.2010", "30.11.2010", "31.12.2010"],
        [1992, 1996, 2000, 2004, 2008],
        [2010.5, 2010.75, 2011.0, 2011.25, 2011.5],
    ],
)
def test_times_are_put_in_order(times):
    coded = pd.Series(list(times) * 4, name="when")
    panel = ask(table(when=coded).drop(columns="year"), time="when", treated="on").panel
    assert np.array_equal(panel.outcome, ask(treated="on").panel.outcome)
    assert (np.diff(panel.periods.codes) > 0).all()
    start = panel.periods.names[2]
    named = ask(table(when=coded), time="when", treated_units="b", starts=start).panel
    assert named.first[1] == 2


def test_a_start_between_two_periods_is_the_later_one_and_one_after_all_is_never():
    panel = ask(table(starts=table()["starts"].replace(2003, 2002.5)), adopted="starts").panel
    assert panel.first[1] == 2
    late = table(starts=table()["starts"].replace(2005, 2009))
    assert ask(late, adopted="starts").panel.first.tolist() == [5, 2, 5, 5]


def test_organ_donations_are_read_as_they_come():
    data = Dataset.of(causaldata.organ_donations.load_pandas().data)
    question = PanelQuestion(data, outcome="Rate", unit="State", time="Quarter",
                             treated_units="California", starts="Q32011")  # fmt: skip
    assert question.panel.periods.names[:3] == ("Q42010", "Q12011", "Q22011")
    assert question.sentence == (
        "What did the treatment do to Rate in California, which got it from Q32011?"
    )


def test_how_it_came_is_said_once():
    refused("in one way; given were: none")
    refused("given were: treated, adopted", treated="on", adopted="starts")
    refused("treated_units without starts", treated_units="b")
    refused("given were: treated, starts", treated="on", starts="2003")


def test_what_is_no_panel_is_refused_with_the_place():
    refused("'shop' a has 2 rows in 2001", pd.concat([table(), table().head(1)]), treated="on")
    refused("one unit only, b", table()[table()["shop"] == "b"], treated="on")
    refused("gap: nothing lies between 2002 and 2004", table()[table()["year"] != 2003],
            treated="on")  # fmt: skip
    refused("'soon' is no number", table(year=table()["year"].replace(2003, "soon").astype(str)),
            treated="on")  # fmt: skip
    refused("is empty in row 2", table(year=table()["year"].where(table().index != 2)),
            treated="on")  # fmt: skip


def test_a_treatment_that_is_no_such_is_refused():
    off = table()
    off.loc[(off["shop"] == "b") & (off["year"] == 2005), "on"] = 0
    refused("treatment of b is switched off: 'on' is 1 in 2003 and 0 in 2005", off, treated="on")
    refused("more than two values", table(on=table()["year"] % 3), treated="on")
    refused("'on' is empty in 1 rows", table(on=table()["on"].where(table().index != 2)),
            treated="on")  # fmt: skip
    refused("nobody is left to compare", table(on=(table()["year"] > 2003).astype(int)),
            treated="on")  # fmt: skip
    refused("period before its treatment: it starts in 2001", treated_units="b", starts="1999")
    refused("Nobody is treated between 2001 and 2005", treated_units="b", starts="2010")
    refused("There is no 'bb' in 'shop'", treated_units="bb", starts="2003")
    refused("'starts' holds 'soon'", treated_units="b", starts="soon")
    two = table(starts=table()["starts"].where(table().index != 6, 2004))
    refused("more than one first treated period for b: 2003 and 2004", two, adopted="starts")


def test_zero_cannot_be_a_period_and_never():
    frame = table(year=table()["year"] - 2002, starts=table()["starts"].replace({2003: 1, 2005: 3}))
    refused("0 is a period, too", frame, adopted="starts")


def test_the_always_treated_and_the_unseen_are_left_out_with_a_note():
    frame = table(on=table()["on"].where(table()["shop"] != "d", 1))
    panel = ask(frame, treated="on").panel
    assert panel.units == ("a", "b", "c")
    assert any(n.startswith("Warning: 1 units (d) are treated whenever") for n in panel.notes)
    holes = ask(table(y=table()["y"].where(table().index != 0)), treated="on").panel
    assert not holes.is_balanced
    assert any("1 units are missing in some periods (5.0%" in note for note in holes.notes)


def test_weights_and_groups_come_from_their_roles():
    frame = table(
        w=np.tile([1.0, 1, 1, 1, 6], 4),
        region=table()["shop"].map(dict(zip("abcd", "xxyy", strict=True))),
    )
    data = Dataset.of(frame).with_roles({"w": "weight", "region": "group"})
    panel = ask(data, treated="on").panel
    assert panel.weight.mean() == pytest.approx(1)
    assert panel.weight[0].tolist() == [0.5, 0.5, 0.5, 0.5, 3.0]
    assert panel.clusters.tolist() == [0, 0, 1, 1]
    assert panel.clustered_by == "region"
    holes = table(region=table()["shop"].map({"a": "x", "b": "x", "c": "y"}))
    holes = Dataset.of(holes).with_roles({"region": "group"})
    refused("The group 'region', .*, is empty in row 15 and 4 more", holes, treated="on")
    mixed = Dataset.of(table(region=np.arange(20) % 3)).with_roles({"region": "group"})
    refused("a is in more than one group of 'region'", mixed, treated="on")


def test_a_column_of_rows_as_unit_is_refused_by_its_size():
    n = 30_000
    frame = pd.DataFrame({"row": np.arange(n), "t": np.arange(n), "on": np.arange(n) % 2, "y": 1.5})
    refused("30,000 units by 30,000 periods", frame.assign(y=frame["t"] / 7), unit="row", time="t",
            treated="on")  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 2, 3, 4, 5, 9]), min_size=2, max_size=7))
def test_a_column_in_force_and_a_column_of_starts_agree(starts):
    frame = pd.DataFrame([(u, t, s) for u, s in enumerate(starts) for t in range(1, 7)],
                         columns=["shop", "year", "starts"])  # fmt: skip
    frame["on"] = ((frame["starts"] > 0) & (frame["year"] >= frame["starts"])).astype(int)
    frame["y"] = np.arange(len(frame)) * 0.5
    if frame["on"].nunique() < 2 or len({s for s in starts if 0 < s < 7}) == len(set(starts)) == 1:
        return
    one, two = ask(frame, treated="on").panel, ask(frame, adopted="starts").panel
    assert one.first.tolist() == two.first.tolist()
    assert np.array_equal(one.on, two.on)
