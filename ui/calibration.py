"""Chances that do not come true as often as they say, and the button that mends them."""

from __future__ import annotations

import streamlit as st

from workbench import FittedModel, calibrate, uncalibrated
from workbench.findings import Finding
from workbench.findings.average_probability import average_probability
from workbench.findings.badly_calibrated import badly_calibrated

from . import run, state
from .state import SETTING
from .text import markdown_safe

#: The ways of looking below which it is offered.
VIEWS = ("workbench.calibration_curve", "workbench.calibration_comparison")
_WRONG = f"{SETTING}calibrate.wrong"
_METHODS = {
    "sigmoid": "Sigmoid: two numbers, for few rows",
    "isotonic": "Isotonic: any rising curve, from about 1,000 rows",
}


def offer(model: FittedModel) -> None:
    """Where the chances are wrong an expander that calibrates them; where they were calibrated,
    the way back."""
    if model.task == "regression":
        return
    if uncalibrated(model) is not model:
        with st.expander("This model is calibrated", key="calibrated", expanded=True):
            st.caption(
                "Its chances go through a map learned on the training rows. Explanations ask the "
                "calibrated model itself, which is slower; the exact ones are of the model before."
            )
            st.button("Use the model before calibration", key="uncalibrate", on_click=_keep,
                      args=(uncalibrated(model),))  # fmt: skip
        return
    wrong = _wrong(model)
    if wrong is not None:
        _form(model, wrong)


def _wrong(model: FittedModel) -> Finding | None:
    """What is wrong with the chances; kept, so that it is looked for once."""
    known: tuple[str, Finding | None] | None = st.session_state.get(_WRONG)
    if known is not None and known[0] == model.fingerprint:
        return known[1]
    found = next(iter([*average_probability(model), *badly_calibrated(model)]), None)
    st.session_state[_WRONG] = (model.fingerprint, found)
    return found


def _form(model: FittedModel, wrong: Finding) -> None:
    with st.expander("The chances are not right: calibrate them", key="calibrate", expanded=True):
        st.markdown(markdown_safe(wrong.says, longest=2_000))
        st.caption(
            "Calibration learns from the training rows alone, by predicting each part of them with "
            "a model that has not seen it; the held-out rows stay a clean test."
        )
        chosen = st.selectbox(
            "Calibrate by", list(_METHODS), format_func=_METHODS.__getitem__,
            key=f"{SETTING}calibrate.method", persist_state="session", help="`method` in Python",
        )  # fmt: skip
        settings = {"method": chosen or "sigmoid"}
        key = run.key_of("workbench.calibrate", model, settings)
        st.button("Calibrate", key="calibrate-now", type="primary", on_click=state.ask, args=(key,))
        if state.was_asked(key):
            made: FittedModel | None = run.compute(
                key, "Calibrating", lambda bar: calibrate(model, **settings, progress=bar)
            )
            if made is not None:
                state.answered(key)
                _keep(made)
                st.rerun()


def _keep(model: FittedModel) -> None:
    # trained with the settings of the form as it was
    state.keep_model(model, state.recipe())
