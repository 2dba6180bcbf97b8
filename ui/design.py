"""The page of a design: its question as a form, then what `ui/design_steps.py` arranges: the
picture first, the number, what would break it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from causal.designs.design import Design
from workbench import Dataset

from . import controls, design_steps, page, state, steps, wide
from .errors import told
from .text import markdown_safe


def run(name: str, title: str, says: str, kind: Callable[..., Design]) -> None:
    """The whole page of a design: `kind` is the question it answers."""
    page.begin(title, says)
    data = page.need_data()
    asked = _ask(name, data, kind)
    if asked is None:
        steps.announce(design_steps.PAGES[name])
    else:
        steps.run(name, asked, design_steps.PAGES[name])
    page.link("Which design fits?", "designs")


def _ask(name: str, data: Dataset, kind: Callable[..., Design]) -> Design | None:
    """The form, and the question asked last; it stays when what is entered now is refused."""
    settings = kind.settings()  # type: ignore[attr-defined]
    names = [setting.name for setting in settings]
    given = controls.inline(settings, data, name, names, starts_empty=True)
    if "unit" in names:
        wide.hint(data)
    missing = [s.help for s in settings if s.is_required and given[s.name] in (None, "", ())]
    draft = None
    if missing:
        st.caption(f"Still to choose: {', '.join(markdown_safe(what) for what in missing)}.")
    else:
        with told():
            draft = kind(data, **{s.name: _said(given[s.name], s.default) for s in settings})
    asked = state.design(name)
    is_new = draft is not None and (asked is None or asked.fingerprint != draft.fingerprint)
    st.button("Ask", key=f"ask-{name}", type="primary", icon=":material/help:",
              disabled=not is_new, on_click=state.keep_design, args=(name, draft))  # fmt: skip
    if asked is not None:
        st.markdown(f"**{markdown_safe(asked.sentence)}**")
    if asked is not None and is_new:
        st.caption("The form has changed since; what is below answers the question above.")
    return asked


def _said(value: Any, default: Any) -> Any:
    """A field that was left empty says nothing: its default."""
    return default if value in (None, "", ()) else value
