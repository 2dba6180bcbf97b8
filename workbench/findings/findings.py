"""What would go wrong without a word? Every check, run on a data set or on a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from workbench.dataset import Dataset
from workbench.figures import BLUE, LIGHT_GREY, VERMILION, new_figure
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.result import Result

from ._check import CHECKS, Check, Finding, Page, Table

#: In this order they are told.
SEVERITIES = ("warning", "notice", "clear", "skipped")
_COLOURS = {"warning": VERMILION, "notice": BLUE, "clear": LIGHT_GREY, "skipped": LIGHT_GREY}
_SAMPLED = (
    "Whole tables are looked at, but for leakage, sums, twins and codes: these are looked for in "
    "at most 5,000 rows, drawn with a fixed seed."
)


@dataclass(frozen=True, kw_only=True)
class Findings(Result):
    """Every check with what it found, warnings first; a check that found nothing has a row too.

    `told` holds the warnings and notices themselves.
    """

    told: tuple[Finding, ...] = ()

    columns: ClassVar[Mapping[str, str]] = {
        "code": "name of the check, explained in docs/findings.md",
        "severity": "warning, notice, clear (looked for and not found) or skipped (no target)",
        "columns": "the columns it is about",
        "says": "what would go wrong without a word, with the figure found",
        "do": "what to do about it",
    }

    @property
    def found(self) -> pd.DataFrame:
        """The rows that are a warning or a notice."""
        return self.frame[self.frame["severity"].isin(["warning", "notice"])]

    def spoiling(self, page: Page, columns: Collection[str] = ()) -> tuple[Finding, ...]:
        """What misleads on a page, the gravest first: where columns are given, what is about one
        of them or about no single column."""
        return tuple(
            finding for finding in self.told
            if page in CHECKS[finding.code].spoils
            and (not columns or not finding.columns or set(columns) & set(finding.columns))
        )  # fmt: skip

    def figure(self) -> Any:
        """Every check as a row, with a dot where it stands."""
        shown = self.frame.drop_duplicates("code").iloc[::-1]
        figure = new_figure(height=90 + 24 * len(shown), showlegend=False)
        figure.add_scatter(
            x=shown["severity"],
            y=shown["code"],
            mode="markers",
            marker={"size": 11, "color": [_COLOURS[s] for s in shown["severity"]]},
        )
        figure.update_xaxes(
            type="category", categoryorder="array", categoryarray=SEVERITIES[::-1],
            range=[-0.5, len(SEVERITIES) - 0.5],
        )  # fmt: skip
        figure.update_yaxes(type="category")
        return figure


@method("What would go wrong without a word", page="data")
def findings(subject: Dataset | FittedModel, /, *, progress: Progress = silent) -> Findings:
    """What would give a wrong answer without a word: leakage, duplicates, time, drift and others.

    For a data set the table is looked at as training would take it, with its kinds and roles; for
    a model its split, its fit and its probabilities (for its table ask `findings(model.data)`). A
    warning is likely to make an answer wrong, a notice depends on what the person knows. What is
    not found is not proved absent. Every code is explained in docs/findings.md.
    """
    about = subject if isinstance(subject, FittedModel) else Table.of(subject)
    kind = "data" if isinstance(about, Table) else "model"
    checks = [check for check in CHECKS.values() if check.of == kind]
    rows: list[dict[str, str]] = []
    told: list[Finding] = []
    for place, check in enumerate(checks):
        step = part(progress, place / len(checks), (place + 1) / len(checks))
        step(0.0, "Looking for what goes wrong without a word")
        found = _found(check, about.watched(step) if isinstance(about, Table) else about)
        told += found or ()
        rows += _rows(check, found)
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    frame = pd.DataFrame(rows, columns=list(Findings.columns))
    frame = frame.sort_values("severity", key=lambda s: s.map(order), kind="stable")
    frame = frame.reset_index(drop=True)
    return Findings(
        frame=frame,
        summary=_summary(frame),
        notes=(_SAMPLED,) if kind == "data" else (),
        told=tuple(sorted(told, key=lambda finding: order[finding.severity])),
    )


def _found(check: Check, about: FittedModel | Table) -> list[Finding] | None:
    """What a check finds; None where it cannot look."""
    if check.needs_target and isinstance(about, Table) and about.target is None:
        return None
    return list(check.look(about))


def _rows(check: Check, found: list[Finding] | None) -> list[dict[str, str]]:
    if found is None:
        return [_row(check.code, "skipped", "", "Not looked for: no target to learn was chosen.")]
    rows = [_row(f.code, f.severity, ", ".join(f.columns), f.says, f.do) for f in found]
    return rows or [_row(check.code, "clear", "", check.clear)]


def _row(code: str, severity: str, columns: str, says: str, do: str = "") -> dict[str, str]:
    return {"code": code, "severity": severity, "columns": columns, "says": says, "do": do}


def _summary(frame: pd.DataFrame) -> str:
    looked = frame.loc[frame["severity"] != "skipped", "code"].nunique()
    counts = frame["severity"].value_counts()
    parts = [
        f"{counts[s]} {s}{'s' if counts[s] > 1 else ''}"
        for s in ("warning", "notice")
        if counts.get(s)
    ]
    if not parts:
        return f"Nothing was found that goes wrong without a word ({looked} things looked for)."
    codes = frame.loc[frame["severity"].isin(["warning", "notice"]), "code"].unique()
    return f"{' and '.join(parts)} ({looked} things looked for): {', '.join(codes)}."
