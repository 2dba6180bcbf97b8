"""Cross-validation: scikit-learn's scores, honest folds, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.tree import DecisionTreeRegressor

from tests.worlds_findings import clean_yes_no, data
from workbench import DataError, NotApplicable, adopt, cross_validation, train
from workbench.folds import make_folds


def numbers(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    return frame.assign(y=2 * frame["a"] + rng.normal(size=rows))


def test_the_scores_are_those_of_scikit_learn_on_the_same_folds():
    model = train(data(numbers()), "decision_tree", max_depth=3)
    made = cross_validation(model, folds=4, seed=2)
    folds = make_folds(model.data, np.arange(300), model.target, 4, 2).folds
    place = np.empty(300, dtype=int)
    for k, fold in enumerate(folds):
        place[fold.judged] = k
    tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=10, random_state=2)
    frame = model.data.frame
    expected = cross_val_score(
        tree, frame[list("abc")].to_numpy(), frame["y"], cv=PredefinedSplit(place), scoring="r2"
    )
    found = made.frame[(made.frame["metric"] == "r2") & (made.frame["fold"] > 0)]["value"]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    mean = made.frame[(made.frame["metric"] == "r2") & (made.frame["fold"] == 0)].iloc[0]
    error = expected.std(ddof=1) * np.sqrt(1 / 4 + 75 / 225)
    assert mean["conf_high"] - mean["value"] == pytest.approx(3.182446 * error, rel=1e-5)


def test_the_interval_of_nadeau_and_bengio_holds_the_mean_more_often_than_the_plain_one():
    """The truth is what the recipe scores when learned from as many rows and judged on many."""
    many = numbers(20_000, seed=999)
    settings = {"max_depth": 3}
    scores, inside, plain = [], 0, 0
    results = []
    for seed in range(60):
        model = train(data(numbers(120, seed)), "decision_tree", **settings)
        made = cross_validation(model, folds=5).frame
        mean = made[(made["metric"] == "rmse") & (made["fold"] == 0)].iloc[0]
        each = made[(made["metric"] == "rmse") & (made["fold"] > 0)]["value"]
        results.append((mean["value"], mean["conf_low"], mean["conf_high"], each.std(ddof=1)))
        said = model.predict(many)
        scores.append(np.sqrt(((many["y"] - said) ** 2).mean()))
    truth = np.mean(scores)
    for value, low, high, spread in results:
        inside += low <= truth <= high
        plain += abs(value - truth) <= 2.776 * spread / np.sqrt(5)
    assert inside >= plain
    assert inside / 60 > 0.88


def test_groups_stay_together_and_classes_are_kept():
    frame = clean_yes_no(400).assign(who=np.arange(400) // 10)
    model = train(data(frame, who="group"), "decision_tree")
    made = cross_validation(model, folds=4)
    assert any("whole groups of 'who'" in note for note in made.notes)
    frame["who"] = np.arange(400) // 200
    two = train(data(frame, who="group"), "decision_tree", test_share=0.5)
    with pytest.raises(DataError):
        cross_validation(two, folds=5)


def test_an_adopted_model_is_refused():
    frame = numbers(100)
    tree = DecisionTreeRegressor(max_depth=2).fit(frame[list("abc")], frame["y"])
    with pytest.raises(NotApplicable, match="fitted elsewhere"):
        cross_validation(adopt(tree, data(frame)))
