"""Short lists of names and counts, as they stand in a note or an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: A list in a sentence names this many and counts the rest.
MOST_LISTED = 8


def listed(names: Iterable[str]) -> str:
    """'a', 'b' and 3 more."""
    return _cut([f"'{name}'" for name in names])


def counted(counts: Mapping[str, int]) -> str:
    """'a' (3), 'b' (1) and 2 more."""
    return _cut([f"'{name}' ({count:,})" for name, count in counts.items()])


def number_of(count: int, thing: str) -> str:
    """1 cell, 1,234 cells."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def _cut(parts: list[str]) -> str:
    if len(parts) > MOST_LISTED:
        return f"{', '.join(parts[:MOST_LISTED])} and {len(parts) - MOST_LISTED} more"
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
