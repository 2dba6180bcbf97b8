import datetime
import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from workbench import DataError, ParameterError, read

SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"


def workbook(**sheets: list[list[object]]) -> bytes:
    """An .xlsx file with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def opendocument(rows: str) -> bytes:
    """An .ods file whose only sheet holds these rows of XML."""
    content = (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="One">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", SPREADSHEET)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return buffer.getvalue()


def with_far_cell(content: bytes, reference: str) -> bytes:
    """The same workbook, its last cell renamed to one far away."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part = part.replace(b'r="B3"', b'r="%s"' % reference.encode())
            new.writestr(name, part)
    return buffer.getvalue()


def test_cells_keep_their_types():
    day = datetime.datetime(2024, 1, 2)
    content = workbook(
        Data=[
            ["count", "share", "city", "day", "zip", "ok", "mixed", None],
            [1, 0.5, "서울", day, "00501", True, 1, "x"],
            [2, None, "Köln ", None, "10001", False, "NA", "y"],
        ]
    )
    data = read(content)
    frame = data.frame
    assert data.columns == ("count", "share", "city", "day", "zip", "ok", "mixed", "column 8")
    assert frame["count"].tolist() == [1, 2]
    assert frame["count"].dtype == "int64"
    assert frame["share"].isna().tolist() == [False, True]
    assert frame["city"].tolist() == ["서울", "Köln"]
    assert frame["day"].iloc[0] == pd.Timestamp(day)
    assert frame["day"].isna().iloc[1]
    assert frame["zip"].tolist() == ["00501", "10001"]
    assert frame["ok"].dtype == bool
    assert frame["mixed"].isna().tolist() == [False, True]
    assert "'NA' was taken as missing in 'mixed' (1)." in data.notes


def test_the_sheet_can_be_chosen():
    content = workbook(Cover=[], First=[["a"], [1]], Second=[["b"], [2]])
    assert read(content).columns == ("a",)
    assert any("'First' was read" in note and "'Second'" in note for note in read(content).notes)
    assert read(content, sheet="Second").columns == ("b",)
    assert read(content, sheet=2).columns == ("b",)
    for absent in ("Third", 7):
        with pytest.raises(ParameterError, match="has no sheet") as caught:
            read(content, sheet=absent)
        assert "'Second'" in caught.value.hint
    with pytest.raises(DataError, match="'Cover' of the data is empty"):
        read(content, sheet="Cover")


def test_empty_rows_around_the_table_are_passed_over():
    data = read(workbook(S=[[], [None, None], [None, "a", "b"], [None, 1, 2], [], [None, 3, 4]]))
    assert data.columns == ("a", "b")
    assert data.frame["a"].tolist() == [1, 3]


def test_formulas_that_were_never_computed_are_said():
    data = read(workbook(S=[["a", "b"], [1, "=A2+1"], [2, "=A3+1"]]))
    assert data.frame["b"].isna().all()
    assert any("2 formula cells" in note for note in data.notes)


@pytest.mark.parametrize("reference", ["XFD1048576", "B1048576000", "XFD90000"])
def test_one_far_cell_is_refused_and_named(reference):
    content = with_far_cell(workbook(S=[["a", "b"], [1, 2], [3, 4]]), reference)
    with pytest.raises(DataError) as caught:
        read(content)
    assert "reaches to row" in caught.value.message or "cannot be opened" in caught.value.message
    assert "CSV" in caught.value.hint


def test_one_far_cell_of_an_opendocument_sheet_does_not_end_the_server():
    far = (
        '<table:table-cell office:value-type="float" office:value="1" '
        'table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell>'
    )
    rows = f'<table:table-row table:number-rows-repeated="1048576">{far}</table:table-row>'
    with pytest.raises(DataError):
        read(opendocument(rows))


def test_an_opendocument_sheet_is_read():
    def row(*texts: str) -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
            for t in texts
        )
        return f"<table:table-row>{cells}</table:table-row>"

    data = read(opendocument(row("a", "b") + row("x", "1,5") + row("y", "2,5")))
    assert data.frame["a"].tolist() == ["x", "y"]
    assert data.frame["b"].tolist() == [1.5, 2.5]


def test_a_workbook_that_unpacks_to_more_than_the_memory_is_refused(monkeypatch):
    from workbench.reading import room

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 50_000_000)
    monkeypatch.setattr(room, "free_memory", lambda: 10_000_000)
    with pytest.raises(DataError, match="of memory"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    "content",
    [
        bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2_000),
        workbook(S=[["a"], [1]])[:1_000],
        workbook(S=[["a"], [1]])[:-30],
    ],
)
def test_a_damaged_workbook_is_refused(content):
    with pytest.raises(DataError):
        read(content)


def test_columns_of_one_name_are_refused():
    with pytest.raises(DataError, match="is called 'a'"):
        read(workbook(S=[["a", "a"], [1, 2]]))
