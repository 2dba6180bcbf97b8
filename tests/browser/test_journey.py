"""The main job, end to end, as a person does it: from a table to a report opened offline."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.actions import choose, click, figures, go, plot_data, press, settled, upload
from tests.browser.server import Server
from tests.conftest import SHARED_DATA

UPLOADER = "Bring a table"


def train(page: Page) -> None:
    go(page, "Model")
    click(page, "Train")
    expect(page.get_by_text("rows it has not seen").first).to_be_visible()


def pin(page: Page, heading: str | None = None) -> None:
    """Pins the (last) result shown on the page."""
    press(page, page.get_by_role("button", name="Pin to report").last)


def download(page: Page, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the report").click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def open_report(page: Page, file: Path, sections: int) -> None:
    """Opens a saved report and sees that every figure is drawn."""
    page.goto(file.as_uri())
    expect(page.locator("section")).to_have_count(sections)
    expect(figures(page)).to_have_count(sections)
    for number in range(sections):
        assert plot_data(page, number), f"figure {number} of the report holds no trace"


def test_quitting_smoking_from_sample_to_report(
    home_page: Page, offline_page: Page, tmp_path: Path
) -> None:
    page = home_page
    click(page, "Open Smokers and their weight (NHEFS)")
    expect(page.get_by_text("1,566").first).to_be_visible()

    train(page)
    pin(page)

    go(page, "Quality")
    assert len(plot_data(page)[0]["x"]) > 300
    pin(page)

    go(page, "Importance")
    assert len(plot_data(page)[0]["x"]) == 10
    expect(figures(page).first).to_contain_text("wt71")
    pin(page)

    go(page, "Dependence")
    choose(page, "The column that is varied", "age")
    curve = next(t for t in plot_data(page) if t["name"] == "average")
    assert min(curve["x"]) == 25
    assert max(curve["x"]) == 74
    pin(page)

    go(page, "Prediction")
    assert len(plot_data(page)[0]["x"]) >= 10
    pin(page)

    go(page, "Cause")
    click(page, "Use the textbook question")
    expect(page.get_by_text("By how much would wt82_71 change").first).to_be_visible()
    expect(page.get_by_text("can be had by adjusting for").first).to_be_visible()
    go(page, "Effect")
    expect(page.get_by_text("by linear regression adjusted for 9 columns")).to_be_visible()
    page.get_by_text("by AIPW over 5 folds").scroll_into_view_if_needed()
    expect(page.locator(".st-key-bar")).to_be_in_viewport()  # data and model stay in sight
    go(page, "Report")
    press(page, page.get_by_role("button", name="Add everything computed so far"))

    report = download(page, tmp_path)
    open_report(offline_page, report, sections=page.get_by_role("button", name="Remove").count())
    words = offline_page.locator("body").inner_text()
    assert "CausalQuestion(" in offline_page.content()
    assert "by linear regression" in words


def bike_sharing() -> FilePayload:
    """The real table where it is at hand, else one like it: hours, weather, a count."""
    real = SHARED_DATA / "bike_sharing_hour.csv"
    if real.is_file():
        return {"name": real.name, "mimeType": "text/csv", "buffer": real.read_bytes()}
    rng = np.random.default_rng(0)
    hour = rng.integers(0, 24, 2_000)
    made = pd.DataFrame(
        {
            "hr": hour,
            "season": rng.choice(["winter", "summer"], 2_000),
            "temp": rng.random(2_000).round(2),
        }
    )
    made["cnt"] = (100 + 80 * np.sin(hour / 4) + 120 * made["temp"]).round().astype(int)
    text = made.to_csv(index=False).encode()
    return {"name": "bike_sharing_hour.csv", "mimeType": "text/csv", "buffer": text}


def test_an_uploaded_table_from_file_to_report(
    home_page: Page, offline_page: Page, tmp_path: Path
) -> None:
    page = home_page
    upload(page, UPLOADER, bike_sharing())
    choose(page, "What should the model predict?", "cnt")
    train(page)
    go(page, "Dependence")
    choose(page, "The column that is varied", "hr")
    curve = next(t for t in plot_data(page) if t["name"] == "average")
    assert set(curve["x"]) == set(range(24))
    pin(page)
    go(page, "Prediction")
    click(page, "Highest prediction")
    pin(page)
    go(page, "Report")
    open_report(offline_page, download(page, tmp_path), sections=2)


def test_on_a_narrow_screen_a_picture_moves_sideways_and_the_page_does_not(home_page: Page) -> None:
    page = home_page
    click(page, "Open Progress of diabetes")
    train(page)
    page.set_viewport_size({"width": 420, "height": 900})
    picture = figures(page).first
    expect(picture).to_have_js_property("clientWidth", 448)
    expect(page.get_by_test_id("stMain")).to_have_js_property("scrollWidth", 420)


BAD_FILES = {
    "an empty file": ("empty.csv", b""),
    "a picture": ("table.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
    "prose": ("letter.txt", b"Dear Sir,\nthank you, and many greetings, too.\nIt rains.\nYours\n"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_a_sentence_and_the_open_table_stays(home_page: Page, what: str) -> None:
    page = home_page
    click(page, "Open Progress of diabetes")
    page.get_by_text("Open another table").click()
    settled(page)
    name, content = BAD_FILES[what]
    upload(page, UPLOADER, {"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_text("What to do:").first).to_be_visible()
    expect(page.get_by_text("The table that was open before is still open.")).to_be_visible()
    expect(page.get_by_text("442").first).to_be_visible()


@pytest.mark.parametrize("name", ["dependence", "cause", "report"])
def test_a_link_to_a_page_opens_that_page_inside_the_dashboard(
    page: Page, server: Server, trouble: list[str], name: str
) -> None:
    page.goto(f"{server.url}/{name}")
    settled(page)
    expect(page.get_by_role("heading", name=name.capitalize(), exact=True)).to_be_visible()
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(10)
    expect(page.get_by_test_id("stTopNavSection")).to_have_count(2)
    assert page.url.split("?")[0].endswith(f"/{name}")
    # Streamlit looks for its own server below the page's address first, and finds it above.
    probes = [t for t in trouble if "404 (Not Found)" in t]
    assert len(probes) <= 2
    trouble[:] = [t for t in trouble if t not in probes]
