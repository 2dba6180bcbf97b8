"""Queries to a real PostgreSQL server, and what is no database."""

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.postgres import SECRET, Server
from workbench import DataError, ParameterError, read_sql

WRONG = f"{SECRET} and wrong"


@pytest.fixture(scope="module")
def people(postgres: Server) -> Server:
    postgres.run(
        "create table people (id int, name text, born date, seen timestamptz, pay numeric(10, 2), "
        "score double precision, flag boolean, tags text[], key uuid, raw bytea, code text)",
        "insert into people values (1, '김 %% :x', '1990-01-02', '2024-01-02 12:00+09', 1.50, 0.1, "
        "true, '{a,b}', '7f0c8a34-0000-4000-8000-000000000001', 'x', '00501')",
        "insert into people values (2, 'None', null, null, 'NaN', null, false, null, null, null, "
        "'12')",
    )
    return postgres


def test_the_types_of_the_server_are_believed(people):
    data = read_sql("select * from people order by id;", people.url)
    frame = data.frame
    assert frame["id"].tolist() == [1, 2]
    assert frame["name"].tolist() == ["김 % :x", "None"]
    assert frame["born"].tolist()[0] == pd.Timestamp(1990, 1, 2)
    assert frame["seen"].tolist()[0] == pd.Timestamp("2024-01-02 03:00")
    assert frame["pay"].tolist()[0] == 1.5
    assert frame["pay"].isna().tolist() == [False, True]
    assert frame["flag"].tolist() == [True, False]
    assert frame["code"].tolist() == ["00501", "12"]
    assert any("'tags' and 'raw' hold lists" in note for note in data.notes)


def test_marks_within_texts_are_no_parameters(people):
    query = "select name from people where name like '%:x' and name <> ':y' and id::int = 1"
    assert read_sql(query, people.url).frame["name"].tolist() == ["김 % :x"]


def test_more_rows_than_asked_for_are_said(people):
    query = "select n, n::text as t from generate_series(1, 90000) n"
    data = read_sql(query, people.url, limit=50_000)
    assert data.frame["n"].tolist() == list(range(1, 50_001))
    assert any("more than 50,000 rows" in note for note in data.notes)
    whole = read_sql(query, people.url, limit=90_000)
    assert len(whole) == 90_000
    assert not any("more than" in note for note in whole.notes)


@pytest.mark.parametrize(
    "query",
    [
        "insert into people(id) values (9) returning id",
        "select 1) as x; insert into people(id) values (9); select * from (select 1",
        "select 1) as x; commit; insert into people(id) values (9); select * from (select 1",
        "select nextval('counter')",
        "copy (select 1) to '/tmp/out.csv'",
        "select set_config('transaction_read_only', 'off', false), nextval('counter')",
        "drop table people",
    ],
)
def test_a_query_changes_nothing(people, query):
    people.run("create sequence if not exists counter")
    with pytest.raises(DataError, match="did not answer the query"):
        read_sql(query, people.url)
    assert read_sql("select count(*) as n from people", people.url).frame["n"].tolist() == [2]


def test_a_password_is_nowhere(people):
    shown = people.url.render_as_string(hide_password=False)
    written = people.url.render_as_string(hide_password=True)
    for source in (people.url, shown):
        data = read_sql("select 1 as a", source)
        told = data.script.text + "\n".join(data.notes)
        for secret in (SECRET, "s3cret", written):
            assert secret not in told
    for bad in ("select nothing", "select 1 as a, 2 as a"):
        with pytest.raises((DataError, ParameterError)) as refused:
            read_sql(bad, shown)
        assert "s3cret" not in str(refused.value)
    wrong = people.url.set(password=WRONG)
    with pytest.raises(DataError, match="did not answer") as refused:
        read_sql("select 1 as a", wrong)
    assert "s3cret" not in str(refused.value)


def test_the_script_takes_an_address_with_a_password_from_the_environment(people, monkeypatch):
    shown = people.url.render_as_string(hide_password=False)
    script = read_sql("select 1 as a", shown).script.text
    monkeypatch.setenv("DATABASE_URL", shown)
    names = {}
    exec(script, names)  # noqa: S102 (our own script)
    assert names["data"].frame["a"].tolist() == [1]


def test_an_engine_stays_the_persons_own(people):
    engine = sa.create_engine(people.url)
    data = read_sql("select id, flag from people", engine, target="flag", name="people")
    assert data.target == "flag"
    line = 'read_sql("select id, flag from people", engine, target="flag", name="people")'
    assert line.replace('"', "'") in data.script.text
    with engine.connect() as connection:
        assert connection.execute(sa.text("select 1")).scalar() == 1
    engine.dispose()


def test_a_query_without_rows_and_columns_of_one_name(people):
    with pytest.raises(DataError, match="not a single row"):
        read_sql("select * from people where id > 5", people.url)
    with pytest.raises(ParameterError, match="more than one column called 'id'"):
        read_sql("select p.id, q.id from people p, people q", people.url)


def test_what_is_no_database_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="no kind of database called 'nothing'"):
        read_sql("select 1", "nothing://who:s3cret@host/base")
    with pytest.raises(ParameterError, match=r"driver of mysql\+pymysql is not installed"):
        read_sql("select 1", "mysql+pymysql://who:s3cret@host/base")
    with pytest.raises(ParameterError, match="cannot be understood") as refused:
        read_sql("select 1", "postgresql+psycopg://who:s3cret@host:port/base")
    assert "s3cret" not in str(refused.value)
    with pytest.raises(DataError, match="There is no file"):
        read_sql("select 1", tmp_path / "no.db")
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="neither an SQLite nor a DuckDB database"):
        read_sql("select 1", tmp_path / "t.csv")
    with pytest.raises(ParameterError, match="is empty"):
        read_sql(" ; ", tmp_path / "t.csv")
    with pytest.raises(ParameterError, match="A int is not a database"):
        read_sql("select 1", 5)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="did not answer"):
        read_sql("select 1", "postgresql+psycopg://who@127.0.0.1:1/base")
