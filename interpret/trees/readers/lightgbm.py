"""LightGBM (an extra; it need not be installed).

Values are compared in double precision and go left where they are at most the threshold; the
levels a node lists go left. What a missing value is stands at each node: NaN, zero and NaN, or
nothing, in which case NaN is read as zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

from ..encoder import Encoder
from ..ensemble import RawTree, TreeEnsemble, assemble
from ..links import EXPONENTIAL, IDENTITY, LOGISTIC, SOFTMAX, Link
from ._names import is_a

LINKS = {
    "binary": LOGISTIC, "cross_entropy": LOGISTIC, "multiclass": SOFTMAX,
    "poisson": EXPONENTIAL, "gamma": EXPONENTIAL, "tweedie": EXPONENTIAL,
}  # fmt: skip

Node = dict[str, Any]


def knows(estimator: Any) -> bool:
    """A fitted LGBMModel, or a Booster."""
    return is_a(estimator, "lightgbm", "LGBMModel", "Booster")


def read(estimator: Any) -> TreeEnsemble:
    """The normal form; one output, or one per class from three classes on."""
    booster = getattr(estimator, "booster_", estimator)
    rounds = getattr(estimator, "best_iteration_", None) or getattr(booster, "best_iteration", -1)
    model = booster.dump_model(num_iteration=rounds if rounds and rounds > 0 else None)
    outputs = int(model["num_tree_per_iteration"])
    trees = [_nodes_of(tree["tree_structure"]) for tree in model["tree_info"]]
    features = int(model["max_feature_idx"]) + 1
    levels = _levels(trees, features)
    share = 1 / max(1, len(trees) // outputs) if model.get("average_output") else 1.0
    raw = [_raw(nodes, i % outputs, outputs, share, levels) for i, nodes in enumerate(trees)]
    zero_is_missing = _zero_is_missing(trees, features)
    rules = Encoder.empty(
        levels,
        single=False,
        equal_goes_left=True,
        zero_is_missing=tuple(zero_is_missing),
        truncates_levels=True,
    )
    return assemble(raw, rules, np.zeros(outputs), _link(model), "LightGBM")


def _link(model: Node) -> Link:
    words = str(model.get("objective", "")).split()
    if not words or "sqrt" in words:
        raise NotApplicable(
            "This LightGBM model has an objective of its own, or takes square roots.",
            "It is explained by asking the model itself.",
        )
    sigmoid = [w for w in words if w.startswith("sigmoid:")]
    if words[0] == "multiclassova" or any(float(w[8:]) != 1 for w in sigmoid):
        raise NotApplicable(
            f"The objective '{' '.join(words)}' of this LightGBM model is not read.",
            "It is explained by asking the model itself.",
        )
    return LINKS.get(words[0], IDENTITY)


def _nodes_of(root: Node) -> list[Node]:
    """The nodes in preorder, each with the places of its children."""
    nodes: list[Node] = []
    waiting: list[tuple[Node, Node | None, str]] = [(root, None, "")]
    while waiting:
        found, parent, side = waiting.pop()
        if parent is not None:
            parent[side] = len(nodes)
        node = {**found, "at_left": -1, "at_right": -1}
        nodes.append(node)
        if "split_feature" in found:
            waiting.append((found["right_child"], node, "at_right"))
            waiting.append((found["left_child"], node, "at_left"))
    return nodes


def _is_set(node: Node) -> bool:
    return node.get("decision_type") == "=="


def _listed(node: Node) -> NDArray[np.float64]:
    return np.array([float(level) for level in str(node["threshold"]).split("||")])


def _levels(trees: list[list[Node]], features: int) -> list[NDArray[np.float64]]:
    most = np.full(features, -1.0)
    for node in (node for nodes in trees for node in nodes if _is_set(node)):
        f = node["split_feature"]
        most[f] = max(most[f], _listed(node).max())
    return [np.arange(m + 1, dtype=np.float64) for m in most]


def _zero_is_missing(trees: list[list[Node]], features: int) -> list[bool]:
    kinds: list[set[str]] = [set() for _ in range(features)]
    for node in (n for nodes in trees for n in nodes if "split_feature" in n and not _is_set(n)):
        kinds[node["split_feature"]].add(node["missing_type"])
    if any("Zero" in kind and len(kind) > 1 for kind in kinds):
        raise NotApplicable(
            "Zero counts as missing in some nodes of one column of this LightGBM model and not in "
            "others.",
            "It is explained by asking the model itself.",
        )
    return ["Zero" in kind for kind in kinds]


def _raw(
    nodes: list[Node], k: int, outputs: int, share: float, levels: list[NDArray[np.float64]]
) -> RawTree:
    value = np.zeros((len(nodes), outputs))
    threshold, missing_left = np.zeros(len(nodes)), np.zeros(len(nodes), dtype=bool)
    feature = np.full(len(nodes), -1, dtype=np.int32)
    weight, gain, levels_left = np.zeros(len(nodes)), np.zeros(len(nodes)), {}
    for u, node in enumerate(nodes):
        if "split_feature" not in node:
            value[u, k] = node["leaf_value"] * share
            weight[u] = node.get("leaf_count", 1)
            continue
        f = feature[u] = node["split_feature"]
        weight[u], gain[u] = node["internal_count"], node["split_gain"]
        if _is_set(node):
            levels_left[u] = np.intersect1d(levels[f], _listed(node))
            continue
        threshold[u] = float(node["threshold"])
        # where nothing is missing NaN is read as zero
        reads_zero = node["missing_type"] == "None"
        missing_left[u] = threshold[u] >= 0 if reads_zero else node["default_left"]
    return RawTree(
        left=np.array([n["at_left"] for n in nodes], dtype=np.int32),
        right=np.array([n["at_right"] for n in nodes], dtype=np.int32),
        feature=feature,
        threshold=threshold,
        missing_left=missing_left,
        value=value,
        weight=weight,
        gain=gain,
        levels_left=levels_left,
        others_left=dict.fromkeys(levels_left, False),
    )
