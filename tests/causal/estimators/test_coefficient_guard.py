"""Coefficients, and which are effects: the numbers against statsmodels, the reading against a world
in which one regression's coefficients mean different things."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import CausalQuestion, coefficient_guard
from interpret import shap_importance
from workbench import Dataset, calibrate, train
from workbench.errors import NotApplicable, QuestionError

GRAPH = "age -> {smokes weight}; u [latent]; u -> {age weight}; smokes -> weight"


def world(rows: int = 3_000, seed: int = 0) -> pd.DataFrame:
    """weight = 2 smokes - age + 3 u + noise, age = u + noise: smokes is assigned by age alone, so
    its coefficient is the effect, 2; the coefficient of age, whose effect is -1 + 2 · (what it does
    to smokes), is confounded by u."""
    rng = np.random.default_rng(seed)
    u, noise = rng.normal(size=rows), rng.normal(size=(3, rows))
    age = u + noise[0]
    smokes = (age + noise[1] > 0).astype(int)
    weight = 2 * smokes - age + 3 * u + noise[2]
    place = rng.choice(["north", "south", "west"], size=rows)
    return pd.DataFrame({"age": age, "smokes": smokes, "place": place, "weight": weight})


def asked(frame: pd.DataFrame, outcome: str = "weight", **roles: str):
    data = Dataset.of(frame, target=outcome).with_roles(roles)
    graph = GRAPH.replace("weight", outcome) + f"; place -> {outcome}"
    question = CausalQuestion(data, treatment="smokes", outcome=outcome, graph=graph)
    return train(data, "xgboost", n_estimators=20, max_depth=3), question


def test_one_regression_has_coefficients_that_are_effects_and_others_that_are_not():
    found = coefficient_guard(*asked(world()))
    smokes = found.frame.set_index("term").loc["smokes"]
    assert (smokes["licence"], smokes["effect"]) == ("green", "total")
    assert smokes["conf_low"] < 2 < smokes["conf_high"]
    age = found.frame.set_index("term").loc["age"]
    assert (age["licence"], age["effect"]) == ("red", "")
    assert age["conf_low"] > 0  # and its effect past smokes is -1
    assert "age ← u (not measured) → weight" in age["reason"]
    assert "interval of age leaves out 0" in found.notes[0]
    assert found.notes[0].startswith("Warning")
    assert "smokes and place may be read as their total effects" in found.summary


def design(frame: pd.DataFrame) -> pd.DataFrame:
    levels = pd.get_dummies(frame["place"], drop_first=True, dtype=float)
    return sm.add_constant(pd.concat([frame[["age", "smokes"]], levels], axis=1))


def test_the_numbers_are_those_of_statsmodels():
    model, question = asked(world(600))
    found = coefficient_guard(model, question).frame
    frame = model.data.frame.iloc[model.positions("train")]
    fit = sm.OLS(frame["weight"], design(frame)).fit(cov_type="HC2", use_t=True)
    assert found["term"].tolist() == ["age", "smokes", "place = south", "place = west"]
    np.testing.assert_allclose(found["coefficient"], fit.params[1:], rtol=1e-8)
    np.testing.assert_allclose(found["std_error"], fit.bse[1:], rtol=1e-8)
    np.testing.assert_allclose(found[["conf_low", "conf_high"]], fit.conf_int()[1:], rtol=1e-8)


def test_with_groups_and_weights_the_numbers_are_those_of_statsmodels():
    rng = np.random.default_rng(5)
    frame = world(600).assign(site=rng.integers(0, 40, 600), counts=rng.uniform(0.5, 2, 600))
    model, question = asked(frame, site="group", counts="weight")
    found = coefficient_guard(model, question)
    used = model.data.frame.iloc[model.positions("train")]
    fit = sm.WLS(used["weight"], design(used), weights=used["counts"]).fit(
        cov_type="cluster", cov_kwds={"groups": used["site"]}
    )
    np.testing.assert_allclose(found.frame["coefficient"], fit.params[1:], rtol=1e-8)
    np.testing.assert_allclose(found.frame["std_error"], fit.bse[1:], rtol=1e-8)
    assert any("weighted" in note or "weights" in note for note in found.notes)


def test_of_two_classes_they_are_log_odds():
    frame = world(900)
    frame["heavy"] = np.where(frame.pop("weight") > 0, "yes", "no")
    model, question = asked(frame, "heavy")
    found = coefficient_guard(model, question)
    used = model.data.frame.iloc[model.positions("train")]
    fit = sm.Logit((used["heavy"] == "yes").astype(float), design(used)).fit(disp=False)
    np.testing.assert_allclose(found.frame["coefficient"], fit.params[1:], rtol=1e-6)
    # robust, where statsmodels' are not: alike in a world in which the logit is nearly right
    np.testing.assert_allclose(found.frame["std_error"], fit.bse[1:], rtol=0.1)
    assert "log-odds of heavy = yes" in found.target
    assert any("do not average" in note for note in found.notes)


def test_beside_each_stands_how_much_the_model_uses_the_column():
    model, question = asked(world(600))
    found = coefficient_guard(model, question).frame
    used = shap_importance(model).frame.set_index("feature")["importance"]
    assert found["importance"].tolist() == used[found["feature"]].tolist()


def test_what_is_left_out_is_said():
    frame = world(600).assign(twice=lambda f: 2 * f["age"])
    frame.loc[frame.index[::3], "age"] = np.nan
    frame.loc[frame.index[::3], "twice"] = np.nan
    found = coefficient_guard(*asked(frame))
    assert "twice" not in found.frame["feature"].tolist()
    notes = " ".join(found.notes)
    assert "other columns already say the same: twice" in notes
    assert "training rows are used; the others have missing values" in notes
    assert found.frame["licence"].isin(["grey", "red"]).all()  # the graph does not hold twice


def test_what_cannot_be_had_is_refused_in_a_sentence():
    few = world(600)
    few.loc[few.index[20:], "age"] = np.nan
    with pytest.raises(NotApplicable, match="without missing values cannot carry"):
        coefficient_guard(
            *asked(few.assign(**{f"x{k}": np.arange(600) % (k + 2) for k in range(15)}))
        )
    dated = world(300).assign(day=pd.date_range("2020-01-01", periods=300))
    data = Dataset.of(dated, target="weight").with_roles({"day": "feature"})
    question = CausalQuestion(data, treatment="smokes", outcome="weight", confounders=["age"])
    with pytest.raises(QuestionError, match="'day' is a date"):
        coefficient_guard(train(data, "xgboost", n_estimators=5), question)
    sure = (
        world(300).assign(sure=lambda f: np.where(f["age"] > 0, "yes", "no")).drop(columns="weight")
    )
    with pytest.raises(NotApplicable, match="tell without doubt"):
        coefficient_guard(*asked(sure, "sure"))


def test_a_model_without_shap_values_is_no_reason_to_refuse():
    frame = world(600)
    frame["heavy"] = np.where(frame.pop("weight") > 0, "yes", "no")
    model, question = asked(frame, "heavy")
    found = coefficient_guard(calibrate(model), question)
    assert len(found.frame) == 4
    found.figure()
