"""The studies of the designs: their worlds' truths, and what their pages say of a run."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.designs import interrupted_time_series as series
from benchmarks.designs import synthetic_control as synthetic


@pytest.mark.parametrize("world", series.WORLDS, ids=lambda w: w.name)
def test_a_series_has_its_step_and_nothing_else(world):
    asked = world.question(3)
    found = asked.series
    assert (found.before, found.after) == (world.before, world.after)
    plain = world.make(np.random.default_rng(3), world.before + world.after)[:, 0]
    np.testing.assert_allclose(
        found.y - plain, series.STEP * (np.arange(len(plain)) >= found.before)
    )


@pytest.mark.parametrize("world", synthetic.WORLDS, ids=lambda w: w.name)
def test_a_panel_has_its_effect_and_nothing_else(world):
    with_it, without = (world.question(3, effect).panel for effect in (synthetic.STEP, 0.0))
    off = with_it.outcome - without.outcome
    np.testing.assert_allclose(off, synthetic.STEP * with_it.on)
    assert (~with_it.never).sum() == world.treated


def test_the_pages_count_what_is_covered():
    head = {"world": "noise", "method": "interrupted_time_series", "length": 2.0, "seconds": 0.1,
            "found": True}  # fmt: skip
    lines = pd.DataFrame(
        [
            {**head, "replication": k, "error": 0.1 * (-1) ** k, "covers": k < 9, "warned": False}
            for k in range(10)
        ]
        + [
            {"world": "noise", "method": "placebo_dates", "replication": k, "found": k == 0,
             "passed": True}
            for k in range(20)
        ]
    )  # fmt: skip
    page = "\n".join(series.as_parts(lines))
    assert "| noise | `interrupted_time_series` | 10 | +0.000 |" in page
    assert "0.900 ±" in page
    assert "| 20 | 0.050 | 0 of 20 |" in page
    head |= {"world": "any unit", "method": "synthetic_control", "warned": False, "found": True}
    lines = pd.DataFrame(
        [{**head, "replication": k, "error": 0.0, "covers": k < 19} for k in range(20)]
        + [{"world": "any unit", "method": "placebo_in_space", "found": k == 0} for k in range(20)]
    )
    page = "\n".join(synthetic.as_parts(lines))
    assert "| any unit | `synthetic_control` | 20 | +0.000 | 0.000 | 0.950 ±" in page
    assert "each as likely to be treated | 0.050 |" in page
