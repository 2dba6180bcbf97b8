"""Random parts: alike where the intervals are right, unlike where they are too short."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from causal import CausalQuestion, linear_regression, subset_stability
from causal.checks._again import Found
from causal.checks.subset_stability import _cochran, _seen
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable


def test_nhefs_is_the_same_everywhere() -> None:
    made = subset_stability(nhefs())
    assert made.passed
    assert made.frame["rows"].iloc[1:].sum() == made.frame["rows"].iloc[0] == 1566
    real = linear_regression(nhefs()).frame["estimate"].iloc[0]
    assert made.frame["estimate"].iloc[0] == pytest.approx(real)


def test_cochran_by_hand() -> None:
    found = [Found(1.0, 0.5), Found(2.0, 1.0), Found(4.0, 1.0)]
    q, p = _cochran(found)
    centre = (4 * 1 + 2 + 4) / 6
    assert q == pytest.approx(4 * (1 - centre) ** 2 + (2 - centre) ** 2 + (4 - centre) ** 2)
    assert p == pytest.approx(np.exp(-q / 2))  # two degrees of freedom


def test_false_alarms() -> None:
    """300 tables, five parts of 80 rows: it fails in about 5 of 100."""
    failed = [
        not subset_stability(
            ask(varied(400, seed, null=True), confounders=("x",)), seed=seed
        ).passed
        for seed in range(300)
    ]
    assert 0.03 <= np.mean(failed) <= 0.075


def grouped(rng: np.random.Generator) -> pd.DataFrame:
    """30 sites of 40 rows, treated as wholes, each with an outcome of its own."""
    site = np.repeat(np.arange(30), 40)
    treated = rng.permutation(np.arange(30) % 2)
    own = rng.normal(size=30)
    return pd.DataFrame(
        {"site": [f"s{k}" for k in site], "t": treated[site],
         "y": own[site] + rng.normal(size=len(site))}
    )  # fmt: skip


def test_groups_are_kept_together_and_their_parts_agree() -> None:
    """Of rows taken as independent the parts would differ by far more than chance allows."""
    failed = []
    for seed in range(60):
        data = Dataset.of(grouped(np.random.default_rng(seed))).with_roles({"site": "group"})
        made = subset_stability(CausalQuestion(data, treatment="t", outcome="y"), seed=seed)
        failed.append(not made.passed)
        assert any("'site' are in one part" in note for note in made.notes)
        assert made.frame["rows"].iloc[1:].tolist() == [240] * 5
    assert np.mean(failed) <= 0.07
    parts = made.frame["estimate"].iloc[1:]
    independent = [Found(float(v), 2 / np.sqrt(240)) for v in parts]  # of noise alone
    assert _cochran(independent)[1] < 1e-6


def test_groups_too_few_for_the_parts_are_refused_with_the_number_that_would_do() -> None:
    frame = grouped(np.random.default_rng(0)).query("site in @first", local_dict={
        "first": [f"s{k}" for k in range(13)]}).reset_index(drop=True)  # fmt: skip
    data = Dataset.of(frame).with_roles({"site": "group"})
    with pytest.raises(NotApplicable, match="13 groups of 'site'") as refused:
        subset_stability(CausalQuestion(data, treatment="t", outcome="y"))
    assert "2 parts" in refused.value.hint


def test_errors_from_few_rows_are_allowed_for() -> None:
    """Welch's F by hand for two parts, which is Welch's t squared; and the limit of many rows."""
    found = [Found(1.0, 0.5, 7), Found(2.5, 0.8, 4)]
    t = 1.5 / np.sqrt(0.5**2 + 0.8**2)
    degrees = (0.5**2 + 0.8**2) ** 2 / (0.5**4 / 7 + 0.8**4 / 4)
    assert _cochran(found)[1] == pytest.approx(2 * stats.t.sf(t, degrees))
    many = [Found(f.estimate, f.std_error, 1e9) for f in found]
    assert _cochran(many)[1] == pytest.approx(2 * stats.norm.sf(t))


def test_what_would_have_been_seen_is_seen() -> None:
    rng = np.random.default_rng(0)
    size, found = _seen(5), []
    for _ in range(4_000):
        off = [Found(float(v), 1.0) for v in rng.normal([size, 0, 0, 0, 0])]
        found.append(_cochran(off)[1] < 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.02)


def test_aipw_and_too_few_rows() -> None:
    made = subset_stability(ask(varied(600, seed=1)), estimator="aipw", parts=3)
    assert len(made.frame) == 4
    with pytest.raises(NotApplicable):
        subset_stability(ask(varied(60, seed=1)), estimator="aipw", parts=20)
