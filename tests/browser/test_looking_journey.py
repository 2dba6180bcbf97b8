"""What a person looks at before and beside one model: the table itself, two models, labels that
are arbitrary, chances that are too sure, and a row with other values."""

import numpy as np
import pandas as pd
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.actions import (
    choose,
    click,
    figures,
    go,
    pick,
    plot_data,
    press,
    upload,
    write,
)


def train(page: Page, family: str) -> None:
    pick(page, "Kind of model", family)
    click(page, "Train")
    expect(page.get_by_role("paragraph").filter(has_text=f"{family} predicts")).to_be_visible()


def look(page: Page, way: str) -> None:
    """One of the ways of looking that stand side by side."""
    pick(page, "Way of looking", way)


def test_a_table_is_looked_at_from_every_side(home_page: Page) -> None:
    page = home_page
    click(page, "Open Penguins of Palmer Station")
    go(page, "Profile")
    assert {t["name"] for t in plot_data(page)} == {
        "most frequent value",
        "other values",
        "missing",
    }
    look(page, "Distribution")
    choose(page, "The column that is looked at", "body_mass_g")
    choose(page, "Each level or quarter of this column apart", "species")
    assert {"Adelie", "Gentoo", "Chinstrap"} <= {t["name"] for t in plot_data(page)}
    look(page, "Missing values")
    expect(page.get_by_text("columns have missing values").first).to_be_visible()
    look(page, "Associations")
    expect(page.get_by_text("go together most").first).to_be_visible()
    look(page, "Two columns")
    assert plot_data(page)
    look(page, "Duplicate rows")
    expect(page.get_by_text("repeat an earlier row as a whole").first).to_be_visible()
    assert "profiled=" in page.url


def test_two_models_side_by_side_and_why_they_differ(home_page: Page) -> None:
    page = home_page
    click(page, "Open Penguins of Palmer Station")
    go(page, "Model")
    train(page, "XGBoost")
    train(page, "Decision tree")
    go(page, "Compare")
    expect(page.get_by_text("held-out rows").first).to_be_visible()
    assert {"held out", "learned from"} <= {t["name"] for t in plot_data(page)}
    look(page, "Where they differ")
    assert plot_data(page)
    press(page, page.get_by_role("button", name="Why they differ most"))
    expect(page.get_by_text("moves it most").first).to_be_visible()
    # the picture before is changed in place, a moment after the words
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot')?._fullData?.[0].x.length >= 3"
    )


def test_arbitrary_labels_become_a_class_that_need_not_be_guessed(home_page: Page) -> None:
    page = home_page
    click(page, "Open Progress of diabetes")
    page.get_by_text("Some labels are arbitrary?").click()
    for label, value in (("Neutral from", "120"), ("Neutral up to", "180")):
        write(page, label, value)
    click(page, "Make them neutral")
    go(page, "Model")
    train(page, "Decision tree")
    go(page, "Quality")
    look(page, "Coverage and accuracy")
    expect(page.get_by_text("are truly 'neutral'").first).to_be_visible()
    assert figures(page).count() == 1


def too_timid() -> FilePayload:
    """Two classes that overlap widely: a forest of random splits is too timid about them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_200, 2)).round(3)
    made = pd.DataFrame(x, columns=["a", "b"])
    made["y"] = np.where(x[:, 0] + rng.logistic(size=1_200) > 0, "yes", "no")
    text = made.to_csv(index=False).encode()
    return {"name": "classes.csv", "mimeType": "text/csv", "buffer": text}


def test_chances_that_are_wrong_are_put_right_and_compared(home_page: Page) -> None:
    page = home_page
    upload(page, "Bring a table", too_timid())
    choose(page, "What should the model predict?", "y")
    go(page, "Model")
    train(page, "Extra trees")
    go(page, "Quality")
    look(page, "Calibration")
    expect(page.get_by_text("too timid").first).to_be_visible()
    click(page, "Calibrate")
    look(page, "Calibration, before and after")
    assert {"before", "after"} <= {t["name"] for t in plot_data(page)}
    click(page, "Use the model before calibration")
    expect(page.get_by_role("button", name="Calibrate", exact=True)).to_be_visible()


def test_a_row_with_another_value_says_whether_the_answer_is_an_effect(home_page: Page) -> None:
    page = home_page
    click(page, "Open Smokers and their weight (NHEFS)")
    go(page, "Model")
    train(page, "Decision tree")
    go(page, "Prediction")
    press(page, page.get_by_text("More columns"))
    write(page, "qsmk", 1)
    expect(page.get_by_text("No causal question was asked.", exact=True)).to_be_visible()
    expect(page.get_by_text("is not what would happen if the values were changed")).to_be_visible()
    go(page, "Cause")
    click(page, "Use the textbook question")
    go(page, "Prediction")
    # the edit is kept; its badge stands beside the field and above the picture
    expect(page.get_by_label("qsmk", exact=True).first).to_have_value("1")
    expect(page.get_by_text("If the graph is right, this is what setting")).to_be_visible()
    expect(page.get_by_text("What qsmk does is estimated, with its interval")).to_be_visible()
    badges = page.locator(".stMarkdownBadge").filter(has_text="Total effect")
    expect(badges).to_have_count(3)
    assert len(plot_data(page, 1)[0]["x"]) == 1
    write(page, "age", 60)
    expect(page.get_by_text("a question of their joint effect")).to_be_visible()
    # the picture before is changed in place, a moment after the words
    second = "document.querySelectorAll('.js-plotly-plot')[1]"
    page.wait_for_function(f"{second}?._fullData?.[0].x.length == 2")
    click(page, "Back to the row's own values")
    expect(page.get_by_text("No value is edited yet.")).to_be_visible()
