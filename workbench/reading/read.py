"""A table from wherever it is: a file of any common kind, an upload, bytes or a frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from ..dataset import Dataset
from ..errors import DataError
from ..script import Name, Script, call
from .arrow import is_arrow, read_arrow_file, read_arrow_object
from .excel import read_excel
from .frame import tidy_frame
from .how import How
from .json_records import read_json
from .rows import read_typed_table
from .signature import FileKind, kind_of
from .source import FileSource, Source, open_source
from .text_table import TableRead, read_text, refuse_without_rows
from .understood import Understood
from .unpack import PACKED_ENDINGS, unpack

if TYPE_CHECKING:
    import polars
    import pyarrow


@dataclass(frozen=True)
class Reading:
    """A data set and what was understood on the way to it."""

    dataset: Dataset
    understood: Understood


def read(
    source: FileSource | pd.DataFrame | pyarrow.Table | polars.DataFrame,
    *,
    target: str | None = None,
    name: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    header: int | None = None,
    missing: Iterable[str] | None = None,
    dates: str | None = None,
    units: bool = True,
    sheet: str | int | None = None,
    table: str | None = None,
    member: str | None = None,
) -> Dataset:
    """The table in `source` as a `Dataset`, with a note on everything that was understood.

    `source` is a path, bytes, an open file or upload, or a frame of pandas, polars or Arrow. What
    a file is, is told from its first bytes: text (CSV, TSV), JSON (an array of records, or one to
    a line), Parquet, Arrow (Feather), Excel or OpenDocument, an SQLite or DuckDB database, or one
    of these in gzip, zstd or zip. Where there are several tables, `sheet` (a name or a number from
    0), `table` or `member` (the file in a zip) says which: of a workbook the first sheet with
    values is read where none is named, of a database or a zip one has to be named.

    Of text files everything is told from the text, and every setting corrects one thing:

    - `encoding`, `delimiter`: of the file.
    - `header`: the line of the column names, from 1; what is above is left out; 0: there is none.
    - `decimal` ("." or ","), `thousands` ("," "." " " "'" or "" for none), in whole groups of
      three only, so that a date never becomes a number.
    - `missing`: the texts that mean there is no value, beside the empty cell. Without it the usual
      ones, such as "NA" and "?", and among numbers "-" or "없음"; "None" stays a level in texts.
    - `dates`: "dmy", "mdy" or "ymd" where digits can be read in two ways, "text" for none. Without
      it a date is read where every value has one plain form that can be read in one way only.
    - `units`: "12 %", "₩1,234" and "1 234,5 €" become numbers where a whole column carries one
      mark; percentages stay in percent.

    Codes with leading zeros stay text. The types of a frame, of Parquet, Arrow, DuckDB, of Excel
    cells and of JSON's and SQLite's numbers are believed; where one of `decimal`, `thousands`,
    `missing` and `dates` is given, texts of a frame, of Parquet, Arrow and DuckDB are read like
    those of a text file. Databases are opened read-only.

    Raises `DataError` for what is not a table, is damaged, contradicts itself or does not fit
    into memory, `ParameterError` for a setting that cannot be.
    """
    how = How(
        delimiter=delimiter,
        encoding=encoding,
        decimal=decimal,
        thousands=thousands,
        header=header,
        missing=missing if missing is None or isinstance(missing, str) else tuple(missing),
        dates=dates,
        units=units,
        sheet=sheet,
        table=table,
        member=member,
    )
    return reading(source, how, target=target, name=name).dataset


def reading(
    source: FileSource | pd.DataFrame | pyarrow.Table | polars.DataFrame,
    how: How | None = None,
    *,
    target: str | None = None,
    name: str | None = None,
) -> Reading:
    """The same as `read`, with what was understood in a form that can be shown and corrected."""
    how = how or How()
    found = _found(source, how)
    settings = {"target": target, "name": name, **how.passed}
    line = f"data = {call('read', found.subject, **_given(settings))}"
    script = Script("data", (("workbench", "read"),), (line,))
    data = Dataset.of(
        found.table.frame,
        name=name or found.called,
        target=target,
        notes=found.table.notes,
        script=script,
    )
    return Reading(data, found.table.understood)


def _given(settings: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in settings.items() if value is not None}


@dataclass(frozen=True)
class _Found:
    """The table, what stands for its source in the script, and what it is called."""

    table: TableRead
    subject: object
    called: str


def _found(source: object, how: How) -> _Found:
    if isinstance(source, pd.DataFrame):
        table = read_typed_table(tidy_frame(source), how.spelling)
        return _Found(table, Name("frame"), "data")
    if is_arrow(source):
        table = read_typed_table(read_arrow_object(source), how.spelling)
        return _Found(table, Name("frame"), "data")
    file = open_source(cast("FileSource", source))
    table = _table(file, how)
    refuse_without_rows(table.frame, file)
    return _Found(table, _subject(file), _called(file))


def _table(file: Source, how: How) -> TableRead:
    kind = kind_of(file)
    if kind not in ("gzip", "zstd", "zip"):
        return _flat_table(file, kind, how)
    inner = unpack(file, kind, how.member)
    kind_inside = kind_of(inner.source)
    if kind_inside in ("gzip", "zstd", "zip"):
        raise DataError(
            f"{file.opening} holds another archive ({kind_inside}).",
            "Unpack it and bring the table inside.",
        )
    table = _flat_table(inner.source, kind_inside, how)
    understood = table.understood
    if inner.options:
        understood = understood.among("member", inner.options, inner.chosen)
    return replace(table, notes=(*inner.notes, *table.notes), understood=understood)


def _flat_table(file: Source, kind: FileKind, how: How) -> TableRead:
    spelling = how.spelling
    if kind == "parquet":
        from .parquet import read_parquet

        return read_typed_table(read_parquet(file), spelling)
    if kind == "arrow":
        return read_typed_table(read_arrow_file(file), spelling)
    if kind == "excel":
        return read_excel(file, spelling, sheet=how.sheet, header=how.header)
    if kind == "json":
        return read_json(file, spelling, how.encoding)
    if kind == "sqlite":
        from .sqlite_file import read_sqlite

        return read_sqlite(file, spelling, how.table)
    if kind == "duckdb":
        from .duckdb_file import read_duckdb

        return read_typed_table(read_duckdb(file, how.table), spelling)
    return read_text(
        file, spelling, delimiter=how.delimiter, encoding=how.encoding, header=how.header
    )


def _called(file: Source) -> str:
    """The file's name without its ending, also where that is packed (rides.csv.gz)."""
    stem = Path(file.stem)
    return stem.stem if Path(file.label).suffix in PACKED_ENDINGS else str(stem)


def _subject(file: Source) -> object:
    """The file as the script names it: a path as it was given, an upload by its name."""
    return str(Path(file.label)) if file.label else Name("table")
