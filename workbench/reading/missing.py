"""Which texts mean that there is no value.

An empty cell always does. Among numbers and dates so does every usual marker. Among texts only
those that are never a value: "None" and "none" stay, because tables use them for "there is none"
(no veneer, no co-applicant), and so does "NA" in a column of two-letter codes (Namibia).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

#: No value in a column of texts.
TEXT_MARKERS: frozenset[str] = frozenset(
    {"", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"}
)
#: No value in a column that otherwise holds numbers or dates.
NUMBER_MARKERS: frozenset[str] = TEXT_MARKERS | {
    *("None", "none", "na", "Na", "Null", "NAN", "-nan", "-NaN", "NaT", "nil"),
    *("없음", "미상", "해당없음", "자료없음"),
    *("-", "--", "---", ".", "..", "...", "*", "–", "—"),
    *("#NA", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "1.#QNAN", "-1.#IND"),
}
#: So many different codes of two capital letters are countries or states, "NA" among them.
FEWEST_CODES = 10


def without_markers(cells: pa.ChunkedArray, markers: frozenset[str]) -> pa.ChunkedArray:
    """The cells with markers made missing."""
    is_marker = pc.is_in(cells, value_set=pa.array(sorted(markers)))
    if not pc.any(is_marker).as_py():
        return cells
    return pc.if_else(is_marker, pa.scalar(None, cells.type), cells)


def markers_of_text(cells: pa.ChunkedArray) -> frozenset[str]:
    """The markers that hold in this column of texts."""
    if "NA" not in _first_distinct(cells):
        return TEXT_MARKERS
    others = [c for c in _first_distinct(cells) if c not in TEXT_MARKERS]
    are_codes = all(len(c) == 2 and c.isalpha() and c.isupper() for c in others)
    return TEXT_MARKERS - {"NA"} if are_codes and len(others) >= FEWEST_CODES else TEXT_MARKERS


def count_markers(cells: pa.ChunkedArray, values: pa.ChunkedArray) -> dict[str, int]:
    """How often each marker was met among the cells that became missing; "" is an empty cell."""
    met = pc.value_counts(pc.filter(pc.fill_null(cells, ""), pc.is_null(values)))
    return {str(pair["values"]): int(pair["counts"]) for pair in met.to_pylist()}


def _first_distinct(cells: pa.ChunkedArray) -> set[str]:
    # Codes are few: a column with more distinct texts than this in its head holds none.
    distinct = pc.unique(cells)
    return set(distinct.slice(0, 2_000).to_pylist()) - {None}
