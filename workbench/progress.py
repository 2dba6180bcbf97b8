"""How a long computation says how far it is, and how it is told to stop.

A function takes `progress: Progress = silent` and calls it with the share done. Whoever listens
may raise `Cancelled` (or any BaseException) from inside that call: the computation then unwinds.
Cancelling is free as long as nobody catches it.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the share done (0 to 1) and, where it helps, what is being done."""

    def __call__(self, share: float, what: str = "", /) -> None: ...


class Cancelled(BaseException):
    """The person changed their mind. Not an Exception: no handler of failures may swallow it."""


def silent(share: float, what: str = "", /) -> None:
    """Nobody listens."""


def part(progress: Progress, start: float, end: float, what: str = "") -> Progress:
    """The stretch from `start` to `end` of a longer work, as a progress of its own."""

    def stretch(share: float, detail: str = "", /) -> None:
        progress(start + (end - start) * share, detail or what)

    return stretch


def named(progress: Progress, what: str) -> Progress:
    """The same work under one name, whatever its parts are called."""

    def under_one_name(share: float, _detail: str = "", /) -> None:
        progress(share, what)

    return under_one_name
