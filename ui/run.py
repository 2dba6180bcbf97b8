"""Runs a method for a page: from the cache where it is known, with a bar where it takes long.

The key of a result is the method, the fingerprint of its subject, the words the subject was made
with, and the settings: two people share a result only if their data are the same to the last value.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import streamlit as st

from workbench.errors import AnalysisError
from workbench.methods import Method
from workbench.progress import Progress
from workbench.result import Result
from workbench.settings import Subject

from . import state, warm
from .cache import Cache
from .errors import refuse, told
from .text import markdown_safe

T = TypeVar("T")

CACHE = Cache()
#: The bar is drawn for what takes longer than this, and moved this often, in seconds.
BAR_AFTER, BAR_EVERY = 0.5, 0.1
#: Tables with more values than this (rows times columns) are computed on after a click only.
MOST_CELLS_AT_ONCE = 600_000


def result(method: Method, subject: Subject, settings: Mapping[str, Any]) -> Result | None:
    """The method's result; None while the person has not asked for it, stopped it, or was told
    why there is none. What takes no time on tables of this size is computed without asking."""
    key = key_of(method.name, subject, settings)
    if not (is_quick(subject) or key in CACHE or state.was_asked(key)):
        _offer(key, f"{len(subject.dataset):,} rows: this may take a while.", "Compute")
        return None
    made = compute(key, method.title, lambda bar: method(subject, progress=bar, **settings))
    if made is not None:
        state.remember_computed(key)
    return made


def compute(key: Hashable, title: str, work: Callable[[Progress], T]) -> T | None:
    """What `work` gives, from the cache or with a bar; None where it was stopped or refused.

    Refusals are kept like results, so that what takes long to fail fails once.
    """
    known = CACHE.get(key)
    if known is None and state.was_stopped(key):
        _offer(key, f"{title} was stopped.", "Start again")
        return None
    if known is None:
        known = _worked(key, title, work)
    if isinstance(known, AnalysisError):
        refuse(known)
        return None
    found: T | None = known
    return found


def key_of(name: str, subject: Subject, settings: Mapping[str, Any]) -> Hashable:
    """What makes two computations the same."""
    return (name, subject.fingerprint, subject.script.text, repr(sorted(settings.items())))


def known(name: str, subject: Subject, **settings: Any) -> Any:
    """What was computed before with these settings, or None; nothing is computed."""
    return CACHE.get(key_of(name, subject, settings))


def is_quick(subject: Subject) -> bool:
    """Whether everything on this subject takes about a second."""
    return subject.dataset.frame.size <= MOST_CELLS_AT_ONCE


def everything_computed() -> tuple[Result, ...]:
    """What this session has computed and the cache still holds, in order."""
    found = (CACHE.get(key) for key in state.computed())
    return tuple(result for result in found if isinstance(result, Result))


def _worked(key: Hashable, title: str, work: Callable[[Progress], T]) -> T | AnalysisError | None:
    place = st.empty()
    made: T | AnalysisError | None = None
    warm.wait_for_polars()
    with told():
        try:
            made = work(_Bar(place, key, title))
        except AnalysisError as error:
            made = error.with_traceback(None)
        CACHE.put(key, made)
    place.empty()
    return made


class _Bar:
    """A progress bar with a button to cancel, drawn once the work has taken long enough.

    Any click raises inside the call that moves the bar, and the work unwinds from there.
    """

    def __init__(self, place: Any, key: Hashable, title: str) -> None:
        self._place, self._key, self._title = place, key, title
        self._started = self._moved = time.monotonic()
        self._bar: Any = None

    def __call__(self, share: float, what: str = "", /) -> None:
        now = time.monotonic()
        if now - self._started < BAR_AFTER or now - self._moved < BAR_EVERY:
            return
        self._moved = now
        self._bar = self._bar or self._drawn()
        seconds = f"{now - self._started:.0f} s"
        text = f"{markdown_safe(what or self._title)} · {seconds}"
        self._bar.progress(min(max(share, 0.0), 1.0), text=text)

    def _drawn(self) -> Any:
        with self._place.container(horizontal=True, vertical_alignment="bottom"):
            bar = st.progress(0.0, width="stretch")
            st.button("Cancel", key=f"cancel-{hash(self._key)}", icon=":material/close:",
                      on_click=state.stop, args=(self._key,))  # fmt: skip
        return bar


def _offer(key: Hashable, sentence: str, label: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(markdown_safe(sentence), width="content")
        st.button(label, key=f"ask-{hash(key)}", type="primary",
                  on_click=state.ask, args=(key,))  # fmt: skip
