"""Results are pinned, put in order, and leave as one file."""

from tests.pages.conftest import Dashboard, model_of
from ui.state import Key


def pinned(dashboard: Dashboard) -> list[str]:
    return [result.title for result in dashboard[Key.PINNED] or ()]


def with_two(dashboard: Dashboard) -> Dashboard:
    dashboard.use(model_of("regression"))
    return dashboard.go("importance").go("dependence").go("report")


def test_everything_computed_can_be_added(dashboard: Dashboard) -> None:
    with_two(dashboard).press("Add everything computed so far (2)")
    assert pinned(dashboard) == ["Permutation importance", "Partial dependence of treated"]
    assert [button.label for button in dashboard.app.download_button] == ["Download the report"]


def test_pinning_twice_pins_once_and_can_be_undone(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("importance").press("Pin to report")
    assert pinned(dashboard) == ["Permutation importance"]
    dashboard.press("Pinned to the report")
    assert pinned(dashboard) == []


def test_the_order_can_be_changed(dashboard: Dashboard) -> None:
    with_two(dashboard).press("Add everything computed so far (2)").press("Move down")
    assert pinned(dashboard) == ["Partial dependence of treated", "Permutation importance"]
    dashboard.press("Remove")
    assert pinned(dashboard) == ["Permutation importance"]


def test_pinned_results_outlive_the_model(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("importance").press("Pin to report")
    dashboard.go("model").choose("What should the model predict?", "나이").go("report")
    assert pinned(dashboard) == ["Permutation importance"]


def test_another_title_makes_another_file(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("importance").press("Pin to report").go("report")
    first = dashboard.app.download_button[0].proto.url
    dashboard.choose("Title of the report", "보고서 <b>")
    assert dashboard.app.download_button[0].proto.url != first
