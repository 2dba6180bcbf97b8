"""The steps of a causal analysis, each a section with its state: done, or still to come."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from causal import CausalQuestion
from workbench import METHODS, methods_of

from . import method
from .text import markdown_safe

DONE, NEXT = ":material/check_circle:", ":material/radio_button_unchecked:"


@dataclass(frozen=True)
class Step:
    """A section: its title, one sentence, and the methods it runs."""

    title: str
    says: str
    methods: tuple[str, ...]


STEPS = (
    Step(
        "Identify",
        "Can the effect be had from these columns at all, and by adjusting for which? This follows "
        "from the graph alone; no data can check it.",
        ("causal.identify",),
    ),
    Step(
        "Compare like with like",
        "Are there treated and untreated rows of every kind, and do they resemble each other after "
        "weighting? Only what was measured can be compared.",
        ("causal.overlap", "causal.balance"),
    ),
    Step(
        "Estimate",
        "How large the effect is, with a 95 % interval. It is one only if the graph is right.",
        ("causal.linear_regression", "causal.aipw"),
    ),
    Step(
        "Refute",
        "Does the analysis find an effect where there is none? Passing does not prove it right.",
        ("causal.placebo_treatment",),
    ),
)


def heading(title: str, place: int, done: bool) -> str:
    """A section's title with its number and its state."""
    return f"{DONE if done else NEXT} {place} · {title}"


def run(question: CausalQuestion) -> None:
    """Every step of the analysis, and what else is registered for the page."""
    for place, step in enumerate(STEPS, start=2):
        _run_step(step, place, question)
    arranged = {name for step in STEPS for name in step.methods}
    more = [each.name for each in methods_of("cause") if each.name not in arranged]
    if more:
        st.subheader("What would break it", anchor=False)
        st.markdown("Every check looks at one way to be wrong, and is computed when it is opened.")
        for name in more:
            method.on_demand(name, question)


def announce() -> None:
    """What will come once a question is asked."""
    for place, step in enumerate(STEPS, start=2):
        st.subheader(heading(step.title, place, done=False), anchor=False)
        st.caption(step.says)


def _run_step(step: Step, place: int, question: CausalQuestion) -> None:
    head = st.empty()
    head.subheader(heading(step.title, place, done=False), anchor=False)
    st.markdown(step.says)
    found = []
    for name in step.methods:
        if len(step.methods) > 1:
            st.markdown(f"#### {markdown_safe(METHODS[name].title)}")
        found.append(method.present(name, question))
    if all(result is not None for result in found):
        head.subheader(heading(step.title, place, done=True), anchor=False)
