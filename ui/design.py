"""The page of a design: its question as a form, then what `ui/design_steps.py` arranges: the
picture first, the number, what would break it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from causal.designs.design import Design
from workbench import Dataset
from workbench.samples import Sample, SampleDesign
from workbench.settings import Setting

from . import controls, design_steps, page, samples, state, steps, wide
from .errors import told
from .text import markdown_safe


def run(name: str, title: str, says: str, kind: Callable[..., Design]) -> None:
    """The whole page of a design: `kind` is the question it answers."""
    page.begin(title, says)
    if state.dataset() is None:
        above, below = st.container(), st.container()
        with below:
            samples.offer(name, partial(_open_textbook, name, kind))
        with above:
            page.need_data()
    data = page.need_data()
    asked = _ask(name, data, kind)
    if asked is None:
        steps.announce(design_steps.PAGES[name])
    else:
        steps.run(name, asked, design_steps.PAGES[name])
    page.link("Which design fits?", "designs")


def _ask(name: str, data: Dataset, kind: Callable[..., Design]) -> Design | None:
    """The form, and the question asked last; it stays when what is entered now is refused."""
    settings = _settings(kind)
    names = [setting.name for setting in settings]
    known = samples.opened()
    if known is not None and known.design is not None and known.design.kind == name:
        samples.textbook(known.design.answer, partial(_fill_in, name, data, kind, known.design))
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


def _settings(kind: Callable[..., Design]) -> tuple[Setting, ...]:
    found: tuple[Setting, ...] = kind.settings()  # type: ignore[attr-defined]
    return found


def _open_textbook(name: str, kind: Callable[..., Design], chosen: Sample) -> None:
    """Opens a sample of this design and asks what it is known for."""
    samples.open_sample(chosen)
    data = state.dataset()
    assert data is not None
    assert chosen.design is not None
    _fill_in(name, data, kind, chosen.design)


def _fill_in(name: str, data: Dataset, kind: Callable[..., Design], known: SampleDesign) -> None:
    for setting in _settings(kind):
        default = None if setting.is_required else setting.default
        value = known.asked.get(setting.name, default)
        state.choose(controls.key_of(name, setting.name), _in_form(setting, value))
    state.keep_design(name, kind(data, **known.asked))


def _in_form(setting: Setting, value: Any) -> Any:
    if setting.kind == "columns":
        return list(value or ())
    return value or "" if setting.kind == "text" else value


def _said(value: Any, default: Any) -> Any:
    """A field that was left empty says nothing: its default."""
    return default if value in (None, "", ()) else value
