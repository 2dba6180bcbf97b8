"""What Friedman's H is made of: how much of a joint effect is not the sum of its parts.

Of two columns, and of one column against all others (Friedman & Popescu, Annals of Applied
Statistics 2, 2008, eqs. 44 and 45), every partial dependence F centred over the rows i:

    H_jk² = Σ_i (F_jk(x_ij, x_ik) − F_j(x_ij) − F_k(x_ik))² / Σ_i F_jk(x_ij, x_ik)²
    H_j²  = Σ_i (F(x_i) − F_j(x_ij) − F_−j(x_i,−j))² / Σ_i F(x_i)²

Counted from the trees over all rows, or by asking the model for every pair of some rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workbench.errors import NotApplicable
from workbench.model import FittedModel
from workbench.progress import Progress, part
from workbench.transform import Floats

from ._engine import Engine, Target
from ._engine.asking import Asking
from ._engine.exact import Exact

#: Where the model has to be asked, pairs are looked at among so many columns.
MOST_PAIRED = 8
#: A joint effect below this share of what the output moves by is rounding, and one below that share
#: of the output itself, by the digits it is computed with.
ROUNDING, SINGLE, DOUBLE = 1e-6, 1e-6, 1e-11

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Parts:
    """`left`, the variance over the rows of what is left of the joint effect when its parts are
    taken away, and the variance of the `joint` effect."""

    left: Floats
    joint: Floats


@dataclass(frozen=True)
class Interactions:
    """Of every column against all others, and of the pairs that were looked at; `spread` is the
    standard deviation of the output over the rows, `floor` a size that is rounding."""

    totals: Parts
    pairs: Pairs
    of_pairs: Parts
    spread: float
    floor: float


def additive(model: FittedModel, engine: Engine, target_class: str | None) -> tuple[Engine, Target]:
    """The number that the trees add up to, and who answers for it: the exact engine where it is
    their sum."""
    scale = model.additive_scale
    target = Target(model.explained_class(target_class), scale)
    if isinstance(engine, Exact):
        try:
            engine.additive_part(target)
        except NotApplicable as reason:
            return Asking(model, reason.message), target
    return engine, target


def counted(
    engine: Exact, rows: Floats, target: Target, against: int | None, progress: Progress
) -> Interactions:
    """From the trees, all averages over all rows (n, p)."""
    from .trees.interaction import pair_interactions
    from .trees.total_interaction import total_interaction

    trees, _ = engine.additive_part(target)
    codes = engine.codes(rows)
    total = total_interaction(trees, codes, part(progress, 0, 0.5))
    found = pair_interactions(trees, codes, part(progress, 0.5, 1))
    columns = rows.shape[1]
    pairs = _pairs(columns, against, range(columns))
    at = tuple(np.array(pairs).T)
    return Interactions(
        Parts(total.numerator, np.full(columns, total.denominator)),
        pairs,
        Parts(found.numerator[at], found.denominator[at]),
        float(np.sqrt(total.denominator)),
        _floor(engine.predict(rows, target), DOUBLE),
    )


def asked(
    engine: Engine, rows: Floats, target: Target, against: int | None, progress: Progress
) -> Interactions:
    """By giving every row (n, p) every other row's values: n² predictions for each column and for
    each pair. Pairs are of the columns that interact most with the rest."""
    columns = rows.shape[1]
    output = engine.predict(rows, target)
    own, left = np.empty((2, columns, len(rows)))
    for f in range(columns):
        stretch = part(progress, 0.5 * f / columns, 0.5 * (f + 1) / columns)
        # [i, l]: row i with the column's value of row l
        curves = engine.curves(rows, f, rows[:, f], target, stretch)
        own[f] = curves.mean(axis=0)
        left[f] = output - own[f] - curves.mean(axis=1)
    strongest = np.argsort(-left.var(axis=1), kind="stable")[:MOST_PAIRED]
    pairs = _pairs(columns, against, strongest.tolist())
    joint = np.empty((len(pairs), len(rows)))
    for i, pair in enumerate(pairs):
        stretch = part(progress, 0.5 + 0.5 * i / len(pairs), 0.5 + 0.5 * (i + 1) / len(pairs))
        joint[i] = _joint(engine, rows, pair, target, stretch)
    alone = np.array([own[a] + own[b] for a, b in pairs])
    return Interactions(
        Parts(left.var(axis=1), np.full(columns, output.var())),
        pairs,
        Parts((joint - alone).var(axis=1), joint.var(axis=1)),
        float(output.std()),
        _floor(output, SINGLE if _is_single(output) else DOUBLE),
    )


def _floor(output: Floats, digits: float) -> float:
    """Below it a size is rounding. What the output moves by counts and not how far it is from 0:
    of pressures about 100,000 that differ by 1 an interaction of 0.1 is one."""
    moves = float(np.abs(output - output.mean()).max())
    return max(ROUNDING * moves, digits * float(np.abs(output).max()))


def _is_single(output: Floats) -> bool:
    """Whether the model answers in single precision, as XGBoost does."""
    return bool((output.astype(np.float32) == output).all())


def _pairs(columns: int, against: int | None, among: Sequence[int]) -> Pairs:
    if against is None:
        return tuple(combinations(sorted(among), 2))
    return tuple((min(f, against), max(f, against)) for f in range(columns) if f != against)


def _joint(
    engine: Engine, rows: Floats, pair: tuple[int, int], target: Target, progress: Progress
) -> Floats:
    """The partial dependence on two columns at every row's own values."""
    given = np.tile(rows, (len(rows), 1))
    given[:, pair] = np.repeat(rows[:, pair], len(rows), axis=0)
    answers = engine.predict(given, target, progress).reshape(len(rows), len(rows))
    return np.asarray(answers.mean(axis=1))
