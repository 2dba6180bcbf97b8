"""DoWhy's refuters that answer wrongly, each beside ours on the same table.

What is said of DoWhy 0.14 in the documentation is run here: a later version that mends a refuter
makes its test fail, and the documentation is then to be corrected.
"""

import warnings
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from causal import placebo_treatment, random_common_cause, robustness_value
from causal.checks._again import Found
from causal.checks.placebo_treatment import _Verdict
from tests.causal.truths import ask, varied

WEIGHTING = "backdoor.propensity_score_weighting"
#: Correctly specified: x and w are all there is, and the chance is logistic in them.
TABLE = varied(600, seed=1)[["x", "w", "t", "y"]]


@cache
def dowhy_analysis():
    from dowhy import CausalModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = CausalModel(
            TABLE.astype({"t": bool}), treatment="t", outcome="y", common_causes=["x", "w"]
        )
        estimand = model.identify_effect(proceed_when_unidentifiable=True)
        return model, estimand, model.estimate_effect(estimand, method_name=WEIGHTING)


def refuted(name: str, **settings: object):
    model, estimand, estimate = dowhy_analysis()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return model.refute_estimate(estimand, estimate, method_name=name, **settings)


def test_a_placebo_does_not_reject_a_correct_analysis() -> None:
    """DoWhy shuffles the treatment and weights by the propensities of the real one: the placebo
    effect is far from zero, and a correct analysis is rejected beyond doubt."""
    theirs = refuted(
        "placebo_treatment_refuter", placebo_type="permute", num_simulations=20, random_seed=1
    )
    assert theirs.refutation_result["p_value"] < 1e-6
    ours = placebo_treatment(ask(TABLE), estimator="aipw", repeats=20)
    assert ours.passed


def test_a_random_cause_reaches_the_propensities() -> None:
    """DoWhy keeps the propensities it had: the estimate does not move in the last digit."""
    theirs = refuted("random_common_cause", num_simulations=5, random_seed=1)
    assert theirs.new_effect == pytest.approx(theirs.estimated_effect, abs=1e-12)
    ours = random_common_cause(ask(TABLE), estimator="aipw", repeats=5)
    assert (ours.frame["change"].iloc[1:].abs() > 1e-6).all()
    assert ours.passed


def test_an_unobserved_cause_has_an_answer_by_default() -> None:
    with pytest.raises(IndexError):
        refuted("add_unobserved_common_cause")
    ours = robustness_value(ask(TABLE))
    assert 0 < ours.value_of_interval < ours.value < 1
    assert ours.frame["confounder"].nunique() == 3


def test_p_values_are_two_sided_and_never_zero() -> None:
    """Draws and estimate from one distribution: p below .05 must come in 5 of 100, not in 10."""
    from dowhy.causal_refuter import perform_normal_distribution_test

    rng = np.random.default_rng(0)
    theirs, ours = [], []
    for _ in range(1_000):
        real, *draws = rng.normal(size=100)
        theirs.append(perform_normal_distribution_test(SimpleNamespace(value=real), draws))
        ours.append(_Verdict.of([Found(v, 1.0) for v in (real, *draws)]).p_value)
    assert 0.08 < np.mean(np.array(theirs) <= 0.05) < 0.13
    assert 0.035 < np.mean(np.array(ours) <= 0.05) < 0.065
    assert min(ours) >= 1 / 100
    assert min(theirs) < 1e-3


def test_the_table_is_not_changed_by_any_of_it() -> None:
    before = TABLE.copy()
    question = ask(TABLE)
    random_common_cause(question, repeats=5)
    placebo_treatment(question, repeats=20)
    robustness_value(question)
    assert question.data.frame.equals(before)
    assert TABLE.equals(before)
