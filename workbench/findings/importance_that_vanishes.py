"""Does the model use a column that is of no use on rows it has not seen?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.figures import number
from workbench.metrics import SMALLEST_PROBABILITY, Floats
from workbench.model import FittedModel, Part

from ._check import Finding, named, of_model, percent

CODE = "importance-that-vanishes"
#: Of a column's importance on the training rows, so much at least is gone on those held out.
GONE = 0.5
#: Columns with less of the whole importance than this are not worth a word.
SMALLEST_SHARE = 0.05
#: By chance, in so many models of a hundred, all columns together.
CHANCE = 0.01
MOST_ROWS, FEWEST_ROWS = 4_000, 50


@of_model(
    CODE,
    clear="What the model uses most on the rows it has seen, it can use on others too.",
    spoils=("importance", "dependence"),
)
def importance_that_vanishes(model: FittedModel) -> Iterator[Finding]:
    """Each column shuffled once, on the training rows and on those held out: by how much the loss
    of a row grows (Breiman, "Random Forests", 2001), which is the loss the model was trained by."""
    from scipy.stats import norm

    if min(len(model.split.train), len(model.split.test)) < FEWEST_ROWS:
        return
    train, test = _grown(model, "train"), _grown(model, "test")
    reach = float(norm.ppf(1 - CHANCE / len(model.features))) * np.hypot(train.error, test.error)
    lost = train.mean - test.mean
    share = train.mean / max(float(train.mean.clip(min=0).sum()), np.finfo(float).tiny)
    vanishes = (lost - reach > GONE * train.mean) & (share > SMALLEST_SHARE)
    vanishing = sorted(np.flatnonzero(vanishes), key=lambda place: -train.mean[place])
    if not vanishing:
        return
    first = vanishing[0]
    columns = tuple(model.features[place] for place in vanishing)
    yield Finding(
        CODE,
        "warning" if float(share[vanishing].sum()) > 0.5 else "notice",
        columns,
        f"On the rows learned from, {named(columns)} {'has' if len(columns) == 1 else 'have'} "
        f"{percent(float(share[vanishing].sum()))} of the importance; on rows held out little "
        f"is left of it ('{columns[0]}' shuffled: the {_loss_title(model)} grows by "
        f"{number(float(train.mean[first]))} on the first, {number(float(test.mean[first]))} on "
        "the second). What is drawn for them on training rows is noise learned by heart.",
        "Read importance on held-out rows; leave the column out and see that nothing is lost.",
    )


def _loss_title(model: FittedModel) -> str:
    return model.training.loss.title if model.task == "regression" else "log loss"


@dataclass(frozen=True)
class _Growth:
    """How much the loss of a row grows by a shuffle, per column: mean and standard error, (p,)."""

    mean: Floats
    error: Floats


def _grown(model: FittedModel, part: Part) -> _Growth:
    rng = np.random.default_rng(0)
    at = rng.permutation(model.positions(part))[:MOST_ROWS]
    codes, y = model.transform.codes(model.data.frame.iloc[at]), model.target.y[at]
    before = _losses(model, codes, y)
    means, errors = [], []
    for column in range(codes.shape[1]):
        shuffled = codes.copy()
        shuffled[:, column] = rng.permutation(codes[:, column])
        grown = _losses(model, shuffled, y) - before
        means.append(grown.mean())
        errors.append(grown.std(ddof=1) / np.sqrt(len(grown)))
    return _Growth(np.array(means), np.array(errors))


def _losses(model: FittedModel, codes: Floats, y: Floats) -> Floats:
    said = model.response(codes)
    if model.task == "regression":
        return model.training.loss.losses(y, said)
    chance = said[np.arange(len(y)), y.astype(int)]
    surprise: Floats = -np.log(np.clip(chance, SMALLEST_PROBABILITY, 1))
    return surprise
