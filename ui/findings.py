"""What would go wrong without a word, told where it matters: short, the gravest first."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

import streamlit as st

from workbench import FittedModel
from workbench.findings import Finding, Findings, Page
from workbench.methods import METHODS
from workbench.settings import Subject

from . import run
from .show import below, short_id
from .text import markdown_safe

NAME = "workbench.findings"
#: Findings told on the page; the table below them has them all.
MOST_TOLD = 8
_LOOKS = {
    "warning": (":material/warning:", "Warning"),
    "notice": (":material/info:", "Notice"),
}


def tell(subject: Subject) -> None:
    """Looks, and says what was found: a line each, with what to do, and the table to take away."""
    made = run.result(METHODS[NAME], subject, {})
    if not isinstance(made, Findings):
        return
    with st.container(key=f"findings-{short_id(made)}"):
        st.markdown(f"**{markdown_safe(made.summary, longest=2_000)}**")
        for found in made.told[:MOST_TOLD]:
            _line(found)
        untold = len(made.told) - MOST_TOLD
        if untold > 0:
            st.caption(f"{untold:,} more in the table below.")
        below(made, short_id(made))


def beside(model: FittedModel, page: Page, columns: Collection[str] = ()) -> None:
    """What was found that spoils this page's pictures (of these columns): warnings in sight,
    notices a click away. Where looking takes long it is done on the Data and Model pages only."""
    looked = (_known(model), _known(model.data))
    told = [f for made in looked if made is not None for f in made.spoiling(page, columns)]
    warnings = [found for found in told if found.severity == "warning"]
    notices = [found for found in told if found.severity == "notice"]
    for found in warnings:
        _line(found)
    if notices:
        more = "more " if warnings else ""
        label = f"{len(notices)} {more}thing{'s' if len(notices) > 1 else ''} to know of the data"
        with st.expander(label, icon=_LOOKS["notice"][0]):
            for found in notices:
                _line(found)


def _known(subject: Subject) -> Findings | None:
    """What was found, or is found in a second; it is told here, and is no result of this page."""
    method, key = METHODS[NAME], run.key_of(NAME, subject, {})
    if not run.is_quick(subject) and run.known(NAME, subject) is None:
        return None
    return run.compute(key, method.title, lambda bar: cast(Findings, method(subject, progress=bar)))


def _line(found: Finding) -> None:
    icon, word = _LOOKS[found.severity]
    st.markdown(
        f"{icon} **{word}** · {markdown_safe(found.says, longest=2_000)}  \n"
        f"*What to do:* {markdown_safe(found.do, longest=2_000)}"
    )
