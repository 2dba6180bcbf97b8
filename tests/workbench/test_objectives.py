"""What is made small is what was asked: values, metrics, links and labels."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from interpret import partial_dependence, permutation_importance, shap_row, shap_values
from tests import worlds
from tests.workbench.storing.conftest import opened_here
from workbench import (
    FAMILIES,
    Dataset,
    findings,
    load_model,
    model_quality,
    train,
)
from workbench.errors import DataError, NotApplicable, ParameterError
from workbench.objectives import OBJECTIVES, Objective
from workbench.refit import refit
from workbench.storing import model_bytes

#: A loss beside the parameter it takes.
ASKED = {
    "squared": {}, "absolute": {}, "quantile": {"quantile": 0.9}, "poisson": {},
    "tweedie": {"tweedie_power": 1.3},
}  # fmt: skip
TAKEN = [(f, o) for f, each in FAMILIES.items() for o in each.objectives]


def counts(rows: int = 900, seed: int = 0) -> pd.DataFrame:
    """log E[y] = 0.4 + 0.8 a - 0.5 (b > 0), and a level that does nothing."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, rows))
    place = rng.choice(["north", "south"], rows)
    mean = np.exp(0.4 + 0.8 * a - 0.5 * (b > 0))
    return pd.DataFrame({"a": a, "b": b, "place": place, "y": rng.poisson(mean).astype(float)})


def model_of(family: str, objective: str, **more):
    data = Dataset.of(counts(), target="y")
    return train(data, family, task="regression", objective=objective, **ASKED[objective], **more)


@pytest.mark.parametrize(("family", "objective"), TAKEN)
def test_every_family_predicts_what_was_asked(family, objective):
    model = model_of(family, objective)
    y, said = model.target.y[model.split.test], model.predict(model.test.frame)
    if objective == "quantile":
        assert (y <= said).mean() == pytest.approx(0.9, abs=0.06)
    elif objective == "absolute":
        mean = model_of(family, "squared").predict(model.test.frame)
        assert np.abs(y - said).mean() < np.abs(y - mean).mean() + 0.02
        assert said.mean() < mean.mean()  # the median of what is skewed to the right
    else:
        assert said.mean() == pytest.approx(y.mean(), rel=0.15)
    if objective in ("poisson", "tweedie"):
        assert (said > 0).all()
        truth = np.exp(0.4 + 0.8 * model.test.frame["a"] - 0.5 * (model.test.frame["b"] > 0))
        assert np.corrcoef(np.log(said), np.log(truth))[0, 1] > 0.9


REFERENCE = {
    "absolute": reference.mean_absolute_error,
    "quantile": lambda y, p, **w: reference.mean_pinball_loss(y, p, alpha=0.9, **w),
    "poisson": reference.mean_poisson_deviance,
    "tweedie": lambda y, p, **w: reference.mean_tweedie_deviance(y, p, power=1.3, **w),
}


@pytest.mark.parametrize("objective", REFERENCE)
def test_the_metric_of_a_loss_is_that_of_scikit_learn_with_errors_of_the_bootstrap(objective):
    metric = Objective(objective, 0.9, 1.3).metrics()[0]
    rng = np.random.default_rng(1)
    y, said = rng.poisson(2, 400).astype(float), rng.gamma(3, size=400)
    weights = rng.gamma(2, size=400)
    assert metric.measure(y, said).value == pytest.approx(REFERENCE[objective](y, said))
    weighted = metric.measure(y, said, weights).value
    assert weighted == pytest.approx(REFERENCE[objective](y, said, sample_weight=weights))
    draws = [rng.integers(0, 400, 400) for _ in range(600)]
    spread = np.std([metric.measure(y[d], said[d]).value for d in draws])
    assert metric.measure(y, said).std_error == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize("objective", REFERENCE)
def test_the_quality_shows_the_loss_first_and_knows_which_way_is_good(objective):
    model = model_of("xgboost", objective)
    quality = model_quality(model)
    first = quality.frame[quality.frame["part"] == "test"].iloc[0]
    y, said = model.target.y[model.split.test], model.predict(model.test.frame)
    assert first["value"] == pytest.approx(REFERENCE[objective](y, said), rel=1e-5)
    assert first["value"] < first["baseline"]
    assert not any("no better than no model" in note for note in quality.notes)
    assert not (findings(model).found["code"] == "no-better-than-nothing").any()
    noise = counts().assign(y=np.random.default_rng(0).poisson(2, 900).astype(float))
    nothing = train(Dataset.of(noise, target="y"), objective=objective, task="regression",
                    **ASKED[objective])  # fmt: skip
    assert any("no better than no model" in note for note in model_quality(nothing).notes)
    assert (findings(nothing).found["code"] == "no-better-than-nothing").any()


def test_knowing_nothing_is_the_best_constant_of_the_loss():
    y = np.random.default_rng(0).gamma(1, size=2_001)
    for name in OBJECTIVES:
        objective = Objective(name, 0.9, 1.3)
        best = objective.best_constant(y, None)
        metric = next(m for m in objective.metrics() if m.name != "r2")

        def loss(constant: float, metric=metric) -> float:
            return metric.measure(y, np.full(len(y), constant)).value

        assert loss(best) <= min(loss(best * 0.97), loss(best * 1.03))


@pytest.mark.parametrize("family", ["xgboost", "lightgbm", "gradient_boosting"])
@pytest.mark.parametrize("objective", ["poisson", "tweedie"])
def test_shap_values_add_up_on_the_logarithm(family, objective):
    if objective not in FAMILIES[family].objectives:
        with pytest.raises(NotApplicable, match="does not minimise"):
            model_of(family, objective)
        return
    model = model_of(family, objective)
    found = shap_values(model)
    assert any("log of the predicted y" in note for note in found.notes)
    frame = found.frame
    start = float(frame["base"].iloc[0]) if "base" in frame else None
    total = frame.groupby("row")["contribution"].sum()
    said = np.log(model.predict(model.data.frame.iloc[total.index]))
    gaps = said - total.to_numpy()
    assert np.ptp(gaps) < 1e-4  # every row starts from the same value
    assert start is None or gaps.mean() == pytest.approx(start, abs=1e-4)
    one = shap_row(model, row=3)
    assert "log of the predicted y is" in one.summary
    assert "that is predicted y =" in one.summary


@pytest.mark.parametrize("family", ["xgboost", "lightgbm", "gradient_boosting", "linear"])
def test_curves_are_right_on_both_scales(family):
    model = model_of(family, "poisson")
    for scale in ("response", "margin"):
        found = partial_dependence(model, feature="a", scale=scale, ice=0, grid_points=5).frame
        rows = model.rows("all")
        direct = [model.output(rows.assign(a=v), scale=scale).mean() for v in found["value"]]
        np.testing.assert_allclose(found["prediction"], direct, atol=1e-4)
        assert found["output"].iloc[0] == ("log of the " * (scale == "margin") + "predicted y")


def test_labels_say_what_is_predicted():
    labels = {o: model_of("xgboost", o, n_estimators=5).output_label() for o in OBJECTIVES}
    assert labels == {
        "squared": "predicted y",
        "absolute": "predicted median of y",
        "quantile": "predicted 90 % quantile of y",
        "poisson": "predicted y",
        "tweedie": "predicted y",
    }


def test_the_coverage_of_a_quantile_is_said():
    notes = model_quality(model_of("xgboost", "quantile")).notes
    assert any("at or below the predicted quantile" in n and "90%" in n for n in notes)


def test_importance_is_taken_by_the_loss():
    for objective, metric in {"quantile": "pinball", "poisson": "poisson_deviance"}.items():
        model = model_of("xgboost", objective)
        found = permutation_importance(model).frame
        assert set(found["metric"]) == {metric}
        assert found["feature"].iloc[0] == "a"
        assert found["importance"].iloc[0] > 0
    with pytest.raises(NotApplicable, match="no average of a loss counted from trees"):
        permutation_importance(model_of("xgboost", "quantile"), shuffles="all")


@pytest.mark.parametrize(
    ("family", "objective"), [(f, o) for f, o in TAKEN if f != "lightgbm" and o != "squared"]
)
def test_a_saved_and_a_refitted_model_keep_the_loss(family, objective):
    model = model_of(family, objective)
    # A process of its own costs two seconds: one loss of each family goes through it.
    load = load_model if objective == "absolute" else opened_here
    loaded = load(model_bytes(model))
    assert loaded.training == model.training
    again = refit(loaded, loaded.split.train, loaded.seed)
    np.testing.assert_array_equal(again.predict(counts(50)), model.predict(counts(50)))
    assert f"objective='{objective}'" in model.script.text


@pytest.mark.parametrize(
    ("family", "asked", "error", "says"),
    [
        ("random_forest", {"objective": "quantile"}, NotApplicable, "Random forest does not"),
        ("xgboost", {"objective": "huber"}, ParameterError, "objective = 'huber' is not known"),
        ("xgboost", {"objective": "quantile", "quantile": 1.0}, ParameterError, "0.01 to 0.99"),
        ("xgboost", {"objective": "tweedie", "tweedie_power": 2}, ParameterError, "1.05 to 1.95"),
        ("xgboost", {"objective": "poisson"}, DataError, "is below 0 in"),
    ],
)
def test_what_does_not_fit_is_refused(family, asked, error, says):
    data = Dataset.of(worlds.additive(200).assign(y=lambda f: f["y"] - 5), target="y")
    with pytest.raises(error, match=says):
        train(data, family, **asked)


def test_classes_have_no_loss_to_choose():
    with pytest.raises(ParameterError, match="has classes"):
        train(Dataset.of(worlds.yes_no(), target="bought"), objective="poisson")


def test_a_poisson_model_has_a_poisson_yardstick():
    shown = model_quality(model_of("xgboost", "poisson")).frame.iloc[0]
    assert shown["metric"] == "poisson_deviance"
    lines = model_quality(model_of("linear", "poisson")).frame.iloc[0]
    assert shown["yardstick"] == pytest.approx(lines["value"])


@pytest.mark.parametrize("objective", ["absolute", "quantile"])
def test_a_quantile_is_held_to_the_line_of_the_same_quantile(objective):
    shown = model_quality(model_of("xgboost", objective)).frame.iloc[0]
    lines = model_quality(model_of("linear", objective)).frame.iloc[0]
    assert (
        shown["metric"] == lines["metric"] == {"absolute": "mae", "quantile": "pinball"}[objective]
    )
    assert shown["yardstick"] == pytest.approx(lines["value"])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_losses_of_the_rows_have_the_mean_that_scikit_learn_gives(name) -> None:
    rng = np.random.default_rng(1)
    y, said = rng.gamma(2.0, size=200), rng.gamma(2.0, size=200)
    expected = {
        "squared": reference.mean_squared_error(y, said),
        "absolute": reference.mean_absolute_error(y, said),
        "quantile": reference.mean_pinball_loss(y, said, alpha=0.9),
        "poisson": reference.mean_poisson_deviance(y, said),
        "tweedie": reference.mean_tweedie_deviance(y, said, power=1.3),
    }
    asked = Objective(name, 0.9, 1.3)
    losses = asked.losses(y, said)
    assert losses.shape == y.shape
    assert losses.mean() == pytest.approx(expected[name])
    assert asked.title


@pytest.mark.parametrize("objective", ["poisson", "tweedie"])
def test_amounts_in_too_large_a_unit_are_told(objective):
    rng = np.random.default_rng(0)
    metres = rng.gamma(2.0, 0.003, 60)  # of rain
    frame = pd.DataFrame({"x": rng.normal(size=60), "rain": metres})
    told = []
    for each in (metres, metres * 1_000):
        data = Dataset.of(frame.assign(rain=each), target="rain")
        notes = train(data, n_estimators=2, objective=objective).notes
        told.append(any("is 0.00" in note and "in a smaller unit" in note for note in notes))
    assert told == [True, False]
    counts = frame.assign(rain=(np.arange(60) % 20 == 0) * rng.integers(1, 3, 60))
    data = Dataset.of(counts, target="rain")
    rare = train(data, task="regression", n_estimators=2, objective=objective)
    assert not any("smaller unit" in note for note in rare.notes)
