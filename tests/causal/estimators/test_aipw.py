"""AIPW against a computation by hand, the published numbers, and worlds with a known effect."""

import numpy as np
import pytest

from causal import aipw, linear_regression
from causal.estimators.aipw import contributions
from causal.influence import MeanOutcomes, standard_error
from tests import worlds
from tests.causal.truths import ask, nhefs, nsw, varied
from workbench import Cancelled, Dataset
from workbench.errors import NotApplicable


def test_nhefs_is_near_regression_and_the_published_estimate() -> None:
    result = aipw(nhefs())
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(3.4626, abs=0.3)
    assert row["std_error"] == pytest.approx(0.473, abs=0.08)
    assert row["conf_low"] < 3.373 < row["conf_high"]
    assert any("won (squared error linear" in note for note in result.notes)


def test_given_nuisances_it_is_the_formula() -> None:
    rng = np.random.default_rng(0)
    n = 50
    t, y, m0, m1 = rng.integers(0, 2, n), *rng.normal(size=(3, n))
    e = rng.uniform(0.2, 0.8, n)
    rows = [
        m1[i] - m0[i] + (t[i] * (y[i] - m1[i]) / e[i] if t[i] else -(y[i] - m0[i]) / (1 - e[i]))
        for i in range(n)
    ]

    def scores(estimand: str, arm: np.ndarray, m: tuple, e: np.ndarray) -> tuple:
        given = contributions(estimand, (~arm, arm), y, m, (1 - e, e))  # type: ignore[arg-type]
        found, influence = MeanOutcomes.of_rows(*given, np.ones(n)).compared("difference")
        assert influence.mean() == pytest.approx(0, abs=1e-12)
        return found, standard_error(influence)

    ate = scores("ATE", t == 1, (m0, m1), e)
    assert ate == pytest.approx((np.mean(rows), np.std(rows, ddof=1) / np.sqrt(n)))
    treated = [(y[i] - m0[i]) if t[i] else -(y[i] - m0[i]) * e[i] / (1 - e[i]) for i in range(n)]
    att = scores("ATT", t == 1, (m0, m1), e)
    assert att[0] == pytest.approx(sum(treated) / t.sum())
    mirrored = scores("ATC", t == 1, (m0, m1), e)
    again = scores("ATT", t == 0, (m1, m0), 1 - e)
    assert mirrored == pytest.approx((-again[0], again[1]))
    # The overlap-weighted mean of the residuals' products: Robinson's partially linear estimate
    # where the effect is one number.
    same = m0 + 0.7
    ato = scores("ATO", t == 1, (m0, same), e)
    mean = m0 + 0.7 * e
    assert ato[0] == pytest.approx(((t - e) * (y - mean)).sum() / ((t - e) ** 2).sum())


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_each_estimand_is_answered_in_a_bent_world(estimand: str) -> None:
    frame = varied(4_000, seed=3, bent=True)
    over = {"ATE": frame["t"] >= 0, "ATT": frame["t"] == 1, "ATC": frame["t"] == 0}[estimand]
    true = frame.loc[over, "true"].mean()
    row = aipw(ask(frame.drop(columns="true"), estimand=estimand)).frame.iloc[0]
    assert row["estimate"] == pytest.approx(true, abs=3.5 * row["std_error"])
    assert row["std_error"] < 0.15
    straight = linear_regression(ask(frame, estimand=estimand), squares=False).frame.iloc[0]
    assert abs(straight["estimate"] - true) > 2 * abs(row["estimate"] - true)


def test_intervals_cover_in_a_bent_world() -> None:
    covered, errors = [], []
    for seed in range(30):
        frame = varied(700, seed, bent=True, null=True)
        row = aipw(ask(frame.drop(columns="true")), seed=seed).frame.iloc[0]
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        errors.append(row["estimate"])
    assert np.mean(covered) >= 0.85  # 30 draws of 95 % fall below that in 1 of 60 tries
    assert abs(np.mean(errors)) < 0.6 * np.std(errors)


def test_without_confounders_it_is_the_difference_in_means() -> None:
    row = aipw(nsw()).frame.iloc[0]
    # Cross-fitted means differ a little from the means themselves.
    assert row["estimate"] == pytest.approx(1794.34, rel=0.02)
    assert row["std_error"] == pytest.approx(671.0, rel=0.03)


def test_the_same_seed_gives_the_same_and_the_order_of_arms_only_the_sign() -> None:
    frame = worlds.confounded(300)
    asked = {"treatment": "treated", "outcome": "outcome", "confounders": ["need"]}
    one, two = (aipw(ask(frame, **asked), seed=1).frame for _ in range(2))
    assert one.equals(two)
    back = aipw(ask(frame, **asked, contrast=(1, 0)), seed=1).frame["estimate"].iloc[0]
    assert back == pytest.approx(-one["estimate"].iloc[0], abs=one["std_error"].iloc[0])


def test_hopeless_overlap_is_a_warning_and_clipping_is_counted() -> None:
    rng = np.random.default_rng(0)
    frame = varied(800, seed=5)
    against = rng.random(800) < 0.01  # a few that hardly could be where they are
    frame["t"] = ((frame["x"] + 0.15 * rng.normal(size=800) > 0) ^ against).astype(int)
    notes = aipw(ask(frame.drop(columns="true"))).notes
    assert any(note.startswith("Warning") and "counterpart" in note for note in notes)
    assert any("chances in the denominator of a weight were raised" in n for n in notes)


def test_a_numeric_treatment_is_refused() -> None:
    with pytest.raises(NotApplicable, match="takes many values"):
        aipw(nhefs(treatment="smokeintensity", confounders=("age",)))


def test_an_arm_too_small_to_learn_from_is_refused() -> None:
    frame = varied(100, seed=1).assign(t=[1] * 3 + [0] * 97)
    with pytest.raises(NotApplicable, match="would be learned from"):
        aipw(ask(frame))


def test_a_yes_no_outcome_gives_a_difference_in_shares() -> None:
    frame = varied(600, seed=2, null=True)
    frame = frame.assign(y=np.where(frame["y"] > 0, "yes", "no")).drop(columns="true")
    row = aipw(ask(frame)).frame.iloc[0]
    assert abs(row["estimate"]) < 4 * row["std_error"] < 0.4


def test_it_stops_when_told_to() -> None:
    def stop(share: float, what: str = "", /) -> None:
        if share > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        aipw(nhefs(), progress=stop)


def test_a_column_name_is_never_run() -> None:
    nasty = "__import__('os').system('touch owned')"
    frame = worlds.confounded(120).rename(columns={"need": nasty})
    from causal import CausalQuestion

    asked = CausalQuestion(
        Dataset.of(frame), treatment="treated", outcome="outcome", confounders=[nasty]
    )
    assert np.isfinite(aipw(asked).frame["estimate"].iloc[0])


def test_with_a_small_arm_the_draw_of_the_folds_hardly_decides() -> None:
    """Nothing but the seed of the folds differs: an average of five draws spreads about √5 times
    less than single ones (a ratio above 0.8 of six against six has a chance below 5 %)."""
    question = ask(varied(200, seed=5))
    spread = {
        draws: np.std([aipw(question, draws=draws, seed=100 * s).frame["estimate"].iloc[0]
                       for s in range(6)])
        for draws in (1, 5)
    }  # fmt: skip
    assert spread[5] < 0.8 * spread[1]


def test_folds_are_drawn_several_times_only_where_an_arm_is_small() -> None:
    small, large = ask(varied(200, seed=5)), ask(varied(1_000, seed=5))
    automatic, five = aipw(small), aipw(small, draws=5)
    assert automatic.frame.equals(five.frame)
    assert any("drawn 5 times" in note for note in automatic.notes)
    assert aipw(large).frame.equals(aipw(large, draws=1).frame)
    assert not any("were drawn" in note for note in aipw(large).notes)


def test_without_boosting_only_regressions_race() -> None:
    frame = varied(2_000, seed=3, bent=True)
    full, quick = aipw(ask(frame)), aipw(ask(frame), learners="regressions")
    assert not any("boosting (" in note for note in quick.notes)
    assert any("By choice only regressions raced" in note for note in quick.notes)
    assert not any("By choice" in note for note in full.notes)
    # The curves of this world are what splines and products follow, so the winners are the same.
    assert quick.frame["estimate"].iloc[0] == pytest.approx(full.frame["estimate"].iloc[0])
