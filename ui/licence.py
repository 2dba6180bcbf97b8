"""May it be read as an effect? The licence of its columns beside every picture of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from workbench import FittedModel
from workbench.methods import METHODS
from workbench.result import Result

from . import run, state
from .text import markdown_safe

if TYPE_CHECKING:
    from causal import Licence, ModelAndQuestion

NAME = "causal.licence"
#: Results of a model that tell nothing of its columns, though they name some.
_NOT_OF_COLUMNS = ("interpret.verify",)
#: Columns that one badge names.
MOST_NAMED = 8
_LOOKS: dict[str, tuple[str, Literal["green", "orange", "red", "blue", "gray"], str]] = {
    "green": (":material/check_circle:", "green", "Total effect"),
    "amber": (":material/change_history:", "orange", "Direct effect only"),
    "red": (":material/cancel:", "red", "Not an effect"),
    "no effect": (":material/remove:", "blue", "No effect by the graph"),
    "grey": (":material/visibility:", "gray", "The model's view only"),
}
UNASKED = (
    "No causal question with this outcome was asked, so whether it may be read as an effect is not "
    "known."
)
SET_TOGETHER = "Both are moved at once, so it is a question of their joint effect:"
_IF_SET = (
    "What the model does when one column alone is set to another value, by the graph of the "
    "question. How much it uses a column is no effect:"
)


def both(model: FittedModel) -> ModelAndQuestion | None:
    """The model beside the session's question, where that is about what the model predicts."""
    question = state.question()
    if question is None or question.outcome != model.target.name:
        return None
    if not set(model.features) <= set(question.data.columns):
        return None
    from causal import ModelAndQuestion

    return ModelAndQuestion(model, question)


def beside(result: Result) -> Result:
    """The result with the licence of its columns among its notes, where there is one: what the
    report, and the Python behind it, carry."""
    model = state.model()
    if model is None or not _is_of_columns(result, model):
        return result
    found = _read_for(result, model)
    return result if found is None else found.beside(result)


def tell(result: Result, model: FittedModel) -> None:
    """The licence of the result's columns: a badge and the reason for those it sets, first for all
    of them together; where it is about all, a badge for each colour and the columns that have
    it."""
    if not _is_of_columns(result, model):
        return
    found = _read_for(result, model)
    if found is None:
        badge("grey", UNASKED)
        return
    lines = found.lines(_columns_set(result))
    if len(lines) > 1:
        st.caption(SET_TOGETHER)
    for _, line in lines.iterrows():
        name = f"{line['feature']}: " if len(lines) > 1 else ""
        badge(line["licence"], f"{name}{line['reason']}", line["effect"])
    if lines.empty:
        st.caption(_IF_SET)
        for kind, some in found.frame.groupby("licence", sort=False)["feature"]:
            badge(str(kind), _listed(list(some)))


def tell_of(names: Sequence[str], model: FittedModel) -> str:
    """The licence of setting these columns of a model at once: a badge and why. Gives its colour,
    in words."""
    found = read(model, names)
    if found is None:
        badge("grey", UNASKED)
        return "grey"
    # what is set together stands first
    line = found.lines(names).iloc[0]
    badge(line["licence"], line["reason"], line["effect"])
    return str(line["licence"])


def of_each(names: Sequence[str], model: FittedModel) -> Mapping[str, tuple[str, str]]:
    """For each of some columns its colour when it alone is set, and why."""
    found = read(model)
    if found is None:
        return dict.fromkeys(names, ("grey", "No causal question was asked."))
    lines = found.frame.set_index("feature")
    return {name: (lines["licence"][name], lines["reason"][name]) for name in names}


def _is_of_columns(result: Result, model: FittedModel) -> bool:
    made = result.provenance
    if made is None or made.subject != model.fingerprint or made.method in _NOT_OF_COLUMNS:
        return False
    return "feature" in made.settings or "feature" in result.frame


def _read_for(result: Result, model: FittedModel) -> Licence | None:
    # causal takes long to import, and is not needed where nothing was asked
    return None if both(model) is None else read(model, _columns_set(result))


def _columns_set(result: Result) -> tuple[str, ...]:
    from causal.licence import columns_set

    return columns_set(result)


def read(model: FittedModel, named: Sequence[str] = ()) -> Licence | None:
    """The licence of every column of the model, and of setting those that are named together;
    None without a question of what the model predicts."""
    subject = both(model)
    if subject is None:
        return None
    method: Any = METHODS[NAME]
    # no settings where none is needed: whatever page asks first, all others have it
    asked = {"together": tuple(named)} if len(named) > 1 else {}
    return run.compute(
        run.key_of(NAME, subject, asked),
        method.title,
        lambda bar: method(subject, progress=bar, **asked),
    )


def badge(kind: str, says: str, effect: str = "") -> None:
    """The word, sign and colour of a licence, and why."""
    icon, colour, word = _LOOKS[kind]
    word = "Joint effect" if effect == "joint" else word
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(word, icon=icon, color=colour)
        st.caption(markdown_safe(says, longest=600), width="stretch")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
