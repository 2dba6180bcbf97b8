"""The specification curve in a world where one set is right and others are known to be wrong."""

import numpy as np
import pandas as pd
import pytest

from causal import (
    CausalQuestion,
    linear_regression,
    specification_curve,
    specified,
    winsorised,
)
from causal.specification_curve import AS_IT_IS, CLIPPED, method_of
from tests.causal.truths import nhefs
from workbench import METHODS, Dataset
from workbench.errors import ParameterError

GRAPH = """digraph { x -> t; x -> y; t -> m; m -> y; t -> y; t -> c; y -> c; z -> t }"""


def world(rows: int = 1_500, seed: int = 0) -> pd.DataFrame:
    """The total effect is 1 + 1 = 2; without x it is more, with m it is 1, with c it is off."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, rows))
    t = (rng.random(rows) < 1 / (1 + np.exp(-x - z))).astype(int)
    m = t + rng.normal(size=rows)
    y = t + m + 2 * x + rng.normal(size=rows)
    c = t + y + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "z": z, "t": t, "m": m, "y": y, "c": c})


def about(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "graph": GRAPH}
    return CausalQuestion(Dataset.of(frame), **(given | asked))  # type: ignore[arg-type]


def test_what_the_graph_allows_is_right_and_what_it_forbids_is_marked() -> None:
    result = specification_curve(about(world()))
    frame = result.frame
    valid = frame.set_index("adjusted_for")["is_valid"].groupby(level=0).first()
    assert valid.to_dict() == {"x": True, "x, z": True, "nothing": False, "x, m": False,
                               "x, c": False}  # fmt: skip
    plain = frame[frame["outcome"] == AS_IT_IS]
    assert plain.loc[plain["is_valid"], "estimate"].between(1.5, 2.5).all()
    assert plain.loc[plain["adjusted_for"] == "x, m", "estimate"].between(0.5, 1.5).all()
    assert plain.loc[plain["adjusted_for"] == "nothing", "estimate"].gt(2.8).all()
    assert set(frame.loc[frame["is_used"], "adjusted_for"]) == {"x"}
    assert frame["estimate"].is_monotonic_increasing
    short = frame.set_index("adjusted_for")["set"].groupby(level=0).first()
    assert short.to_dict() == {"x": "as used", "x, z": "with z", "nothing": "nothing",
                               "x, m": "with m", "x, c": "with c"}  # fmt: skip
    assert any("Adjusting for c, m" in note for note in result.notes)


def test_each_dot_is_its_own_analysis() -> None:
    frame = world()
    found = specification_curve(about(frame)).frame
    row = found[(found["adjusted_for"] == "x, z") & (found["estimator"] == "Linear regression")
                & (found["outcome"] == AS_IT_IS)].iloc[0]  # fmt: skip
    alone = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", confounders=("x", "z"))
    expected = linear_regression(alone).frame.iloc[0]
    assert row["estimate"] == pytest.approx(expected["estimate"])
    assert row["std_error"] == pytest.approx(expected["std_error"])


def test_every_dot_can_be_asked_again_as_a_question_of_its_own() -> None:
    question = about(world())
    found = specification_curve(question).frame
    assert len(found) > 20
    for _, row in found.iterrows():
        again = METHODS[method_of(row["estimator"])](specified(question, row)).frame.iloc[0]
        assert again["estimate"] == row["estimate"]
        assert again["conf_low"] == row["conf_low"]


def test_extremes_are_moved_to_their_percentiles_and_the_python_says_so() -> None:
    data = Dataset.of(world())
    clipped = winsorised(data, column="y")
    low, high = np.quantile(data.frame["y"], [0.01, 0.99])
    assert clipped.frame["y"].agg(["min", "max"]).tolist() == pytest.approx([low, high])
    inside = data.frame["y"].between(low, high)
    assert (clipped.frame["y"][inside] == data.frame["y"][inside]).all()
    assert "data = winsorised(data, column='y')" in clipped.script.text
    with pytest.raises(ParameterError):
        winsorised(data, column="no such column")


def test_extremes_are_those_of_the_population_that_the_rows_stand_for() -> None:
    frame = world()
    counts = np.where(frame["y"] > 2, 1, 3)
    roles = {"c8": "weight"}
    weighted = winsorised(Dataset.of(frame.assign(c8=counts)).with_roles(roles), column="y").frame
    stands = winsorised(Dataset.of(frame.loc[frame.index.repeat(counts)]), column="y").frame
    ends = ["min", "max"]
    assert weighted["y"].agg(ends).tolist() == pytest.approx(stands["y"].agg(ends), abs=0.02)
    nobody = frame.assign(c8=2.0)
    nobody.loc[nobody["y"].nlargest(100).index, "c8"] = 0.0
    some = winsorised(Dataset.of(nobody).with_roles(roles), column="y").frame["y"]
    whole = winsorised(Dataset.of(frame[nobody["c8"] > 0]), column="y").frame["y"]
    assert some.agg(ends).tolist() == whole.agg(ends).tolist()


def test_a_coding_that_changes_nothing_is_not_counted_twice() -> None:
    scores = world().assign(y=lambda f: f["y"].clip(-1, 4).round())
    assert set(specification_curve(about(scores)).frame["outcome"]) == {AS_IT_IS}


def test_an_outlier_makes_the_coding_decide() -> None:
    frame = world()
    frame.loc[frame["t"].idxmax(), "y"] = 1e5
    result = specification_curve(about(frame))
    assert "the outcome's coding decides most" in result.summary
    clipped = result.frame["is_valid"] & (result.frame["outcome"] == CLIPPED)
    assert result.frame.loc[clipped, "estimate"].between(1.2, 2.5).all()


def test_a_yes_no_outcome_has_one_coding_and_ratios_a_logarithmic_axis() -> None:
    frame = world().assign(y=lambda f: (f["y"] > 0).astype(int))
    result = specification_curve(about(frame, scale="ratio"))
    assert set(result.frame["outcome"]) == {AS_IT_IS}
    assert result.figure().layout.yaxis.type == "log"
    assert any("Linear regression is left out" in note for note in result.notes)


def test_the_textbook_example_reads_as_a_sentence() -> None:
    summary = specification_curve(nhefs(confounders=("age", "sex", "smokeyrs"))).summary
    assert "specifications that the graph allows range from" in summary
