"""How the values of a text file are written, where the person says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast, get_args

from ..errors import ParameterError
from .dates import DateOrder
from .numbers import GROUPINGS, DecimalMark


@dataclass(frozen=True)
class Spelling:
    """What is None is found out from the values."""

    decimal: DecimalMark | None = None
    thousands: str | None = None
    missing: tuple[str, ...] | None = None
    dates: DateOrder | None = None
    units: bool = True

    @property
    def mark(self) -> DecimalMark | None:
        """The decimal mark where it was named, or follows from the thousands mark."""
        other: dict[str | None, DecimalMark] = {".": ",", ",": "."}
        return self.decimal or other.get(self.thousands)


class Said(Protocol):
    """The settings a `Spelling` is made of."""

    @property
    def decimal(self) -> str | None: ...
    @property
    def thousands(self) -> str | None: ...
    @property
    def missing(self) -> tuple[str, ...] | str | None: ...
    @property
    def dates(self) -> str | None: ...
    @property
    def units(self) -> bool: ...


def spelling_of(said: Said) -> Spelling:
    """The settings as they were passed; raises `ParameterError` for one that cannot be."""
    decimal, thousands, missing, dates = said.decimal, said.thousands, said.missing, said.dates
    if decimal not in (None, ".", ","):
        raise ParameterError(f"decimal = {decimal!r} is not a decimal mark.", "Use '.' or ','.")
    if thousands not in (None, "", *GROUPINGS):
        raise ParameterError(
            f"thousands = {thousands!r} is not a thousands mark.",
            "Use ',' or '.' or ' ' or \"'\", or '' where there is none.",
        )
    if thousands and thousands == decimal:
        raise ParameterError(
            f"{decimal!r} cannot be the decimal mark and the thousands mark.",
            "Name one of them; the other follows.",
        )
    if dates not in (None, *get_args(DateOrder)):
        raise ParameterError(
            f"dates = {dates!r} is not an order of day, month and year.",
            "Use 'dmy', 'mdy', 'ymd', or 'text' to leave dates as they are.",
        )
    if isinstance(missing, str):
        raise ParameterError(f"missing = {missing!r} is one text.", f"Use [{missing!r}].")
    return Spelling(
        cast("DecimalMark | None", decimal),
        thousands,
        None if missing is None else tuple(str(marker).strip() for marker in missing),
        cast("DateOrder | None", dates),
        said.units,
    )
