"""One row with other values: a form for them, the prediction before and after, and beside every
edited value whether the model's answer to it may be read as an effect.

The values stand in the session under keys that name row and column; an edit is a value that differs
from the row's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from workbench import METHODS, FittedModel
from workbench.dates import date_name

from . import controls, licence, page, run, state
from .show import show
from .state import SETTING
from .text import markdown_safe

NAME = "interpret.what_if"
#: Columns whose fields stand open, those that matter most for the row; the rest are folded.
OPEN = 5
NOT_AN_EFFECT = (
    "The model's answer to an edited row is not what would happen if the values were changed: it "
    "says what the model expects of other rows, which have these values for their own reasons."
)
AN_EFFECT = (
    "If the graph is right, this is what setting the values would change, on average over rows "
    "that are like this one in all else the model knows, as well as the model has learned it. It "
    "promises nothing for this very row, and has no interval."
)
IN_PART = (
    "If the graph is right, this is the part of the effect that does not go through what the model "
    "holds fixed; it is not what would happen if the values were changed."
)
NO_EFFECT = "By the graph, changing the values would not change the outcome at all."
_SAYS = {"green": AN_EFFECT, "amber": IN_PART, "no effect": NO_EFFECT}


def section(model: FittedModel, row: int, ordered: Sequence[str]) -> None:
    """The form, and what the model says of the edited row; `ordered` are the columns, those that
    matter most for this row first."""
    st.subheader("What if its values were others?", anchor=False)
    st.markdown(
        "Edit a value, and the model predicts the edited row. An emptied field is a missing value."
    )
    codes = model.transform.codes(model.data.frame.iloc[[row]])[0]
    own = dict(zip(model.features, codes.tolist(), strict=True))
    fields = {name: _Field(model, row, name, own[name]) for name in ordered}
    changes = {name: field.value for name, field in fields.items() if field.is_edited}
    form, answer = st.columns([1, 2], gap="large")
    with form:
        _form(model, row, fields, tuple(changes))
    with answer:
        if changes:
            _answer(model, row, changes)
        else:
            st.info("No value is edited yet.", icon=":material/edit:")


def _form(
    model: FittedModel, row: int, fields: Mapping[str, _Field], edited: tuple[str, ...]
) -> None:
    may = licence.of_each(edited, model) if edited else {}
    names = list(fields)
    for name in names[:OPEN]:
        _draw(fields[name], may)
    folded = names[OPEN:]
    if folded:
        count = len(set(folded) & set(edited))
        label = f"More columns ({len(folded)}{f', {count} edited' if count else ''})"
        more = st.expander(label, key="edits-more", on_change="rerun")
        if more.open:
            with more:
                for name in folded:
                    _draw(fields[name], may)
    if edited:
        st.button("Back to the row's own values", key="edits-back", icon=":material/undo:",
                  on_click=_forget, args=(row,))  # fmt: skip


def _draw(field: _Field, may: Mapping[str, tuple[str, str]]) -> None:
    field.draw()
    if field.name in may:
        licence.badge(*may[field.name])


def _forget(row: int) -> None:
    state.forget(_prefix(row))


def _answer(model: FittedModel, row: int, changes: Mapping[str, Any]) -> None:
    method = METHODS[NAME]
    given = ("row", "changes")
    settings = controls.inline(method.settings, model, NAME, ("target_class", "scale"), given)
    if len(changes) > 1:
        st.caption("All edits together, which is a question of their joint effect:")
    colour = licence.tell_of(tuple(changes), model)
    st.markdown(_SAYS.get(colour, NOT_AN_EFFECT))
    _quote(model, changes)
    found = run.result(method, model, {**settings, "row": row, "changes": dict(changes)})
    if found is not None:
        show(found, kept=licence.beside(found))
    page.link("How single rows go with one column", "dependence")


def _quote(model: FittedModel, changes: Mapping[str, Any]) -> None:
    """For the treatment of the session's question, the effect to quote instead."""
    both = licence.both(model)
    if both is None or both.question.treatment not in changes:
        return
    from causal import EffectEstimate

    question = both.question
    known = [
        each.summary
        for each in run.everything_computed()
        if isinstance(each, EffectEstimate)
        and each.provenance is not None
        and each.provenance.subject == question.fingerprint
    ]
    named = markdown_safe(question.treatment)
    if known:
        st.markdown(
            f"For what {named} does, quote instead: **{markdown_safe(known[-1], longest=2_000)}**"
        )
    else:
        st.markdown(f"What {named} does is estimated, with its interval, on the Effect page.")
    page.link("The effect, with its interval", "effect")


class _Field:
    """The field of one column: what the row holds, what was written, and how it is drawn."""

    def __init__(self, model: FittedModel, row: int, name: str, code: float) -> None:
        self.name, self._model, self._key = name, model, f"{_prefix(row)}{name}"
        self._own = self._shown(code)
        kept = state.choice(self._key, self._own)
        # another model may not know a level that was chosen
        self._kept = self._own if self._levels and kept not in self._options else kept

    @property
    def is_edited(self) -> bool:
        """Whether another value than the row's own was written."""
        return bool(self._kept != self._own)

    @property
    def value(self) -> Any:
        """What was written, as the method takes it; None for a missing value."""
        return None if self._kept in (self._missing, "") else self._kept

    def draw(self) -> None:
        """The field, filled with what was written or else the row's own value."""
        state.choose(self._key, self._kept)
        common: dict[str, Any] = {"key": self._key, "persist_state": "session"}
        label = markdown_safe(self.name, 60)
        if self._levels:
            st.selectbox(label, self._options, **common)
        elif self.name in self._model.transform.dates:
            st.text_input(label, help="As 2024-01-31 or 2024-01-31 17:30; empty: missing", **common)
        else:
            st.number_input(label, value=None, step=self._step(), format="%.10g",
                            placeholder="missing", **common)  # fmt: skip

    @property
    def _levels(self) -> tuple[str, ...]:
        if self._model.transform.kinds[self.name] == "boolean":
            return ("false", "true")
        return self._model.transform.levels.get(self.name, ())

    @property
    def _missing(self) -> str | None:
        """How a missing value stands in the field."""
        name = "(missing)"
        while name in self._levels:
            name = f"({name})"
        return name if self._levels else None

    @property
    def _options(self) -> list[str]:
        return [*self._levels, str(self._missing)]

    def _shown(self, code: float) -> Any:
        if self.name in self._model.transform.dates:
            return "" if math.isnan(code) else date_name(code)
        if math.isnan(code):
            return self._missing
        return self._levels[int(code)] if self._levels else code

    def _step(self) -> float:
        """A digit of the column's spread; 1 for whole numbers."""
        column = pd.to_numeric(self._model.data.frame[self.name]).dropna().to_numpy(dtype=float)
        spread = float(np.std(column)) if len(column) else 0.0
        if not spread or (column == np.round(column)).all():
            return 1.0
        return float(10.0 ** math.floor(math.log10(spread / 2)))


def _prefix(row: int) -> str:
    return f"{SETTING}edit.{row}."
