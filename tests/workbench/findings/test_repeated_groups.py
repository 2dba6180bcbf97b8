import numpy as np
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.repeated_groups import CODE, between_groups


def patients(rows=600, groups=60, effect=3.0):
    rng = np.random.default_rng(0)
    who = rng.integers(0, groups, size=rows)
    frame = clean(rows)
    return frame.assign(patient_id=who, y=frame["y"] + effect * rng.normal(size=groups)[who])


def test_rows_of_one_patient_are_alike():
    found = only(data(patients()), CODE)
    assert (found.severity, found.columns) == ("warning", ("patient_id",))
    assert "60 groups of 600 rows" in found.says


def test_names_in_text_are_seen_under_any_title():
    frame = patients().assign(answered=lambda f: "Person " + f["patient_id"].astype(str))
    assert [row["columns"] for row in told(data(frame.drop(columns="patient_id")), CODE)] == [
        "answered"
    ]


def test_groups_that_are_not_alike_are_a_notice():
    assert only(data(patients(effect=0)), CODE).severity == "notice"


def test_nothing_is_said_of_levels_or_where_groups_are_kept_together():
    assert told(data(clean()), CODE) == []
    assert told(data(patients(), patient_id="group"), CODE) == []


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_the_share_between_groups_is_the_one_the_world_was_made_with(share):
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(2_000), 5)
    y = np.sqrt(share) * rng.normal(size=2_000)[who] + np.sqrt(1 - share) * rng.normal(size=10_000)
    assert between_groups(who, y) == pytest.approx(share, abs=0.03)
