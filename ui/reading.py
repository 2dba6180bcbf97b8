"""What was understood of a file, each thing with a widget that corrects it: the file is read again
at once. Where a file holds several tables, one is chosen here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, BinaryIO

import streamlit as st

from workbench import Dataset
from workbench.errors import AnalysisError
from workbench.reading import ChoiceNeeded, How, Understood, reading

from . import state
from .errors import refuse, told
from .text import markdown_safe

ENCODINGS = {
    "utf-8": "UTF-8",
    "cp949": "CP949 (Korean)",
    "utf-16": "UTF-16",
    "cp1252": "CP1252 (Western Europe)",
    "cp1250": "CP1250 (Central Europe)",
    "cp1251": "CP1251 (Cyrillic)",
    "cp932": "CP932 (Japanese)",
    "gb18030": "GB18030 (Chinese)",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar", " ": "Blank", ":": "Colon"}
DECIMALS = {".": "Point (1.5)", ",": "Comma (1,5)"}
THOUSANDS = {
    ",": "Comma (1,234)",
    ".": "Point (1.234)",
    " ": "Blank (1 234)",
    "'": "Apostrophe (1'234)",
    "": "None",
}
DATES = {
    "dmy": "Day, month, year",
    "mdy": "Month, day, year",
    "ymd": "Year, month, day",
    "text": "Leave as texts",
}
CHOICES = {"member": "File in the archive", "table": "Table", "sheet": "Sheet"}
#: Offered beside those that were met in the file.
MARKERS = ("?", "-", "없음", "NA", "N/A", "None", ".", "-9", "999")
NOTHING_FOUND, AUTOMATIC = "None found", "Found out by itself"
ABREAST = 2


@dataclass(frozen=True)
class Brought:
    """A file a person brought, how it is to be read, and what came of it.

    `opened` counts the tables the session had opened when this one was read, so that it is known
    whether it is still the open one; 0 where it was never read. `guessed` is the table as it was
    read, before the person said what its columns are.
    """

    file: BinaryIO | None
    file_id: str
    how: How
    understood: Understood | None = None
    refused: AnalysisError | None = None
    opened: int = 0
    guessed: Dataset | None = None
    is_waiting: bool = True

    @property
    def is_open(self) -> bool:
        """Whether the open table is this file."""
        return self.opened > 0 and self.opened == state.tables_opened()


def brought() -> Brought | None:
    """The file that was brought last."""
    last: Brought | None = st.session_state.get(state.Key.BROUGHT)
    return last


def bring(file: Any) -> None:
    """Reads a file that was just dropped; one that was read before is left as it is."""
    last = brought()
    if last is None or last.file_id != file.file_id:
        _keep(Brought(file, file.file_id, How()))
        read_if_waiting()


def forget() -> None:
    """Lets go of the file: another table was opened. Its id stays, since the uploader still holds
    it and it must not be read a second time."""
    last = brought()
    if last is not None:
        _keep(Brought(None, last.file_id, How(), is_waiting=False))


def read_if_waiting() -> None:
    """Reads the file where it was just brought, or where what was understood was corrected."""
    last = brought()
    if last is None or last.file is None or not last.is_waiting:
        return
    last = replace(last, is_waiting=False)
    _keep(last)
    with told(), st.spinner(f"Reading {markdown_safe(last.file.name, 60)}"):
        try:
            read = reading(last.file, last.how)
        except AnalysisError as error:
            _keep(replace(last, refused=error.with_traceback(None)))
            return
        _open(last, read.dataset)
        _keep(replace(last, understood=read.understood, refused=None, guessed=read.dataset,
                      opened=state.tables_opened()))  # fmt: skip
        st.rerun()


def _open(last: Brought, read: Dataset) -> None:
    """Opens the table; where it was open already and is only read differently, what the person
    chose stays."""
    now = state.dataset()
    if last.is_open and last.guessed is not None and now is not None:
        read = with_choices(read, last.guessed, now)
        state.open_dataset(read, why="the file was read differently")
    else:
        state.open_dataset(read)


def with_choices(read: Dataset, guessed: Dataset, now: Dataset) -> Dataset:
    """A table that was read again, with the kinds and roles that differ between what was guessed
    before and what the person made of it, where the column is still there.

    The kind of a column whose values were made others, as by a neutral class, is not one of them.
    """
    kept = [c for c in read.columns if c in guessed.kinds and c in now.kinds]
    kinds = {c: now.kinds[c] for c in kept if now.kinds[c] != guessed.kinds[c]
             and now.frame[c].dtype == guessed.frame[c].dtype}  # fmt: skip
    roles = {c: now.roles[c] for c in kept if now.roles[c] != guessed.roles[c]}
    read = read.with_kinds(kinds) if kinds else read
    return read.with_roles(roles) if roles else read


def refusal() -> None:
    """Why the file that was brought could not be read, and what may be said of it."""
    last = brought()
    if last is None or last.refused is None or last.is_open:
        return
    if isinstance(last.refused, ChoiceNeeded):
        _ask(last, last.refused)
        return
    refuse(last.refused)
    if state.dataset() is not None:
        st.caption("The table that was open before is still open.")
    with st.expander("Read it differently", key="differently", icon=":material/tune:"):
        _widgets(last, last.understood or _UNKNOWN)


def _ask(last: Brought, needed: ChoiceNeeded) -> None:
    st.info(f"{markdown_safe(needed.message.partition(':')[0])}. Which one?")
    _select(last, needed.setting, CHOICES[needed.setting], _as_they_are(needed.options), "Choose")


def understood() -> None:
    """Beside the preview: what was found out of the open file, to be corrected; nothing where the
    open table is no file."""
    last = brought()
    if last is None or not last.is_open or last.understood is None:
        return
    st.markdown("**What was understood**")
    if last.refused is not None:
        refuse(last.refused)
        st.caption("The table is still shown as it was read before.")
    _widgets(last, last.understood)


def is_shown() -> bool:
    """Whether there is anything to say of the open table."""
    last = brought()
    return last is not None and last.is_open and _has_widgets(last.understood or _UNKNOWN)


def _has_widgets(found: Understood) -> bool:
    return found.missing is not None or any(len(o) > 1 for o in found.options.values())


#: Of a file that was not read: everything may be said.
_UNKNOWN = Understood(
    encoding="", delimiter="", header=-1, decimal="", thousands="", dates="", missing=()
)


def _widgets(last: Brought, found: Understood) -> None:
    """As many as the file has a meaning for, two abreast."""
    drawn: list[Callable[[], None]] = []
    for setting, label in CHOICES.items():
        options = found.options.get(setting, ())
        if len(options) > 1:
            words, chosen = _as_they_are(options), found.chosen.get(setting, "")
            drawn.append(partial(_select, last, setting, label, words, chosen))
    for setting, label, words in (
        ("encoding", "Encoding", ENCODINGS),
        ("delimiter", "Delimiter", DELIMITERS),
    ):
        held = getattr(found, setting)
        if held is not None:
            drawn.append(partial(_select, last, setting, label, words, _word(words, held)))
    if found.header is not None:
        drawn.append(partial(_header, last, found.header))
    if found.missing is not None:
        of_texts = (
            ("decimal", "Decimal mark", DECIMALS),
            ("thousands", "Thousands mark", THOUSANDS),
            ("dates", "Dates", DATES),
        )
        for setting, label, words in of_texts if found.has_texts else ():
            said = _word(words, getattr(found, setting))
            drawn.append(partial(_select, last, setting, label, words, said))
        drawn.append(partial(_missing, last, found.missing))
    for start in range(0, len(drawn), ABREAST):
        for place, draw in zip(st.columns(ABREAST), drawn[start : start + ABREAST], strict=False):
            with place:
                draw()
    _units(last, found.units or {})


def _word(words: Mapping[str, str], found: str | None) -> str:
    if found == "":
        return AUTOMATIC
    return words.get(found, found) if found else NOTHING_FOUND


def _as_they_are(options: Sequence[str]) -> dict[str, str]:
    return {option: option for option in options}


def _select(last: Brought, setting: str, label: str, words: Mapping[str, str], found: str) -> None:
    """A choice that stands empty, what was found in grey, until the person says otherwise."""
    key = _key(last, setting)
    if key not in st.session_state:
        # Not as its index: a choice that begins with a value cannot be emptied again.
        st.session_state[key] = getattr(last.how, setting)
    st.selectbox(
        label, list(words), index=None, key=key, format_func=words.get, placeholder=found,
        on_change=_correct, args=(setting, key),
    )  # fmt: skip


def _header(last: Brought, found: int) -> None:
    key = _key(last, "header")
    st.number_input(
        "Header line (0: none)", min_value=0, step=1, value=last.how.header, key=key,
        placeholder=str(found) if found >= 0 else AUTOMATIC, on_change=_correct,
        args=("header", key),
    )  # fmt: skip


def _missing(last: Brought, found: tuple[str, ...]) -> None:
    said = list(found if last.how.missing is None else last.how.missing)
    # What was found is another default after another reading, and needs another widget.
    key = f"{_key(last, 'missing')}-{said}"
    st.multiselect(
        "Means missing", list(dict.fromkeys([*said, *MARKERS])), default=said,
        key=key, accept_new_options=True, placeholder=NOTHING_FOUND, on_change=_correct,
        args=("missing", key, tuple),
    )  # fmt: skip


def _units(last: Brought, found: Mapping[str, str]) -> None:
    if not found and last.how.units:
        return
    key = _key(last, "units")
    marks = ", ".join(f"{markdown_safe(name, 30)} ({unit})" for name, unit in found.items())
    st.checkbox(
        "Percent and currency are numbers", value=last.how.units, key=key,
        on_change=_correct, args=("units", key),
    )  # fmt: skip
    if marks:
        st.caption(marks)


def _key(last: Brought, setting: str) -> str:
    return f"read.{setting}-{last.file_id}"


def _correct(setting: str, key: str, made: Callable[[Any], Any] = lambda value: value) -> None:
    """What the person said is kept; the file is read again when the page is drawn."""
    last = brought()
    if last is not None:
        said = replace(last.how, **{setting: made(st.session_state[key])})
        _keep(replace(last, how=said, is_waiting=True))


def _keep(last: Brought) -> None:
    st.session_state[state.Key.BROUGHT] = last
