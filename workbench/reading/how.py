"""What a person says of a file; what they leave out is found out."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..errors import ParameterError
from .spelling import Spelling, spelling_of


@dataclass(frozen=True)
class How:
    """The settings of `read` that say how a file is to be read; None means: find out."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: int | None = None
    missing: tuple[str, ...] | str | None = None
    dates: str | None = None
    units: bool = True
    sheet: str | int | None = None
    table: str | None = None
    member: str | None = None

    def __post_init__(self) -> None:
        """Refuses at once what no file could be read with."""
        if self.header is not None and self.header < 0:
            raise ParameterError(
                f"header = {self.header} is no line.", "Count from 1, or use 0 for none."
            )
        spelling_of(self)

    @property
    def spelling(self) -> Spelling:
        """What is said of the values."""
        return spelling_of(self)

    @property
    def passed(self) -> dict[str, object]:
        """Only what was said, by name."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
