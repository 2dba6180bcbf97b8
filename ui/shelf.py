"""The models of this session: which one the pages explain, and which are compared."""

from __future__ import annotations

import streamlit as st

from workbench import FittedModel, ModelSet
from workbench.errors import AnalysisError
from workbench.quality.comparing.model_set import names_of

from . import page, state
from .errors import refuse
from .state import Shelved
from .text import markdown_safe

#: A name in the popover is cut after so many letters.
LONGEST_NAME = 60


def names() -> dict[str, Shelved]:
    """What each model of the shelf is called, in its order."""
    kept = state.shelf()
    return dict(zip(names_of([each.model for each in kept]), kept, strict=True))


def choose_current() -> None:
    """In the bar: the models of this session, where there are several."""
    kept = names()
    if len(kept) < 2:
        return
    with st.popover(f"{len(kept)} models", icon=":material/layers:", width="content"):
        st.caption(
            "The models trained on this table in this session. The pages explain the one in use; "
            f"the newest {state.MOST_MODELS} are kept."
        )
        for place, (name, each) in enumerate(kept.items()):
            _line(name, each, place)


def _line(name: str, each: Shelved, place: int) -> None:
    in_use = each.model is state.model()
    with st.container(horizontal=True, vertical_alignment="center", key=f"shelf-{place}"):
        words = markdown_safe(name, LONGEST_NAME)
        st.markdown(f"**{words}**" if in_use else words, width="stretch")
        st.button(
            "In use" if in_use else "Use", key=f"use-{place}", disabled=in_use,
            help=None if in_use else "The pages explain this model",
            on_click=state.use_model, args=(each,),
        )  # fmt: skip
        st.button(
            "Remove", key=f"remove-{place}", icon=":material/delete:", disabled=in_use,
            on_click=state.remove_model, args=(each,),
        )  # fmt: skip


def current_name(model: FittedModel) -> str:
    """What the model in use is called among those of the shelf."""
    found = [name for name, each in names().items() if each.model is model]
    return found[0] if found and len(state.shelf()) > 1 else model.family.title


def need_models() -> ModelSet:
    """The models to compare, as chosen; without two that can be compared the page ends here."""
    page.need_model()
    kept = names()
    if len(kept) < 2:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                "There is one model so far. Train another kind, or the same with other settings: "
                "both stay, and are compared here.", width="content",
            )  # fmt: skip
            page.link("Train another model", "model")
        st.stop()
    chosen = st.multiselect(
        "Models", list(kept), default=list(kept), key=f"compared-{hash(tuple(kept))}",
        help="The first chosen is the first in every difference. `ModelSet.of` in Python",
    )  # fmt: skip
    if len(chosen) < 2:
        st.info("Choose two models or more.", icon=":material/info:")
        st.stop()
    try:
        return ModelSet.of([kept[name].model for name in chosen])
    except AnalysisError as error:
        refuse(error)
        st.stop()
