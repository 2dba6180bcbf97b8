"""Every page, in every state a person can bring it into, says something and never fails."""

import pytest

from tests.pages.conftest import DESIGNS, PAGES, ROWS, Dashboard, data_of, model_of
from ui.state import Key

TASKS = ("regression", "binary", "multiclass")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_session_is_told_what_to_do(dashboard: Dashboard, page: str) -> None:
    dashboard.go(page)
    ways = [link.label for link in dashboard.app.page_link]
    if page in ("data", "report"):
        assert ways == []
    else:
        assert ways == ["Open a table or a sample"]
        assert "No data are open yet." in dashboard.text


@pytest.mark.parametrize(
    "page", ["quality", "compare", "importance", "dependence", "interactions", "prediction"]
)
def test_without_a_model_the_way_to_one_is_shown(dashboard: Dashboard, page: str) -> None:
    dashboard.open(data_of("regression")).go(page)
    assert [link.label for link in dashboard.app.page_link] == ["Train a model"]
    assert dashboard.figures == 0


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("task", TASKS)
def test_every_page_with_a_model(dashboard: Dashboard, page: str, task: str) -> None:
    dashboard.use(model_of(task)).go(page)
    if page not in ("data", "compare", "cause", "effect",
                    "robustness", *DESIGNS, "report"):  # fmt: skip
        # One model has no other to stand by, and no question was asked.
        assert dashboard.figures > 0
    assert f"{ROWS} rows × 5 columns" in dashboard.text


@pytest.mark.parametrize("page", PAGES)
def test_each_page_has_a_title_and_a_sentence(dashboard: Dashboard, page: str) -> None:
    dashboard.go(page)
    assert [title.value for title in dashboard.app.title] == [page.capitalize().replace("_", " ")]
    sentence = next(m.value for m in dashboard.app.markdown if m.value.endswith("."))
    assert len(sentence) > 60


def test_the_bar_names_data_model_and_positive_class(dashboard: Dashboard) -> None:
    dashboard.use(model_of("binary")).go("cause")
    assert "XGBoost predicts target" in dashboard.text.replace("**", "")
    assert "Positive class 예" in dashboard.text.replace("**", "")


def test_no_name_is_read_as_markdown(dashboard: Dashboard) -> None:
    dashboard.use(model_of("multiclass"))
    for page in PAGES:
        dashboard.go(page)
        raw = "\n".join(m.value for m in [*dashboard.app.markdown, *dashboard.app.caption])
        assert "![i](" not in raw
        assert "<i>" not in raw
        assert " $x_1$" not in raw


def test_a_page_run_alone_goes_into_the_dashboard(dashboard: Dashboard) -> None:
    del dashboard.app.session_state[Key.INSIDE]
    dashboard.go("dependence")
    assert dashboard[Key.INSIDE]
    assert [title.value for title in dashboard.app.title] == ["Dependence"]
