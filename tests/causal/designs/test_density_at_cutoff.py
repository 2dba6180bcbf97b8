"""Sorting at the cut-off is seen, and only that."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdrobust
from hypothesis import given, settings
from hypothesis import strategies as st

from causal import CutoffQuestion, density_at_cutoff
from causal.designs._density import Distribution, density_bandwidths, density_jump
from causal.designs._histogram import histogram
from tests.causal.designs.cutoffs import about
from workbench import read
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
    assert jump["conf_low"] > 0
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
    asked = about(pd.DataFrame({"x": x, "y": x**2}))
    with pytest.raises(NotApplicable, match="13 rows below, 16 at or above"):
        density_at_cutoff(asked, below=0.6, above=0.6)


def test_the_senate_is_as_published() -> None:
    """T = −.8753, p = .3814 at the bandwidths 19.841 and 27.119, within which lie 408 and 460 rows:
    Cattaneo, Jansson & Ma, The Stata Journal 18 (2018)."""
    folder = Path(rdrobust.__file__).parent / "data"
    data = read(folder / "rdrobust_RDsenate.csv")
    asked = CutoffQuestion(data, outcome="vote", running="margin")
    found = density_at_cutoff(asked, below=19.841, above=27.119)
    jump = found.frame.iloc[0]
    error = (jump["conf_high"] - jump["conf_low"]) / (2 * 1.959964)
    assert jump["density"] / error == pytest.approx(-0.8753, abs=3e-4)
    assert jump["p_value"] == pytest.approx(0.3814, abs=2e-4)
    lines = found.frame[found.frame["kind"] == "line"]
    assert lines.groupby("side")["rows"].first().tolist() == [460, 408]
    # The bandwidths chosen here are not the authors', whose pilots are others; the answer is.
    chosen = density_at_cutoff(asked)
    assert chosen.passed
    assert chosen.frame.iloc[0]["p_value"] > 0.1


@pytest.mark.parametrize("step", [None, 0.1])
def test_the_variance_is_that_of_leaving_rows_out(step: float | None) -> None:
    """The jackknife by brute force: the jump without each row in turn."""
    x = scores(300, 0.0, seed=2, step=step)["x"].to_numpy()
    found = density_jump(Distribution.of(x), (1.2, 1.4))
    without = np.array(
        [density_jump(Distribution.of(np.delete(x, k)), (1.2, 1.4)).step for k in range(len(x))]
    )
    spread = (len(x) - 1) / len(x) * ((without - without.mean()) ** 2).sum()
    assert found.std_error == pytest.approx(np.sqrt(spread), rel=0.06)


def test_it_fails_by_chance_as_often_as_it_says() -> None:
    found = []
    for seed in range(400):
        made = Distribution.of(np.random.default_rng(seed).normal(0.3, 1, 1_000))
        jump = density_jump(made, density_bandwidths(made))
        found.append(abs(jump.step) > 1.96 * jump.std_error)
    assert 0.025 < np.mean(found) < 0.08


@given(stretch=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=10)
def test_the_unit_of_the_score_does_not_matter(stretch: float, shift: float) -> None:
    frame = scores(500, 0.0)
    plain = density_at_cutoff(about(frame)).frame.iloc[0]
    moved = frame.assign(x=frame["x"] * stretch + shift)
    other = density_at_cutoff(about(moved, cutoff=shift)).frame.iloc[0]
    assert other["density"] * stretch == pytest.approx(plain["density"], rel=1e-5)
    assert other["p_value"] == pytest.approx(plain["p_value"], rel=1e-5)
