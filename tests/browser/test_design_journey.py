"""Effects by design as a person asks for them: from an uploaded table to a report."""

from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, expect

from tests.browser.actions import choose, click, figures, go, upload, write
from tests.browser.test_journey import UPLOADER


def bring(page: Page, frame: pd.DataFrame, name: str) -> None:
    """Uploads a table as a CSV file."""
    upload(page, UPLOADER, {"name": name, "mimeType": "text/csv",
                            "buffer": frame.to_csv(index=False).encode()})  # fmt: skip


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
    expect(
        page.get_by_text("What did the treatment do to packs in California").first
    ).to_be_visible()
    expect(figures(page).first).to_be_visible()
