"""Effects by design, and what a model says beside an effect, as a person asks for them."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import choose, click, figures, go, settled, upload, write
from tests.browser.test_journey import UPLOADER, download, open_report, pin, train


def bring(page: Page, frame: pd.DataFrame, name: str) -> None:
    """Uploads a table as a CSV file."""
    upload(page, UPLOADER, {"name": name, "mimeType": "text/csv",
                            "buffer": frame.to_csv(index=False).encode()})  # fmt: skip


def unfold(page: Page, title: str) -> None:
    """Opens a method that is computed when it is opened."""
    page.get_by_text(title, exact=True).click()
    settled(page)


def report_of(page: Page, offline_page: Page, folder: Path, sections: int) -> None:
    """Downloads the report and opens it without a network."""
    go(page, "Report")
    open_report(offline_page, download(page, folder), sections=sections)


def test_prop_99_from_upload_to_report(
    home_page: Page, offline_page: Page, tmp_path: Path, shared_data: Path
) -> None:
    page = home_page
    wide = pd.read_csv(shared_data / "sc_california_prop99.csv")
    bring(page, wide.melt("Year", var_name="state", value_name="packs"), "prop99.csv")
    go(page, "Which design fits?")
    choose(page, "Did it start at a known time", "one unit among others")
    expect(page.get_by_text("Synthetic control fits first").first).to_be_visible()
    go(page, "Synthetic control")
    choose(page, "What is measured", "packs")
    choose(page, "Who is followed over time", "state")
    choose(page, "The period", "Year")
    write(page, "Or: the names of the treated units, with commas between", "California")
    write(page, "With the names: the first treated period", "1989")
    click(page, "Ask")
    expect(page.get_by_text("packs of California ran 19.51 per period below").first).to_be_visible()
    pin(page)
    unfold(page, "Placebo in space")
    expect(figures(page)).to_have_count(3)
    report_of(page, offline_page, tmp_path, sections=1)
    expect(offline_page.get_by_text("ran 19.51 per period below").first).to_be_visible()


def test_castle_doctrine_from_upload_to_report(
    home_page: Page, offline_page: Page, tmp_path: Path
) -> None:
    castle = pytest.importorskip("causaldata").castle.load_pandas().data
    page = home_page
    frame = castle[["sid", "year", "l_homicide"]].assign(on=(castle["post"] > 0).astype(int))
    bring(page, frame, "castle.csv")
    go(page, "Difference in differences")
    choose(page, "What is measured", "l_homicide")
    choose(page, "Who is followed over time", "sid")
    choose(page, "The period", "year")
    choose(page, "1 in rows where the treatment is in force", "on")
    click(page, "Ask")
    expect(page.get_by_text("by staggered difference-in-differences").first).to_be_visible()
    pin(page)
    unfold(page, "Parallel trends before")
    expect(figures(page)).to_have_count(4)
    report_of(page, offline_page, tmp_path, sections=1)


def test_deaths_in_england_and_wales_interrupted(home_page: Page, shared_data: Path) -> None:
    page = home_page
    upload(page, UPLOADER, shared_data / "its_deaths_england_wales.csv")
    go(page, "Interrupted time series")
    choose(page, "What is measured at each time", "deaths")
    choose(page, "When it was measured", "date")
    write(page, "When the intervention began, written as in the table", "2030-01-01")
    expect(page.get_by_text("What to do:").first).to_be_visible()
    write(page, "When the intervention began, written as in the table", "2020-01-01")
    click(page, "Ask")
    expect(page.get_by_text("per month above the path it was on").first).to_be_visible()
    expect(figures(page)).to_have_count(2)


def test_a_column_keeps_its_name_in_the_form_of_a_cut_off(
    home_page: Page, shared_data: Path
) -> None:
    page = home_page
    upload(page, UPLOADER, shared_data / "rd_us_senate.csv")
    go(page, "Regression discontinuity")
    choose(page, "What may jump", "vote")
    choose(page, "The score that decides who is treated", "margin")
    click(page, "Ask")
    expect(page.get_by_text("7.41").first).to_be_visible()
    expect(figures(page)).to_have_count(2)


def question(page: Page, treatment: str, outcome: str, confounders: tuple[str, ...]) -> None:
    """Asks for the effect of one unit more, by the parts of the columns."""
    go(page, "Cause")
    choose(page, "Treatment", treatment)
    choose(page, "Outcome", outcome)
    for name in confounders:
        choose(page, "Confounders", name)
    click(page, "Ask")


def read_beside_the_effect(page: Page, treatment: str) -> None:
    """Partial dependence carries its licence, and stands beside the effect on one axis."""
    go(page, "Dependence")
    choose(page, "The column that is varied", treatment)
    expect(page.get_by_text("Total effect").first).to_be_visible()
    go(page, "Effect")
    unfold(page, "Prediction against cause")
    expect(page.get_by_text("One unit more").first).to_be_visible()
    expect(page.get_by_text("by the model (partial dependence)").first).to_be_visible()
    expect(page.get_by_text("How it learned").first).to_be_visible()


def test_is_the_effect_of_temperature_what_the_partial_dependence_says(
    home_page: Page, shared_data: Path
) -> None:
    days = pd.read_csv(shared_data / "bike_sharing_day.csv")
    confounders = ("mnth", "yr", "hum", "windspeed")
    bring(home_page, days[["temp", *confounders, "cnt"]], "bikes.csv")
    choose(home_page, "What should the model predict?", "cnt")
    train(home_page)
    question(home_page, "temp", "cnt", confounders)
    read_beside_the_effect(home_page, "temp")


def test_is_the_effect_of_smoking_more_what_the_partial_dependence_says(home_page: Page) -> None:
    click(home_page, "Open Smokers and their weight (NHEFS)")
    train(home_page)
    confounders = ("qsmk", "sex", "race", "age", "education", "smokeyrs", "exercise", "active",
                   "wt71")  # fmt: skip
    question(home_page, "smokeintensity", "wt82_71", confounders)
    read_beside_the_effect(home_page, "smokeintensity")


def test_a_cut_off_is_seen_on_a_sample_before_anything_was_brought(
    home_page: Page, offline_page: Page, tmp_path: Path
) -> None:
    page = home_page
    go(page, "Regression discontinuity")
    click(page, "Open Close elections and votes in Congress")
    expect(page.get_by_text("a step of 46.69").first).to_be_visible()
    expect(page.get_by_text("47.6 points").first).to_be_visible()
    expect(figures(page)).to_have_count(2)
    pin(page)
    choose(page, "The side that is treated", "below")
    click(page, "Ask")
    expect(page.get_by_text("being below demvoteshare = 0.5").first).to_be_visible()
    click(page, "Use the textbook question")
    expect(page.get_by_text("being at or above demvoteshare = 0.5").first).to_be_visible()
    report_of(page, offline_page, tmp_path, sections=1)
