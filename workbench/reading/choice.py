"""A file that holds several tables, of which one has to be named."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import DataError, ParameterError
from .wording import listed


class ChoiceNeeded(DataError):
    """The file holds several tables: `setting` is the argument of `read` that names one, `options`
    are the names it may take."""

    def __init__(self, message: str, hint: str, setting: str, options: Sequence[str]) -> None:
        super().__init__(message, hint)
        self.setting = setting
        self.options = tuple(options)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.hint, self.setting, self.options)


def choose(asked: str | None, options: Sequence[str], setting: str, opening: str) -> str:
    """The one that was asked for, or the only one there is.

    Raises `ParameterError` for a name that is not there, `DataError` where there is none at all
    and `ChoiceNeeded` where there are several and none was named.
    """
    thing = {"member": "file", "table": "table"}[setting]
    if not options:
        raise DataError(f"{opening} holds no {thing}.", "Bring one that does.")
    if asked is not None and asked not in options:
        raise ParameterError(f"{opening} has no {thing} {asked!r}.", f"It has {listed(options)}.")
    if asked is None and len(options) > 1:
        raise ChoiceNeeded(
            f"{opening} holds {len(options):,} {thing}s: {listed(options)}.",
            f"Say which with {setting}={options[0]!r}.",
            setting,
            options,
        )
    return asked if asked is not None else options[0]


def others_note(chosen: str, options: Sequence[str], thing: str) -> str:
    """Which one was read, and what else there is."""
    others = [name for name in options if name != chosen]
    rest = f"; the file also has {listed(others)}" if others else ""
    return f"{thing} '{chosen}' was read{rest}."
