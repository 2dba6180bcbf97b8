"""The paired difference is DeLong's and the t-test's, holds as often as it says, and is refused for
models that were not held against the same rows."""

import numpy as np
import pytest
from scipy import stats

from tests import worlds
from workbench import (
    Dataset,
    ModelError,
    ModelSet,
    ParameterError,
    agreement,
    compare_models,
    compared_curves,
    precision_recall_curve,
    roc_curve,
    train,
)
from workbench.metrics import area_under_roc, mean_absolute_error, roc_auc
from workbench.quality.comparing.agreement import kappa
from workbench.quality.comparing.compare_models import comparisons, paired_difference


@pytest.fixture(scope="module")
def binary():
    data = Dataset.of(worlds.yes_no(), target="bought")
    return ModelSet.of([train(data), train(data, "decision_tree"), train(data, max_depth=1)])


def delong_by_hand(positive, one, other):
    """The definition: every pair of rows, then the covariance of both models' wins."""
    wins = [
        (s[positive][:, None] > s[~positive]) + 0.5 * (s[positive][:, None] == s[~positive])
        for s in (one, other)
    ]
    gap = wins[0] - wins[1]
    variance = gap.mean(axis=1).var(ddof=1) / positive.sum()
    variance += gap.mean(axis=0).var(ddof=1) / (~positive).sum()
    return gap.mean(), np.sqrt(variance)


@pytest.mark.parametrize("seed", range(5))
def test_the_difference_of_two_areas_is_delongs(seed):
    rng = np.random.default_rng(seed)
    positive = rng.random(120) < 0.3
    one = np.round(positive + rng.normal(size=120), 1)
    other = np.round(0.5 * positive + 0.5 * one + rng.normal(size=120), 1)
    gap, error = delong_by_hand(positive, one, other)
    found = paired_difference(area_under_roc(positive, one), area_under_roc(positive, other), 1)
    assert found == pytest.approx((gap, gap - 1.959964 * error, gap + 1.959964 * error))


def test_the_difference_of_two_means_is_that_of_the_paired_test():
    rng = np.random.default_rng(0)
    y, one, other = rng.normal(size=(3, 5_000))
    found = paired_difference(mean_absolute_error(y, one), mean_absolute_error(y, other), 1)
    expected = stats.ttest_rel(np.abs(y - one), np.abs(y - other)).confidence_interval()
    assert found[1:] == pytest.approx(tuple(expected), rel=1e-3)


def test_all_pairs_hold_at_once_although_the_best_was_chosen_on_the_rows():
    """Four models that are equally good: in at most 5 % of the worlds one is said to be better."""
    wrong, runs, rows = 0, 300, 300
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        y = (rng.random(rows) < 0.5).astype(float)
        common = y + rng.normal(size=rows)
        chances = [1 / (1 + np.exp(-(common + rng.normal(size=rows)))) for _ in range(4)]
        scores = [roc_auc(y, np.column_stack([1 - p, p])) for p in chances]
        best = max(scores, key=lambda score: score.value)
        gaps = [paired_difference(s, best, comparisons(4, "best")) for s in scores if s is not best]
        wrong += any(high < 0 for _, _, high in gaps)
    assert wrong / runs <= 0.05


def test_the_table_holds_every_metric_of_every_model(binary):
    found = compare_models(binary).frame
    assert len(found) == 4 * 2 * 3
    for place, name in enumerate(binary.names):
        for part in ("test", "train"):
            rows = binary.models[place].positions(part)
            said = binary.predictions(rows, place)
            one = found[(found["model"] == name) & (found["part"] == part)]
            value = one.loc[one["metric"] == "roc_auc", "value"].item()
            assert value == pytest.approx(roc_auc(binary.target.y[rows], said).value)


@pytest.mark.parametrize("reference", ["best", "first"])
def test_what_the_differences_are_to(binary, reference):
    found = compare_models(binary, reference=reference).frame
    for _, rows in found[found["part"] == "test"].groupby("metric"):
        signed = rows["value"] if rows["higher_is_better"].all() else -rows["value"]
        expected = binary.names[0] if reference == "first" else rows["model"].loc[signed.idxmax()]
        assert rows["compared_with"].eq(expected).all()
        assert rows.loc[rows["model"] == expected, "difference"].isna().all()
        base = rows.loc[rows["model"] == expected, "value"].item()
        rest = rows[rows["model"] != expected]
        np.testing.assert_allclose(rest["difference"], rest["value"] - base)


def test_a_model_and_its_copy_are_the_same_and_no_interval_is_made_up():
    data = Dataset.of(worlds.additive(), target="y")
    found = compare_models(ModelSet.of([train(data), train(data)]))
    rows = found.frame[found.frame["part"] == "test"].dropna(subset="difference")
    assert rows["difference"].eq(0).all()
    assert rows["difference_low"].isna().all()
    assert any("give every held-out row the same" in note for note in found.notes)
    assert "do not tell it apart" in found.summary


def test_the_curves_are_those_of_each_model_alone(binary):
    for curve, alone, value in (
        ("roc", roc_curve, "area"),
        ("precision_recall", precision_recall_curve, "average_precision"),
    ):
        found = compared_curves(binary, curve=curve).frame
        for name, model in zip(binary.names, binary.models, strict=True):
            one, own = found[found["model"] == name], alone(model).frame
            own = own[own["part"] == "test"]
            y = {"roc": "true_positive_rate", "precision_recall": "precision"}[curve]
            np.testing.assert_allclose(one["y"], own[y])
            assert one[["value", "conf_low"]].iloc[0].tolist() == pytest.approx(
                own[[value, "conf_low"]].iloc[0].tolist())  # fmt: skip


def test_kappa_is_scikit_learns_with_the_published_standard_error():
    """Fleiss, Cohen & Everitt (1969): their worked example, κ = 0.429, s.e. = 0.0536 (n = 200)."""
    from sklearn.metrics import cohen_kappa_score

    table = np.array([[53, 5, 2], [11, 14, 5], [1, 6, 3]])
    first, second = (np.repeat(index, table.ravel()) for index in np.indices((3, 3)).reshape(2, -1))
    value, low, high, rows = kappa(first, second, 3)
    assert rows == 100
    assert value == pytest.approx(cohen_kappa_score(first, second))
    error = (high - low) / (2 * 1.959964)
    assert error == pytest.approx(fleiss_error(table), rel=0.01)


def fleiss_error(table):
    """The large-sample variance as Fleiss, Cohen & Everitt print it, equation 13."""
    p = table / table.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    agree, chance = np.trace(p), rows @ columns
    off = p * (columns[:, None] + rows[None, :]) ** 2
    inner = (np.diag(p) * ((1 - chance) - (rows + columns) * (1 - agree)) ** 2).sum()
    inner += (1 - agree) ** 2 * (off.sum() - np.trace(off))
    inner -= (agree * chance - 2 * chance + agree) ** 2
    return np.sqrt(inner / table.sum()) / (1 - chance) ** 2


def test_agreement_counts_rows(binary):
    found = agreement(binary).frame
    at = binary.held_out
    one, other = (binary.predictions(at, place).argmax(axis=1) for place in (0, 1))
    y = binary.target.y[at]
    pair = found[(found["first"] == binary.names[0]) & (found["second"] == binary.names[1])]
    value = pair.set_index("measure")["value"]
    assert value["agree"] == pytest.approx((one == other).mean())
    assert value["right_when_agreed"] == pytest.approx((y == one)[one == other].mean())
    # of two classes one of the two is right wherever they differ
    assert value["first_right"] + value["second_right"] == pytest.approx(1)


def test_models_that_cannot_be_compared_are_refused_in_a_sentence():
    frame = worlds.yes_no()
    data = Dataset.of(frame, target="bought")
    first = train(data, "decision_tree")
    with pytest.raises(ModelError, match="are the same: what one has learned from"):
        ModelSet.of([first, train(data, "decision_tree", seed=1)])
    with pytest.raises(ModelError, match="different tables"):
        ModelSet.of([first, train(Dataset.of(frame.iloc[:-1], target="bought"), "decision_tree")])
    with pytest.raises(ModelError, match="predicts bought"):
        ModelSet.of([first, train(data.with_target("size"), "decision_tree")])
    with pytest.raises(ModelError, match="in this order"):
        ModelSet.of([first, train(data, "decision_tree", positive="no")])
    with pytest.raises(ParameterError, match="1 models"):
        ModelSet.of([first])
    with pytest.raises(ParameterError, match="name"):
        ModelSet.of([first, first], names=["a", "a"])


def test_names_tell_what_differs(binary):
    assert binary.names == ("XGBoost (max_depth 3)", "Decision tree", "XGBoost (max_depth 1)")
    twice = ModelSet.of([binary.models[0], binary.models[0]])
    assert twice.names == ("XGBoost · 1", "XGBoost · 2")
