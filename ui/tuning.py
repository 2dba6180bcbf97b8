"""The search for better settings on the Model page: budget, live curve, what is done with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from workbench import FAMILIES, Cancelled, Dataset, FittedModel, Progress, Tuning, tune
from workbench.metrics import metrics_for
from workbench.target import read_target

from . import controls, run, state, stopping, theme
from .method import present
from .model import Recipe
from .show import show
from .state import SETTING
from .text import markdown_safe

#: The live curve is drawn anew this often, in seconds.
DRAWN_EVERY = 1.5
#: A search that was broken off has kept its best within this time, in seconds.
KEPT_WITHIN = 5.0
BUDGETS = {"trials": "A number of trials", "minutes": "A number of minutes"}
AGAIN = f"{SETTING}tuning.again"


def section(data: Dataset, asked: Recipe) -> None:
    """In an expander below the form: a search for better settings of the chosen family."""
    place = st.expander(
        "Search for better settings", key="tuning", icon=":material/tune:", on_change="rerun"
    )
    if place.open:
        with place:
            _search(data, asked)


def _search(data: Dataset, asked: Recipe) -> None:
    family = FAMILIES[asked.family]
    if not any(setting.search for setting in family.settings):
        st.caption(f"{family.title} has no settings to search.")
        return
    st.markdown(
        "Settings are judged by cross-validation **within the training rows**; the rows held out "
        "are not looked at. The family's defaults are always the first trial. You can stop at any "
        "time and keep the best so far."
    )
    budget = _budget(data, asked)
    key = run.key_of("workbench.tune", data, {
        **vars(asked), "settings": None, "early_stopping": None, **budget,
        "again": state.choice(AGAIN, 0),
    })  # fmt: skip
    found = _found(data, asked, budget, key)
    if found is None:
        return
    show(found)
    _use(data, asked, found)


def _budget(data: Dataset, asked: Recipe) -> dict[str, Any]:
    """How long is searched, by what, and in how many folds: the settings of `tune`."""
    kind, size, by, into = st.columns(4, vertical_alignment="bottom")
    with kind:
        chosen = st.selectbox(
            "Budget", list(BUDGETS), format_func=BUDGETS.__getitem__, key=f"{SETTING}tuning.budget",
            persist_state="session", help="`trials` or `seconds` in Python",
        )  # fmt: skip
    with size:
        if chosen == "minutes":
            minutes = st.number_input("Minutes", 0.1, 600.0, 2.0, 1.0, format="%g",
                                      key=f"{SETTING}tuning.minutes",
                                      persist_state="session")  # fmt: skip
            spent: dict[str, Any] = {"trials": None, "seconds": 60 * minutes}
        else:
            trials = st.number_input("Trials", 1, 10_000, 30, 5, key=f"{SETTING}tuning.trials",
                                     persist_state="session")  # fmt: skip
            spent = {"trials": int(trials)}
    metrics = metrics_for(read_target(data, asked.task, asked.positive).task)
    with by:
        titles = {m.name: m.title for m in metrics}
        metric = st.selectbox(
            "What makes settings better", list(titles), format_func=titles.__getitem__,
            key=f"{SETTING}tuning.metric", persist_state="session", help="`metric` in Python",
        )  # fmt: skip
    with into:
        folds = st.number_input("Folds", 2, 20, 5, key=f"{SETTING}tuning.folds",
                                persist_state="session")  # fmt: skip
    return {**spent, "metric": metric, "folds": int(folds)}


def _found(data: Dataset, asked: Recipe, budget: dict[str, Any], key: Hashable) -> Tuning | None:
    """What the search found, from the cache or searched for now; None before it was asked for.

    A click during the search ends it. What it had found by then is kept first; then the click is
    answered.
    """
    # A click is answered on another thread: what was broken off may not be kept yet.
    ended = state.search_ended()
    ended.wait(KEPT_WITHIN)
    if key not in run.CACHE and not state.was_asked(key):
        st.button("Search", key="tune", type="primary", icon=":material/tune:",
                  on_click=state.ask, args=(key,))  # fmt: skip
        return None
    keeping, live = Keeping(), _Live()

    def search(bar: Progress) -> Tuning:
        return tune(
            data, asked.family, **budget, task=asked.task, positive=asked.positive,
            test_share=asked.test_share, seed=asked.seed, **asked.asked,
            progress=keeping.when(bar), watch=keeping.when(live),
        )  # fmt: skip

    title = f"Searching settings of {FAMILIES[asked.family].title}"
    ended.clear()
    try:
        found = run.compute(key, title, lambda bar: keeping.best(lambda: search(bar)))
    finally:
        ended.set()
    if keeping.click is not None:
        raise keeping.click
    live.clear()
    if found is not None:
        state.remember_computed(key)
    return found


class Keeping:
    """Lets a click end a search without losing what it found.

    A click raises inside the call that draws, and would unwind the search. Here it becomes
    `Cancelled`, for which the search gives its best so far; the click is kept in `click`, to be
    raised again once that is safe.
    """

    def __init__(self) -> None:
        self.click: BaseException | None = None

    def when(self, drawn: Callable[..., None]) -> Callable[..., None]:
        """The same drawing, in which a click becomes `Cancelled`."""

        def told(*what: Any) -> None:
            try:
                drawn(*what)
            except Exception:
                raise
            except BaseException as click:
                self.click = click
                raise Cancelled from click

        return told

    def best(self, search: Callable[[], Tuning]) -> Tuning:
        """What the search found; the click itself where it came before anything was."""
        try:
            return search()
        except Cancelled:
            if self.click is None:
                raise
            raise self.click from None


class _Live:
    """The curve while it grows, drawn no more often than it can be read."""

    def __init__(self) -> None:
        self._place: Any = None
        self._drawn = time.monotonic()

    def __call__(self, so_far: Tuning) -> None:
        now = time.monotonic()
        if now - self._drawn < DRAWN_EVERY:
            return
        self._drawn = now
        # made once the search is on its way, so that it stands below the bar and its button
        self._place = self._place or st.empty()
        self._place.plotly_chart(
            theme.on_page(so_far.figure()), theme=None, alt=so_far.summary,
            config={"displayModeBar": False},
        )  # fmt: skip

    def clear(self) -> None:
        """Makes room for the result."""
        if self._place is not None:
            self._place.empty()


@dataclass(frozen=True)
class _Best:
    """The form as it is with the best settings."""

    recipe: Recipe
    values: dict[str, Any]

    @classmethod
    def of(cls, asked: Recipe, found: Tuning) -> _Best:
        defaults = {s.name: s.default for s in FAMILIES[asked.family].settings}
        values = defaults | found.best_settings
        changed = {name: value for name, value in values.items() if value != defaults[name]}
        # the rounds are read off the folds: with these settings nothing is stopped early
        return cls(replace(asked, early_stopping=False, settings=changed), values)

    def into_form(self, key: Hashable) -> None:
        """Fills the form with the settings and asks for the training."""
        for name, value in self.values.items():
            state.choose(controls.key_of(self.recipe.family, name), value)
        state.choose(stopping.KEY, False)
        state.ask(key)


def _use(data: Dataset, asked: Recipe, found: Tuning) -> None:
    """Training with the best settings, and whether they were worth it."""
    best = _Best.of(asked, found)
    settings = ", ".join(f"{name} = {value}" for name, value in best.recipe.settings.items())
    settings = markdown_safe(settings, longest=1_000) or "the defaults, which are kept"
    st.markdown(f"Best settings: {settings}.")
    with st.container(horizontal=True):
        st.button("Train with these settings", key="train-tuned", type="primary",
                  icon=":material/play_arrow:", on_click=best.into_form,
                  args=(best.recipe.key(data),))  # fmt: skip
        if found.ended_early:
            st.button("Search again from the start", key="tune-again",
                      icon=":material/restart_alt:",
                      on_click=state.choose, args=(AGAIN, state.choice(AGAIN, 0) + 1))  # fmt: skip
    fitted = state.model()
    if fitted is not None and _is_tuned(fitted, best):
        st.subheader("Tuned against default", anchor=False)
        present("workbench.tuned_against_default", fitted)


def _is_tuned(fitted: FittedModel, best: _Best) -> bool:
    """Whether it has these settings, and they are not the defaults, which stand beside nothing."""
    is_of_family = fitted.family.name == best.recipe.family
    return is_of_family and bool(best.recipe.settings) and dict(fitted.settings) == best.values
