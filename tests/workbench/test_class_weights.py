"""Classes that count more in training, and what that does to the probabilities."""

import numpy as np
import pandas as pd
import pytest

from tests import worlds
from workbench import Dataset, findings, train
from workbench.errors import NotApplicable, ParameterError
from workbench.findings import average_probability
from workbench.refit import refit


def rare(rows: int = 2_000, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    chance = 1 / (1 + np.exp(3 - x[:, 0]))
    frame = pd.DataFrame(x, columns=["a", "b"])
    return Dataset.of(frame.assign(y=np.where(rng.random(rows) < chance, "yes", "no")), target="y")


def test_balanced_is_what_scikit_learn_calls_so():
    from sklearn.tree import DecisionTreeClassifier

    model = train(rare(), "decision_tree", class_weight="balanced")
    codes, y = model.transform.codes(model.train.frame), model.target.y[model.split.train]
    own = DecisionTreeClassifier(
        max_depth=5, min_samples_leaf=10, random_state=0, class_weight="balanced"
    ).fit(codes, y)
    np.testing.assert_allclose(model.response(codes), own.predict_proba(codes))


def test_a_factor_is_that_of_its_class_and_others_stay_as_they_are():
    from sklearn.tree import DecisionTreeClassifier

    model = train(rare(), "decision_tree", class_weight={"yes": 4})
    codes, y = model.transform.codes(model.train.frame), model.target.y[model.split.train]
    mean = 1 + 3 * y.mean()  # equal gains are told apart by the last bits
    own = DecisionTreeClassifier(
        max_depth=5, min_samples_leaf=10, random_state=0, class_weight={0: 1 / mean, 1: 4 / mean}
    ).fit(codes, y)
    np.testing.assert_allclose(model.response(codes), own.predict_proba(codes))


def test_the_shift_of_the_probabilities_is_said_and_found():
    model = train(rare(), "random_forest", class_weight="balanced", n_estimators=30)
    note = next(n for n in model.notes if "weighted in training" in n)
    assert "'yes' ×" in note
    assert "no chances" in note
    assert (findings(model).found["code"] == average_probability.CODE).any()
    plain = train(rare(), "random_forest", n_estimators=30)
    assert not any("weighted" in n for n in plain.notes)
    assert plain.fingerprint != model.fingerprint


def test_case_weights_and_class_weights_multiply():
    data = rare()
    weights = np.random.default_rng(1).gamma(2, size=len(data))
    data = Dataset.of(data.frame.assign(w=weights), target="y").with_roles({"w": "weight"})
    model = train(data, "decision_tree", class_weight="balanced")
    rows = model.split.train
    found = model.training.weights(data, model.target, rows)
    y = model.target.y[rows]
    assert found[y == 1].sum() == pytest.approx(found[y == 0].sum())
    np.testing.assert_allclose(found[y == 1] / weights[rows][y == 1], found[y == 1][0]
                               / weights[rows][y == 1][0])  # fmt: skip


def test_a_refitted_model_is_balanced_anew_and_the_script_says_it():
    model = train(rare(), "decision_tree", class_weight="balanced")
    again = refit(model, model.split.train, model.seed)
    codes = model.transform.codes(model.data.frame)
    np.testing.assert_array_equal(again.response(codes), model.response(codes))
    assert "class_weight='balanced'" in model.script.text


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ("fair", ParameterError, "class_weight = 'fair'"),
        ({"maybe": 2}, ParameterError, "not a class of 'bought'"),
        ({"yes": 0}, ParameterError, "Use a number above 0"),
        ({"yes": -1.0}, ParameterError, "Use a number above 0"),
    ],
)
def test_unfit_class_weights_are_refused(asked, error, says):
    with pytest.raises(error, match=says):
        train(Dataset.of(worlds.yes_no(), target="bought"), class_weight=asked)


def test_a_number_has_no_classes_to_weight():
    with pytest.raises(NotApplicable, match="has no classes to weight"):
        train(Dataset.of(worlds.additive(), target="y"), class_weight="balanced")
