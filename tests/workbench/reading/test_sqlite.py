"""SQLite databases: one table, read-only, whatever lies in the file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import AnalysisError, DataError, ParameterError, read, read_sql
from workbench.reading import ChoiceNeeded


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return database(
        tmp_path / "shop.db",
        "create table people (id integer, name text, born text, pay real, photo blob)",
        "insert into people values (1, '김철수', '1990-01-02', 1.5, x'00ff')",
        "insert into people values (2, 'O''Hara', '1985-12-31', null, null)",
        'create table "my ""orders""" (n)',
        'insert into "my ""orders""" values (1), (2.5), (null)',
    )


def test_a_table_is_read_by_its_name(shop):
    data = read(shop, table="people")
    assert data.frame["id"].tolist() == [1, 2]
    assert data.frame["name"].tolist() == ["김철수", "O'Hara"]
    assert data.frame["born"].tolist() == [pd.Timestamp(1990, 1, 2), pd.Timestamp(1985, 12, 31)]
    assert data.frame["pay"].isna().tolist() == [False, True]
    assert "'photo' hold lists, structures or bytes and were left out." in data.notes
    assert "table='people'" in data.script.text
    assert read(shop.read_bytes(), table="people").fingerprint == data.fingerprint


def test_several_tables_are_listed(shop):
    with pytest.raises(ChoiceNeeded, match="'people' and 'my \"orders\"'") as asked:
        read(shop)
    assert asked.value.setting == "table"
    frame = read(shop, table='my "orders"').frame
    assert frame["n"].tolist()[:2] == [1.0, 2.5]
    with pytest.raises(ParameterError, match="has no table 'none'"):
        read(shop, table="none")


def test_a_column_that_mixes_numbers_and_texts_loses_nothing(tmp_path):
    path = database(
        tmp_path / "m.db", "create table t (a)", "insert into t values (1), ('x'), (2.5), ('?')"
    )
    assert read(path).frame["a"].tolist()[:3] == ["1", "x", "2.5"]
    assert read(path).frame["a"].isna().tolist() == [False, False, False, True]


def test_what_is_in_the_log_beside_the_file_is_read_and_else_said_to_lack(tmp_path):
    path = tmp_path / "w.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("pragma journal_mode = wal")
        writer.execute("create table t (a)")
        writer.execute("insert into t values (1)")
        writer.commit()
        writer.execute("pragma wal_checkpoint(truncate)")
        writer.execute("insert into t values (2)")
        writer.commit()
        assert read(path).frame["a"].tolist() == [1, 2]
        uploaded = read(path.read_bytes())
        assert uploaded.frame["a"].tolist() == [1]
        assert any("WAL" in note for note in uploaded.notes)


def test_reading_changes_nothing_and_leaves_nothing(shop):
    before, beside = shop.read_bytes(), sorted(shop.parent.iterdir())
    read(shop, table="people")
    read_sql("select * from people", shop)
    assert shop.read_bytes() == before
    assert sorted(shop.parent.iterdir()) == beside


def test_a_query_gives_a_table(shop):
    data = read_sql("select name, pay from people where id = 1;  ", shop, target="pay")
    assert data.frame.to_dict("records") == [{"name": "김철수", "pay": 1.5}]
    assert data.target == "pay"
    assert "read_sql(" in data.script.text
    assert read_sql("select 1 as a -- so", shop).frame["a"].tolist() == [1]
    assert read_sql("select 1 as a", f"sqlite:///{shop}").frame["a"].tolist() == [1]


def test_the_limit_is_said(shop):
    numbers = "with recursive c(x) as (values(1) union all select x + 1 from c) select x from c"
    data = read_sql(numbers, shop, limit=50_000)
    assert data.frame["x"].tolist() == list(range(1, 50_001))
    assert any("more than 50,000 rows; the first 50,000" in note for note in data.notes)
    exact = read_sql("select * from people", shop, limit=2)
    assert not any("limit" in note for note in exact.notes)
    with pytest.raises(ParameterError, match="limit = 0"):
        read_sql(numbers, shop, limit=0)


@pytest.mark.parametrize(
    "query",
    [
        "delete from people",
        "attach database 'new.db' as other",
        "select 1) ; attach database 'new.db' as other; select * from (select 1",
        "pragma journal_mode = wal",
        "select load_extension('x.so')",
        "insert into people(id) values (3) returning id",
        "vacuum into 'new.db'",
        "select * from pragma_database_list",
    ],
)
def test_a_query_can_only_read_this_database(shop, query, monkeypatch):
    monkeypatch.chdir(shop.parent)
    before = shop.read_bytes()
    with pytest.raises(DataError, match=r"shop\.db"):
        read_sql(query, shop)
    assert shop.read_bytes() == before
    assert not Path("new.db").exists()


def test_two_columns_of_one_name_are_refused(shop):
    with pytest.raises(ParameterError, match="more than one column called 'a'"):
        read_sql("select 1 as a, 2 as a", shop)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("sqlite") / "t.db"
    numbers = "with recursive c(x) as (values(1) union all select x + 1 from c limit 200)"
    made = f"create table t as {numbers} select x, 'text ' || x from c"  # noqa: S608 (our own)
    return database(path, made).read_bytes()


@given(st.lists(st.tuples(st.integers(16, 8191), st.integers(0, 255)), min_size=1, max_size=40))
def test_a_damaged_database_is_a_table_or_a_sentence(whole, changes):
    held = bytearray(whole)
    for place, value in changes:
        held[place % len(held)] = value
    assert is_table_or_sentence(bytes(held))


def is_table_or_sentence(content: bytes) -> bool:
    try:
        return len(read(content)) > 0
    except AnalysisError as error:
        return error.hint.endswith(".")
