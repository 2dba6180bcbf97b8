"""What was understood of a file stands beside its preview, and is corrected there."""

import io
import sqlite3
import zipfile
from contextlib import closing

import pandas as pd
import pytest

from tests.pages.conftest import Dashboard, plain
from ui.state import Key

DAYS = "day;값;price\n01-02-2024;1.234;₩1,000\n03-04-2024;5.678;₩2,500\n05-06-2024;-;₩3,000\n"


def bring(dashboard: Dashboard, name: str, content: bytes) -> Dashboard:
    dashboard.app.file_uploader(key="file").upload(name, content, "text/csv").run()
    return dashboard.sound()


def placeholders(dashboard: Dashboard) -> dict[str, str]:
    """What stands in grey in each choice: what was found."""
    return {box.label: box.placeholder for box in dashboard.app.selectbox}


def frame(dashboard: Dashboard) -> pd.DataFrame:
    held: pd.DataFrame = dashboard[Key.DATASET].frame
    return held


def test_what_was_understood_is_shown(dashboard: Dashboard) -> None:
    bring(dashboard, "days.csv", DAYS.replace("₩", "￦").encode("cp949"))
    assert "What was understood" in dashboard.text
    found = placeholders(dashboard)
    assert found["Encoding"] == "CP949 (Korean)"
    assert found["Delimiter"] == "Semicolon"
    assert found["Decimal mark"] == "Point (1.5)"
    assert found["Dates"] == "None found"
    (missing,) = (m for m in dashboard.app.multiselect if m.label == "Means missing")
    assert missing.value == ["-"]
    assert "price (￦)" in dashboard.text


def test_each_thing_is_corrected_and_read_again_at_once(dashboard: Dashboard) -> None:
    bring(dashboard, "days.csv", DAYS.encode())
    assert frame(dashboard)["값"].tolist()[:2] == [1.234, 5.678]
    dashboard.choose("Thousands mark", ".")
    assert frame(dashboard)["값"].tolist()[:2] == [1234, 5678]
    dashboard.choose("Dates", "mdy")
    assert frame(dashboard)["day"].iloc[0] == pd.Timestamp(2024, 1, 2)
    dashboard.choose("Means missing", ["-", "₩3,000"])
    assert frame(dashboard)["price"].isna().tolist() == [False, False, True]
    dashboard.app.checkbox[0].set_value(False).run()
    assert frame(dashboard)["price"].tolist()[0] == "₩1,000"
    script = dashboard.sound()[Key.DATASET].script.text
    for said in ("thousands='.'", "dates='mdy'", "missing=['-', '₩3,000']", "units=False"):
        assert said in script
    dashboard.choose("Thousands mark", ",")
    assert frame(dashboard)["값"].tolist()[:2] == [1.234, 5.678]


def test_what_was_chosen_stays_when_the_file_is_read_differently(dashboard: Dashboard) -> None:
    bring(dashboard, "days.csv", DAYS.encode())
    dashboard.choose("What should the model predict?", "price")
    chosen = dashboard[Key.DATASET].with_kinds({"값": "category"}).with_roles({"day": "group"})
    dashboard.app.session_state[Key.DATASET] = chosen
    dashboard.choose("Dates", "mdy")
    data = dashboard[Key.DATASET]
    assert data.frame["day"].iloc[0] == pd.Timestamp(2024, 1, 2)
    assert data.target == "price"
    assert (data.kinds["값"], data.roles["day"]) == ("category", "group")
    dashboard.choose("Dates", "dmy")  # and once more
    assert dashboard[Key.DATASET].target == "price"
    names: dict[str, object] = {}
    script = data.script.text.replace('"days.csv"', "file").replace("'days.csv'", "file")
    exec(script, {"file": io.BytesIO(DAYS.encode())}, names)  # noqa: S102 (our own script)
    assert names["data"].kinds == data.kinds  # type: ignore[attr-defined]
    assert names["data"].roles == data.roles  # type: ignore[attr-defined]


def test_a_column_that_is_gone_takes_its_role_with_it(dashboard: Dashboard) -> None:
    bring(dashboard, "t.csv", b"a,b,y\n1,2,3\n4,5,6\n7,8,9\n")
    dashboard.choose("What should the model predict?", "y")
    dashboard.choose("Header line (0: none)", 2)
    assert dashboard[Key.DATASET].columns == ("1", "2", "3")
    assert dashboard[Key.DATASET].target is None


def test_another_file_keeps_nothing_of_the_former(dashboard: Dashboard) -> None:
    bring(dashboard, "t.csv", b"a,y\n1,2\n4,5\n7,8\n")
    dashboard.choose("What should the model predict?", "y")
    bring(dashboard, "u.csv", b"a,y\n1,2\n4,5\n7,9\n")
    assert dashboard[Key.DATASET].target is None


def test_a_correction_that_cannot_be_is_told_and_the_table_stays(dashboard: Dashboard) -> None:
    bring(dashboard, "days.csv", DAYS.encode())
    before = dashboard[Key.DATASET]
    dashboard.choose("Header line (0: none)", 99)
    assert "has no line 99" in dashboard.warnings
    assert dashboard[Key.DATASET] is before
    dashboard.choose("Header line (0: none)", 2)
    assert dashboard.warnings == ""
    assert "01-02-2024" in dashboard[Key.DATASET].columns


def test_a_title_above_the_header(dashboard: Dashboard) -> None:
    bring(dashboard, "t.csv", "2024년 매출, 단위 천원\n지역,값,수\n서울,1,5\n부산,2,6\n".encode())
    assert dashboard[Key.DATASET] is None
    assert "What to do:" in dashboard.warnings
    dashboard.choose("Header line (0: none)", 2)
    assert dashboard[Key.DATASET].columns == ("지역", "값", "수")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("first.csv", "a,b\n1,2\n3,4\n")
        archive.writestr("**둘째**.csv", "c,d\n1,2\n3,4\n")
    return buffer.getvalue()


def database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for name in ("first.csv", "**둘째**.csv"):
            connection.execute(f'create table "{name}" as select 1 as c, 2 as d')
        return bytes(connection.serialize())


@pytest.mark.parametrize(
    ("name", "content", "label"),
    [("t.zip", zipped(), "File in the archive"), ("t.db", database(), "Table")],
)
def test_one_of_several_tables_is_chosen(
    dashboard: Dashboard, name: str, content: bytes, label: str
) -> None:
    bring(dashboard, name, content)
    assert f"holds 2 {label.split()[0].lower()}s. Which one?" in plain(
        "\n".join(i.value for i in dashboard.app.info)
    )
    assert dashboard.warnings == ""
    dashboard.choose(label, "**둘째**.csv")
    assert dashboard[Key.DATASET].columns == ("c", "d")
    dashboard.choose(label, "first.csv")
    assert len(dashboard[Key.DATASET]) in (1, 2)
    assert "first.csv" in dashboard[Key.DATASET].script.text


def test_a_sheet_is_chosen(dashboard: Dashboard) -> None:
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as writer:
        pd.DataFrame({"a": [1, 2]}).to_excel(writer, sheet_name="one", index=False)
        pd.DataFrame({"b": [3, 4]}).to_excel(writer, sheet_name="두 번째", index=False)
    bring(dashboard, "t.xlsx", buffer.getvalue())
    assert dashboard[Key.DATASET].columns == ("a",)
    assert placeholders(dashboard)["Sheet"] == "one"
    dashboard.choose("Sheet", "두 번째")
    assert dashboard[Key.DATASET].columns == ("b",)


def test_a_sample_says_nothing_of_reading(dashboard: Dashboard) -> None:
    bring(dashboard, "days.csv", DAYS.encode())
    dashboard.app.button(key="sample-penguins").click().run()
    assert "What was understood" not in dashboard.sound().text
    assert dashboard[Key.BROUGHT].file is None
    dashboard.go("model").go("data")
    assert "What was understood" not in dashboard.text
