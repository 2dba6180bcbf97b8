"""A question is asked, answered, and refused in a sentence where it contradicts itself."""

import numpy as np
import pytest

from tests.pages.conftest import ROWS, Dashboard, data_of, frame_of
from ui.graph_editor import LABEL
from ui.question import BY_GRAPH
from ui.state import Key
from workbench import Dataset
from workbench.samples import SAMPLES

# DoWhy 0.14 calls pandas with a keyword that pandas 4 removes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The copy keyword is deprecated:pandas.errors.Pandas4Warning"
)


def ask(dashboard: Dashboard, treatment: str, outcome: str) -> Dashboard:
    return dashboard.go("cause").choose("Treatment", treatment).choose("Outcome", outcome)


def test_before_the_question_the_steps_are_announced(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("cause")
    assert "Choose a treatment and an outcome." in dashboard.text
    assert "May it be answered?" in dashboard.text
    assert dashboard.figures == 0
    for page in ("effect", "robustness"):
        dashboard.go(page)
        assert [link.label for link in dashboard.app.page_link] == ["Ask a question"]


def test_a_question_is_answered_step_by_step(dashboard: Dashboard) -> None:
    ask(dashboard.open(data_of("regression")), "treated", "target")
    dashboard.choose("Confounders", ["$x_1$ **bold**", "나이"]).press("Ask")
    assert "By how much would target change" in dashboard.text
    assert dashboard.figures == 2  # the graph, and what it says of the data
    dashboard.go("effect")
    assert "By how much would target change" in dashboard.text
    headings = [h.value for h in dashboard.app.subheader]
    assert headings[:3] == ["Who is compared", "The estimates", "Through what"]
    assert headings[3:] == [
        "What the model says beside it", "For whom: does it differ at all?",
        "For whom: between which rows?", "The verdict in words",
    ]  # fmt: skip
    assert dashboard.figures >= 4
    dashboard.go("robustness")
    assert dashboard.figures == 0  # computed when it is opened
    titles = [e.label for e in dashboard.app.expander]
    assert "Placebo treatment" in titles
    assert "Specification curve" in titles


def test_the_effect_on_each_kind_of_row_is_a_question(dashboard: Dashboard) -> None:
    ask(dashboard.open(data_of("regression")), "treated", "target")
    dashboard.choose("Confounders", ["$x_1$ **bold**", "나이"])
    dashboard.choose("Averaged over", "CATE")
    assert "no column says which kinds there are" in dashboard.text
    dashboard.choose("By the groups of", "나이").press("Ask")
    assert "on average over each group of 나이" in dashboard.text
    dashboard.go("effect")
    assert [h.value for h in dashboard.app.subheader] == ["Who is compared", "The estimates"]
    assert "the groups" in dashboard.text
    assert "One effect for each of 4 groups" in dashboard.text


def test_an_amount_and_an_instrument_have_estimates_of_their_own(dashboard: Dashboard) -> None:
    ask(dashboard.open(data_of("regression")), "나이", "target").press("Ask").go("effect")
    assert [h.value for h in dashboard.app.subheader] == [
        "The estimates", "What the model says beside it", "The verdict in words"
    ]  # fmt: skip
    assert "Dose-response curve" in dashboard.text
    ask(dashboard, "treated", "target")
    dashboard.choose("Instruments", ["나이"]).choose("Averaged over", "LATE").press("Ask")
    dashboard.go("effect")
    assert "among those whom the instrument moves" in dashboard.text


def test_the_installation_proves_itself(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("cause")
    dashboard.app.session_state["selftest"] = True
    dashboard.app.run()
    assert "known numbers are met" in dashboard.text


@pytest.mark.parametrize("name", [n for n, s in SAMPLES.items() if s.question is not None])
def test_the_textbook_question_is_one_click(dashboard: Dashboard, name: str) -> None:
    dashboard.app.button(key=f"sample-{name}").click().run()
    dashboard.go("cause").press("Use the textbook question")
    asked = dashboard[Key.QUESTION]
    known = SAMPLES[name].question
    assert known is not None
    assert (asked.confounders, asked.instruments) == (known.confounders, known.instruments)
    assert asked.estimand == known.estimand
    assert asked.sentence in dashboard.text
    assert known.answer in dashboard.text
    # the form says what was asked: nothing has changed since
    assert "The form has changed" not in dashboard.text


@pytest.mark.parametrize(
    ("graph", "told"),
    [
        ("digraph { treated -> target; target -> 나이; 나이 -> treated }", "circle"),
        ("digraph { treated -> target; ghost -> treated }", "ghost"),
        ("digraph { treated -> ", "What to do:"),
    ],
)
def test_a_graph_that_cannot_be_is_told(dashboard: Dashboard, graph: str, told: str) -> None:
    ask(dashboard.open(data_of("regression")), "treated", "target")
    dashboard.choose("How the assumptions are given", BY_GRAPH)
    dashboard.choose(LABEL, graph)
    assert told in dashboard.warnings
    assert dashboard.app.text_area[0].value == graph
    assert dashboard[Key.DATASET] is data_of("regression")


@pytest.mark.parametrize(
    ("values", "told"),
    [(np.ones(ROWS), "varies"), ([f"text {i % 27}" for i in range(ROWS)], "27 levels")],
)
def test_a_treatment_that_cannot_be_one(
    dashboard: Dashboard, values: list[object], told: str
) -> None:
    data = Dataset.of(frame_of("regression").assign(treated=values))
    ask(dashboard.open(data), "treated", "target")
    assert told in dashboard.warnings
    assert dashboard[Key.QUESTION] is None
    assert dashboard[Key.DATASET] is data


def test_what_was_entered_stays_when_it_is_refused(dashboard: Dashboard) -> None:
    ask(dashboard.open(data_of("regression")), "treated", "target")
    dashboard.choose("Confounders", ["treated", "나이"])
    assert "named twice" in dashboard.warnings
    assert dashboard.app.multiselect[0].value == ["treated", "나이"]


def test_choices_survive_a_page_switch(dashboard: Dashboard) -> None:
    ask(dashboard.open(data_of("regression")), "treated", "target").go("data").go("cause")
    assert [box.value for box in dashboard.app.selectbox[:2]] == ["treated", "target"]


def with_graph(dashboard: Dashboard, text: str) -> Dashboard:
    ask(dashboard.open(data_of("regression")), "treated", "target")
    dashboard.choose("How the assumptions are given", BY_GRAPH)
    return dashboard.choose(LABEL, text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("DOT", "나이 -> {treated target}; treated -> target"),
        ("dagitty", ("dag { treated [exposure] target [outcome] 나이 -> {treated target} "
         "treated -> target u [latent] u -> target }")),
        ("GML", ('graph [ directed 1 node [ id 0 label "treated" ] node [ id 1 label "target" ] '
         "edge [ source 0 target 1 ] ]")),
        ("edge table", "from,to\n나이,treated\n나이,target\ntreated,target"),
    ],
)  # fmt: skip
def test_a_graph_is_asked_in_any_form(dashboard: Dashboard, form: str, text: str) -> None:
    with_graph(dashboard, text).press("Ask")
    assert f"Read as {form}" in dashboard.text
    asked = dashboard[Key.QUESTION]
    assert asked.graph_was_drawn
    assert ("treated", "target") in asked.graph.edges
    assert "Sets to adjust for" in dashboard.text
    assert "Testable implications" in dashboard.text


def test_a_text_that_asks_about_others_is_said(dashboard: Dashboard) -> None:
    with_graph(dashboard, "dag { 나이 [exposure] 나이 -> treated -> target }")
    assert "asks about treated as the treatment, the text marks 나이" in dashboard.text


def test_another_of_the_valid_sets_can_be_chosen(dashboard: Dashboard) -> None:
    first, second = "$x_1$ **bold**", "나이"
    with_graph(dashboard, f'treated <- "{first}" -> 나이 -> target; treated -> target')
    assert [b.label for b in dashboard.app.selectbox if b.label == "Adjust for"]
    dashboard.choose("Adjust for", first).press("Ask")
    assert dashboard[Key.QUESTION].graph.adjusted == {first}
    dashboard.choose("Adjust for", "Automatic").press("Ask")
    assert dashboard[Key.QUESTION].graph.adjusted is None
    assert second in dashboard.text


def test_a_graph_that_cannot_be_read_is_told_once(dashboard: Dashboard) -> None:
    with_graph(dashboard, "dag { treated -> target")
    assert dashboard.warnings.count("ends before its") == 1
