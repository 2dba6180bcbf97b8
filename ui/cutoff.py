"""One cutoff, one class and one pair of costs for every picture of quality."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench import METHODS, FittedModel, OperatingPoint
from workbench.errors import AnalysisError
from workbench.methods import Method

from . import controls, run, state
from .state import Choice
from .text import markdown_safe

POINT = "workbench.operating_point"
#: The settings every picture shares, drawn under one name.
SHARED, FORM = ("rows", "cost_false_alarm", "cost_miss"), "quality"
COSTS = ("cost_false_alarm", "cost_miss")
BY = {"cutoff": "Cutoff", "share": "Share of the rows"}


def linked(view: Method, model: FittedModel) -> dict[str, Any]:
    """Draws what the pictures share, as far as this one has it, and gives its settings."""
    names = {setting.name for setting in view.settings}
    has_cutoff = "cutoff" in names and bool(model.classes)
    shared = _shared(view, names | (set(COSTS) if has_cutoff else set()), model)
    given = {name: value for name, value in shared.items() if name in names}
    if not has_cutoff or _says_the_most_probable(view, model, shared):
        return given
    point = shared | _cut(shared)
    if view.name == POINT:
        return given | {"cutoff": None, "share": None} | point
    found = _point(point, model)
    if found is None:
        return given
    st.markdown(markdown_safe(found.summary, longest=2_000))
    return given | {"cutoff": min(found.cutoff, 1.0)}


def _shared(view: Method, names: set[str], model: FittedModel) -> dict[str, Any]:
    settings = METHODS[POINT].settings if model.classes else view.settings
    wanted = [each for each in SHARED if each in names]
    if not (model.classes and "target_class" in names):
        return controls.inline(settings, model, FORM, wanted)
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        chosen = controls.widget(
            controls.of(METHODS[POINT], "target_class"), model, Choice.JUDGED_CLASS,
            bind="query-params",
        )  # fmt: skip
    with right:
        return {"target_class": chosen} | controls.inline(settings, model, FORM, wanted)


def _says_the_most_probable(view: Method, model: FittedModel, shared: dict[str, Any]) -> bool:
    """Of more than two classes the matrix of all of them knows no cutoff."""
    matrix = view.name == "workbench.confusion_matrix"
    return matrix and model.task == "multiclass" and shared.get("target_class") is None


def _cut(shared: dict[str, Any]) -> dict[str, Any]:
    """The slider, by the cutoff or by the share of the rows, and the way to the cheapest."""
    left, middle, right = st.columns([1.2, 2.4, 1], vertical_alignment="bottom")
    with left:
        by = st.segmented_control(
            "Rows are called by", list(BY), default="cutoff", required=True, key=Choice.CUT_BY,
            format_func=BY.__getitem__, bind="query-params", persist_state="session",
        )  # fmt: skip
    with middle:
        if by == "share":
            value = st.slider(
                "Share of the rows that is called, the likeliest first", 0.001, 1.0, 0.1, 0.001,
                format="percent", key=Choice.SHARE, bind="query-params", persist_state="session",
                help="The same rows in every picture of this page. `share` in Python",
            )  # fmt: skip
        else:
            value = st.slider(
                "Rows with at least this chance are called", 0.0, 1.0, 0.5, 0.001,
                format="%.3f", key=Choice.CUTOFF, bind="query-params", persist_state="session",
                help="The same cutoff in every picture of this page. `cutoff` in Python",
            )  # fmt: skip
    with right:
        st.button(
            "The cheapest cutoff", key="cheapest", icon=":material/savings:",
            on_click=_to_the_cheapest, args=(shared,),
            disabled=all(shared[name] == 0 for name in COSTS),
            help="The one whose false alarms and misses cost least on these rows",
        )  # fmt: skip
    return {"share" if by == "share" else "cutoff": float(value)}


def _point(settings: dict[str, Any], model: FittedModel) -> OperatingPoint | None:
    method = METHODS[POINT]
    key = run.key_of(method.name, model, settings)
    found: OperatingPoint | None = run.compute(
        key, method.title, lambda bar: method(model, progress=bar, **settings)
    )
    return found


def _to_the_cheapest(settings: dict[str, Any]) -> None:
    model = state.model()
    if model is None:
        return
    try:
        found = METHODS[POINT](model, **settings)
    except AnalysisError as error:
        state.say(str(error))
        return
    assert isinstance(found, OperatingPoint)
    state.choose(Choice.CUT_BY, "cutoff")
    state.choose(Choice.CUTOFF, min(found.cutoff, 1.0))
