"""What was understood of the columns of a file, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from .columns import Column
from .numbers import DecimalMark
from .wording import counted, listed

_MARKS: dict[DecimalMark, str] = {".": "point", ",": "comma"}


def column_notes(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The decimal mark, dates, what was taken as missing, blanks removed, and doubts."""
    return (
        *_decimal_notes(columns),
        *_two_way_notes(columns),
        *_grouping_notes(columns),
        *_unit_notes(columns),
        *_date_notes(columns),
        *_missing_notes(columns),
        *_kept_notes(columns),
        *_blank_notes(columns),
        *(f"'{name}' was kept as text: {c.doubt}." for name, c in columns.items() if c.doubt),
    )


def _decimal_notes(columns: Mapping[str, Column]) -> list[str]:
    names = {mark: [n for n, c in columns.items() if c.mark == mark] for mark in _MARKS}
    used = [mark for mark in _MARKS if names[mark]]
    if len(used) < 2:
        return [f"The decimal mark is a {_MARKS[mark]}." for mark in used]
    return [f"The decimal mark is a {_MARKS[mark]} in {listed(names[mark])}." for mark in used]


def _two_way_notes(columns: Mapping[str, Column]) -> list[str]:
    """Groups of three digits after a mark: thousands or decimals."""
    notes = []
    for mark, spoken in _MARKS.items():
        names = [n for n, c in columns.items() if c.two_ways and c.mark == mark]
        if names:
            notes.append(
                f"{listed(names)} would be other numbers with the other decimal mark; a {spoken} "
                "was taken as the decimal mark. If that is wrong, name it."
            )
    return notes


def _grouping_notes(columns: Mapping[str, Column]) -> list[str]:
    spoken = {",": "commas", ".": "points", " ": "blanks", "'": "apostrophes"}
    names = {g: [n for n, c in columns.items() if c.grouping == g] for g in spoken}
    return [f"Thousands are grouped by {spoken[g]} in {listed(n)}." for g, n in names.items() if n]


def _unit_notes(columns: Mapping[str, Column]) -> list[str]:
    notes = []
    for unit in dict.fromkeys(c.unit for c in columns.values() if c.unit):
        names = listed(name for name, column in columns.items() if column.unit == unit)
        notes.append(f"{names} became numbers without the mark '{unit}'" + _in_percent(unit))
    return notes


def _in_percent(unit: str) -> str:
    return "; they stay in percent (12 % is 12)." if unit in ("%", "％") else "."


def _date_notes(columns: Mapping[str, Column]) -> list[str]:
    notes = []
    for form in dict.fromkeys(c.dates for c in columns.values() if c.dates):
        names = [n for n, c in columns.items() if c.dates == form]
        zone = "; times were turned into UTC" if form.has_zone else ""
        notes.append(f"Dates ({form.spoken}) were read in {listed(names)}{zone}.")
    return notes


def _missing_notes(columns: Mapping[str, Column]) -> list[str]:
    counts = _by_marker({name: column.missing for name, column in columns.items()})
    return [
        f"{f'{marker!r} was' if marker else 'Empty cells were'} taken as missing in "
        f"{counted(by_column)}."
        for marker, by_column in counts.items()
    ]


def _kept_notes(columns: Mapping[str, Column]) -> list[str]:
    counts = _by_marker({name: column.kept for name, column in columns.items()})
    return [
        f"{marker!r} stayed a value in {counted(by_column)}; if it means that there is none, name "
        "it (missing)."
        for marker, by_column in counts.items()
    ]


def _by_marker(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """How often each marker was met, by column."""
    markers = sorted({marker for by_marker in counts.values() for marker in by_marker})
    return {m: {name: by[m] for name, by in counts.items() if m in by} for m in markers}


def _blank_notes(columns: Mapping[str, Column]) -> list[str]:
    names = [name for name, column in columns.items() if column.had_blanks]
    return [f"Blanks around the values of {listed(names)} were removed."] if names else []
