"""What identification tells a person: ways, reasons, and why not."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, aipw, identify, linear_regression
from workbench import Dataset
from workbench.errors import NotApplicable


def table(*columns: str, rows: int = 200) -> Dataset:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({c: rng.normal(size=rows) for c in columns})
    return Dataset.of(frame.assign(t=rng.integers(0, 2, rows)))


def ask(text: str, *columns: str) -> CausalQuestion:
    return CausalQuestion(table(*columns), treatment="t", outcome="y", graph=text)


def ways(question: CausalQuestion, way: str) -> list[str]:
    frame = identify(question).frame
    return list(frame.loc[frame["way"] == way, "variables"])


def test_all_confounders_named_are_used() -> None:
    question = CausalQuestion(
        table("a", "b", "y", "z", "m", "x"), treatment="t", outcome="y", confounders=["b", "a"],
        instruments=["z"], mediators=["m"], modifiers=["x"],
    )  # fmt: skip
    found = identify(question)
    assert found.used == ("b", "a")
    assert ways(question, "back door") == ["a, b", "a, b, x"]  # the second of least variance
    assert ways(question, "instrument") == ["z"]
    assert ways(question, "must not be adjusted for") == ["m"]


def test_every_minimal_set_is_listed_and_the_smallest_used() -> None:
    question = ask("t <- a -> c; c <- b -> y; d -> {a y}; c -> {t y}; t -> y", *"abcdy")
    frame = identify(question).frame
    doors = frame[frame["way"] == "back door"]
    assert list(doors["variables"]) == ["a, c", "b, c, d"]
    assert list(doors["used"]) == [True, False]
    assert doors["is_minimal"].all()


def test_an_m_is_left_alone_with_the_path_it_would_open() -> None:
    question = ask("u1 [latent] u2 [latent] u1 -> {t m}; u2 -> {m y}; t -> y", "m", "y")
    found = identify(question)
    row = found.frame[found.frame["way"] == "must not be adjusted for"].iloc[0]
    assert row["variables"] == "m"
    assert "t ← u1 (not measured) → m ← u2 (not measured) → y" in row["why"]


def test_a_collider_after_the_treatment_is_left_alone() -> None:
    assert ways(ask("t -> c; y -> c; t -> y", "c", "y"), "must not be adjusted for") == ["c"]


def test_why_not_is_said_and_estimators_refuse_with_the_same_reason() -> None:
    question = ask("u [latent]; u -> {t y}; t -> m -> y; z -> t", "m", "y", "z")
    found = identify(question)
    assert not found.is_identified
    assert ways(question, "back door") == []
    assert ways(question, "front door") == ["m"]
    assert ways(question, "instrument") == ["z"]
    assert "t ← u (not measured) → y" in found.summary
    for estimator in (linear_regression, aipw):
        with pytest.raises(NotApplicable, match=r"t ← u \(not measured\) → y"):
            estimator(question)


def test_no_path_to_the_outcome_is_said() -> None:
    found = identify(ask("a -> t; a -> y", "a", "y"))
    assert any("no effect" in note for note in found.notes)


def test_large_graphs_are_not_sent_to_dowhy_and_that_is_said() -> None:
    names = [f"c{k}" for k in range(25)]
    question = CausalQuestion(table(*names, "y"), treatment="t", outcome="y", confounders=names)
    found = identify(question)
    assert found.used == tuple(names)
    assert any("DoWhy was not asked" in note for note in found.notes)


def test_dowhy_is_named_where_it_agrees() -> None:
    assert any("same answer" in n for n in identify(ask("a -> {t y}; t -> y", "a", "y")).notes)


def test_the_figure_shows_every_variable_and_every_arrow() -> None:
    question = ask('a -> {t y}; t -> y; "a <b>bold</b> $x$ name" [latent]', "a", "y")
    figure = identify(question).figure()
    texts = [a.text for a in figure.layout.annotations if a.text]
    assert len(texts) == 4
    assert not any("<b>" in text or "$" in text for text in texts)
    assert sum(bool(a.showarrow) for a in figure.layout.annotations) == 3


def test_the_best_set_is_marked_and_can_be_chosen() -> None:
    text = "t <- a -> b -> y; c -> y; t -> y"
    found = identify(ask(text, *"abcy"))
    assert found.used == ("b",)  # of the two sets of one variable the one of least variance
    doors = found.frame[found.frame["way"] == "back door"]
    assert list(doors["variables"]) == ["a", "b", "b, c"]
    assert list(doors["is_optimal"]) == [False, False, True]
    assert any("b, c gives the estimates of least variance" in note for note in found.notes)

    chosen = identify(ask(f"dag {{ {text} b [adjusted] c [adjusted] }}", *"abcy"))
    assert chosen.used == ("b", "c")
    assert any("chosen by hand" in note for note in chosen.notes)
    assert chosen.provenance is not None
    assert "adjusted" in chosen.provenance.script.text


def test_a_choice_counts_for_estimators_and_for_the_fingerprint() -> None:
    question = ask("t <- a -> b -> y; t -> y", *"aby")
    graph = question.graph.adjusting_for("a")
    other = CausalQuestion(question.data, treatment="t", outcome="y", graph=graph)
    assert other.fingerprint != question.fingerprint
    notes = " ".join(linear_regression(other).notes)
    assert "Adjusted for a." in notes


def test_nothing_can_be_chosen_to_adjust_for() -> None:
    question = ask("a -> y; t -> y", "a", "y")
    graph = question.graph.adjusting_for()
    assert (
        identify(CausalQuestion(question.data, treatment="t", outcome="y", graph=graph)).used == ()
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dag { a -> {t y} t -> y b [adjusted] b -> y }", "leaves the path t ← a → y open"),
        ("dag { t -> m -> y m [adjusted] }", "m lies on the way from t to y"),
    ],
)
def test_a_choice_that_will_not_do_is_refused_with_the_reason(text: str, says: str) -> None:
    question = ask(text, *"abmy")
    found = identify(question)
    assert not found.is_identified
    assert says in found.summary
    assert "listed that would do" in found.summary
    with pytest.raises(NotApplicable, match="Choose one of the sets"):
        linear_regression(question)


def test_a_conditional_instrument_says_what_is_adjusted_for() -> None:
    frame = identify(ask("w -> {z y}; z -> t -> y; t <-> y", *"wzy")).frame
    row = frame[frame["way"] == "instrument"].iloc[0]
    assert (row["variables"], row["given"]) == ("z", "w")


def test_instruments_are_better_not_adjusted_for_and_mediators_never() -> None:
    question = ask("z -> t -> m -> y; m -> e; c -> {t y}; t -> idle", *"zmecy", "idle")
    frame = identify(question).frame
    by = frame.groupby("way")["variables"].agg(list)
    assert by["must not be adjusted for"] == ["m", "e"]
    assert by["better not adjusted for"] == ["z", "idle"]
    why = frame.loc[frame["way"] == "better not adjusted for", "why"]
    assert "amplifies the bias" in why.iloc[0]


def test_negative_controls_are_listed_with_what_is_adjusted_for() -> None:
    frame = identify(ask("c -> {t y n}; e -> t; t -> y", *"ceny")).frame
    controls = frame[frame["way"].str.startswith("negative control")]
    assert list(controls["way"].str[17:]) == ["outcome", "treatment", "treatment"]
    assert list(controls["variables"]) == ["n", "n", "e"]
    assert list(controls["given"]) == ["c", "t, c", "t, c"]


def test_a_graph_with_no_way_at_all_is_still_drawn_and_said() -> None:
    found = identify(ask("t <-> y; t -> y", "y"))
    assert len(found.frame) == 0
    assert "cannot be had by adjustment" in found.summary
    assert found.figure().layout.annotations
