"""What was found out of a file, in the words of the settings that correct it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .columns import Column


@dataclass(frozen=True)
class Understood:
    """For every setting of `read` what was used, None where the file has no such thing.

    Where `has_texts` is not so, every value had a type of its own, and only `missing` can be said.

    `missing` are the texts that were taken as missing, `units` the percent and currency marks by
    column. `options` are the tables, sheets or files one may choose from, by setting, `chosen`
    what was read.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: int | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    missing: tuple[str, ...] | None = None
    units: Mapping[str, str] | None = None
    has_texts: bool = True
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def of_columns(self, columns: Mapping[str, Column]) -> Understood:
        """The same with what was found out of the values; the commonest, where columns differ."""
        read = columns.values()
        return replace(
            self,
            decimal=_commonest([c.mark for c in read if c.mark]),
            thousands=_commonest([c.grouping for c in read if c.grouping]),
            dates=_commonest([c.dates.order for c in read if c.dates]),
            missing=tuple(sorted({m for c in read for m in c.missing if m})),
            units={name: c.unit for name, c in columns.items() if c.unit},
        )

    def among(self, setting: str, options: tuple[str, ...], chosen: str) -> Understood:
        """The same with a choice of several tables."""
        return replace(
            self,
            options={**self.options, setting: options},
            chosen={**self.chosen, setting: chosen},
        )


def _commonest(found: Sequence[str]) -> str | None:
    return max(dict.fromkeys(found), key=found.count, default=None)
