"""A trained model as a file to take away, and the way back in."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from workbench import FittedModel, load_model
from workbench.errors import AnalysisError
from workbench.storing import model_bytes

from . import refill, run, state
from .errors import refuse, told
from .text import file_name, markdown_safe


def upload() -> None:
    """The place to drop a saved model; what is refused is said, and everything open stays open."""
    with st.expander("Open a saved model", key="open-model", icon=":material/folder_open:"):
        file = st.file_uploader("A file that Whence has saved (.whence.zip)", ("zip",),
                                key="model-file")  # fmt: skip
        if file is None:
            return
        last = state.model_upload()
        if last is None or last.file_id != file.file_id:
            _open(file)
        last = state.model_upload()
        if last is not None and last.refused is not None:
            refuse(last.refused)


def _open(file: Any) -> None:
    refused: AnalysisError | None = None
    with told():
        with st.spinner(f"Opening {markdown_safe(file.name, 60)} in a process of its own"):
            try:
                _use(load_model(file))
            except AnalysisError as error:
                refused = error.with_traceback(None)
        state.remember_model_upload(state.Upload(file.file_id, refused))
        if refused is None:
            st.rerun()


def _use(model: FittedModel) -> None:
    """The session has its data, the model itself, and the form as it was for its training."""
    state.open_dataset(model.data)
    key = refill.fill(model) or run.key_of("workbench.load_model", model, {})
    state.keep_model(model, key)


def download(model: FittedModel) -> None:
    """The model as one file, written once the person wants it."""
    key = run.key_of("workbench.save_model", model, {})
    if key not in run.CACHE and not state.was_asked(key):
        st.button("Save this model", key="save-model", icon=":material/save:",
                  on_click=state.ask, args=(key,))  # fmt: skip
        return
    content = run.compute(key, "Writing the model", lambda _: model_bytes(model))
    if content is None:
        return
    # the hash keeps two files of one name and size from being taken for each other
    digest = hashlib.blake2b(content, digest_size=4).hexdigest()
    name = file_name(f"{model.data.name}-{model.family.name}")
    st.download_button(
        "Download the model", content, f"{name}-{digest}.whence.zip", "application/zip",
        key="download-model", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    st.caption(
        f"One file of {len(content) / 2**20:.1f} MB with the model and **its table**: whoever gets "
        "it can read the rows. It holds no code, and opens here or with `load_model` in Python."
    )
