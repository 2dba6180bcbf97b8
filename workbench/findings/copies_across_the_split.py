"""Are held-out rows among those learned from?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.model import FittedModel

from ._check import Finding, of_model, percent
from .duplicate_rows import (
    SHARE,
    TIMES_CHANCE,
    TOLD_APART,
    are_told_apart,
    pairs_by_chance,
    row_hashes,
)

CODE = "copies-across-the-split"


@of_model(
    CODE,
    clear="The held-out rows are not copies of those learned from.",
    spoils=("quality", "importance"),
)
def copies_across_the_split(model: FittedModel) -> Iterator[Finding]:
    """Held-out rows that agree with a training row in every column the model sees and the target,
    beyond what coarse columns make by chance."""
    frame = model.data.frame[[*model.features, model.target.name]]
    hashes = row_hashes(frame)
    train, test = hashes[model.split.train], hashes[model.split.test]
    known, counts = np.unique(train, return_counts=True)
    place = np.minimum(np.searchsorted(known, test), len(known) - 1)
    is_copy = known[place] == test
    share = float(is_copy.mean())
    pairs = float(counts[place[is_copy]].sum())
    n = len(frame)
    by_chance = pairs_by_chance(frame) * 2 * len(train) * len(test) / (n * (n - 1))
    if share <= SHARE or pairs <= TIMES_CHANCE * by_chance:
        return
    are_others = are_told_apart(model.data, hashes)
    yield Finding(
        CODE,
        "notice" if are_others else "warning",
        (),
        f"{int(is_copy.sum()):,} of {len(test):,} held-out rows ({percent(share)}) were learned "
        "from too, in a copy that agrees in every column of the model and the target"
        f"{TOLD_APART * are_others}: the score is partly that of a memory.",
        "Drop the copies, or give the column that names what is repeated the role 'group', and "
        "train again.",
    )
