"""What a session remembers: every key in one place, each with its type.

A session holds the open data set, the model, the causal question, what is pinned to the report and
what was said on the last step. Results stay in the cache of `ui.run`; a session keeps their keys.
The choices made in widgets live in the session too, under the keys of `Choice` (those also in the
address) and under keys that start with `SETTING`; both are forgotten when the data change, since a
column or a row of one table means nothing in another.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from workbench.dataset import Dataset
from workbench.errors import AnalysisError
from workbench.result import Result

from .size import bytes_of

if TYPE_CHECKING:
    from causal import CausalQuestion
    from causal.designs.design import Design
    from workbench.model import FittedModel

#: Begins the key of every widget whose value belongs to the open data.
SETTING = "set."
#: A session keeps so many models, and so many bytes of them (their table is shared).
MOST_MODELS, MOST_MODEL_BYTES = 6, 256 * 2**20


class Choice(StrEnum):
    """Widgets whose value stands in the address of the page, so that a link carries it."""

    VIEW = "view"
    CURVE = "curve"
    FEATURE = "feature"
    ROW = "row"
    JUDGED = "judged"
    JUDGED_CLASS = "class"
    COMPARED = "compared"
    CUT_BY = "cut_by"
    CUTOFF = "cutoff"
    SHARE = "share"
    PROFILED = "profiled"


class Key(StrEnum):
    """Everything else a session holds."""

    INSIDE = "_inside"
    GOING_TO = "_going_to"
    GOING_WITH = "_going_with"
    DATASET = "_dataset"
    SAMPLE = "_sample"
    OPENED = "_opened"
    COLUMNS = "_columns"
    BROUGHT = "_brought"
    MODEL_UPLOAD = "_model_upload"
    MODEL = "_model"
    SHELF = "_shelf"
    RECIPE = "_recipe"
    QUESTION = "_question"
    DESIGNS = "_designs"
    PINNED = "_pinned"
    COMPUTED = "_computed"
    ASKED = "_asked"
    STOPPED = "_stopped"
    SAID = "_said"
    SEARCH_ENDED = "_search_ended"
    REPORT_TITLE = "_report_title"


@dataclass(frozen=True)
class Upload:
    """What became of the last file that was brought: its id, and why it was refused if it was."""

    file_id: str
    refused: AnalysisError | None = None


@dataclass(frozen=True)
class ColumnsForm:
    """The table of columns as it was last drawn from, and the data set its edits led to."""

    base: Dataset
    made: str


@dataclass(frozen=True)
class Shelved:
    """A model of the open data, what it was trained with, and its size in bytes without the
    table."""

    model: FittedModel
    recipe: Hashable
    size: int


# The data


def dataset() -> Dataset | None:
    """The open data set."""
    found: Dataset | None = st.session_state.get(Key.DATASET)
    return found


def open_dataset(
    data: Dataset, sample: str | None = None, why: str = "a new table was opened"
) -> None:
    """Opens a table; what belonged to the previous one is set aside, but for the report."""
    forget_choices()
    st.session_state[Key.SAMPLE] = sample
    st.session_state[Key.OPENED] = tables_opened() + 1
    _replace(data, why)


def change_dataset(data: Dataset, why: str) -> None:
    """The same table, read differently: another target, kind or role."""
    before = dataset()
    if before is None or before.fingerprint != data.fingerprint:
        _replace(data, why)


def _replace(data: Dataset, why: str) -> None:
    st.session_state[Key.DATASET] = data
    several = len(st.session_state.pop(Key.SHELF, ())) > 1
    model = "models" if several else "model"
    held = ((Key.MODEL, model), (Key.QUESTION, "causal question"), (Key.DESIGNS, "design"))
    lost = [name for key, name in held if st.session_state.pop(key, None) is not None]
    if lost:
        were = "were" if len(lost) > 1 or lost[0] == "models" else "was"
        say(f"The {' and the '.join(lost)} belonged to the former state of the data ({why}) "
            f"and {were} closed. Pinned results stay.")  # fmt: skip


def tables_opened() -> int:
    """How many tables this session has opened so far."""
    return int(st.session_state.get(Key.OPENED, 0))


def sample_name() -> str | None:
    """The name of the sample that is open; None for a table the person brought."""
    name: str | None = st.session_state.get(Key.SAMPLE)
    return name


def model_upload() -> Upload | None:
    """What became of the last saved model that was brought."""
    last: Upload | None = st.session_state.get(Key.MODEL_UPLOAD)
    return last


def remember_model_upload(last: Upload) -> None:
    """Keeps what became of a saved model, so that a rerun does not open it again."""
    st.session_state[Key.MODEL_UPLOAD] = last


def columns_form() -> ColumnsForm | None:
    """What the table of columns was last drawn from."""
    form: ColumnsForm | None = st.session_state.get(Key.COLUMNS)
    return form


def remember_columns_form(form: ColumnsForm) -> None:
    """Keeps what the table of columns is drawn from."""
    st.session_state[Key.COLUMNS] = form


# The model and the question


def model() -> FittedModel | None:
    """The trained model of the open data."""
    found: FittedModel | None = st.session_state.get(Key.MODEL)
    return found


def recipe() -> Hashable:
    """What the trained model was trained with, as the key of its training."""
    return st.session_state.get(Key.RECIPE)


def shelf() -> tuple[Shelved, ...]:
    """The models of the open data that this session keeps, the one trained first first."""
    kept: tuple[Shelved, ...] = st.session_state.get(Key.SHELF, ())
    return kept


def use_model(kept: Shelved) -> None:
    """Makes a model of the shelf the one every page explains."""
    keep_model(kept.model, kept.recipe)


def remove_model(kept: Shelved) -> None:
    """Takes a model off the shelf; not the one in use."""
    if kept.model is not model():
        st.session_state[Key.SHELF] = tuple(each for each in shelf() if each is not kept)


def _shelve(fitted: FittedModel, key: Hashable) -> None:
    """Puts a model on the shelf, once; the oldest make room for it, which is said."""
    if any(each.recipe == key and each.model is fitted for each in shelf()):
        return
    others = [each for each in shelf() if each.recipe != key]
    kept = [*others, Shelved(fitted, key, bytes_of((fitted.estimator, fitted.transform)))]
    gone = []
    while len(kept) > 1 and (
        len(kept) > MOST_MODELS or sum(each.size for each in kept) > MOST_MODEL_BYTES
    ):
        gone.append(kept.pop(0).model.family.title)
    st.session_state[Key.SHELF] = tuple(kept)
    if gone:
        say(f"A session keeps {MOST_MODELS} models and {MOST_MODEL_BYTES // 2**20} MB of them: the "
            f"oldest made room ({', '.join(gone)}).")  # fmt: skip


def keep_model(fitted: FittedModel, key: Hashable) -> None:
    """Makes this, trained under this key, the model every page explains, and keeps it."""
    _shelve(fitted, key)
    before = model()
    if before is not None and before.classes != fitted.classes:
        forget_choices()
    st.session_state[Key.MODEL] = fitted
    st.session_state[Key.RECIPE] = key
    answered(key)


def question() -> CausalQuestion | None:
    """The causal question asked of the open data."""
    found: CausalQuestion | None = st.session_state.get(Key.QUESTION)
    return found


def keep_question(asked: CausalQuestion | None) -> None:
    """Makes this the question the page answers; None takes it back."""
    st.session_state[Key.QUESTION] = asked


def design(page: str) -> Design | None:
    """The question asked on the page of a design."""
    found: Design | None = st.session_state.get(Key.DESIGNS, {}).get(page)
    return found


def keep_design(page: str, asked: Design | None) -> None:
    """Makes this the question that the page of a design answers."""
    st.session_state[Key.DESIGNS] = {**st.session_state.get(Key.DESIGNS, {}), page: asked}


# The report


def pinned() -> tuple[Result, ...]:
    """The results in the report, in its order."""
    found: tuple[Result, ...] = st.session_state.get(Key.PINNED, ())
    return found


def is_pinned(result: Result) -> bool:
    """Whether this result, or the same computed again, is in the report."""
    return any(identity(result) == identity(other) for other in pinned())


def pin(*results: Result) -> None:
    """Adds results to the end of the report, each once."""
    for result in results:
        if not is_pinned(result):
            st.session_state[Key.PINNED] = (*pinned(), result)


def unpin(result: Result) -> None:
    """Takes a result out of the report."""
    st.session_state[Key.PINNED] = tuple(
        other for other in pinned() if identity(other) != identity(result)
    )


def move_pinned(place: int, by: Literal[-1, 1]) -> None:
    """Swaps a result of the report with its neighbour."""
    order = list(pinned())
    other = place + by
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
        st.session_state[Key.PINNED] = tuple(order)


def identity(result: Result) -> tuple[Hashable, ...]:
    """What makes two results the same: method, subject and settings."""
    made = result.provenance
    if made is None:
        return (id(result),)
    return (made.method, made.subject, repr(sorted(made.settings.items())))


# What was computed, asked for and stopped


def computed() -> tuple[Hashable, ...]:
    """The cache keys of what this session has seen, in order."""
    keys: tuple[Hashable, ...] = st.session_state.get(Key.COMPUTED, ())
    return keys


def remember_computed(key: Hashable) -> None:
    """Adds a cache key to what this session has seen."""
    if key not in computed():
        st.session_state[Key.COMPUTED] = (*computed(), key)


def was_asked(key: Hashable) -> bool:
    """Whether the person asked for this computation by a click."""
    return key in st.session_state.get(Key.ASKED, frozenset())


def ask(key: Hashable) -> None:
    """The person wants this computation, however long it takes."""
    st.session_state[Key.ASKED] = st.session_state.get(Key.ASKED, frozenset()) | {key}
    if st.session_state.get(Key.STOPPED) == key:
        del st.session_state[Key.STOPPED]


def answered(key: Hashable) -> None:
    """What was asked for is done; asked again, it takes another click."""
    st.session_state[Key.ASKED] = st.session_state.get(Key.ASKED, frozenset()) - {key}


def stop(key: Hashable) -> None:
    """The person does not want to wait for this computation."""
    st.session_state[Key.STOPPED] = key
    answered(key)


def was_stopped(key: Hashable) -> bool:
    """Whether the person stopped this computation last."""
    return bool(st.session_state.get(Key.STOPPED) == key)


def search_ended() -> threading.Event:
    """Set while no search of this session is under way, nor one that was broken off unwinding."""
    if Key.SEARCH_ENDED not in st.session_state:
        ended = threading.Event()
        ended.set()
        st.session_state[Key.SEARCH_ENDED] = ended
    found: threading.Event = st.session_state[Key.SEARCH_ENDED]
    return found


# What is said once


def say(sentence: str) -> None:
    """Keeps a sentence for the next page that is drawn."""
    st.session_state[Key.SAID] = sentence


def take_said() -> str | None:
    """The sentence that was kept, once."""
    sentence: str | None = st.session_state.pop(Key.SAID, None)
    return sentence


# The choices


def choice(key: str, default: Any = None) -> Any:
    """The value of a widget that may not be drawn at the moment."""
    return st.session_state.get(key, default)


def choose(key: str, value: Any) -> None:
    """Sets a widget before it is drawn."""
    st.session_state[key] = value


def forget(prefix: str) -> None:
    """Forgets every widget whose key begins so."""
    for key in list(st.session_state):
        if isinstance(key, str) and key.startswith(prefix):
            del st.session_state[key]


def forget_choices() -> None:
    """Forgets every choice that belonged to the open data."""
    for key in list(st.session_state):
        if isinstance(key, str) and (key in tuple(Choice) or key.startswith(SETTING)):
            del st.session_state[key]
