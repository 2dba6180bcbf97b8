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
from .show import show
from .text import markdown_safe


def present(
    name: str, subject: Subject, *, inline: Iterable[str] = (), **given: Any
) -> Result | None:
    """Draws a method's settings (but for those given), runs it and shows what it found.

    The settings in `inline` stand above the picture, the rest below it.
    """
    method = METHODS[name]
    first, result = st.container(), st.container()
    with first:
        settings = controls.inline(method.settings, subject, name, inline, tuple(given))
    settings |= controls.rest(method.settings, subject, name, (*inline, *given))
    with result:
        found = run.result(method, subject, {**settings, **given})
        if found is not None:
            if isinstance(subject, FittedModel):
                licence.tell(found, subject)
            show(found, kept=licence.beside(found))
    return found


def on_demand(name: str, subject: Subject, **given: Any) -> None:
    """A method in an expander of its own: it is computed while the expander is open."""
    chosen = METHODS[name]
    place = st.expander(markdown_safe(chosen.title), key=f"demand-{name}", on_change="rerun")
    if place.open:
        with place:
            st.markdown(says(chosen))
            present(name, subject, **given)


def says(method: Method) -> str:
    """What a method tells, as Markdown."""
    return markdown_safe(method.says)
