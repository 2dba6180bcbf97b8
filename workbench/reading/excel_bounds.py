"""How large a workbook really is, seen before it is opened: a small file may name a cell a million
rows away, and every cell up to it would take memory."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import DataError
from .room import require_room
from .source import Source

#: A sheet may span this many cells, empty ones counted.
MOST_CELLS = 30_000_000
_CHUNK = 4 * 2**20
#: The longest cell reference with its formula marks: what a chunk may cut in two.
_OVERLAP = 512

_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_FORMULA_WITHOUT_VALUE = re.compile(rb"(?:</f>|<f/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


@dataclass(frozen=True)
class _Extent:
    rows: int = 0
    columns: int = 0
    cells: int = 0
    formulas_without_value: int = 0


def check_workbook(source: Source) -> tuple[str, ...]:
    """Notes on the workbook; raises `DataError` for one that unpacks to more than the memory
    allows, or has a cell so far away that the sheet could not be held."""
    if not source.data.startswith(b"PK"):
        return ()
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            require_room(sum(part.file_size for part in archive.infolist()), source.opening)
            sheets = [n for n in archive.namelist() if re.match(r"xl/worksheets/[^/]+\.xml$", n)]
            extents = [_extent(archive, name) for name in sheets]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"{source.opening} is a damaged or locked Excel file ({error}).",
            "Open it in Excel, remove a password if it has one, and save it again.",
        ) from error
    for extent in extents:
        _refuse_far_cells(extent, source)
    empty = sum(extent.formulas_without_value for extent in extents)
    note = (
        f"{empty:,} formula cells hold no computed value and are empty here; open the file in "
        "Excel and save it to fill them."
    )
    return (note,) if empty else ()


def _refuse_far_cells(extent: _Extent, source: Source) -> None:
    if extent.rows * extent.columns > MOST_CELLS:
        raise DataError(
            f"A sheet of {source.spoken} reaches to row {extent.rows:,} and column "
            f"{extent.columns:,}: {extent.rows * extent.columns:,} cells, of which only "
            f"{extent.cells:,} are written; {MOST_CELLS:,} are the most.",
            "Delete the rows and columns outside the table, or save the sheet as CSV.",
        )


def _extent(archive: zipfile.ZipFile, name: str) -> _Extent:
    rows, columns, cells, formulas = 0, set[bytes](), 0, 0
    for chunk in _chunks(archive, name):
        found = _REFERENCE.findall(chunk)
        columns.update(column for column, _ in found)
        rows = max(rows, max((int(row) for _, row in found), default=0))
        cells += len(found)
        formulas += len(_FORMULA_WITHOUT_VALUE.findall(chunk))
    return _Extent(rows, max(map(_column_number, columns), default=0), cells, formulas)


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The sheet in pieces, each cut at the end of a cell so that none is counted twice."""
    kept = b""
    with archive.open(name) as stream:
        while piece := stream.read(_CHUNK):
            whole, end, kept = (kept + piece).rpartition(b"</c>")
            kept = kept[-_CHUNK:]
            yield whole + end
    yield kept


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
