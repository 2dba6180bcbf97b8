"""Finds a browser for the journeys, or brings one: `python -m tests.browser.install`.

Debian's package where it may be installed, Playwright's own download elsewhere. Where neither can
be had the browser tests say so at the end; with WHENCE_REQUIRE_BROWSER set, they fail.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

#: Set where a browser test that cannot run is to count as failed.
REQUIRED = "WHENCE_REQUIRE_BROWSER"

ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_A_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

#: What Chromium is started with: nothing that looks outside or differs from run to run.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str | None:
    """The path of a browser that starts, or None."""
    return next((path for path in _candidates() if _starts(path)), None)


def bring_browser() -> str | None:
    """The path of a browser, after installing one where none was found."""
    for bring in (lambda: None, _from_debian, _from_playwright):
        bring()
        if found := find_browser():
            return found
    return None


def main() -> None:
    found = bring_browser()
    print(f"Browser for the tests: {found}" if found else "No browser could be found or installed.")
    if found is None and os.environ.get(REQUIRED):
        sys.exit(f"{REQUIRED} is set, so the browser tests may not be skipped.")


def _candidates() -> Iterator[str]:
    """One after the other, so that Playwright is asked for its own only where no other is found."""
    yield from (path for name in ON_THE_PATH if (path := shutil.which(name)))
    yield from (path for path in (*ON_A_MAC, _of_playwright()) if Path(path).exists())


def _of_playwright() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """A browser that is there may still lack its libraries, as a snap does in a container."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS)).close()
        except Error:
            return False
    return True


def _from_debian() -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print("Installing Debian's chromium", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run("apt-get", "update", "-q", env=quiet)
    _run("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium", env=quiet)
    # So that Korean names are letters, not boxes, in the pictures; the tests pass without.
    _run("apt-get", "install", "-y", "-q", "--no-install-recommends", "fonts-noto-cjk", env=quiet)


def _from_playwright() -> None:
    print("Downloading Playwright's chromium", flush=True)
    _run(sys.executable, "-m", "playwright", "install", "chromium")


def _run(*command: str, env: dict[str, str] | None = None) -> None:
    """Runs a command that may fail: whether it worked is seen by looking for the browser again."""
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=env)


if __name__ == "__main__":
    main()
