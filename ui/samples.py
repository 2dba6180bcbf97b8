"""The samples: as cards, and each with the question it is known for, one click away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from workbench.samples import SAMPLES, Sample, adjust, designs, predict, sample

from . import page, reading, run, state
from .text import markdown_safe

ABREAST = 3
#: The shelves of the page, each with its samples.
SHELVES = (
    ("To predict and to explain", predict.SAMPLES),
    ("To ask what an effect is", adjust.SAMPLES),
    ("To use a design", designs.SAMPLES),
)


def cards() -> None:
    """The samples as cards, one click each."""
    for title, samples in SHELVES:
        st.markdown(f"**{title}**")
        _abreast(samples, open_sample)


def _abreast(samples: Sequence[Sample], on_open: Callable[[Sample], None]) -> None:
    for start in range(0, len(samples), ABREAST):
        row = samples[start : start + ABREAST]
        for place, each in zip(st.columns(ABREAST), row, strict=False):
            with place:
                _card(each, on_open)


def _card(each: Sample, on_open: Callable[[Sample], None]) -> None:
    with st.container(border=True, height="stretch", key=f"card-{each.name}"):
        st.markdown(f"**{markdown_safe(each.title)}**  \n{markdown_safe(each.asks)}")
        st.caption(markdown_safe(each.says))
        st.space("stretch")
        st.button(f"Open {markdown_safe(each.title)}", key=f"sample-{each.name}",
                  icon=":material/table:", on_click=on_open, args=(each,))  # fmt: skip


def open_sample(chosen: Sample) -> None:
    """Makes a sample the open table."""
    data = run.CACHE.get(("sample", chosen.name)) or sample(chosen.name)
    run.CACHE.put(("sample", chosen.name), data)
    reading.forget()
    state.open_dataset(data, sample=chosen.name)


def opened() -> Sample | None:
    """The sample that is open; None for a table the person brought."""
    name = state.sample_name()
    return SAMPLES[name] if name is not None else None


def textbook(answer: str, fill_in: Callable[[], None]) -> None:
    """The button that asks what the open sample is known for, and the answer in the books."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Use the textbook question", key="textbook", icon=":material/menu_book:",
                  on_click=fill_in)  # fmt: skip
        st.caption(f"What is known of it: {markdown_safe(answer)}.")


def offer(design: str, on_open: Callable[[Sample], None]) -> None:
    """The samples a design is known by, each opened and asked with one click."""
    known = [each for each in SAMPLES.values() if each.design and each.design.kind == design]
    st.subheader("Or see it on a sample", anchor=False)
    _abreast(known, on_open)


def link_to_design() -> None:
    """The way to the page of the design that the open sample is known for."""
    known = opened()
    if known is not None and known.design is not None:
        title = known.design.kind.replace("_", " ").capitalize()
        page.link(f"See the design: {title}", known.design.kind)
