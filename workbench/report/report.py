"""One HTML file from any results: what was found, how sure it is, and the Python that makes it.

Everything is inside the file, plotly.js once; a content-security policy forbids it to fetch
anything. Every word that came from data or settings is escaped by the template.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ParameterError
from workbench.result import CheckResult, Provenance, Result

#: Rows of a result's table that are printed; the section says how many there are.
ROWS_SHOWN = 25


@dataclass(frozen=True)
class Section:
    """One result as the template needs it: plain values, and HTML that Plotly made itself."""

    anchor: str
    title: str
    summary: str
    verdict: str
    notes: tuple[str, ...]
    figure: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    rows_in_all: int
    provenance: Provenance | None
    settings: tuple[tuple[str, str], ...]


def report(
    results: Iterable[Result], path: str | os.PathLike[str], *, title: str = "Report"
) -> Path:
    """Writes `report_html(results)` to `path`, whole or not at all, and gives the path back."""
    text = report_html(results, title=title)
    target = Path(path)
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return target


def report_html(results: Iterable[Result], *, title: str = "Report") -> str:
    """The results as one self-contained HTML page: contents, then a section each with summary,
    figure, notes, table, provenance and the Python that makes it.

    Raises `ParameterError` where there is nothing to report.
    """
    sections = [_section(number, result) for number, result in enumerate(results, start=1)]
    if not sections:
        raise ParameterError("There are no results to report.", "Pin or pass at least one.")
    page: str = _template().render(
        title=title,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        sections=sections,
        rows_shown=ROWS_SHOWN,
        plotly_js=_plotly_js(),
    )
    return page


def _section(number: int, result: Result) -> Section:
    shown = result.frame.head(ROWS_SHOWN)
    provenance = result.provenance
    return Section(
        anchor=f"section-{number}",
        title=result.title,
        summary=result.summary,
        verdict=_verdict(result),
        notes=result.notes,
        figure=_figure_html(result, f"figure-{number}"),
        columns=tuple((str(c), result.columns.get(str(c), "")) for c in shown.columns),
        rows=tuple(tuple(_cell(v) for v in row) for row in shown.itertuples(index=False)),
        rows_in_all=len(result.frame),
        provenance=provenance,
        settings=tuple((k, str(v)) for k, v in provenance.settings.items()) if provenance else (),
    )


def _verdict(result: Result) -> str:
    if not isinstance(result, CheckResult) or result.passed is None:
        return ""
    return "passed" if result.passed else "not passed"


def _figure_html(result: Result, anchor: str) -> str:
    figure = result.figure()
    made: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=anchor,
        config={"displaylogo": False, "responsive": True},
    )
    return made


def _cell(value: Any) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return str(value)


@cache
def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    return script


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # `True`, not select_autoescape: nothing here is ever to be trusted because of a file's name.
    environment = Environment(
        loader=PackageLoader("workbench.report", "."), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("report.html")
