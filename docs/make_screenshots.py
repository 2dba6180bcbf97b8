"""Takes the pictures of the README, and one of every page, from a running dashboard.

`python -m docs.make_screenshots [folder]`: all pages go into `folder`, the README's two into
docs/images.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.actions import choose, click, figures, go, settled
from tests.browser.conversation import Conversation
from tests.browser.install import ARGUMENTS, find_browser
from tests.browser.server import serving
from workbench.samples import designs

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"


def take(folder: Path) -> None:
    """Every page of the journey on NHEFS, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    IMAGES.mkdir(exist_ok=True)
    path = find_browser()  # asks Playwright too, so it comes before Playwright is started
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as home,
        serving(ROOT / "app.py", Path(home)) as server,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for scheme in ("light", "dark"):
            _journey(_page(browser, scheme, server.url), folder, scheme)
            _designs(_page(browser, scheme, server.url), folder, scheme)


def _page(browser: Browser, scheme: str, url: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(120_000)
    page = context.new_page()
    Conversation(page)
    page.goto(url)
    return settled(page)


def _journey(page: Page, folder: Path, scheme: str) -> None:
    def shoot(name: str) -> None:
        _shoot(page, folder / f"{name}-{scheme}.png")

    shoot("0-start")
    click(page, "Open Smokers and their weight (NHEFS)")
    shoot("1-data")
    go(page, "Model")
    click(page, "Train")
    shoot("2-model")
    go(page, "Quality")
    shoot("2-quality")
    go(page, "Importance")
    shoot("3-importance")
    go(page, "Dependence")
    choose(page, "The column that is varied", "age")
    shoot("4-dependence")
    if scheme == "light":
        figures(page).first.scroll_into_view_if_needed()  # its axis, too
        page.screenshot(path=IMAGES / "dependence.png")
    go(page, "Prediction")
    shoot("5-prediction")
    go(page, "Cause")
    click(page, "Use the textbook question")
    shoot("6-cause")
    go(page, "Effect")
    shoot("6-effect")
    if scheme == "light":
        page.get_by_text("Linear regression", exact=True).first.scroll_into_view_if_needed()
        page.screenshot(path=IMAGES / "cause.png")
    go(page, "Which design fits?")
    choose(page, "Did it start at a known time", "several units")
    shoot("7-designs")
    go(page, "Report")
    click(page, page.get_by_role("button", name="Add everything").inner_text().split("\n")[-1])
    shoot("8-report")


def _designs(page: Page, folder: Path, scheme: str) -> None:
    """The page of each design, as a new person meets it and with each of its samples."""
    for each in designs.SAMPLES:
        assert each.design is not None
        page.reload()
        go(settled(page), each.design.kind.replace("_", " ").capitalize())
        _shoot(page, folder / f"9-{each.design.kind}-{scheme}.png")
        click(page, f"Open {each.title}")
        _shoot(page, folder / f"9-{each.design.kind}-{each.name}-{scheme}.png")


def _shoot(page: Page, file: Path) -> None:
    """The whole page, its figures drawn."""
    figures(page).first.locator(".main-svg").first.wait_for() if figures(page).count() else None
    # the page scrolls inside itself: it is made as tall as what it holds
    tall = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1280, "height": min(max(900, tall + 40), 9_000)})
    page.screenshot(path=file)
    page.set_viewport_size({"width": 1280, "height": 900})


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "test-results")
