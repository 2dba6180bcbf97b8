"""The model's contrast beside the effect, in a world where both are known."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, aipw, linear_regression, prediction_against_cause
from interpret import partial_dependence
from tests.causal.bridge_world import asked, bridge
from workbench import Dataset, calibrate, train
from workbench.errors import NotApplicable, QuestionError

MODEL = "the model (partial dependence)"
LEARNED, KNOWN = "how the model learned", "which columns the model knows"


def lines(result) -> pd.DataFrame:
    return result.frame.set_index(["kind", "quantity"])


@pytest.mark.parametrize(
    ("columns", "truth", "blamed"),
    [("z", 1.22, "total effect"), ("zm", 0.5, "holds m fixed"),
     ("zc", -0.062, "uses c, an effect of y"), ("", 2.377, "lacks the common cause z")],
)  # fmt: skip
def test_the_bridge_in_numbers(columns: str, truth: float, blamed: str) -> None:
    """What the model says depends on its columns; the effect and the parts are found each time."""
    result = prediction_against_cause(*asked(bridge(1_500, 1), columns), refits=15)
    found = lines(result)
    own, effect = found.loc[("estimate", MODEL)], found.loc[("estimate", "AIPW")]
    assert own["std_error"] < 0.12
    assert own["conf_low"] < truth < own["conf_high"]
    assert effect["conf_low"] < 1.22 < effect["conf_high"]
    apart = found.loc[("difference", "AIPW")]
    assert apart["conf_low"] < truth - 1.22 < apart["conf_high"]
    assert any(blamed in note for note in result.notes)
    if columns == "z":
        assert "no more than chance allows" in result.summary
        return
    learned, known = found.loc[("difference", LEARNED)], found.loc[("difference", KNOWN)]
    assert known["conf_low"] < truth - 1.22 < known["conf_high"]
    assert learned["conf_low"] < 0 < learned["conf_high"]
    assert KNOWN in result.summary
    assert LEARNED not in result.summary


def test_what_shrinkage_does_is_told_apart_from_what_columns_do() -> None:
    """Eight small steps of boosting leave most of the effect out, with the right columns."""
    frame = bridge(1_200, 2)
    few = {"n_estimators": 8, "learning_rate": 0.1}
    right = prediction_against_cause(*asked(frame, "z", "xgboost", **few), refits=10)
    apart = lines(right).loc[("difference", "AIPW")]
    assert apart["conf_high"] < -0.3
    assert right.summary.endswith(
        "which lies in how the model learned, as it knows just the columns that are adjusted for."
    )
    assert any("which the model shrinks" in note for note in right.notes)


def test_parts_add_up_and_the_model_is_its_own_partial_dependence() -> None:
    model, question = asked(bridge(700, 3), "zm", "xgboost", n_estimators=20)
    result = prediction_against_cause(model, question, refits=3)
    found = lines(result)["estimate"]
    whole = found["difference", "AIPW"]
    assert found["difference", LEARNED] + found["difference", KNOWN] == pytest.approx(whole)
    assert found["estimate", MODEL] - found["estimate", "AIPW"] == pytest.approx(whole)
    curve = partial_dependence(model, feature="t", ice=0).frame.set_index("value")["prediction"]
    assert found["estimate", MODEL] == pytest.approx(curve[1] - curve[0])
    assert found["estimate", "AIPW"] == aipw(question).frame["estimate"].iloc[0]
    regression = linear_regression(question).frame["estimate"]
    assert found["estimate", "linear regression"] == regression.iloc[0]
    assert found["estimate", "crude difference"] == regression.iloc[1]


def test_the_paired_errors_are_those_of_a_bootstrap_of_everything() -> None:
    """Model and regression learned again on the same draws, by plain least squares; an error
    from 150 draws is known to about 6 %."""
    frame = bridge(700, 4)[["z", "t", "y"]].assign(z=lambda f: f["z"] > 0)
    data = Dataset.of(frame.astype(float), target="y")
    model = train(data, "linear")
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=("z",))
    found = lines(prediction_against_cause(model, question, refits=150))["std_error"]

    rng, drawn = np.random.default_rng(0), []
    is_train = np.isin(np.arange(700), model.split.train)
    design = np.column_stack([np.ones(700), data.frame["t"], data.frame["z"]])
    y = data.frame["y"].to_numpy()
    for _ in range(1_000):
        rows = rng.integers(700, size=700)
        some = rows[is_train[rows]]
        drawn.append([np.linalg.lstsq(design[r], y[r])[0][1] for r in (some, rows)])
    models, regressions = np.array(drawn).T
    assert found["estimate", MODEL] == pytest.approx(models.std(), rel=0.2)
    apart = (models - regressions).std()
    assert found["difference", "linear regression"] == pytest.approx(apart, rel=0.2)


@pytest.mark.parametrize("positive", ["yes", "no"])
def test_the_questions_event_is_explained_whichever_class_the_model_calls_positive(
    positive: str,
) -> None:
    """P(yes) = .3 + .3 t + .2 x: the effect is .3 for the event, -.3 for the other class."""
    rng = np.random.default_rng(5)
    x, t = rng.integers(0, 2, (2, 1_500))
    y = np.where(rng.random(1_500) < 0.3 + 0.3 * t + 0.2 * x, "yes", "no")
    data = Dataset.of(pd.DataFrame({"x": x, "t": t, "y": y}), target="y")
    model = train(data, "linear", positive=positive)
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=("x",))
    found = lines(prediction_against_cause(model, question, refits=0))
    assert found.loc[("estimate", MODEL), "estimate"] == pytest.approx(0.3, abs=0.08)
    assert abs(found.loc[("difference", "AIPW"), "estimate"]) < 0.05


def test_an_amount_is_compared_between_its_quartiles_and_a_named_contrast_is_kept() -> None:
    """y = 1.5 d + 2 x: from -a to a the outcome changes by 3 a, by the dose-response curve too."""
    rng = np.random.default_rng(6)
    x, noise = rng.normal(size=(2, 800))
    d = 0.7 * x + rng.normal(size=800)
    data = Dataset.of(pd.DataFrame({"x": x, "d": d, "y": 1.5 * d + 2 * x + noise}), target="y")
    model = train(data, "linear")
    question = CausalQuestion(data, treatment="d", outcome="y", confounders=("x",))
    result = prediction_against_cause(model, question, refits=10)
    low, high = np.quantile(d, [0.25, 0.75], method="nearest")
    found = lines(result)
    for name in (MODEL, "linear regression", "dose-response curve"):
        row = found.loc[("estimate", name)]
        assert abs(row["estimate"] - 1.5 * (high - low)) < 4 * row["std_error"]
        assert row["std_error"] < 0.2
    assert any("75th percentile with the 25th" in note for note in result.notes)
    kept = CausalQuestion(data, treatment="d", outcome="y", confounders=("x",), contrast=(-1, 1))
    again = lines(prediction_against_cause(model, kept, refits=0))["estimate"]
    assert again["estimate", MODEL] == pytest.approx(
        found["estimate"]["estimate", MODEL] * 2 / (high - low)
    )


def test_where_rows_have_no_counterpart_it_is_said() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=800)
    t = (x + 0.2 * rng.normal(size=800) > 0).astype(int)
    data = Dataset.of(pd.DataFrame({"x": x, "t": t, "y": t + x}), target="y")
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=("x",))
    result = prediction_against_cause(train(data, "linear"), question, refits=0)
    assert any(note.startswith("Warning") and "hardly a counterpart" in note
               for note in result.notes)  # fmt: skip
    assert any("was not learned again" in note for note in result.notes)


def test_a_calibrated_model_is_learned_again_with_its_map() -> None:
    frame = bridge(400, 8)
    events = Dataset.of(frame.assign(y=frame["y"] > 0), target="y")
    data = events.with_roles({"m": "ignore", "c": "ignore"})
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=("z",))
    model = calibrate(train(data, "linear"), method="sigmoid", folds=2)
    drawn = lines(prediction_against_cause(model, question, refits=10)).loc["estimate"]
    yes, no = (model.output(data.frame.assign(t=t)) for t in (1, 0))
    assert drawn["error_from"][MODEL] == "refits"
    assert drawn["estimate"][MODEL] == pytest.approx((yes - no).mean())
    # of a logistic regression on the confounder the refits' error is about that of the estimator
    assert 0.5 < drawn["std_error"][MODEL] / drawn["std_error"]["AIPW"] < 1.5
    assert drawn["std_error"][MODEL] > 2 * (yes - no).std() / 20


def test_what_cannot_be_compared_is_refused_with_a_way_out() -> None:
    frame = bridge(300, 8)
    model, question = asked(frame, "z")
    without = train(question.data.with_roles({"t": "ignore"}), "linear")
    with pytest.raises(NotApplicable, match="does not use 't'"):
        prediction_against_cause(without, question)
    with pytest.raises(QuestionError, match="do not hold the same rows"):
        prediction_against_cause(model, asked(bridge(300, 9), "z")[1])
    median = train(question.data, "gradient_boosting", objective="absolute", max_iter=5)
    with pytest.raises(NotApplicable, match="median"):
        prediction_against_cause(median, question)
    hidden = CausalQuestion(question.data, treatment="t", outcome="y",
                            graph="t -> y; u [latent]; u -> t; u -> y")  # fmt: skip
    with pytest.raises(NotApplicable, match="back-door"):
        prediction_against_cause(model, hidden)
    treated = CausalQuestion(question.data, treatment="t", outcome="y", confounders=("z",),
                             estimand="ATT")  # fmt: skip
    with pytest.raises(NotApplicable, match="ATT"):
        prediction_against_cause(model, treated)
