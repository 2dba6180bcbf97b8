"""Values agree with scikit-learn; standard errors agree with resampling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from workbench.metrics import METRICS, metrics_for


def regression_case(seed: int, rows: int = 300):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=rows)
    return y, y + rng.normal(scale=0.7, size=rows)


def class_case(seed: int, classes: int, rows: int = 300):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, rows - classes)])
    scores = rng.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[y]
    scores = np.round(scores, 1)  # ties, as trees make them
    return y.astype(float), np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


REFERENCE = {
    "r2": reference.r2_score,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "log_loss": lambda y, p: reference.log_loss(y, p, labels=range(p.shape[1])),
    "brier": lambda y, p: reference.brier_score_loss(y, p[:, 1]),
    "accuracy": lambda y, p: reference.accuracy_score(y, p.argmax(axis=1)),
    "roc_auc": lambda y, p: reference.roc_auc_score(
        y, p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr"
    ),
}


def cases(seed):
    yield "regression", *regression_case(seed)
    yield "binary", *class_case(seed, 2)
    yield "multiclass", *class_case(seed, 4)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_values_are_those_of_scikit_learn(seed):
    for task, y, prediction in cases(seed):
        for metric in metrics_for(task):
            value = metric.measure(y, prediction).value
            assert value == pytest.approx(REFERENCE[metric.name](y, prediction), abs=1e-10)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_standard_errors_are_those_of_the_bootstrap(metric):
    rng = np.random.default_rng(7)
    for task, y, prediction in cases(3):
        if task not in metric.tasks:
            continue
        score = metric.measure(y, prediction)
        assert score.influence.mean() == pytest.approx(0, abs=1e-9)
        draws = [rng.integers(0, len(y), len(y)) for _ in range(600)]
        resampled = np.std([metric.measure(y[d], prediction[d]).value for d in draws])
        assert score.std_error == pytest.approx(resampled, rel=0.15)


def test_shares_keep_their_interval_between_zero_and_one():
    y, prediction = class_case(1, 2, rows=40)
    for metric in metrics_for("binary"):
        low, high = metric.measure(y, prediction).interval(metric.is_share)
        value = metric.measure(y, prediction).value
        assert low < value < high
        assert not metric.is_share or (low > 0 and high < 1)


def test_a_perfect_prediction_has_no_interval():
    y = np.array([0.0, 0, 1, 1])
    score = next(m for m in METRICS if m.name == "roc_auc").measure(y, np.column_stack([1 - y, y]))
    assert score.value == 1
    assert np.isnan(score.interval(True)).all()


@pytest.mark.parametrize("metric", [m for m in METRICS if m.average], ids=lambda m: m.name)
def test_a_metric_follows_from_the_mean_of_its_losses(metric):
    for task, y, prediction in cases(5):
        if task not in metric.tasks:
            continue
        observed = prediction[np.arange(len(y)), y.astype(int)] if prediction.ndim == 2 else y
        second = prediction[:, 1] if prediction.ndim == 2 else prediction
        losses = {
            "squared": (y - second) ** 2,
            "absolute": np.abs(y - second),
            "log": -np.log(observed.clip(1e-15)),
            "zero_one": (np.atleast_2d(prediction).argmax(axis=-1) != y).astype(float),
        }[metric.average.loss]
        found, expected = metric.average.score(y, losses), metric.measure(y, prediction)
        assert found.value == pytest.approx(expected.value, rel=1e-12)
        np.testing.assert_allclose(found.influence, expected.influence, atol=1e-12)
