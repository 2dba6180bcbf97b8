"""What went wrong, as a sentence and a way out; what is our own fault, as a number to report."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from workbench.errors import AnalysisError

from .text import markdown_safe

_log = logging.getLogger("whence")


@contextmanager
def told() -> Iterator[None]:
    """What fails inside is told to the person, and the page goes on below.

    An `AnalysisError` is theirs to mend and is shown as it is worded. Anything else is our bug: it
    is logged with its traceback under an id, and the id is shown.
    """
    try:
        yield
    except AnalysisError as error:
        refuse(error)
    except Exception:  # noqa: BLE001 - the one place where a bug of ours meets the person
        number = secrets.token_hex(4)
        _log.exception("Bug %s", number)
        st.error(
            f"This did not work, and the fault is in Whence, not in what you did. Your data are "
            f"still open. The server's log has the details under the number `{number}`.",
            icon=":material/bug_report:",
        )


def refuse(error: AnalysisError) -> None:
    """A sentence on what is in the way, and one on the way out."""
    st.warning(
        f"{markdown_safe(error.message)}  \n**What to do:** {markdown_safe(error.hint)}",
        icon=":material/error:",
    )
