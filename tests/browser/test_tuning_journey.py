"""Searching for better settings as a person does it: to the end, and stopped half way."""

from playwright.sync_api import Page, expect

from tests.browser.actions import click, figures, go, pick, plot_data, press, settled, write

#: More than anybody waits for: the search is stopped.
ENDLESS = 10_000


def opened(page: Page, family: str) -> None:
    """The search of a kind of model, opened on the Model page."""
    click(page, "Open Progress of diabetes")
    go(page, "Model")
    pick(page, "Kind of model", family)
    page.get_by_text("Search for better settings").click()
    settled(page)


def test_a_search_trains_the_better_model_and_compares_it(home_page: Page) -> None:
    page = home_page
    opened(page, "XGBoost")
    write(page, "Trials", 6)
    write(page, "Folds", 3)
    click(page, "Search")
    expect(page.get_by_text("In 6 trials of XGBoost")).to_be_visible()
    best = next(t for t in plot_data(page) if t["name"] == "best so far")
    assert len(best["y"]) == 6
    assert best["y"] == sorted(best["y"])
    click(page, "Train with these settings")
    expect(page.get_by_role("heading", name="Tuned against default")).to_be_visible()
    expect(page.get_by_text("with the defaults, a gain of")).to_be_visible()
    expect(page.get_by_role("heading", name="How good it is")).to_be_visible()
    press(page, page.get_by_role("button", name="Pin to report").first)
    expect(page.get_by_role("button", name="Pinned to the report")).to_be_visible()


def test_a_stopped_search_keeps_its_best_and_can_be_used(home_page: Page) -> None:
    page = home_page
    opened(page, "Decision tree")
    write(page, "Trials", ENDLESS)
    page.get_by_role("button", name="Search", exact=True).click()
    # the curve is there while the search goes on
    expect(figures(page).first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    settled(page)
    expect(page.get_by_text(f"of {ENDLESS} trials; its best is kept.")).to_be_visible()
    expect(page.get_by_role("button", name="Search again from the start")).to_be_visible()
    click(page, "Train with these settings")
    expect(page.get_by_role("heading", name="How good it is")).to_be_visible()
