"""E-values: the published ones, the definition, and questions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal import CausalQuestion, e_value, e_value_of, linear_regression
from tests.causal.truths import ask, nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable, ParameterError


@pytest.mark.parametrize(
    ("estimate", "low", "high", "point", "limit"),
    [
        (3.9, 1.8, 8.7, 7.26, 3.0),  # VanderWeele & Ding (2017): formula feeding and deaths
        (0.80, 0.71, 0.91, 1.81, 1.43),  # and breastfeeding and leukaemia, a rare outcome
        (1.8, 0.9, 3.6, 3.0, 1.0),
    ],
)
def test_the_published_values(
    estimate: float, low: float, high: float, point: float, limit: float
) -> None:
    made = e_value_of(estimate, low, high)
    assert made.frame["e_value"].tolist() == pytest.approx([point, limit], abs=0.005)


def test_other_measures_are_turned_into_risk_ratios() -> None:
    assert e_value_of(4.0, measure="odds_ratio").frame["risk_ratio"].tolist() == [2.0]
    assert e_value_of(4.0, measure="odds_ratio", rare=True).frame["risk_ratio"].tolist() == [4.0]
    d = e_value_of(0.5, 0.2, 0.8, measure="standardised_difference").frame["risk_ratio"]
    assert d.tolist() == pytest.approx([np.exp(0.455), np.exp(0.182)])
    # VanderWeele (2017): (1 - .5^√HR) / (1 - .5^√(1/HR))
    assert e_value_of(2.0, measure="hazard_ratio").frame["risk_ratio"].iloc[0] == pytest.approx(
        (1 - 0.5**2**0.5) / (1 - 0.5**0.5**0.5)
    )


@given(ratio=st.floats(1.01, 30), other=st.floats(1.01, 60))
def test_it_is_the_least_confounding_that_explains_the_ratio(ratio: float, other: float) -> None:
    """A confounder that has this risk ratio with both explains exactly the estimate, by the
    bounding factor of Ding & VanderWeele (2016); less on both sides explains less."""

    def explains(with_treatment: float, with_outcome: float) -> float:
        return with_treatment * with_outcome / (with_treatment + with_outcome - 1)

    value = e_value_of(ratio).frame["e_value"].iloc[0]
    assert explains(value, value) == pytest.approx(ratio)
    assert e_value_of(1 / ratio).frame["e_value"].iloc[0] == pytest.approx(value)
    if other < value:
        assert explains(other, other) < ratio


def confounded_events(rows: int, seed: int) -> pd.DataFrame:
    """u doubles and more the chance of treatment and of the event; the treatment does nothing."""
    rng = np.random.default_rng(seed)
    u = rng.random(rows) < 0.5
    t = rng.random(rows) < np.where(u, 0.6, 0.2)
    event = rng.random(rows) < np.where(u, 0.3, 0.1)
    return pd.DataFrame({"u": u.astype(int), "t": t.astype(int), "event": event.astype(int)})


def asked(frame: pd.DataFrame, **given: object) -> CausalQuestion:
    return CausalQuestion(Dataset.of(frame), treatment="t", outcome="event", **given)


def test_a_confounder_that_does_explain_it_is_at_least_as_strong() -> None:
    """The true risk ratios of u are 3 with the event and 2 or more with the treatment."""
    frame = confounded_events(8_000, 0)
    made = e_value(asked(frame))
    arms = frame.groupby("t")["event"].mean()
    assert made.frame["risk_ratio"].iloc[0] == pytest.approx(arms[1] / arms[0], rel=1e-4)
    assert 1 < made.frame["e_value"].iloc[0] < 3
    adjusted = e_value(asked(frame, confounders=("u",)))
    assert adjusted.frame["risk_ratio"].iloc[0] == pytest.approx(1, abs=0.08)
    assert adjusted.frame["e_value"].iloc[1] == 1.0
    assert "holds no effect" in adjusted.summary


@pytest.mark.parametrize("estimand", ["ATE", "ATT", "ATC"])
def test_the_risk_ratio_is_standardised_to_whom_was_asked_about(estimand: str) -> None:
    """Against standardisation by hand over the two levels of u."""
    frame = confounded_events(3_000, 1)
    frame.loc[(frame["u"] == 1) & (frame["t"] == 1) & (frame.index % 2 == 0), "event"] = 1
    over = {"ATE": frame["u"], "ATT": frame.loc[frame["t"] == 1, "u"],
            "ATC": frame.loc[frame["t"] == 0, "u"]}[estimand]  # fmt: skip
    shares = over.value_counts(normalize=True)
    risk = frame.groupby(["t", "u"])["event"].mean()
    by_hand = [sum(shares[u] * risk[t, u] for u in (0, 1)) for t in (0, 1)]
    made = e_value(asked(frame, confounders=("u",), estimand=estimand))
    assert made.frame["risk_ratio"].iloc[0] == pytest.approx(by_hand[1] / by_hand[0], rel=0.01)


def test_the_interval_of_the_ratio_covers() -> None:
    """The ratio is 1: of 400 tables the limit is away from it in about 5 of 100."""
    rng = np.random.default_rng(0)
    missed = []
    for _ in range(400):
        table = {"t": rng.random(300) < 0.4, "event": rng.random(300) < 0.3}
        made = e_value(asked(pd.DataFrame(table).astype(int)))
        missed.append(made.frame["e_value"].iloc[1] > 1)
    assert 0.03 <= np.mean(missed) <= 0.07


def test_a_number_goes_through_its_standard_deviation() -> None:
    made, row = e_value(nhefs()), linear_regression(nhefs()).frame.iloc[0]
    frame = nhefs().data.frame
    within = frame["wt82_71"] - frame.groupby("qsmk")["wt82_71"].transform("mean")
    spread = np.sqrt((within**2).sum() / (len(frame) - 2))
    assert made.frame["risk_ratio"].iloc[0] == pytest.approx(
        np.exp(0.91 * row["estimate"] / spread)
    )
    assert made.frame["effect"].tolist() == pytest.approx([row["estimate"], row["conf_low"]])
    by_aipw = e_value(ask(varied(300, 1)), estimator="aipw")
    assert by_aipw.frame["e_value"].iloc[0] > 1


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ParameterError, match="does not hold"):
        e_value_of(2.0, 3.0, 4.0)
    with pytest.raises(ParameterError, match="no ratio"):
        e_value_of(0.5, -0.1, 0.9)
    with pytest.raises(NotApplicable, match="two arms"):
        e_value(nhefs(treatment="smokeintensity", outcome="death", confounders=("age",)))
