"""DuckDB databases, and that a query in them reaches nothing else."""

import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from workbench import DataError, ParameterError, read, read_sql
from workbench.reading import ChoiceNeeded, room


def database(path: Path, *statements: str) -> Path:
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    return database(
        tmp_path / "shop.duckdb",
        "create table people as select * from (values (1, '김', date '1990-01-02', 1.50), "
        "(2, 'None', null, null)) t(id, name, born, pay)",
        "create schema other",
        "create table other.orders as select range as n from range(120000)",
    )


def test_a_table_is_read_by_its_name(shop):
    data = read(shop, table="people")
    assert data.frame["id"].tolist() == [1, 2]
    assert data.frame["name"].tolist() == ["김", "None"]
    assert data.frame["born"].tolist()[0] == pd.Timestamp(1990, 1, 2)
    assert data.frame["pay"].tolist()[0] == 1.5
    assert "Table 'people' was read; the file also has 'other.orders'." in data.notes
    uploaded = read(shop.read_bytes(), table="people")
    assert uploaded.fingerprint == data.fingerprint


def test_several_tables_are_listed(shop):
    with pytest.raises(ChoiceNeeded, match=r"'people' and 'other\.orders'") as asked:
        read(shop)
    assert asked.value.setting == "table"
    frame = read(shop, table="other.orders").frame
    assert frame["n"].tolist() == list(range(120_000))
    with pytest.raises(ParameterError, match="has no table 'none'"):
        read(shop, table="none")


def test_a_query_gives_a_table_and_the_limit_is_said(shop):
    data = read_sql("select n, n * 2 as double from other.orders order by n;", shop, limit=10)
    assert data.frame["double"].tolist() == list(range(0, 20, 2))
    assert any("more than 10 rows; the first 10" in note for note in data.notes)
    assert read_sql("select 1 as a", f"duckdb:///{shop}").frame["a"].tolist() == [1]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('{folder}/secret.csv')",
        "select * from '{folder}/secret.csv'",
        "from read_text('/etc/passwd')",
        "select * from glob('{folder}/*')",
        "select * from sniff_csv('{folder}/secret.csv')",
        "copy people to '{folder}/out.csv'",
        "attach '{folder}/new.duckdb' as other_one",
        "install httpfs",
        "load httpfs",
        "export database '{folder}/out'",
        "set enable_external_access = true",
        "reset lock_configuration",
        "select 1) ; copy people to '{folder}/out.csv'; select * from (select 1",
        "select 1) ; set enable_external_access = true; from ('{folder}/secret.csv'",
        "delete from people",
    ],
)
def test_a_query_can_only_read_this_database(shop, query):
    folder, before = shop.parent, sorted(shop.parent.iterdir())
    with pytest.raises(DataError, match=r"shop\.duckdb"):
        read_sql(query.replace("{folder}", str(folder)), shop)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('{folder}/secret.csv')",
        "copy people to '{folder}/out.csv'",
        "copy (select 1) to '{folder}/out.parquet' (format parquet)",
        "attach '{folder}/secret.db' as b",
        "install httpfs",
        "load '{folder}/x.duckdb_extension'",
        "set enable_external_access = true",
        "set temp_directory = '{folder}'",
        "set allowed_directories = ['{folder}']",
        "pragma disable_verification; set lock_configuration = false",
    ],
)
def test_the_connection_itself_is_shut_in(shop, statement):
    """Not the brackets around the query: the settings of the connection."""
    from workbench.reading.duckdb_worker import SHUT_IN

    with (
        duckdb.connect(shop, read_only=True, config=SHUT_IN) as connection,
        pytest.raises(duckdb.Error),
    ):
        connection.execute(statement.replace("{folder}", str(shop.parent)))


def test_a_view_inside_a_foreign_file_reaches_nothing(shop):
    folder = shop.parent
    view = f"create view v as from read_csv('{folder}/secret.csv')"
    path = database(folder / "trap.duckdb", view)
    with pytest.raises(DataError, match=r"trap\.duckdb"):
        read(path)
    with pytest.raises(DataError, match="cannot be read as a DuckDB database"):
        read(path.read_bytes())


def test_a_table_larger_than_the_memory_is_refused_while_it_comes(tmp_path, monkeypatch):
    path = database(
        tmp_path / "large.duckdb", "create view v as select range as n from range(1e15::bigint)"
    )
    monkeypatch.setattr(room, "free_memory", lambda: 40 * 2**20)
    with pytest.raises(DataError, match="more than fits"):
        read(path)


def test_a_damaged_file_ends_no_one_else(shop):
    held = bytearray(shop.read_bytes())
    for place in range(4096, len(held), 3):
        held[place] ^= 0xFF
    with pytest.raises(DataError, match="cannot be read as a DuckDB database"):
        read(bytes(held), table="people")


def test_types_that_have_no_place_are_left_out(tmp_path):
    path = database(
        tmp_path / "t.duckdb",
        "create table t as select [1, 2] l, {'a': 1} s, 'x'::blob b, 5::hugeint h, "
        "timestamptz '2024-01-02 03:04:05+00' z, uuid() u, 1.5::decimal(18, 3) d",
    )
    data = read(path)
    assert set(data.columns) == {"h", "z", "u", "d"}
    assert data.frame["z"].tolist() == [pd.Timestamp(datetime.datetime(2024, 1, 2, 3, 4, 5))]
    assert data.frame["h"].tolist() == [5]
