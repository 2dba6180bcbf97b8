"""Writes docs/files.md: what is understood and found in a folder of real tables, by the real
`read` and `findings`: `python -m docs.make_files FOLDER`.

The tables are no part of the project; the page says what came of them, when, and with what.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import sys
from pathlib import Path

from workbench import Dataset, findings, read

PAGE = Path(__file__).with_name("files.md")
LIBRARIES = ("pandas", "pyarrow", "numpy", "scikit-learn")
OPENING = """# Real files, and what is made of them

Every table of a folder of real data, read by `read(file, target=...)` without any other setting,
and what `findings` says of it. Made by `python -m docs.make_files FOLDER` on {date} with Python
{python}, {libraries}. The tables are public and
no part of the project.

What is common is left out: text in UTF-8, fields divided by commas, a decimal point.

| file | rows × columns | target | what was understood | findings |
|---|---|---|---|---|
"""
#: What a person would predict in each.
TARGETS = {
    "adult_census_income": "income",
    "ames_housing": "Sale_Price",
    "bike_sharing_day": "cnt",
    "bike_sharing_hour": "cnt",
    "california_housing": "median_house_value",
    "card1995_schooling": "lwage",
    "chicago_l_ridership": "ridership",
    "credit_scoring": "Status",
    "did_card_krueger_njmin": "fte",
    "did_mpdta_staggered": "lemp",
    "german_credit": "default",
    "glass": "Type",
    "hillstrom_email": "visit",
    "hpc_jobs": "class",
    "ihdp_rep1": "y_factual",
    "its_causalimpact_google": "y",
    "its_deaths_england_wales": "deaths",
    "iv_ajr2001": "loggdp",
    "kr_drunk_driving_cp949": "알콜농도",
    "kr_drunk_driving_utf8bom": "알콜농도",
    "lalonde_cps_controls": "re78",
    "lalonde_nsw": "re78",
    "lalonde_nsw_dw": "re78",
    "lalonde_psid_controls": "re78",
    "nhefs": "wt82_71",
    "penguins": "species",
    "penguins_raw": "Species",
    "rd_us_senate": "vote",
    "sc_california_prop99": "California",
    "telco_churn": "Churn",
    "titanic": "Survived",
    "wine_quality_red": "quality",
    "wine_quality_white": "quality",
}
COMMON = {
    "The text is encoded as UTF-8.",
    "The fields are divided by commas.",
    "The decimal mark is a point.",
}
#: Every date and identifier is set aside with the same words.
_LONG = {
    " numbers or names each row uniquely and would only be memorised; it is not used as a feature "
    "unless you change its role.": " is an identifier and set aside.",
    " is a date and not used as a feature. With the role time it divides the rows: the latest are "
    "held out. With the role feature the model is given its year, month, day of the week and "
    "elapsed days.": " is a date and set aside.",
    " is free text; it is not used as a feature unless you change its role.": (
        " is free text and set aside."
    ),
    "; if it means that there is none, name it (missing).": ".",
    ", as far as can be told; if letters look wrong, name the encoding.": ".",
}
MOST_COLUMNS_NAMED = 4


def files(folder: Path) -> str:
    """The whole page."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    opening = OPENING.format(
        date=datetime.datetime.now(tz=datetime.UTC).date(),
        python=platform.python_version(),
        libraries=versions,
    )
    return opening + "".join(_row(path) for path in sorted(folder.glob("*.csv")))


def _row(path: Path) -> str:
    target = TARGETS.get(path.stem)
    data = read(path, target=target)
    cells = (
        f"`{path.name}`",
        f"{len(data):,} × {len(data.columns):,}",
        f"`{target}`" if target else "",
        _lines(_understood(data)),
        _lines(_found(data)),
    )
    return "| " + " | ".join(cells) + " |\n"


def _understood(data: Dataset) -> list[str]:
    return [_short(note) for note in data.notes if note not in COMMON]


def _short(note: str) -> str:
    for long, short in _LONG.items():
        note = note.replace(long, short)
    return note


def _found(data: Dataset) -> list[str]:
    table = findings(data).frame
    found = table[~table["severity"].isin(["clear", "skipped"])]
    return [
        f"**{row['code']}**" + (f" ({row['severity']})") + _named(str(row["columns"]))
        for _, row in found.iterrows()
    ]


def _named(columns: str) -> str:
    names = [name for name in columns.split(", ") if name]
    more = len(names) - MOST_COLUMNS_NAMED
    shown = ", ".join(names[:MOST_COLUMNS_NAMED])
    return (f": {shown}" if names else "") + (f" and {more} more" if more > 0 else "")


def _lines(sentences: list[str]) -> str:
    # What a table is called must not end the cell, nor be read as HTML.
    safe = [s.replace("|", "\\|").replace("<", "&lt;") for s in sentences]
    return "<br>".join(safe) or "nothing"


if __name__ == "__main__":
    PAGE.write_text(files(Path(sys.argv[1])), encoding="utf-8")
