"""A registered method on a page: its form, its run, its result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from workbench.methods import METHODS, Method
from workbench.model import FittedModel
from workbench.result import Result
from workbench.settings import Subject

from . import controls, licence, run
from .show import Picked, show
from .text import markdown_safe


def present(
    name: str,
    subject: Subject,
    *,
    inline: Iterable[str] = (),
    starts_empty: bool = True,
    picked: Picked | None = None,
    **given: Any,
) -> Result | None:
    """Draws a method's settings (but for those given), runs it and shows what it found.

    The settings in `inline` stand above the picture, and with them the columns that must be chosen:
    nothing is computed before, unless the form starts at the first (`starts_empty=False`). The rest
    stands below the picture, in which `picked` hears of what is clicked.
    """
    method = METHODS[name]
    needed = tuple(s.name for s in method.settings if controls.needs_column(s))
    above = (*inline, *(n for n in needed if n not in inline))
    first, result = st.container(), st.container()
    with first:
        settings = controls.inline(
            method.settings, subject, name, above, tuple(given), starts_empty=starts_empty
        )
    settings |= controls.rest(method.settings, subject, name, (*above, *given))
    values = {**settings, **given}
    with result:
        if controls.missing(method.settings, values):
            st.info("Choose a column.", icon=":material/arrow_upward:")
            return None
        found = run.result(method, subject, values)
        if found is not None:
            if isinstance(subject, FittedModel):
                licence.tell(found, subject)
            show(found, kept=licence.beside(found), picked=picked)
    return found


def on_demand(
    name: str, subject: Subject, *, picked: Picked | None = None, **given: Any
) -> Result | None:
    """A method in an expander of its own: it is computed while the expander is open."""
    chosen = METHODS[name]
    place = st.expander(markdown_safe(chosen.title), key=f"demand-{name}", on_change="rerun")
    if place.open:
        with place:
            st.markdown(says(chosen))
            return present(name, subject, picked=picked, **given)
    return None


def says(method: Method) -> str:
    """What a method tells, as Markdown."""
    return markdown_safe(method.says)
