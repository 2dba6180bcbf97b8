"""The names of the columns, from the first record of a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..errors import DataError
from .room import require_room_for_cells
from .source import Source
from .wording import listed

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Header:
    """Column names, and whether the first record was values rather than names."""

    names: tuple[str, ...]
    is_data: bool
    notes: tuple[str, ...]


def header_of(record: Sequence[str], source: Source, told: int | None = None) -> Header:
    """The names in the first record: blanks around them removed, empty ones numbered.

    A first record of nothing but numbers is values; the columns are then numbered. `told` is the
    line of the header where the person named it, 0 where there is none. Raises
    `DataError` for two columns of one name, before anything renames them silently.
    """
    require_room_for_cells(1, len(record), source.opening)
    given = [cell.strip() for cell in record]
    if told == 0:
        return Header(_numbered([""] * len(given)), True, ("The columns were numbered.",))
    if told is None and _is_data(given):
        names = _numbered([""] * len(given))
        note = "The first line holds only numbers, so it was read as values and columns numbered."
        return Header(names, True, (note,))
    _refuse_repeated(given, source)
    names = _numbered(given)
    unnamed = [name for name, cell in zip(names, given, strict=True) if not cell]
    note = f"Columns without a name were called {listed(unnamed)}."
    return Header(names, False, (note,) if unnamed else ())


def _is_data(cells: list[str]) -> bool:
    if not all(_NUMBER.fullmatch(cell) for cell in cells):
        return False
    # A header may count its columns (0, 1, 2 or 1, 2, 3) or name years: steps of one.
    whole = [int(cell) for cell in cells if re.fullmatch(r"\d{1,9}", cell)]
    steps = {later - earlier for earlier, later in pairwise(whole)}
    return len(whole) < len(cells) or (steps != {1} and not _are_years(whole))


def _are_years(numbers: list[int]) -> bool:
    distinct = len(set(numbers)) == len(numbers)
    return distinct and all(1800 <= number <= 2100 for number in numbers)


def _numbered(cells: Iterable[str]) -> tuple[str, ...]:
    cells = list(cells)
    taken = set(cells)
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = cell or f"column {place}"
        while not cell and name in taken:
            name += "'"
        taken.add(name)
        names.append(name)
    return tuple(names)


def _refuse_repeated(names: list[str], source: Source) -> None:
    counts = Counter(name for name in names if name)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise DataError(
            f"More than one column of {source.spoken} is called {listed(repeated)}.",
            "Give each column its own name in the header line.",
        )
