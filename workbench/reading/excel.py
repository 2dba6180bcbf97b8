"""One sheet of an Excel or OpenDocument workbook."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import DataError, ParameterError
from .column_notes import column_notes
from .columns import AS_FOUND, Column, read_columns
from .excel_bounds import check_workbook
from .header import header_of
from .room import SHARE_OF_FREE_MEMORY, free_memory, require_room_for_cells
from .source import Source
from .spelling import Spelling
from .text_table import TableRead
from .understood import Understood
from .wording import listed

#: A workbook that takes longer than this to open is given up, in seconds.
LONGEST_READING = 300
#: The worker needs this much for Python itself.
_LEAST_MEMORY = 2**30
_WORKER = Path(__file__).with_name("excel_worker.py")

Cell = str | float | int | bool | dict[str, str | float]


@dataclass(frozen=True)
class _Sheet:
    name: str
    every: tuple[str, ...]
    rows: list[list[Cell]]

    @property
    def others(self) -> tuple[str, ...]:
        """The sheets that were not read."""
        return tuple(name for name in self.every if name != self.name)


def read_excel(
    source: Source,
    spelling: Spelling = AS_FOUND,
    *,
    sheet: str | int | None = None,
    header: int | None = None,
) -> TableRead:
    """The table on a sheet: the first with values, or the one named or numbered (from 0).

    The first row that is not empty is the header, or the one numbered by `header` (from 1, empty
    rows not counted; 0 where there is none). Cells of one type keep it; a column that mixes
    numbers and texts is read like one of a text file. Raises `DataError` for a workbook that
    cannot be opened or a sheet without a table, `ParameterError` for a sheet that is not there.
    """
    notes = check_workbook(source)
    found = _sheet(source, sheet)
    rows = [row for row in found.rows if any(cell != "" for cell in row)]
    if not rows:
        raise DataError(
            f"Sheet '{found.name}' of {source.spoken} is empty.",
            f"Choose another sheet: {listed(found.others)}." if found.others else "Fill it.",
        )
    rows = rows[_above(header, rows, source) :]
    head = header_of([_text(cell) for cell in rows[0]], source, header)
    values = rows if head.is_data else rows[1:]
    require_room_for_cells(len(values), len(head.names), source.opening)
    columns = _columns(head.names, values, spelling)
    frame = pd.DataFrame({name: column.values for name, column in columns.items()})
    understood = Understood(header=0 if head.is_data else header or 1).of_columns(columns)
    return TableRead(
        frame,
        (*_sheet_notes(found), *notes, *head.notes, *column_notes(columns)),
        understood.among("sheet", found.every, found.name),
    )


def _above(header: int | None, rows: list[list[Cell]], source: Source) -> int:
    """How many rows lie above the header."""
    if header is not None and header > len(rows):
        raise ParameterError(
            f"{source.opening} has no row {header:,}, where the header was said to be.",
            "Count the rows from 1, without the empty ones.",
        )
    return max(0, (header or 1) - 1)


def _sheet_notes(found: _Sheet) -> list[str]:
    others = f"; the file also has {listed(found.others)}" if found.others else ""
    return [f"Sheet '{found.name}' was read{others}."]


def _sheet(source: Source, asked: str | int | None) -> _Sheet:
    lines = _worker_lines(source, asked)
    told = json.loads(lines[0])
    if "error" in told:
        raise _unreadable(source, told["error"])
    if told["sheet"] is None:
        raise ParameterError(
            f"{source.opening} has no sheet {asked!r}.", f"It has {listed(told['sheets'])}."
        )
    every = tuple(told["sheets"])
    return _Sheet(told["sheet"], every, [json.loads(line) for line in lines[1:]])


def _worker_lines(source: Source, asked: str | int | None) -> list[bytes]:
    memory = max(_LEAST_MEMORY, int(free_memory() * SHARE_OF_FREE_MEMORY))
    command = [sys.executable, "-I", str(_WORKER), str(memory), json.dumps(asked)]
    try:
        done = subprocess.run(  # noqa: S603 (our own script; the file goes in as data)
            command, input=source.data, capture_output=True, timeout=LONGEST_READING, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _unreadable(source, f"it took more than {LONGEST_READING} seconds") from error
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise _unreadable(source, "reading it failed or took too much memory")
    return lines


def _unreadable(source: Source, why: str) -> DataError:
    if why == "password":
        return DataError(
            f"{source.opening} is protected by a password.",
            "Save a copy without a password and bring that.",
        )
    return DataError(
        f"{source.opening} cannot be opened as an Excel file: {why}.",
        "Open it in Excel and save it again, or save the sheet as CSV.",
    )


def _columns(names: Sequence[str], rows: list[list[Cell]], spelling: Spelling) -> dict[str, Column]:
    cells = dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))
    markers = set(spelling.missing or ())
    typed = {
        name: None if markers and markers & {_text(cell) for cell in column} else _typed(column)
        for name, column in cells.items()
    }
    texts = {
        name: pa.chunked_array([pa.array([_text(cell) for cell in column], pa.string())])
        for name, column in cells.items()
        if typed[name] is None
    }
    read = read_columns(texts, spelling)
    return {name: column or read[name] for name, column in typed.items()}


def _typed(cells: Sequence[Cell]) -> Column | None:
    """A column whose cells all have one type of their own, or None."""
    present = [cell for cell in cells if cell != ""]
    types = {bool if isinstance(cell, bool) else type(cell) for cell in present}
    missing = {"": len(cells) - len(present)} if len(present) < len(cells) else {}
    if types and types <= {int, float}:
        return Column(_numbers(cells), missing)
    if types == {bool} and not missing:
        return Column(pd.Series(list(cells), dtype=bool))
    tags = {tag for cell in present if isinstance(cell, dict) for tag in cell}
    if types == {dict} and tags == {"date"}:
        texts = [cell["date"] if isinstance(cell, dict) else None for cell in cells]
        return Column(pd.Series(pd.to_datetime(pd.Series(texts), format="ISO8601")), missing)
    if types == {dict} and tags == {"seconds"}:
        seconds = [cell["seconds"] if isinstance(cell, dict) else np.nan for cell in cells]
        return Column(pd.Series(seconds, dtype=float), missing)
    return None


def _numbers(cells: Sequence[Cell]) -> pd.Series:
    numbers = pd.Series([np.nan if cell == "" else cell for cell in cells], dtype=float)
    # Excel knows no whole numbers: 3 is stored as 3.0.
    is_whole = bool((numbers % 1 == 0).all() and (numbers.abs() < 2**53).all())
    return numbers.astype("int64") if is_whole else numbers


def _text(cell: Cell) -> str:
    if isinstance(cell, dict):
        (value,) = cell.values()
        return str(value).removesuffix("T00:00:00")
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
