"""Where a model fails is said in dates, and never in counts of days."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from tests.worlds_dates import dated, model
from workbench import METHODS, FittedModel, ModelSet
from workbench.findings import findings
from workbench.quality import error_slices, error_tree, group_fairness, residuals

#: From the first to the last day of the world.
FIRST, LAST = pd.Timestamp("1968-06-01"), pd.Timestamp("1970-11-17")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@cache
def failing() -> FittedModel:
    """A model of a world in which 1970 is noise."""
    frame = dated(2_000)
    noise = np.random.default_rng(1).normal(0, 8, len(frame))
    return model(frame=frame.assign(y=frame["y"] + noise * (frame["when"] >= "1970-01-01")))


def test_residuals_stand_on_an_axis_of_dates():
    result = residuals(failing(), against="when")
    assert str(result.frame["value"].dtype) == "datetime64[ms]"
    groups = result.frame[result.frame["kind"] == "group"]
    for _, part in groups.groupby("part"):
        assert part["value"].is_monotonic_increasing
    assert result.frame["value"].between(FIRST, LAST).all()
    assert str(result.figure().data[1].x.dtype).startswith("datetime64")


@pytest.mark.parametrize(
    "place", [lambda m: error_tree(m).frame["rule"], lambda m: error_slices(m).frame["slice"]]
)
def test_where_it_fails_is_said_in_dates(place):
    named = [words for words in place(failing()) if "when" in words]
    assert named
    for words in named:
        dates = [pd.Timestamp(each) for each in ISO.findall(words)]
        assert dates or "missing" in words, words
        assert all(FIRST <= each <= LAST for each in dates), words
    assert "1970" in named[0]  # the worst place first


def test_groups_of_a_date_are_its_quarters():
    found = group_fairness(failing(), column="when").frame
    named = [group for group in found["group"].unique() if group.startswith("when")]
    assert len(named) == 4
    assert all(len(ISO.findall(group)) == 2 for group in named)


OF_MODELS = sorted(
    name for name, method in METHODS.items()
    if method.package == "workbench" and method.about in (FittedModel, ModelSet)
    and "regression" in method.tasks and not any(s.is_required for s in method.settings)
)  # fmt: skip


@pytest.mark.parametrize("name", OF_MODELS)
def test_every_method_of_a_model_takes_one_with_a_date(name):
    of_set = METHODS[name].about is ModelSet
    subject = ModelSet.of([model(), model("decision_tree")]) if of_set else failing()
    result = METHODS[name](subject)
    assert list(result.frame.columns) == list(type(result).columns)


def test_a_date_of_random_rows_has_not_drifted():
    found = findings(failing()).frame.set_index("code")["severity"]
    assert found["drift"] == "clear"
    assert found["beyond-the-training-rows"] == "clear"
