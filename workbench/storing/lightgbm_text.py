"""A LightGBM model as the text it writes: read strictly, before the library reads it.

LightGBM walks the trees of a text without looking where they lead, and jumps to them by sizes that
stand in the text itself. So the text is cut down to what predicts, and every size, count, child and
set of levels is held against the others first; what is not written as LightGBM writes is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .container import SAVE_AGAIN
from .tree_shapes import Integers, Shape, require_walkable

END = "end of trees\n"
#: What stands above the trees, in this order.
HEAD = ("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx",
        "objective", "feature_names", "feature_infos", "tree_sizes")  # fmt: skip
OBJECTIVES = {
    "regression": r"regression|regression_l1|quantile|poisson|tweedie",
    "binary": r"binary sigmoid:1",
    "multiclass": r"multiclass num_class:\d+",
}
#: Of a tree with more than one leaf: how many values a line holds, by inner nodes and leaves.
PER_NODE = ("split_feature", "split_gain", "threshold", "decision_type", "left_child",
            "right_child", "internal_value", "internal_weight", "internal_count")  # fmt: skip
PER_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_SETS = ("cat_boundaries", "cat_threshold")
_LINES = {*PER_NODE, *PER_LEAF, *_SETS, "num_leaves", "num_cat", "is_linear", "shrinkage"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
#: The first bit of a node's kind: it asks for a set of levels.
_IS_SET, _MOST_KIND = 1, 15

Block = Mapping[str, str]


def text_of(estimator: Any) -> bytes:
    """The trees and what is needed to add them up, without the parameters they were grown with."""
    text = str(estimator.booster_.model_to_string())
    return (text[: text.index(END)] + END).encode("ascii")


def restored_from(
    content: bytes, blank: Any, task: str, columns: int, outputs: int, opening: str
) -> Any:
    """The estimator its family builds, with the trees of a text that was looked at first."""
    require_sound(content, task, columns, outputs, opening)
    rounds = blank.n_estimators
    y = np.tile(np.arange(max(2, outputs), dtype=float), 20)
    x = np.tile(np.arange(len(y), dtype=float)[:, None], columns)
    # one round on rows of no meaning makes it a fitted one; its trees are then those of the text
    blank.set_params(n_estimators=1).fit(x, y)
    blank.booster_.model_from_string(content.decode("ascii"))
    return blank.set_params(n_estimators=rounds)


def require_sound(content: bytes, task: str, columns: int, outputs: int, opening: str) -> None:
    """Raises `ModelError` for a text that is not written as LightGBM writes one of this model."""
    try:
        shapes = list(_shapes(content.decode("ascii"), task, columns, outputs))
    except (ValueError, KeyError, IndexError, OverflowError) as error:
        raise ModelError(
            f"The trees in {opening} are not written as LightGBM writes them.", SAVE_AGAIN
        ) from error
    require_walkable(shapes, columns, opening)


def _shapes(text: str, task: str, columns: int, outputs: int) -> Iterator[Shape]:
    head, _, trees = text.partition("\n\n")
    first, *lines = head.split("\n")
    found = _named(lines)
    per_round = outputs if outputs > 2 else 1
    sizes = _integers(found["tree_sizes"])
    _require(first == "tree" and tuple(found) == HEAD and found["version"] == "v4")
    counts = [found[name] for name in ("num_class", "num_tree_per_iteration", "label_index")]
    _require(counts == [str(per_round), str(per_round), "0"])
    _require(found["max_feature_idx"] == str(columns - 1))
    _require(re.fullmatch(OBJECTIVES[task], found["objective"]) is not None)
    _require(task != "multiclass" or found["objective"].endswith(f":{outputs}"))
    _require(len(found["feature_names"].split(" ")) == columns)
    _require(len(found["feature_infos"].split(" ")) == columns)
    _require(len(sizes) > 0 and len(sizes) % per_round == 0 and bool((sizes > 0).all()))
    _require(trees[int(sizes.sum()) :] == END)
    start = 0
    for number, size in enumerate(sizes):
        block = trees[start : start + size]
        start += size
        title, *lines = block.rstrip("\n").split("\n")
        _require(title == f"Tree={number}" and block.endswith("\n\n"))
        yield _shape(_named(lines))


def _named(lines: list[str]) -> dict[str, str]:
    pairs = [line.split("=", 1) for line in lines]
    found = {pair[0]: pair[1] for pair in pairs}
    _require(len(found) == len(pairs))
    return found


def _shape(block: Block) -> Shape:
    """One tree: the inner nodes first, then the leaves."""
    (leaves,), (sets,) = _integers(block["num_leaves"]), _integers(block["num_cat"])
    inner = leaves - 1
    _require(set(block) <= _LINES and leaves >= 1 and block["is_linear"] == "0")
    _require(all(len(_numbers(block.get(name, ""))) == inner for name in PER_NODE))
    # a tree of one leaf says no more than its value
    _require(len(_numbers(block["leaf_value"])) == leaves)
    _require(inner == 0 or all(len(_numbers(block[name])) == leaves for name in PER_LEAF))
    _require(len(_numbers(block["shrinkage"])) == 1)
    kinds = _integers(block.get("decision_type", ""))
    _require(bool(((kinds >= 0) & (kinds <= _MOST_KIND)).all()))
    _require_sets(block, int(sets), kinds)
    left, right = (_integers(block.get(name, "")) for name in ("left_child", "right_child"))
    nothing = np.full(leaves, -1, dtype=np.int64)
    return Shape(
        np.concatenate([_places(left, inner), nothing]),
        np.concatenate([_places(right, inner), nothing]),
        np.arange(inner + leaves) >= inner,
        np.concatenate([_integers(block.get("split_feature", "")), nothing]),
        fits=True,
    )


def _places(children: Integers, inner: int) -> Integers:
    """Leaf k is written as -k - 1."""
    _require(bool((children < inner).all()))
    return np.where(children >= 0, children, inner - 1 - children)


def _require_sets(block: Block, sets: int, kinds: Integers) -> None:
    """Every node that asks for a set of levels names one there is, whose words are there."""
    asked = _numbers(block.get("threshold", ""))[(kinds & _IS_SET) > 0]
    _require(bool(((asked >= 0) & (asked < sets) & (asked % 1 == 0)).all()))
    if not sets:
        _require(not any(name in block for name in _SETS))
        return
    bounds, words = (_integers(block[name]) for name in _SETS)
    _require(len(bounds) == sets + 1 and bounds[0] == 0 and bounds[-1] == len(words))
    _require(bool((np.diff(bounds) > 0).all() and ((words >= 0) & (words < 2**32)).all()))


def _numbers(line: str) -> NDArray[np.float64]:
    tokens = line.split(" ") if line else []
    _require(all(_NUMBER.fullmatch(token) for token in tokens))
    found = np.array(tokens, dtype=np.float64)
    _require(bool(np.isfinite(found).all()))
    return found


def _integers(line: str) -> Integers:
    found = _numbers(line)
    _require(bool((found % 1 == 0).all() and (np.abs(found) < 2**53).all()))
    return found.astype(np.int64)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("not as LightGBM writes it")
