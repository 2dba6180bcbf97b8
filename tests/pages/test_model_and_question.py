"""Where a model and a question meet on the pages: the Effect page, and the foot of Importance."""

from causal import CausalQuestion
from tests.pages.conftest import Dashboard, model_of
from ui.state import Key

AGE, CITY, BOLD = "나이", "![i](http://x/y.png) :red[a]", "$x_1$ **bold**"
GRAPH = (
    f'"{AGE}" -> treated -> target; "{AGE}" -> target; treated -> "{BOLD}" -> target; '
    f'"{CITY}" -> target'
)
TITLE = "Prediction against cause"


def asked(dashboard: Dashboard) -> Dashboard:
    model = model_of("regression")
    question = CausalQuestion(model.data, treatment="treated", outcome="target", graph=GRAPH)
    dashboard.use(model).app.session_state[Key.QUESTION] = question
    return dashboard


def expanders(dashboard: Dashboard) -> list[str]:
    return [expander.label for expander in dashboard.app.expander]


def opened(dashboard: Dashboard, name: str) -> Dashboard:
    dashboard.app.session_state[f"demand-causal.{name}"] = True
    dashboard.app.run()
    return dashboard.sound()


def test_the_effect_page_holds_the_model_against_the_effect(dashboard: Dashboard) -> None:
    asked(dashboard).go("effect")
    assert TITLE in expanders(dashboard)
    before = dashboard.figures
    opened(dashboard, "prediction_against_cause")
    assert dashboard.figures == before + 1
    assert "by the model (partial dependence)" in dashboard.text
    assert f"the model holds {BOLD} fixed" in dashboard.text.replace("\\", "")


def test_without_a_model_of_the_outcome_the_way_to_one_is_shown(dashboard: Dashboard) -> None:
    asked(dashboard)
    del dashboard.app.session_state[Key.MODEL]
    dashboard.go("effect")
    assert TITLE not in expanders(dashboard)
    assert "Train a model of target" in dashboard.text
    assert "Train a model" in [link.label for link in dashboard.app.page_link]


def test_the_importance_page_opens_the_others(dashboard: Dashboard) -> None:
    asked(dashboard).go("importance")
    assert "Causal Shapley values" in expanders(dashboard)
    before = dashboard.figures
    opened(dashboard, "rank_against_effect")
    assert dashboard.figures == before + 1
