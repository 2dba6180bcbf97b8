"""Are rows of one person or thing on both sides of the split?"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.model import FittedModel

from ._check import Finding, Table, of_model, percent
from ._parts import is_split_at_random
from .repeated_groups import repeated_groups

CODE = "groups-across-the-split"


@of_model(
    CODE,
    clear="No group of rows that are alike was taken apart by the split.",
    spoils=("quality", "importance"),
)
def groups_across_the_split(model: FittedModel) -> Iterator[Finding]:
    """The groups whose rows are alike in the target, and the held-out rows whose group is known."""
    if not is_split_at_random(model):
        return
    table = Table(model.data, model.target)
    for found in repeated_groups(table):
        if found.severity != "warning":
            continue
        (column,) = found.columns
        names = model.data.frame[column]
        learned = names.iloc[model.split.train].dropna().unique()
        known = float(names.iloc[model.split.test].isin(learned).mean())
        yield Finding(
            CODE,
            "warning",
            (column,),
            f"{percent(known)} of the held-out rows share their '{column}' with a row learned "
            f"from, and rows of one '{column}' are alike: the score is not that of a new one.",
            f"Give '{column}' the role 'group' and train again.",
        )
