"""Reads one sheet in a process of its own and writes it as lines of JSON.

A damaged workbook can abort the process that opens it, or make it take all memory. Here it takes
down this process alone, which has a limit and then ends. Run as a script, by its path, with only
the standard library and calamine: `python -I excel_worker.py BYTES SHEET < workbook`.
"""

from __future__ import annotations

import datetime
import io
import json
import sys

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)


def main() -> None:
    """The first line tells of the workbook (or what is wrong), every other is one row."""
    _limit_memory(int(sys.argv[1]))
    asked: str | int | None = json.loads(sys.argv[2])
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        tables = [
            s for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet
        ] or workbook.sheets_metadata
        visible = [s.name for s in tables if s.visible == SheetVisibleEnum.Visible]
        _write_sheet(workbook, visible or [s.name for s in tables], asked)
    except PasswordError:
        _write({"error": "password"})
    except CalamineError as error:
        _write({"error": str(error)})


def _write_sheet(workbook: CalamineWorkbook, names: list[str], asked: str | int | None) -> None:
    every = workbook.sheet_names
    if isinstance(asked, str):
        chosen = asked if asked in every else None
    elif asked is None:
        chosen = next((n for n in names if workbook.get_sheet_by_name(n).height), names[0])
    else:
        chosen = every[asked] if -len(every) <= asked < len(every) else None
    _write({"sheets": every, "sheet": chosen})
    if chosen is not None:
        for row in workbook.get_sheet_by_name(chosen).to_python():
            _write(row)


def _write(line: object) -> None:
    sys.stdout.write(json.dumps(line, default=_tagged, ensure_ascii=True) + "\n")


def _tagged(value: object) -> dict[str, str | float]:
    """What JSON has no word for, under a tag."""
    if isinstance(value, datetime.timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, datetime.datetime | datetime.date):
        return {"date": value.isoformat()}
    return {"text": str(value)}


def _limit_memory(most_bytes: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))


if __name__ == "__main__":
    main()
