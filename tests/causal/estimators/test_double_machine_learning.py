"""The partially linear model against DoubleML with the same predictions, and known worlds."""

import numpy as np
import pandas as pd
import pytest

from causal import aipw, double_machine_learning, linear_regression
from causal.analysis import analyse
from causal.estimators.aipw import nuisances
from causal.estimators.double_machine_learning import _Learned, partially_linear
from causal.influence import standard_error
from tests.causal.test_contract import about, doses
from tests.causal.truths import ask, nhefs, varied
from workbench.errors import NotApplicable
from workbench.progress import silent


def first(question: object, **settings: object) -> pd.Series:
    return double_machine_learning(question, **settings).frame.iloc[0]  # type: ignore[arg-type]


def doubleml_data(frame: pd.DataFrame) -> object:
    import doubleml

    return doubleml.DoubleMLData(frame.astype(float), y_col="y", d_cols="t", x_cols=["x", "w"])


def test_it_is_doublemls_plr_with_the_same_predictions() -> None:
    import doubleml
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor

    frame = varied(800, seed=1, bent=True).drop(columns="true")
    analysis = analyse(ask(frame))
    learned = _Learned.of(analysis, 5, 0, silent)
    slope, influence = partially_linear(
        analysis.y - learned.outcome.predictions, learned.left, analysis.weight
    )
    theirs = doubleml.DoubleMLPLR(
        doubleml_data(frame), DMLDummyRegressor(), DMLDummyClassifier(), n_folds=5
    )
    given = {"ml_l": learned.outcome.predictions, "ml_m": learned.treatment.predictions}
    theirs.fit(external_predictions={"t": {k: v[:, None] for k, v in given.items()}})
    assert slope == pytest.approx(theirs.coef[0], rel=1e-9)
    assert standard_error(influence) == pytest.approx(theirs.se[0] * np.sqrt(800 / 799), rel=1e-9)


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_aipw_is_doublemls_irm_with_the_same_predictions(estimand: str) -> None:
    import doubleml
    from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor

    frame = varied(800, seed=2).drop(columns="true")
    analysis = analyse(ask(frame, estimand=estimand))
    learned = nuisances(analysis, 5, 0, silent)
    ours = learned.scores(analysis, clip=1e-6)
    theirs = doubleml.DoubleMLIRM(
        doubleml_data(frame), DMLDummyRegressor(), DMLDummyClassifier(), n_folds=5,
        score="ATE" if estimand == "ATE" else "ATTE",
    )  # fmt: skip
    given = {"ml_g0": learned.untreated.predictions, "ml_g1": learned.treated.predictions,
             "ml_m": learned.chance.predictions}  # fmt: skip
    theirs.fit(external_predictions={"t": {k: v[:, None] for k, v in given.items()}})
    assert ours.estimate == pytest.approx(theirs.coef[0], rel=1e-6)
    assert ours.std_error == pytest.approx(theirs.se[0], rel=2e-3)


def test_of_two_arms_it_is_the_overlap_population_and_says_so() -> None:
    frame = varied(6_000, seed=5)
    result = double_machine_learning(ask(frame.drop(columns="true")))
    row = result.frame.iloc[0]
    e = 1 / (1 + np.exp(-np.clip(0.6 * frame["x"] + 0.3 * frame["w"], -2, 2)))
    truth = np.average(frame["true"], weights=e * (1 - e))
    assert row["conf_low"] < truth < row["conf_high"]
    assert row["estimand"] == "ATO"
    assert "could have gone either way" in result.summary
    assert any("AIPW answers the ATE" in note for note in result.notes)
    same = double_machine_learning(ask(frame.drop(columns="true"), estimand="ATO"))
    assert same.frame["estimate"].iloc[0] == row["estimate"]
    assert not any("AIPW answers the ATE" in note for note in same.notes)


def test_a_numeric_treatment_in_a_bent_world() -> None:
    """y = 1.5 d + bends of x; the chance of d bends too, so that a straight regression misses."""
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 3_000))
    d = np.sin(2 * x) + x * w + rng.normal(size=3_000)
    y = 1.5 * d + 2 * x * w + np.sin(2 * x) + rng.normal(size=3_000)
    frame = pd.DataFrame({"x": x, "w": w, "t": d, "y": y})
    result = double_machine_learning(about(frame, confounders=("x", "w"), contrast=(1, 3)))
    row = result.frame.iloc[0]
    assert len(result.frame) == 1
    assert row["conf_low"] < 3 < row["conf_high"]
    assert row["std_error"] < 0.1
    straight = linear_regression(about(frame, confounders=("x", "w"), contrast=(1, 3)))
    assert straight.frame["conf_low"].iloc[0] > 3


def test_it_covers_without_effect() -> None:
    covered, errors = [], []
    for seed in range(20):
        frame = varied(500, seed, bent=True, null=True)
        row = first(ask(frame), seed=seed)
        covered.append(row["conf_low"] < 0 < row["conf_high"])
        errors.append(row["estimate"])
    assert np.mean(covered) >= 0.85  # 20 draws of 95 % fall below that in 1 of 60 tries
    assert abs(np.mean(errors)) < 0.6 * np.std(errors)


def test_nhefs_is_near_regression_and_aipws_overlap_effect() -> None:
    row = first(nhefs())
    assert row["estimate"] == pytest.approx(3.4626, abs=0.3)
    other = aipw(nhefs(estimand="ATO")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(other["estimate"], abs=0.1)


def test_clusters_and_weights() -> None:
    rng = np.random.default_rng(4)
    school = rng.integers(0, 40, 800)
    x = rng.normal(size=800)
    t = (rng.random(40) < 0.5).astype(int)[school]
    y = x + rng.normal(size=40)[school] + rng.normal(size=800)
    frame = pd.DataFrame({"x": x, "t": t, "y": y, "school": school, "w8": rng.uniform(1, 2, 800)})
    grouped = double_machine_learning(about(frame, roles={"school": "group", "w8": "weight"}))
    alone = first(about(frame, roles={"school": "ignore", "w8": "ignore"}))
    assert grouped.frame["std_error"].iloc[0] > 2 * alone["std_error"]
    assert any("Rows are weighted by 'w8'" in note for note in grouped.notes)


def test_what_it_does_not_answer_is_refused() -> None:
    frame = varied(300, 1)
    for estimand in ("ATT", "ATC"):
        with pytest.raises(NotApplicable, match="does not answer"):
            double_machine_learning(ask(frame, estimand=estimand))
    with pytest.raises(NotApplicable, match="several levels"):
        double_machine_learning(about(doses(300, 0), treatment="dose"))
    with pytest.raises(NotApplicable, match="not their ratio"):
        double_machine_learning(about(frame.assign(y=frame["y"] > 0), scale="ratio"))
    copied = frame.assign(copy=frame["x"] * 2.0, t=frame["x"])
    with pytest.raises(NotApplicable, match="almost completely"):
        double_machine_learning(ask(copied, confounders=("copy",)))
