"""Arbitrary labels become a third class on the Data page, the picture is on the Quality page."""

from tests.pages.conftest import Dashboard, data_of, model_of
from ui.state import Choice, Key
from workbench import train


def test_a_number_is_cut_in_three_and_back_again(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("data")
    dashboard.choose("Neutral from", -2.0).choose("Neutral up to", 2.0)
    dashboard.press("Make them neutral")
    made = dashboard[Key.DATASET]
    assert set(made.frame["target"]) == {"below", "neutral", "above"}
    assert "was closed" in dashboard.text  # the model of the former labels
    count = int((made.frame["target"] == "neutral").sum())
    assert f"{count} neutral" in dashboard.text
    dashboard.press("Take it back")
    assert dashboard[Key.DATASET] is model_of("regression").data


def test_a_column_says_which_rows_and_is_no_feature_any_more(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("data")
    dashboard.choose("Column that says so", "나이").choose("Neutral from", 70.0)
    dashboard.press("Make them neutral")
    made = dashboard[Key.DATASET]
    assert set(made.frame["target"]) == {"예", "아니오", "neutral"}
    assert "나이" not in made.features
    assert "'나이' says which rows are 'neutral'" in dashboard.text


def test_levels_say_which_rows(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("data")
    dashboard.choose("Column that says so", "![i](http://x/y.png) :red[a]")
    dashboard.choose("Values that are neutral", ["서울"]).press("Make them neutral")
    made = dashboard[Key.DATASET]
    named = made.frame["![i](http://x/y.png) :red[a]"] == "서울"
    assert (made.frame["target"] == "neutral").equals(named)


def test_what_cannot_be_is_told_and_the_table_stays(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("data")
    dashboard.choose("Neutral from", 2.0).press("Make them neutral")
    assert "What to do:" in dashboard.warnings
    assert "two classes" in dashboard.warnings
    assert dashboard[Key.DATASET] is data_of("regression")


def test_the_picture_knows_the_neutral_class(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("data")
    dashboard.choose("Neutral from", -2.0).choose("Neutral up to", 2.0)
    dashboard.press("Make them neutral")
    dashboard.use(train(dashboard[Key.DATASET])).go("quality")
    dashboard.app.segmented_control(key=Choice.JUDGED).set_value(
        "workbench.coverage_accuracy"
    ).run()
    dashboard.sound()
    assert dashboard.figures == 1
    assert "are truly 'neutral'" in dashboard.text
