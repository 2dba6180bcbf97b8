"""Beside every picture of a model's columns stands whether it may be read as an effect."""

from typing import Any

import pytest

from causal import CausalQuestion
from tests.pages.conftest import Dashboard, model_of
from ui.licence import UNASKED
from ui.state import Choice, Key
from workbench import report_html

AGE, CITY, BOLD = "나이", "![i](http://x/y.png) :red[a]", "$x_1$ **bold**"
#: Of the treatment: the age confounds, the bold column lies between, the city stands alone.
GRAPH = (
    f'"{AGE}" -> treated; "{AGE}" -> target; treated -> "{BOLD}" -> target; treated -> target; '
    f'"{CITY}" -> target'
)
ROLES = {"confounders": (AGE, CITY, BOLD)}


def asked(dashboard: Dashboard, outcome: str = "target", **given: Any) -> Dashboard:
    model = model_of("regression")
    question = CausalQuestion(model.data, treatment="treated", outcome=outcome, **given)
    dashboard.use(model).app.session_state[Key.QUESTION] = question
    return dashboard


def dependence(dashboard: Dashboard, feature: str) -> Dashboard:
    dashboard.app.session_state[Choice.FEATURE] = feature
    return dashboard.go("dependence")


@pytest.mark.parametrize("page", ["importance", "dependence", "prediction"])
def test_without_a_question_it_is_the_models_view_only(dashboard: Dashboard, page: str) -> None:
    dashboard.use(model_of("regression")).go(page)
    assert "gray-badge[:material/visibility: The model's view only]" in dashboard.text
    assert UNASKED in dashboard.text
    links = [link.label for link in dashboard.app.page_link]
    assert ("Ask a causal question" in links) == (page == "importance")


def test_a_question_about_something_else_says_nothing(dashboard: Dashboard) -> None:
    asked(dashboard, outcome=AGE)
    assert UNASKED in dependence(dashboard, "treated").text


@pytest.mark.parametrize(
    ("given", "feature", "badge", "why"),
    [
        (ROLES, "treated", "green-badge[:material/check_circle: Total effect]", "every path from"),
        (ROLES, AGE, "The model's view only]", f"The roles say what {AGE} is to treated"),
        ({"graph": GRAPH}, "treated", "Direct effect only]", f"The model holds {BOLD} fixed"),
        ({"graph": GRAPH}, BOLD, "Total effect]", f"every path from {BOLD} to target"),
    ],
)
def test_beside_a_curve_stands_the_licence_of_its_column_and_why(
    dashboard: Dashboard, given: dict[str, Any], feature: str, badge: str, why: str
) -> None:
    dependence(asked(dashboard, **given), feature)
    assert badge in dashboard.text
    assert why in dashboard.text
    assert UNASKED not in dashboard.text


@pytest.mark.parametrize("page", ["importance", "prediction"])
def test_beside_all_columns_each_colour_names_its_own(dashboard: Dashboard, page: str) -> None:
    asked(dashboard, graph=GRAPH).go(page)
    shown = [caption.value for caption in dashboard.app.caption]
    assert "Total effect]" in dashboard.text
    assert "Direct effect only]" in dashboard.text
    assert any(AGE in words and "treated" in words for words in shown)


def test_the_importance_page_opens_what_takes_model_and_question(dashboard: Dashboard) -> None:
    asked(dashboard, graph=GRAPH).go("importance")
    titles = [expander.label for expander in dashboard.app.expander]
    assert {"Licence", "Coefficients, and which are effects"} <= set(titles)
    before = dashboard.figures
    dashboard.app.session_state["demand-causal.licence"] = True
    dashboard.app.run()
    assert dashboard.sound().figures == before + 1
    assert "may be read as their total effects" in dashboard.text


def test_what_is_pinned_carries_it_into_the_report(dashboard: Dashboard) -> None:
    dependence(asked(dashboard, graph=GRAPH), "treated").press("Pin to report")
    (pinned,) = dashboard[Key.PINNED]
    assert pinned.notes[0].startswith("Licence of treated: amber. The model holds")
    assert "result = allowed.beside(result)" in pinned.provenance.script.text
    assert "Licence of treated: amber." in report_html([pinned])
    assert "Pinned to the report" in [button.label for button in dashboard.app.button]


def test_everything_computed_carries_it_too(dashboard: Dashboard) -> None:
    dependence(asked(dashboard, graph=GRAPH), "treated").go("report")
    label = next(b.label for b in dashboard.app.button if b.label.startswith("Add everything"))
    dashboard.press(label)
    assert any(r.notes[0].startswith("Licence of treated") for r in dashboard[Key.PINNED])
