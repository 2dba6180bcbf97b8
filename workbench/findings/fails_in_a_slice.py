"""Is there a slice of the held-out rows on which the model is far worse?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number
from workbench.model import FittedModel
from workbench.progress import silent

from ._check import Finding, of_model, percent

CODE = "fails-in-a-slice"
#: A slice is told where its mean error is so many times that of the other rows, it holds so large
#: a share of the rows, and chance makes it in fewer than so many models of a hundred.
TIMES, SMALLEST, CHANCE = 1.5, 0.02, 0.01
FEWEST_ROWS = 30


@of_model(
    CODE,
    clear="On no slice of the held-out rows is the model far worse.",
    spoils=("quality", "prediction"),
)
def fails_in_a_slice(model: FittedModel) -> Iterator[Finding]:
    """The slices by one column, with Holm's correction for all of them."""
    from workbench.quality.conditions import conditions
    from workbench.quality.losses import loss_rows
    from workbench.quality.slices import search

    lost = loss_rows(model, "test", "default", silent)
    frame = model.data.frame[list(model.features)].iloc[lost.positions]
    found = conditions(frame, model.data.kinds, lost.weights)
    looked = search(found, lost, FEWEST_ROWS, silent, pairs=False)
    if not len(looked):
        return
    far = looked.inside > TIMES * looked.outside
    told = far & (looked.corrected() < CHANCE) & (looked.share >= SMALLEST)
    if not told.any():
        return
    excess = np.where(told, looked.difference * looked.share, -np.inf)
    worst = int(excess.argmax())
    column = model.features[int(found.column[looked.first[worst]])]
    more = int(told.sum()) - 1
    others = f" ({more} more slices are far worse, too)" if more else ""
    yield Finding(
        CODE,
        "notice",
        (column,),
        f"Where {found.in_words(int(looked.first[worst]), -1)} the error is "
        f"{number(float(looked.inside[worst] / looked.outside[worst]), 2)} times that of all other "
        f"held-out rows ({percent(float(looked.share[worst]))} of the rows; error: "
        f"{lost.words}){others}. The score of the whole says nothing of them.",
        "Look at 'Where it fails' on the Quality page; say where the model is not to be used.",
    )
