"""Rows that count differently or hang together: every check is about the estimate the page shows.

The references are statsmodels' weighted regressions, with HC2 errors or by group (CR1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from causal import (
    CausalQuestion,
    bootstrap_interval,
    e_value,
    influential_rows,
    linear_regression,
    omitted_variable_bounds,
    overlap,
    placebo_treatment,
    random_common_cause,
    robustness_value,
    rosenbaum_bounds,
    subset_stability,
    trim_ledger,
    weighting,
)
from causal.analysis import analyse, with_rows
from causal.checks._again import Found, estimator_again
from causal.checks.balance import balance_of
from causal.checks.influential_rows import _of_regression
from causal.checks.overlap import overlap_of
from causal.checks.placebo_treatment import _Verdict
from causal.checks.propensity_calibration import _Line
from causal.estimators._weights import group_warning, share_lost
from causal.estimators.partial_slope import PartialSlope
from causal.propensity import propensity_race
from workbench import Dataset
from workbench.errors import NotApplicable

BOTH = {"school": "group", "w8": "weight"}


def schools(
    seed: int, *, schools: int = 40, effect: float = 0.0, whole: bool = True
) -> pd.DataFrame:
    """Schools of 4 to 16 pupils with an outcome of their own, treated as wholes where `whole`."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(4, 17, schools))
    own = rng.normal(size=schools)
    x = rng.normal(size=len(school)) + 0.5 * rng.normal(size=schools)[school]
    t = rng.permutation(np.arange(schools) % 2)[school]
    if not whole:
        t = (x + rng.normal(size=len(school)) > 0).astype(int)
    y = own[school] + x + effect * t + rng.normal(size=len(school))
    w8 = rng.uniform(0.2, 3.0, size=len(school))
    return pd.DataFrame({"x": x, "t": t, "y": y, "w8": w8, "school": [f"s{k}" for k in school]})


def about(frame: pd.DataFrame, roles: dict[str, str] = BOTH, **asked: object) -> CausalQuestion:
    data = Dataset.of(frame).with_roles({"school": "ignore", "w8": "ignore"} | roles)
    given = {"treatment": "t", "outcome": "y", "confounders": ("x",)}
    return CausalQuestion(data, **(given | asked))


def design(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    return sm.add_constant(np.column_stack([t, x, x**2]))


@pytest.mark.parametrize("roles", [{"w8": "weight"}, {"school": "group"}, BOTH])
@pytest.mark.parametrize("more", [0, 2])
def test_the_partial_slope_is_that_of_statsmodels(roles: dict[str, str], more: int) -> None:
    frame = schools(1, whole=False)
    x, t, y = (frame[c].to_numpy(dtype=float) for c in ("x", "t", "y"))
    extra = np.random.default_rng(2).normal(size=(len(x), more))
    weight = frame["w8"].to_numpy() if "w8" in roles else None
    clusters = frame["school"].factorize()[0] if "school" in roles else None
    partial = PartialSlope.of(np.column_stack([x, x**2]), y, weight, clusters)
    found = partial.slope(partial.rest(t), partial.rest(extra) if more else None)
    whole = sm.WLS(y, np.column_stack([design(x, t), extra]), 1.0 if weight is None else weight)
    fit = (
        whole.fit(cov_type="HC2")
        if clusters is None
        else whole.fit(cov_type="cluster", cov_kwds={"groups": clusters})
    )
    assert found == pytest.approx((fit.params[1], fit.bse[1]), rel=1e-8)


@pytest.mark.parametrize("roles", [{"w8": "weight"}, {"school": "group"}, BOTH])
@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_every_check_starts_from_the_estimate_of_the_page(
    roles: dict[str, str], estimand: str
) -> None:
    question = about(schools(3, whole=False, effect=0.5), roles, estimand=estimand)
    row = linear_regression(question).frame.iloc[0]
    made = [
        placebo_treatment(question, repeats=20),
        random_common_cause(question, repeats=5),
        subset_stability(question, parts=4),
        bootstrap_interval(question, repeats=50),
    ]
    for result in made:
        assert result.frame["estimate"].iloc[0] == pytest.approx(row["estimate"], rel=1e-9)
        assert any("not used here" in note for note in result.notes) is False
    for result in made[:3]:
        assert result.frame["std_error"].iloc[0] == pytest.approx(row["std_error"], rel=1e-9)
    assert made[3].formula_error == pytest.approx(row["std_error"], rel=1e-9)
    assert made[2].frame["conf_low"].iloc[0] == pytest.approx(row["conf_low"], rel=1e-9)
    assert made[3].std_error == pytest.approx(row["std_error"], rel=0.35)


def test_a_random_column_is_one_more_of_statsmodels() -> None:
    frame = schools(3, whole=False)
    made = random_common_cause(about(frame), repeats=5, seed=7).frame
    rng = np.random.default_rng(7)
    x, t = (frame[c].to_numpy(dtype=float) for c in ("x", "t"))
    for draw in range(1, 6):
        z = rng.normal(size=len(frame))
        both = np.column_stack([design(x, t), z, z**2])
        fit = sm.WLS(frame["y"], both, frame["w8"]).fit(
            cov_type="cluster", cov_kwds={"groups": frame["school"].factorize()[0]}
        )
        assert made["estimate"].iloc[draw] == pytest.approx(fit.params.iloc[1], rel=1e-8)
        assert made["std_error"].iloc[draw] == pytest.approx(fit.bse.iloc[1], rel=1e-8)


def test_a_row_left_out_of_a_weighted_regression() -> None:
    """Each of sixty rows in turn, by whole regressions."""
    again = estimator_again(about(schools(4, whole=False).head(60)), "linear_regression", 0)
    changes = _of_regression(again)
    for row in range(60):
        kept = np.setdiff1d(np.arange(60), [row])
        by_hand = again.on(with_rows(again.analysis, kept)).estimate
        assert again.real.estimate + changes[row] == pytest.approx(by_hand, abs=1e-9)


def test_the_school_that_matters_most_is_named() -> None:
    frame = schools(5)
    frame.loc[frame["school"] == "s3", "y"] += 8 * (2 * frame["t"] - 1)
    made = influential_rows(about(frame, {"school": "group"}))
    assert any("'school' s3 matters most" in note for note in made.notes)


def test_whole_schools_are_shuffled_and_a_right_analysis_passes() -> None:
    """150 tables without an effect: of rows shuffled one by one nothing would be found, of schools
    taken as independent rows an effect in every second."""
    below, failed = [], []
    for seed in range(150):
        made = placebo_treatment(about(schools(seed)), repeats=60, seed=seed)
        below.append(made.p_value <= 0.05)
        failed.append(not made.passed)
    assert any("shuffled between them" in note for note in made.notes)
    assert 0.02 <= np.mean(below) <= 0.07
    assert 0.02 <= np.mean(failed) <= 0.08


def test_schools_taken_as_independent_rows_would_be_caught() -> None:
    """The same shuffles between schools with errors that know of none."""
    frame = schools(6)
    t, y, x = (frame[c].to_numpy(dtype=float) for c in ("t", "y", "x"))
    first = frame.groupby("school", sort=False).head(1)["t"].to_numpy(dtype=float)
    codes, rng = frame["school"].factorize()[0], np.random.default_rng(0)
    partial = PartialSlope.of(np.column_stack([x, x**2]), y)
    found = [partial.slope(partial.rest(v)) for v in
             (t, *(rng.permutation(first)[codes] for _ in range(100)))]  # fmt: skip
    assert not _Verdict.of([Found(*f) for f in found]).passed


def test_groups_that_can_hardly_be_shuffled_are_refused() -> None:
    frame = schools(7, schools=5)
    with pytest.raises(NotApplicable, match="only 10 ways"):
        placebo_treatment(about(frame))


def mixed(seed: int, rows: int = 600) -> pd.DataFrame:
    """Nine rows in ten are of a kind that one in ten of the population is, and only these gain."""
    rng = np.random.default_rng(seed)
    rare = rng.random(rows) < 0.9
    t = rng.integers(0, 2, rows)
    y = 1.0 * t * rare + rng.normal(size=rows)
    w8 = np.where(rare, 0.1 / 0.9, 0.9 / 0.1)
    return pd.DataFrame({"x": rng.normal(size=rows), "t": t, "y": y, "w8": w8,
                         "school": "one"})  # fmt: skip


def test_what_holds_of_the_rows_need_not_hold_of_the_population() -> None:
    """Of the rows nothing turns the effect; of the population, in which it is a tenth, it is not
    told from none, and a placebo is often as far from zero."""
    frame = mixed(0)
    rows, population = about(frame, {}), about(frame, {"w8": "weight"})
    assert placebo_treatment(rows).p_value < 0.02
    assert placebo_treatment(population).p_value > 0.05
    assert influential_rows(rows).to_lose > 20
    assert influential_rows(population).to_lose is None  # its interval holds zero as it is
    assert bootstrap_interval(rows).conf_low > 0.5
    assert bootstrap_interval(population).conf_low < 0.1


@pytest.mark.parametrize("roles", [{"w8": "weight"}, BOTH])
def test_the_robustness_value_is_about_statsmodels_weighted_regression(
    roles: dict[str, str],
) -> None:
    frame = schools(8, whole=False, effect=0.6)
    made = robustness_value(about(frame, roles), squares=False)
    x = sm.add_constant(frame[["x", "t"]])
    whole = sm.WLS(frame["y"], x, frame["w8"]).fit()
    row, error = made.frame.iloc[0], whole.bse["t"]
    if roles is BOTH:
        codes = frame["school"].factorize()[0]
        error = whole.get_robustcov_results("cluster", groups=codes).bse[-1]
        assert any(f"times {error / whole.bse['t']:.2f}" in note for note in made.notes)
    assert row["estimate"] == pytest.approx(whole.params["t"], rel=1e-8)
    assert row["std_error"] == pytest.approx(error, rel=1e-8)
    f = abs(whole.tvalues["t"]) / np.sqrt(whole.df_resid)
    assert made.value == pytest.approx((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)
    least = stats.t.ppf(0.975, 39 if roles is BOTH else whole.df_resid - 1) * error
    bias = f - least / whole.bse["t"] / np.sqrt(whole.df_resid - 1)
    expected = max(0.0, (np.sqrt(bias**4 + 4 * bias**2) - bias**2) / 2)
    assert made.value_of_interval == pytest.approx(expected)
    made.figure()


def test_a_weighted_cause_as_strong_as_the_value_takes_all_of_the_effect() -> None:
    frame = schools(9, whole=False, effect=0.6)
    made = robustness_value(about(frame, {"w8": "weight"}), squares=False)
    root = np.sqrt(frame["w8"].to_numpy())
    base = np.column_stack([np.ones(len(frame)), frame["x"]]) * root[:, None]
    t, y = (frame[c].to_numpy(dtype=float) * root for c in ("t", "y"))

    def rest(of: np.ndarray, by: np.ndarray) -> np.ndarray:
        left = of - by @ np.linalg.lstsq(by, of, rcond=None)[0]
        return left / np.linalg.norm(left)

    of_t, of_y = rest(t, base), rest(y, np.column_stack([base, t]))
    noise = rest(np.random.default_rng(0).normal(size=len(t)), np.column_stack([base, t, y]))
    share = np.sqrt(made.value)
    along = share * np.sqrt(1 - share**2)
    z = (share * of_t + along * of_y + np.sqrt(1 - share**2 - along**2) * noise) / root
    held = about(frame.assign(z=z), {"w8": "weight"}, confounders=("x", "z"))
    found = linear_regression(held, squares=False).frame["estimate"].iloc[0]
    assert found == pytest.approx(0, abs=1e-8)


def test_arms_are_compared_as_their_rows_are_weighted() -> None:
    """By hand, from the chances of treatment that the race gives."""
    question = about(schools(10, whole=False))
    analysis = analyse(question)
    race = propensity_race(analysis)
    own, arm, x = analysis.weight, analysis.arm, analysis.covariates.matrix[:, 0]
    e = np.clip(race.predictions, 0.01, 0.99)
    full = own * np.where(arm, 1 / e, 1 / (1 - e))
    row = balance_of(analysis, race).frame.iloc[0]
    for name, w in (("smd_before", own), ("smd_after", full)):
        means = [np.average(x[a], weights=w[a]) for a in (arm, ~arm)]
        spread = [
            np.average((x[a] - np.average(x[a], weights=own[a])) ** 2, weights=own[a])
            for a in (arm, ~arm)
        ]
        by_hand = (means[0] - means[1]) / np.sqrt(np.mean(spread))
        assert row[name] == pytest.approx(by_hand, rel=0.01)  # variances without their correction
    made = overlap_of(analysis, race)
    outside = (race.predictions < 0.05) | (race.predictions > 0.95)
    assert made.outside == pytest.approx(np.average(outside, weights=own))
    worth = [
        (full[a].sum() ** 2 / (full[a] ** 2).sum()) / (own[a].sum() ** 2 / (own[a] ** 2).sum())
        for a in (arm, ~arm)
    ]
    assert made.worth == pytest.approx(min(worth), rel=0.01)
    assert "by their own weights" in made.summary


def test_the_slope_of_the_chances_is_by_group() -> None:
    """Against statsmodels' logistic regression of the treatment on the log odds, by group."""
    analysis = analyse(about(schools(11, whole=False), {"school": "group"}))
    chance = np.clip(propensity_race(analysis).predictions, 0.01, 0.99)
    line = _Line.of(analysis.arm.astype(float), chance, analysis.clusters)
    design = sm.add_constant(np.log(chance / (1 - chance)))
    fit = sm.Logit(analysis.arm.astype(float), design).fit(
        disp=False, cov_type="cluster",
        cov_kwds={"groups": analysis.clusters, "use_correction": False},
    )  # fmt: skip
    groups = analysis.clusters.max() + 1
    assert line.slope == pytest.approx(fit.params[1])
    assert line.slope_error == pytest.approx(fit.bse[1] * np.sqrt(groups / (groups - 1)))


def test_pairs_of_schools_treated_as_wholes_are_refused() -> None:
    with pytest.raises(NotApplicable, match="whole groups were treated") as refused:
        rosenbaum_bounds(about(schools(12)))
    assert "robustness value" in refused.value.hint
    made = rosenbaum_bounds(about(schools(13, whole=False, effect=1.0)))
    assert any("hang together" in note for note in made.notes)
    assert any("not used here" in note for note in made.notes)


def test_weights_that_differ_widely_are_no_lack_of_overlap() -> None:
    """Of a survey whose weights are worth one row in five everybody has a counterpart."""
    rng = np.random.default_rng(14)
    x = rng.normal(size=2_000)
    frame = pd.DataFrame({"x": x, "t": rng.integers(0, 2, 2_000), "y": x + rng.normal(size=2_000),
                          "w8": rng.lognormal(sigma=1.6, size=2_000), "school": "one"})  # fmt: skip
    question = about(frame, {"w8": "weight"})
    made = overlap(question)
    assert (made.frame["effective_before"] < 0.25 * made.frame["rows_in_arm"]).all()
    assert made.passed
    assert not any("weights are worth only" in note for note in weighting(question).notes)


def test_who_has_no_counterpart_is_counted_as_rows_are_weighted() -> None:
    """One row in ten is never untreated, and stands for half of the population."""
    frame = mixed(15, rows=2_000)
    never = np.arange(2_000) % 10 == 0
    frame["w8"] = np.where(never, 9.0, 1.0)
    frame["kind"] = np.where(np.arange(2_000) % 2 == 0, "a", "b")  # all of those are of a
    chance = np.where(never, 0.999, 0.5)
    for role, share, of_group in (("ignore", 0.1, 0.2), ("weight", 0.5, 9 / 13)):
        question = about(frame, {"w8": role})
        assert share_lost(analyse(question), (1 - chance, chance)) == pytest.approx(share)
        groups = analyse(about(frame, {"w8": role}, estimand="CATE", by="kind"))
        (said,) = group_warning(groups, (1 - chance, chance))
        assert f"kind = a ({of_group:.0%})" in said
        assert "kind = b" not in said
    treated = analyse(about(frame, {"w8": "weight"}, estimand="ATT"))
    arm = treated.arm
    expected = np.average(never[arm], weights=frame["w8"][arm])
    assert share_lost(treated, (1 - chance, chance)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "check",
    [placebo_treatment, random_common_cause, influential_rows, subset_stability,
     bootstrap_interval, e_value, robustness_value, omitted_variable_bounds, trim_ledger],
)  # fmt: skip
def test_what_is_about_one_effect_refuses_one_for_each_group(check: Callable[..., object]) -> None:
    frame = schools(16, whole=False).assign(half=lambda f: np.where(f["x"] > 0, "a", "b"))
    question = about(frame, {}, estimand="CATE", by="half")
    with pytest.raises(NotApplicable, match="one for each group of 'half'") as refused:
        check(question)
    assert refused.value.hint == "Ask for the ATE."
