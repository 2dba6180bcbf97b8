"""A table from wherever it is: a file of any common kind, an upload, bytes or a frame."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pandas as pd

from ..dataset import Dataset
from ..errors import ParameterError
from ..script import Name, Script, call
from .excel import read_excel
from .frame import tidy_frame
from .numbers import DecimalMark
from .signature import kind_of
from .source import FileSource, Source, open_source
from .text_table import TableRead, read_text, refuse_without_rows


def read(
    source: FileSource | pd.DataFrame,
    *,
    target: str | None = None,
    name: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    sheet: str | int | None = None,
) -> Dataset:
    """The table in `source` as a `Dataset`, with a note on everything that was understood.

    `source` is a path, bytes, an open file or upload, or a data frame. What the file is, is told
    from its first bytes: text (CSV, TSV), Parquet, Excel or OpenDocument. `delimiter`, `encoding`
    and `decimal` ("." or ",") are told from the text where they are not given; `sheet` is a name
    or a number from 0, the first sheet with values where it is not given. Of text files: empty
    cells are missing everywhere, markers such as "NA" and "?" as the notes say; "None" stays a
    level among texts; dates are read where every value has one plain form; codes with leading
    zeros stay text. The types of a frame, of Parquet and of Excel cells are believed.

    Raises `DataError` for what is not a table, is damaged, contradicts itself or does not fit
    into memory, `ParameterError` for a setting that cannot be.
    """
    table, subject, called = _read(source, delimiter, encoding, _decimal_mark(decimal), sheet)
    reading = _call(
        subject,
        target=target,
        name=name,
        delimiter=delimiter,
        encoding=encoding,
        decimal=decimal,
        sheet=sheet,
    )
    script = Script("data", (("workbench", "read"),), (f"data = {reading}",))
    notes = table.notes
    return Dataset.of(table.frame, name=name or called, target=target, notes=notes, script=script)


def _call(subject: object, **settings: object) -> str:
    """The call, with only what was passed."""
    return call("read", subject, **{k: value for k, value in settings.items() if value is not None})


def _read(
    source: FileSource | pd.DataFrame,
    delimiter: str | None,
    encoding: str | None,
    decimal: DecimalMark | None,
    sheet: str | int | None,
) -> tuple[TableRead, object, str]:
    """The table, what stands for its source in the script, and what it is called."""
    if isinstance(source, pd.DataFrame):
        return tidy_frame(source), Name("frame"), "data"
    file = open_source(source)
    table = _table(file, delimiter, encoding, decimal, sheet)
    refuse_without_rows(table.frame, file)
    return table, _subject(file), file.stem


def _table(
    file: Source,
    delimiter: str | None,
    encoding: str | None,
    decimal: DecimalMark | None,
    sheet: str | int | None,
) -> TableRead:
    kind = kind_of(file)
    if kind == "parquet":
        from .parquet import read_parquet

        return read_parquet(file)
    if kind == "excel":
        return read_excel(file, sheet=sheet, decimal=decimal)
    return read_text(file, delimiter=delimiter, encoding=encoding, decimal=decimal)


def _decimal_mark(decimal: str | None) -> DecimalMark | None:
    if decimal not in (None, ".", ","):
        raise ParameterError(f"decimal = {decimal!r} is not a decimal mark.", "Use '.' or ','.")
    return cast("DecimalMark | None", decimal)


def _subject(file: Source) -> object:
    """The file as the script names it: a path as it was given, an upload by its name."""
    return str(Path(file.label)) if file.label else Name("table")
