"""What a person does on a page, and what a test reads off it."""

from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conversation import Conversation

#: A page that computes on a busy machine may take this long.
PATIENCE_MS = 60_000

_QUIET = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'


def settled(page: Page) -> Page:
    """Waits until the server has answered all that was asked and everything drawn is up to date."""
    page.wait_for_selector(_CONNECTED, timeout=PATIENCE_MS)
    Conversation.of(page).wait_for_answer()
    page.wait_for_selector(_QUIET, timeout=PATIENCE_MS)
    expect(page.locator('[data-stale="true"]')).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE_MS)
    return page


#: The sections of the navigation on top that open when they are pressed, and what they hold.
SECTIONS = {
    "Cause & effect": ("Cause", "Effect", "Robustness"),
    "Designs": (
        "Which design fits?", "Experiment", "Regression discontinuity",
        "Difference in differences", "Synthetic control", "Interrupted time series",
    ),
}  # fmt: skip


def go(page: Page, name: str) -> None:
    """To another page, by the navigation on top."""
    for section, names in SECTIONS.items():
        if name in names:
            page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    press(page, page.get_by_test_id("stTopNavLinkContainer").filter(has_text=name))


def choose(page: Page, label: str, option: str) -> None:
    """Chooses an option of the selectbox or multiselect with this label."""
    box = page.get_by_role("combobox", name=label).first
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).click()
    if page.get_by_role("listbox").count():
        page.keyboard.press("Escape")
    settled(page)


def pick(page: Page, label: str, option: str) -> None:
    """Picks one of the options that stand side by side: radio buttons, segments, pills."""
    group = page.get_by_role("radiogroup", name=label)
    group.get_by_text(option, exact=True).click()
    settled(page)


def write(page: Page, label: str, text: str | float) -> None:
    """Fills the field with this label, text or number, and leaves it."""
    field = page.get_by_label(label, exact=True).first
    field.fill(str(text))
    field.press("Enter")
    settled(page)


def click(page: Page, name: str) -> None:
    """Presses the button with this name and waits for what it does."""
    press(page, page.get_by_role("button", name=name, exact=True))


def press(page: Page, what: Locator) -> None:
    """Presses what the server answers, and waits for the answer."""
    # The page asks for the rerun a moment after the click: before that it looks quiet.
    Conversation.of(page).expect_rerun()
    what.click()
    settled(page)


def upload(page: Page, label: str, file: Path | FilePayload) -> None:
    """Gives a file to the uploader with this label."""
    uploader = page.get_by_test_id("stFileUploader").filter(has_text=label)
    # The file travels first, and only then does the page ask for a rerun.
    Conversation.of(page).expect_rerun()
    uploader.locator("input[type=file]").set_input_files(file)
    settled(page)


def figures(page: Page) -> Locator:
    """Every Plotly figure on the page, in a dashboard or in a report."""
    return page.locator(".js-plotly-plot")


def plot_data(page: Page, number: int = 0) -> list[dict[str, Any]]:
    """The traces of a figure as they are drawn: name, type, and x, y, z, text as lists."""
    figure = figures(page).nth(number)
    expect(figure.locator(".main-svg").first).to_be_attached(timeout=PATIENCE_MS)
    traces: list[dict[str, Any]] = figure.evaluate(_READ_TRACES)
    return traces


# The data travel base64-coded; _fullData holds them decoded, as typed arrays.
_READ_TRACES = """figure => figure._fullData.map(trace => {
    const read = {name: trace.name, type: trace.type, mode: trace.mode};
    for (const key of ["x", "y", "z", "text"]) {
        const values = trace[key];
        if (values != null) read[key] = typeof values === "string" ? values : Array.from(values);
    }
    return read;
})"""
