import numpy as np
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.codes_as_numbers import CODE


def with_codes(effects, rows=2_000):
    rng = np.random.default_rng(0)
    code = rng.integers(0, len(effects), size=rows)
    return clean(rows).assign(branch=code, y=lambda f: f["y"] + np.asarray(effects)[code])


def test_numbers_along_which_the_target_jumps():
    found = only(data(with_codes([0, 5, -4, 3, -5, 4])), CODE)
    assert (found.severity, found.columns) == ("notice", ("branch",))


def test_called_a_category_it_is_not_asked_again():
    assert told(data(with_codes([0, 5, -4, 3, -5, 4])).with_kinds({"branch": "category"}),
                CODE) == []  # fmt: skip


@pytest.mark.parametrize(
    "effects",
    [np.zeros(6), np.arange(6.0), np.arange(6.0) ** 3 / 10, (np.arange(7.0) - 3) ** 2],
    ids=["nothing", "line", "curve", "one turn"],
)
def test_amounts_rise_fall_or_turn_once(effects):
    assert told(data(with_codes(effects)), CODE) == []


def test_the_shares_are_those_of_least_squares():
    frame = with_codes([0, 5, -4, 3, -5, 4])
    means = frame.groupby("branch")["y"].transform("mean")
    by_level = means.var() / frame["y"].var()
    by_line = np.corrcoef(frame["branch"], frame["y"])[0, 1] ** 2
    says = only(data(frame), CODE).says
    assert f"explain {by_level:.1%} of it".replace("%", " %") in says
    assert f"as an amount {by_line:.1%}".replace("%", " %") in says
