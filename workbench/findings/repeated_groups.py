"""Do several rows belong to one person or thing, while they are split apart?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.column_kinds import named_as_identifier
from workbench.figures import number

from ._check import Finding, Severity, Table, of_data

CODE = "repeated-groups"
FEWEST_GROUPS = 10
#: Text that is repeated so often on average, or less, names things more than it describes them.
MOST_ROWS_EACH = 20
#: From this share of the target's variance between groups on, beyond chance, rows are alike.
ALIKE = 0.2


@of_data(
    CODE,
    clear="No column that names people or things is repeated without having the role group.",
    needs_target=True,
)
def repeated_groups(table: Table) -> Iterator[Finding]:
    """Columns named like an identifier, or rows of text, whose values come back in other rows."""
    data = table.data
    if table.target is None or data.with_role("group"):
        return
    for column in data.columns:
        table.tick()
        if data.roles[column] in ("target", "weight", "time") or not _names_things(table, column):
            continue
        groups = pd.factorize(data.frame[column])[0]
        alike = between_groups(groups, table.y)
        severity: Severity = "warning" if alike > ALIKE else "notice"
        kept = groups[groups >= 0]
        yield Finding(
            CODE,
            severity,
            (column,),
            f"'{column}' names {len(np.unique(kept)):,} groups of {len(kept):,} rows, and the "
            f"split takes them apart ({number(max(alike, 0) * 100, 2)} % of the variance of "
            f"'{table.target.name}' lies between groups): what is held out is partly known.",
            f"Give '{column}' the role 'group': whole groups are then held out.",
        )


def _names_things(table: Table, column: str) -> bool:
    values = table.data.frame[column]
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_bool_dtype(values):
        return False
    is_number = pd.api.types.is_numeric_dtype(values)
    if is_number and not named_as_identifier(column):
        return False  # amounts repeat, too
    present, distinct = int(values.notna().sum()), int(values.nunique())
    if distinct < FEWEST_GROUPS or distinct > 0.8 * present or present < 0.5 * len(values):
        return False
    return named_as_identifier(column) or (
        table.data.kinds[column] != "number" and present / distinct <= MOST_ROWS_EACH
    )


def between_groups(groups: np.ndarray, y: np.ndarray) -> float:
    """The share of the variance between groups, less what chance makes (ε² of Kelley); classes
    are compared by their codes."""
    here = (groups >= 0) & ~np.isnan(y)
    codes = np.unique(groups[here], return_inverse=True)[1]
    y = y[here]
    sizes = np.bincount(codes)
    n, k = len(y), len(sizes)
    if n <= k or y.var() == 0:
        return 0.0
    means = np.bincount(codes, y) / sizes
    within = float(((y - means[codes]) ** 2).sum()) / (n - k)
    return 1 - within / float(y.var(ddof=1))
