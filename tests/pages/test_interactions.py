"""The pair that acts together most is shown first, and another can be chosen."""

from tests.pages.conftest import Dashboard, model_of
from ui.state import SETTING

FIRST, SECOND = f"{SETTING}interactions.first", f"{SETTING}interactions.second"
VIEW, PAIR = f"{SETTING}together", f"{SETTING}of_two"


def test_it_begins_with_the_strongest_pair(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("interactions")
    assert "act together most" in dashboard.text
    first, second = (dashboard.app.selectbox(key=key).value for key in (FIRST, SECOND))
    assert first != second
    labels = [dashboard.app.selectbox(key=key).label for key in (FIRST, SECOND)]
    assert labels == ["The first column", "The second column"]
    strongest = next(m for m in dashboard.text.splitlines() if "act together most" in m)
    assert f"'{first}' and '{second}'" in strongest
    assert dashboard.figures == 2


def test_another_pair_and_another_way_of_looking(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("interactions")
    dashboard.app.selectbox(key=FIRST).set_value("$x_1$ **bold**").run()
    dashboard.app.selectbox(key=SECOND).set_value("나이").run()
    dashboard.sound()
    method = "interpret.two_way_accumulated_effects"
    dashboard.app.segmented_control(key=PAIR).set_value(method).run()
    dashboard.sound()
    assert "나이" in dashboard.text
    assert dashboard.figures == 2


def test_a_column_with_itself_is_told(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("interactions")
    for key in (FIRST, SECOND):
        dashboard.app.selectbox(key=key).set_value("나이").run()
    dashboard.app.segmented_control(key=PAIR).set_value("interpret.two_way_accumulated_effects")
    dashboard.app.run()
    dashboard.sound()
    assert "the same" in dashboard.warnings
