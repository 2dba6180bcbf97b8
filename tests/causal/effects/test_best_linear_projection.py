"""The best linear projection where it is known, against DoubleML and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm

from causal import CausalQuestion, best_linear_projection, group_effects
from causal.effects._scores import scores_of
from tests.causal.effects.test_group_effects import irm
from tests.causal.truths import ask, varied
from workbench import Dataset
from workbench.dataset import Role
from workbench.errors import NotApplicable
from workbench.progress import silent


def test_the_known_slopes_are_found() -> None:
    result = best_linear_projection(ask(varied(6_000, seed=1).drop(columns="true")))
    frame = result.frame.set_index("term")
    for term, truth in (("average effect", 1.0), ("x", 1.0), ("w", 0.0)):
        row = frame.loc[term]
        assert abs(row["estimate"] - truth) < 3 * row["std_error"] < 0.3
    assert result.p_constant < 1e-6
    assert "most clearly with x" in result.summary


def test_it_is_doublemls_projection_with_the_same_predictions() -> None:
    frame = varied(800, seed=2).drop(columns="true")
    found = best_linear_projection(ask(frame)).frame
    basis = sm.add_constant(frame[["x", "w"]] - frame[["x", "w"]].mean())
    theirs = irm(frame, ask(frame)).cate(basis)
    assert found["estimate"].to_numpy() == pytest.approx(
        theirs.summary["coef"].to_numpy(), rel=1e-8
    )
    # DoubleML takes the columns' means as known, which the average effect's error must not.
    assert found["std_error"].to_numpy()[1:] == pytest.approx(
        theirs.summary["std err"].to_numpy()[1:], rel=0.01
    )


def test_errors_are_hc2_and_with_groups_clustered() -> None:
    frame = varied(500, seed=3).drop(columns="true")
    question = ask(frame)
    scores = scores_of(question, "it", ("x", "w"), 0, silent).values
    design = sm.add_constant(frame[["x", "w"]] - frame[["x", "w"]].mean())
    fit = sm.OLS(scores, design).fit(cov_type="HC2")
    found = best_linear_projection(question).frame
    assert found["std_error"].to_numpy()[1:] == pytest.approx(fit.bse.to_numpy()[1:], rel=1e-8)

    frame["school"] = np.random.default_rng(0).integers(0, 50, 500)
    grouped = CausalQuestion(
        Dataset.of(frame).with_roles({"school": "group"}), treatment="t", outcome="y",
        confounders=("x", "w"),
    )  # fmt: skip
    scores = scores_of(grouped, "it", ("x", "w"), 0, silent).values
    fit = sm.OLS(scores, design).fit(cov_type="cluster", cov_kwds={"groups": frame["school"]})
    found = best_linear_projection(grouped).frame
    assert found["std_error"].to_numpy()[1:] == pytest.approx(fit.bse.to_numpy()[1:], rel=1e-8)


@pytest.mark.parametrize("role", ["ignore", "weight", "group"])
def test_the_average_effect_is_everyones_with_its_error(role: Role) -> None:
    """With the rows taken as given its interval held the average effect in 83 of 100 tables where
    effects differ much."""
    frame = varied(300, seed=6).drop(columns="true").assign(r=np.arange(300) % 50 + 1)
    data = Dataset.of(frame).with_roles({"r": role})
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=("x", "w"))
    columns = ["estimate", "std_error"]
    average = best_linear_projection(question).frame[columns].iloc[0]
    everyone = group_effects(question, column="x").frame[columns].iloc[0]
    assert average.to_numpy() == pytest.approx(everyone.to_numpy(), rel=0.01)


def test_copies_of_a_column_are_refused() -> None:
    frame = varied(300, seed=4).drop(columns="true").assign(copy=lambda f: f["x"] * 2)
    with pytest.raises(NotApplicable, match="copies"):
        best_linear_projection(ask(frame), modifiers=("x", "copy"))


def test_without_columns_there_is_nothing_to_vary_with() -> None:
    with pytest.raises(NotApplicable, match="no column"):
        best_linear_projection(ask(varied(300, seed=5), confounders=()))
