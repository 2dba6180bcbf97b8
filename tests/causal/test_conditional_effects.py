"""The effect on each kind of row: known worlds, other people's code, and who refuses."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import (
    CausalQuestion,
    EffectEstimate,
    aipw,
    compare_estimators,
    coverage_meter,
    difference_in_means,
    double_machine_learning,
    entropy_balancing,
    group_effects,
    identify,
    linear_regression,
    matching,
    overlap,
    placebo_outcome,
    specification_curve,
    standardisation,
    stratification,
    tmle,
    verdict,
    weighting,
)
from causal.analysis import analyse
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable, ParameterError, QuestionError

#: The means of a standard normal variable within its quarters.
QUARTERS = np.array([-1.271, -0.325, 0.325, 1.271])
KINDS = ["kind = a", "kind = b", "kind = c"]


def kinds(rows: int, seed: int, *, null: bool = False) -> pd.DataFrame:
    """Effects 0, 1 and 3 on the kinds a, b and c (or 1 on each); x and the kind move the
    treatment, x acts otherwise on each kind."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    place = pd.Series(kind).map({"a": 0, "b": 1, "c": 2}).to_numpy()
    x = rng.normal(size=rows)
    t = rng.random(rows) < 1 / (1 + np.exp(-0.6 * x - 0.4 * (place - 1)))
    effect = np.ones(rows) if null else np.array([0.0, 1.0, 3.0])[place]
    y = (1 + place) * x + 2 * place + effect * t + rng.normal(size=rows)
    return pd.DataFrame({"kind": kind, "x": x, "t": t.astype(int), "y": y})


def by_kind(frame: pd.DataFrame, roles: dict | None = None, **asked: object) -> CausalQuestion:
    data = Dataset.of(frame).with_roles(roles or {})
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "kind"), "by": "kind",
             "estimand": "CATE"}  # fmt: skip
    return CausalQuestion(data, **(given | asked))  # type: ignore[arg-type]


def of_every_kind(frame: pd.DataFrame, weight: pd.Series | np.ndarray) -> np.ndarray:
    """For each kind an intercept, then for each its effect at its mean of x, then the slopes of x
    and of the effect in it."""
    kinds = pd.get_dummies(frame["kind"]).to_numpy(dtype=float)
    share = kinds * np.asarray(weight)[:, None]
    centred = frame["x"].to_numpy()[:, None] - (share.T @ frame["x"]) / share.sum(axis=0)
    t = frame["t"].to_numpy()[:, None]
    return np.column_stack([kinds, kinds * t, kinds * centred, kinds * centred * t])


def holds(result: EffectEstimate, truth: np.ndarray) -> np.ndarray:
    frame = result.frame
    return ((frame["conf_low"] < truth) & (truth < frame["conf_high"])).to_numpy()


@pytest.mark.parametrize("estimator", [linear_regression, standardisation, weighting])
def test_the_interval_of_every_kind_covers_its_own_effect(estimator: Callable) -> None:
    covered = [
        holds(estimator(by_kind(kinds(400, seed)), squares=False), np.array([0, 1, 3]))
        for seed in range(80)
    ]
    # of 80 at 95 %: a kind below .88 has chance .3 %
    assert (np.mean(covered, axis=0) >= 0.88).all()


@pytest.mark.parametrize("estimator", [aipw, tmle])
def test_the_learned_estimators_find_the_effect_of_every_kind(estimator: Callable) -> None:
    result = estimator(by_kind(kinds(4_000, seed=1)))
    assert list(result.frame["group"]) == KINDS
    assert (result.frame["estimand"] == "CATE").all()
    assert holds(result, np.array([0, 1, 3])).all()
    assert result.p_differ < 1e-10


def test_the_kinds_of_a_number_are_its_quarters() -> None:
    frame = varied(4_000, seed=1).drop(columns="true")
    for estimator in (linear_regression, aipw):
        result = estimator(ask(frame, estimand="CATE", by="x"))
        assert len(result.frame) == 4
        assert result.frame["estimate"].to_numpy() == pytest.approx(1 + QUARTERS, abs=0.25)
        assert any("(1,000 rows)" in note for note in result.notes)


def test_an_effect_that_jumps_between_the_quarters_is_followed() -> None:
    """A straight line through 0, 0, 0, 4 would give other effects."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=6_000)
    t = (rng.random(6_000) < 1 / (1 + np.exp(-x))).astype(int)
    effect = 4.0 * (x > np.quantile(x, 0.75))
    frame = pd.DataFrame({"x": x, "t": t, "y": x + effect * t + rng.normal(size=6_000)})
    for estimator in (linear_regression, standardisation, weighting):
        question = ask(frame, confounders=("x",), estimand="CATE", by="x")
        assert holds(estimator(question), np.array([0, 0, 0, 4])).all()


def test_where_the_kinds_are_alike_the_test_keeps_its_level() -> None:
    found = [
        linear_regression(by_kind(kinds(300, seed, null=True))).p_differ for seed in range(200)
    ]
    # of 200 at 5 %: more than 20 has chance .1 %, fewer than 2 has chance .04 %
    assert 2 <= sum(p < 0.05 for p in found) <= 20


def test_weights_and_groups_are_those_of_weighted_clustered_least_squares() -> None:
    frame = kinds(900, seed=3)
    rng = np.random.default_rng(3)
    frame["school"] = rng.integers(0, 45, len(frame))
    frame["w8"] = rng.uniform(0.5, 3, len(frame))
    frame["y"] += rng.normal(size=45)[frame["school"]]
    question = by_kind(frame, {"school": "group", "w8": "weight"})
    result = linear_regression(question, squares=False)
    # Every kind has an intercept, an effect, a slope of x and a slope of the effect in x.
    design = of_every_kind(frame, frame["w8"])
    fit = sm.WLS(frame["y"], design, weights=frame["w8"]).fit(
        cov_type="cluster", cov_kwds={"groups": frame["school"]}, use_t=True
    )
    assert result.frame["estimate"].to_numpy() == pytest.approx(fit.params[3:6].to_numpy())
    # Ours adds that the rows whose mean of x is taken were sampled.
    ours, theirs = result.frame["std_error"].to_numpy(), fit.bse[3:6].to_numpy()
    assert (ours >= theirs).all()
    assert ours == pytest.approx(theirs, rel=0.02)


def test_an_amount_has_a_slope_in_every_kind() -> None:
    frame = kinds(1_500, seed=4)
    rng = np.random.default_rng(4)
    dose = frame["x"] + rng.normal(size=len(frame))
    slope = frame["kind"].map({"a": 0.0, "b": 1.0, "c": 3.0})
    frame = frame.assign(t=dose, y=frame["x"] + slope * dose + rng.normal(size=len(frame)))
    for contrast, step in ((None, 1), ((1.0, 3.0), 2)):
        question = by_kind(frame, contrast=contrast)
        for estimator in (linear_regression, standardisation):
            result = estimator(question)
            assert holds(result, step * np.array([0, 1, 3])).all()
    fit = sm.OLS(frame["y"], of_every_kind(frame, np.ones(len(frame)))).fit()
    mine = linear_regression(by_kind(frame), squares=False).frame
    assert mine["estimate"].to_numpy() == pytest.approx(fit.params[3:6].to_numpy())


# DoubleML 0.11 calls pandas in a way that pandas 4 will not allow.
@pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0")
def test_it_is_doublemls_gate_with_the_same_predictions() -> None:
    from tests.causal.effects.test_group_effects import irm

    frame = varied(700, seed=2).drop(columns="true")
    frame["w"] = (frame["w"] > 0).astype(int)
    found = aipw(ask(frame, estimand="CATE", by="w"), draws=1)
    groups = pd.DataFrame({"0": frame["w"] == 0, "1": frame["w"] == 1})
    theirs = irm(frame, ask(frame)).gate(groups).summary
    assert found.frame["estimate"].to_numpy() == pytest.approx(theirs["coef"].to_numpy(), rel=1e-8)
    assert found.frame["std_error"].to_numpy() == pytest.approx(
        theirs["std err"].to_numpy(), rel=0.01
    )
    same = group_effects(ask(frame), column="w")
    assert found.p_differ == pytest.approx(same.p_differ, rel=1e-6)


def test_the_average_of_the_kinds_is_the_effect_over_everyone() -> None:
    frame = kinds(900, seed=5)
    share = frame["kind"].value_counts(normalize=True).sort_index().to_numpy()
    parts = aipw(by_kind(frame)).frame["estimate"]
    whole = aipw(by_kind(frame, by=None, estimand="ATE")).frame["estimate"].iloc[0]
    assert share @ parts == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("estimator", [standardisation, weighting])
def test_a_closed_form_gives_what_each_kinds_own_table_gives(estimator: Callable) -> None:
    frame = kinds(900, seed=5)
    together = estimator(by_kind(frame), squares=False).frame
    for (_, row), (_, part) in zip(together.iterrows(), frame.groupby("kind"), strict=True):
        question = ask(part.reset_index(drop=True), confounders=("x",))
        alone = estimator(question, squares=False).frame.iloc[0]
        assert row["estimate"] == pytest.approx(alone["estimate"], rel=1e-6)
        assert row["std_error"] == pytest.approx(alone["std_error"], rel=0.01)


def test_in_an_experiment_the_means_are_compared_within_each_kind() -> None:
    frame = kinds(600, seed=6)
    frame["t"] = np.random.default_rng(6).integers(0, 2, 600)
    result = difference_in_means(by_kind(frame, confounders=()))
    for (_, row), (_, part) in zip(result.frame.iterrows(), frame.groupby("kind"), strict=True):
        arms = [part.loc[part["t"] == k, "y"] for k in (0, 1)]
        test = sm.stats.CompareMeans.from_data(arms[1], arms[0])
        assert row["estimate"] == pytest.approx(arms[1].mean() - arms[0].mean())
        low, high = test.tconfint_diff(usevar="unequal")
        assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, high))
    with pytest.raises(NotApplicable, match="open in every group"):
        difference_in_means(by_kind(frame))


def test_a_ratio_of_shares_in_every_kind() -> None:
    rng = np.random.default_rng(7)
    kind = rng.choice(["a", "b"], 8_000)
    t = rng.random(8_000) < 0.3 + 0.4 * (kind == "b")
    chance = np.where(kind == "a", 0.2, 0.3) * np.where(t, np.where(kind == "a", 1.0, 2.0), 1.0)
    frame = pd.DataFrame({"kind": kind, "t": t.astype(int),
                          "y": (rng.random(8_000) < chance).astype(int)})  # fmt: skip
    question = by_kind(frame, confounders=("kind",), scale="ratio")
    for estimator in (weighting, aipw, tmle, standardisation):
        result = estimator(question)
        assert holds(result, np.array([1.0, 2.0])).all()
        assert "multiplied by" in result.summary
        assert result.figure().layout.xaxis.type == "log"


def test_the_words_say_the_least_the_most_and_whether_they_differ() -> None:
    question = by_kind(kinds(900, seed=8))
    assert question.sentence == (
        "By how much would y change, on average over each group of kind in data, if t were 1 "
        "rather than 0?"
    )
    result = linear_regression(question)
    assert "(kind = a;" in result.summary
    assert "(kind = c;" in result.summary
    assert "the groups differ (p < 0.001)" in result.summary
    at_once = next(note for note in result.notes if "groups at once" in note)
    assert "2 of 3 groups have an effect: kind = b, kind = c" in at_once
    assert len(result.figure().layout.yaxis.ticktext) == 3
    alike = linear_regression(by_kind(kinds(300, seed=1, null=True)))
    assert "do not show that the groups differ" in alike.summary


def test_a_question_keeps_its_kinds() -> None:
    question = by_kind(kinds(300, seed=9))
    assert "by='kind'" in question.script.text
    assert question.about(contrast=(1, 0)).by == "kind"
    other = by_kind(kinds(300, seed=9), by="x")
    assert other.fingerprint != question.fingerprint


def test_a_column_that_was_not_adjusted_for_is_and_identification_says_so() -> None:
    frame = kinds(400, seed=10)
    question = by_kind(frame, confounders=("x",))
    assert analyse(question).adjusted_for == ("x", "kind")
    assert identify(question).used == ("x", "kind")
    notes = linear_regression(question).notes
    assert any("kind must have been settled before the treatment" in note for note in notes)


def test_kinds_made_by_a_common_effect_are_refused_with_the_path() -> None:
    frame = kinds(300, seed=11).assign(m=np.arange(300) % 3)
    graph = "u [latent]; v [latent]; t -> y; u -> t; u -> m; v -> m; v -> y"
    question = by_kind(frame, confounders=(), graph=graph, by="m")
    with pytest.raises(NotApplicable, match=r"t ← u .*→ m ← v .*→ y"):
        linear_regression(question)
    assert identify(question).used is None
    with pytest.raises(QuestionError, match="t → m → n"):
        by_kind(frame.assign(n=0), confounders=(), graph="t -> m -> n; t -> y", by="n")


def test_a_kind_that_is_too_small_is_left_out_and_named() -> None:
    frame = kinds(600, seed=12)
    frame.loc[:14, "kind"] = "tiny"
    frame.loc[:14, "t"] = np.arange(15) % 2
    for estimator in (linear_regression, standardisation):
        result = estimator(by_kind(frame))
        assert list(result.frame["group"]) == KINDS
        assert any("one arm: kind = tiny" in note for note in result.notes)


def test_a_kind_without_counterparts_is_named() -> None:
    frame = kinds(3_000, seed=13)
    rng = np.random.default_rng(13)
    frame["t"] = np.where(frame["kind"] == "c", rng.random(3_000) < 0.02, frame["t"]).astype(int)
    frame.loc[frame.index[frame["kind"] == "c"][:12], "t"] = 1
    result = weighting(by_kind(frame))
    assert any(n.startswith("Warning: in these groups") and "kind = c" in n for n in result.notes)


@pytest.mark.parametrize(
    "estimator", [matching, entropy_balancing, stratification, double_machine_learning]
)
def test_those_that_do_not_answer_say_who_does(estimator: Callable) -> None:
    with pytest.raises(NotApplicable, match="each kind of row") as refused:
        estimator(by_kind(kinds(300, seed=14)))
    assert "CATE" in refused.value.hint


@pytest.mark.parametrize(
    "about_one", [verdict, specification_curve, coverage_meter, group_effects, placebo_outcome]
)
def test_what_is_about_one_effect_refuses_in_a_sentence(about_one: Callable) -> None:
    frame = kinds(300, seed=14).assign(before=lambda f: f["x"] + f["y"])
    settings = {group_effects: {"column": "kind"}, placebo_outcome: {"column": "before"}}
    with pytest.raises(NotApplicable, match=r"CATE|each kind of row"):
        about_one(by_kind(frame), **settings.get(about_one, {}))


def test_overlap_is_that_of_everyone() -> None:
    frame = kinds(400, seed=15)
    everyone = by_kind(frame, by=None, estimand="ATE")
    pd.testing.assert_frame_equal(overlap(by_kind(frame)).frame, overlap(everyone).frame)


def test_an_effect_held_alike_over_the_kinds_is_refused() -> None:
    with pytest.raises(ParameterError, match="holds it the same over kind"):
        standardisation(by_kind(kinds(300, seed=16)), varies_with=("x",))


def test_estimators_are_compared_kind_by_kind() -> None:
    found = compare_estimators(by_kind(kinds(900, seed=17)), learned=False)
    answers = found.frame[found.frame["as_asked"]]
    assert list(dict.fromkeys(answers["group"])) == KINDS
    assert set(answers["estimator"]) == {"Linear regression", "Standardisation", "Weighting"}
    assert (answers["group"].value_counts() == 3).all()
    assert "by 3 estimators" in found.summary
    assert "kind = c" in found.summary
    refused = found.frame[found.frame["refused"] != ""]
    assert set(refused["estimator"]) >= {"Matching", "Stratification", "Entropy balancing"}
    assert len(found.figure().layout.yaxis.ticktext) == 9


def test_nhefs_by_sex_is_the_books_model_within_each_sex() -> None:
    question = nhefs(estimand="CATE", by="sex")
    result = standardisation(question)
    table = question.data.frame
    rest = tuple(c for c in question.confounders if c != "sex")
    for sex, row in zip((0, 1), result.frame.to_dict("records"), strict=True):
        part = table[table["sex"].astype(int) == sex].reset_index(drop=True)
        alone = CausalQuestion(Dataset.of(part), treatment="qsmk", outcome="wt82_71",
                               confounders=rest)  # fmt: skip
        known = standardisation(alone).frame.iloc[0]
        assert row["estimate"] == pytest.approx(known["estimate"], rel=1e-6)
        assert row["std_error"] == pytest.approx(known["std_error"], rel=0.02)
    assert result.p_differ > 0.05
