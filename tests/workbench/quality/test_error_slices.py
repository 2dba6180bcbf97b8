"""Slices: all of them against plain pandas, what chance makes, and a planted one that is found."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from tests.worlds_findings import clean, data, only, told
from workbench import Dataset, NotApplicable, ParameterError, error_slices, train
from workbench.findings.fails_in_a_slice import CODE
from workbench.progress import silent
from workbench.quality._against_rest import Losses
from workbench.quality.conditions import conditions
from workbench.quality.slices import search

KINDS = {"number": "number", "level": "category"}


def columns(rows, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"number": rng.normal(size=rows)})
    frame["level"] = rng.choice(["가", "나", "<b>"], size=rows, p=[0.5, 0.3, 0.2])
    frame.loc[rng.random(rows) < 0.1, "level"] = None
    frame.loc[rng.random(rows) < 0.1, "number"] = np.nan
    return frame


def test_rows_means_and_tests_are_those_of_pandas_and_scipy():
    frame = columns(400)
    loss = np.random.default_rng(1).exponential(size=400)
    found = conditions(frame, KINDS)
    looked = search(found, Losses(loss), 20, silent)
    words = {found.in_words(f, s): i
             for i, (f, s) in enumerate(zip(looked.first, looked.second, strict=True))}  # fmt: skip
    for name, inside in {
        "level = 나": frame["level"] == "나",
        "level is missing": frame["level"].isna(),
        "number is missing": frame["number"].isna(),
    }.items():
        at = words[name]
        test = ttest_ind(loss[inside], loss[~inside], equal_var=False, alternative="greater")
        assert looked.rows[at] == inside.sum()
        assert looked.inside[at] == pytest.approx(loss[inside].mean())
        welch = looked.difference[at] / test.statistic
        alike = np.sqrt(loss.var(ddof=1) * (1 / inside.sum() + 1 / (~inside).sum()))
        assert looked.std_error[at] == pytest.approx(max(welch, alike))
        assert looked.freedom[at] == pytest.approx(test.df)
    lowest = frame["number"] <= frame["number"].quantile(0.25)
    both = lowest & (frame["level"] == "가")
    (at,) = [
        i for w, i in words.items()
        if w.startswith("number from") and w.endswith("level = 가") and looked.rows[i] == both.sum()
        and looked.inside[i] == pytest.approx(loss[both].mean())
    ]  # fmt: skip


def test_holm_is_holm():
    loss = Losses(np.random.default_rng(2).normal(size=500))
    looked = search(conditions(columns(500), KINDS), loss, 20, silent)
    from scipy.stats import t
    from statsmodels.stats.multitest import multipletests

    single = t.sf(looked.difference / looked.std_error, looked.freedom)
    expected = multipletests(single, method="holm")[1]
    np.testing.assert_allclose(looked.corrected(), expected, rtol=1e-9)


LOSSES = {
    "long tail": lambda rng: rng.exponential(size=600),
    "tenth wrong": lambda rng: (rng.random(600) < 0.1).astype(float),
    "mostly wrong": lambda rng: (rng.random(600) < 0.8).astype(float),
}


@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES)
def test_by_chance_one_in_twenty_tables_has_a_slice_that_looks_worse(losses):
    """No slice is worse than another, whatever the losses look like."""
    rng = np.random.default_rng(3)
    tables, alarms, covered = 200, 0, 0
    frame = pd.concat([columns(600, 5), columns(600, 6).add_prefix("more_")], axis=1)
    kinds = {c: KINDS[c.removeprefix("more_")] for c in frame}
    found = conditions(frame, kinds)
    for _ in range(tables):
        looked = search(found, Losses(losses(rng)), 10, silent)
        alarms += bool((looked.corrected() < 0.05).any())
        covered += bool((looked.at_least() <= 0).all())
    assert alarms / tables < 0.05 + 2 * np.sqrt(0.05 * 0.95 / tables)
    assert covered / tables > 0.95


def planted(rows=3_000):
    rng = np.random.default_rng(7)
    frame = clean(rows)
    noisy = (frame["place"] == "west") & frame["member"]
    frame["y"] += np.where(noisy, rng.normal(scale=6, size=rows), 0)
    return frame


def test_a_planted_slice_is_found_and_named_first():
    result = error_slices(train(data(planted()), "gradient_boosting", max_iter=40))
    worst = result.frame.iloc[0]
    assert set(worst["slice"].split(" and ")) == {"place = west", "member = True"}
    assert worst["is_worse"]
    assert worst["conf_low"] > 0
    assert "place = west" in result.summary


def test_the_finding_tells_it_and_is_silent_where_nothing_is_wrong():
    frame = clean(3_000)
    rng = np.random.default_rng(7)
    frame["y"] += np.where(frame["place"] == "west", rng.normal(scale=6, size=3_000), 0)
    assert "place = west" in only(train(data(frame), "decision_tree"), CODE).says
    for seed in range(8):
        model = train(data(clean(800, seed)), "gradient_boosting", seed=seed)
        assert told(model, CODE) == []


@pytest.mark.parametrize("loss", ["log", "zero_one"])
def test_of_several_classes(loss):
    rng = np.random.default_rng(0)
    frame = clean(900)
    frame["y"] = np.where(frame["warmth"] > 0.5, "a", np.where(frame["visits"] > 4, "b", "c"))
    noise = (frame["place"] == "north") & (rng.random(900) < 0.7)
    frame.loc[noise, "y"] = rng.permutation(frame.loc[noise, "y"])
    model = train(Dataset.of(frame, target="y"), "random_forest", n_estimators=30)
    result = error_slices(model, loss=loss)
    assert result.frame["slice"].iloc[0] == "place = north"
    at = model.rows("test")["place"] == "north"
    wrong = model.predict(model.rows("test")) != model.rows("test")["y"].to_numpy()
    if loss == "zero_one":
        assert result.frame["mean_loss"].iloc[0] == pytest.approx(wrong[at].mean())


def test_many_levels_are_cut_and_said():
    rng = np.random.default_rng(0)
    frame = clean(2_000).assign(town=[f"town {i}" for i in rng.integers(0, 300, 2_000)])
    result = error_slices(train(data(frame), "decision_tree"))
    assert any("most frequent levels" in note and "'town'" in note for note in result.notes)


def test_what_does_not_fit_is_refused():
    model = train(data(clean(80)), "decision_tree")
    with pytest.raises(NotApplicable, match="rows has 1000 rows"):
        error_slices(model, fewest=1_000)
    with pytest.raises(ParameterError, match="does not fit"):
        error_slices(model, loss="log")
