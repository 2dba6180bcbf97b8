"""Sorting at the cut-off is seen, and only that."""

import numpy as np
import pandas as pd
import pytest

from causal import density_at_cutoff
from causal.designs._histogram import histogram
from tests.causal.designs.cutoffs import about
from workbench.errors import NotApplicable


def scores(rows: int, moved: float, seed: int = 0, step: float | None = None) -> pd.DataFrame:
    """Scores along a bell, of which a share just below the cut-off moved just above."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0.3, 1, rows)
    near = (x < 0) & (x > -0.3) & (rng.random(rows) < moved)
    x = np.where(near, -x, x)
    if step:
        x = np.floor(x / step) * step
    return pd.DataFrame({"x": x, "y": rng.normal(size=rows)})


def test_sorting_is_seen_and_none_is_not() -> None:
    sorted_ = density_at_cutoff(about(scores(4_000, 0.6)))
    assert sorted_.passed is False
    assert sorted_.frame.iloc[0]["density"] > 0.1
    assert "the effect is in doubt" in sorted_.summary
    assert density_at_cutoff(about(scores(4_000, 0.0))).passed


def test_a_jump_of_known_size_is_found() -> None:
    rng = np.random.default_rng(4)
    size, sign = np.abs(rng.normal(size=10_000)), np.where(rng.random(10_000) < 0.6, 1, -1)
    made = density_at_cutoff(about(pd.DataFrame({"x": size * sign, "y": size}))).frame
    jump = made.iloc[0]
    true = (0.6 - 0.4) * 2 / np.sqrt(2 * np.pi)
    assert jump["conf_low"] < true < jump["conf_high"]
    assert jump["conf_high"] - jump["conf_low"] < true
    bins = made[(made["kind"] == "bin") & (made["side"] == "below")].tail(10)
    assert bins["density"].mean() == pytest.approx(0.8 / np.sqrt(2 * np.pi), abs=0.04)


def test_a_grid_of_scores_is_no_sorting() -> None:
    found = density_at_cutoff(about(scores(4_000, 0.0, step=0.05)))
    assert found.passed
    assert not any(n.startswith("Warning") for n in found.notes)
    made = histogram(scores(4_000, 0.0, step=0.05)["x"].to_numpy())
    steps = made.width / 0.05
    assert steps == pytest.approx(round(steps))
    assert round(steps) >= 1


@pytest.mark.parametrize("step", [None, 0.25])
def test_every_row_is_in_one_bin_of_its_side(step: float | None) -> None:
    x = scores(2_000, 0.0, step=step)["x"].to_numpy()
    made = histogram(x)
    for rows, side, own in zip(made.rows, (made.left, made.right), (x < 0, x >= 0), strict=True):
        assert own.sum() - rows.sum() <= 2 + 0.03 * own.sum()  # whole bins only
        assert np.allclose(side.d[:, 0] * len(x) * made.width, rows)
    # Nearest the cut-off nothing is lost.
    assert made.rows[1][0] == ((x >= 0) & (x < made.width - 1e-9)).sum()


def test_few_rows_near_it_are_refused() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([-rng.exponential(1, 32), rng.exponential(1, 32)])
    with pytest.raises(NotApplicable, match="13 rows below, 16 at or above"):
        density_at_cutoff(about(pd.DataFrame({"x": x, "y": x**2})))
