"""Asking a database server for a table. The password is held only while the question is asked: it
is in no widget afterwards, in no state, script or report.

Offered only where whoever starts the dashboard says so: through a dashboard that others can reach,
they would reach every database that this machine can.
"""

from __future__ import annotations

import os

import streamlit as st

from workbench import read_sql
from workbench.errors import AnalysisError, ParameterError

from . import reading, state
from .errors import refuse
from .text import markdown_safe

_ASKED, _REFUSED, _ADDRESS, _QUERY = (
    f"database.{part}" for part in ("asked", "refused", "address", "query")
)
#: Set to anything, it offers the form: WHENCE_DATABASES=1 make run.
ALLOWED = "WHENCE_DATABASES"
EXAMPLE = "postgresql+psycopg://user@host:5432/database"


def ask() -> None:
    """The form behind a button, where it is allowed; what the database refuses is said in it."""
    if not os.environ.get(ALLOWED):
        return
    with st.popover("Ask a database", icon=":material/database:", key="database"):
        address = st.text_input(
            "Address", key=_ADDRESS, placeholder=EXAMPLE, help="As SQLAlchemy writes it, without "
            "the password. The driver has to be installed where Whence runs.",
        )  # fmt: skip
        # Another widget for every question: the former one goes, and the password with it.
        password = st.text_input(
            "Password", type="password", key=_password_key(),
            autocomplete="new-password", help="Kept nowhere: the script takes the whole address "
            "from the environment variable DATABASE_URL.",
        )  # fmt: skip
        query = st.text_area("Query", key=_QUERY, placeholder="select * from orders", height=120)
        if st.button("Read", key="database.read", type="primary"):
            _read(address, password, query)
        refused = st.session_state.get(_REFUSED)
        if refused is not None:
            refuse(refused)
        st.caption("One SELECT, within a transaction that only reads where the database knows it.")


def _password_key() -> str:
    return f"database.password-{st.session_state.get(_ASKED, 0)}"


def _read(address: str, password: str, query: str) -> None:
    del st.session_state[_password_key()]
    st.session_state[_ASKED] = int(st.session_state.get(_ASKED, 0)) + 1
    st.session_state[_REFUSED] = None
    try:
        with st.spinner(f"Asking {markdown_safe(address, 60)}"):
            data = read_sql(query, _with_password(address, password))
    except AnalysisError as error:
        st.session_state[_REFUSED] = error.with_traceback(None)
    else:
        reading.forget()
        state.open_dataset(data)
    st.rerun()


def _with_password(address: str, password: str) -> object:
    """The address of a server, with the password in its place."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ParameterError(
            "The address of the database cannot be understood.", f"Write it as {EXAMPLE}."
        ) from error.with_traceback(None)
    if url.get_backend_name() in ("sqlite", "duckdb"):
        raise ParameterError(
            f"{url.get_backend_name()} is a file and no server.", "Bring the file itself."
        )
    if url.password is not None:
        del st.session_state[_ADDRESS]
        raise ParameterError(
            "The address holds a password, which would stay on the page.",
            "Write the address without it, and the password in its own field.",
        )
    return url.set(password=password) if password else url
