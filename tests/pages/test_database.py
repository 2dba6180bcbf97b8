"""A table from a database server: the form, what it refuses, and the password that is nowhere."""

import pytest

from tests.pages.conftest import Dashboard
from tests.postgres import SECRET as POSTGRES_SECRET
from tests.postgres import Server
from ui.database import ALLOWED
from ui.state import Key

SECRET = "s3cret-word"  # noqa: S105 (of no server)
ADDRESS = "postgresql+psycopg://who@127.0.0.1:1/base"


@pytest.fixture
def dashboard(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    """One whose owner allows it."""
    monkeypatch.setenv(ALLOWED, "1")
    dashboard.app.run()
    return dashboard.sound()


def test_without_leave_there_is_no_form(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Address" in [field.label for field in dashboard.app.text_input]
    monkeypatch.delenv(ALLOWED)
    dashboard.app.run()
    assert "Address" not in [field.label for field in dashboard.sound().app.text_input]


def ask(
    dashboard: Dashboard, address: str, query: str = "select 1 as a", password: str = SECRET
) -> Dashboard:
    dashboard.choose("Address", address).choose("Query", query)
    return dashboard.choose("Password", password).press("Read")


def held(dashboard: Dashboard) -> str:
    return repr(dashboard.app.session_state)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (ADDRESS, "did not answer the query"),
        ("nonsense", "cannot be understood"),
        ("sqlite:////etc/hosts.db", "is a file and no server"),
        (f"postgresql+psycopg://who:{SECRET}@127.0.0.1:1/base", "The address holds a password"),
        ("nothing://who@host/base", "no kind of database called"),
    ],
)
def test_what_cannot_be_asked_is_said_and_the_password_is_gone(
    dashboard: Dashboard, address: str, said: str
) -> None:
    ask(dashboard, address)
    assert said in dashboard.warnings
    assert dashboard[Key.DATASET] is None
    assert SECRET not in held(dashboard)
    assert SECRET not in dashboard.text


def test_what_a_server_gives_is_the_open_table(dashboard: Dashboard, postgres: Server) -> None:
    address = postgres.url._replace(password=None).render_as_string()
    query = "select n as number, n * 2 as twice from generate_series(1, 50) n"
    ask(dashboard, address, query, POSTGRES_SECRET)
    data = dashboard[Key.DATASET]
    assert data.frame["twice"].tolist() == list(range(2, 101, 2))
    assert "environ['DATABASE_URL']" in data.script.text
    assert POSTGRES_SECRET not in held(dashboard) + data.script.text + dashboard.text
