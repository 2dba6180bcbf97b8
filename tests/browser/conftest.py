"""One server and one browser for all journeys, a fresh page for each, and an eye on trouble.

A journey fails when the console shows an error, when a script throws, or when anything is asked of
another machine; a picture of the page as it failed is saved in test-results/.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from tests.browser.actions import PATIENCE_MS, settled
from tests.browser.conversation import Conversation
from tests.browser.install import ARGUMENTS, REQUIRED, find_browser
from tests.browser.server import Server, serving

RESULTS = Path(__file__).parents[2] / "test-results"
_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. Without one the test is skipped, or fails where CI says so."""
    path = find_browser()
    if path is None:
        lacking = "No browser was found; `make browser` brings one."
        pytest.fail(lacking) if os.environ.get(REQUIRED) else pytest.skip(lacking)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = _launched(playwright, path)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project's dashboard, running."""
    with serving(root / "app.py", tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def trouble() -> list[str]:
    """What went wrong in the browser so far. A test that expects trouble reads and clears it."""
    return []


@pytest.fixture(scope="session")
def context(browser: Browser) -> BrowserContext:
    """The window all pages are tabs of: each tab is a session of its own, and the dashboard's
    own code is fetched once."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", accept_downloads=True
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def page(
    context: BrowserContext, trouble: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A new tab. Its trouble fails the test at the end."""
    page = context.new_page()
    Conversation(page)
    _listen(page, trouble)
    yield page
    if request.node.stash.get(_FAILED, False) or trouble:
        _photograph(page, request.node.name)
    page.close()
    assert not trouble, "The browser complained:\n" + "\n".join(trouble)


@pytest.fixture
def offline_page(browser: Browser, trouble: list[str]) -> Iterator[Page]:
    """A page without any network, for what must open from the disk."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    _listen(page, trouble)
    yield page
    context.close()
    assert not trouble, "The browser complained:\n" + "\n".join(trouble)


@pytest.fixture
def home_page(page: Page, server: Server) -> Page:
    """The dashboard's first page, drawn."""
    page.goto(server.url)
    return settled(page)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def _launched(playwright: Playwright, path: str) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


def _listen(page: Page, trouble: list[str]) -> None:
    page.on(
        "console", lambda m: trouble.append(f"console: {m.text}") if m.type == "error" else None
    )
    page.on("pageerror", lambda error: trouble.append(f"script: {error}"))
    page.on("request", _foreign(trouble))


def _foreign(trouble: list[str]) -> Callable[[Request], None]:
    def note(request: Request) -> None:
        asked = urlparse(request.url)
        if asked.scheme in ("http", "https", "ws", "wss") and asked.hostname != "127.0.0.1":
            trouble.append(f"asked of another machine: {request.url}")

    return note


def _photograph(page: Page, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    page.screenshot(path=RESULTS / f"{safe}.png", full_page=True)
