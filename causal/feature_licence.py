"""May what a model does with one column be read as an effect? A question to the graph alone.

The model holds its other columns Z fixed while X is set to one value after another. Some of Z may
lie between X and the outcome: what is left is the effect along the ways past them. With D the
nodes on the directed paths from X to Y that avoid Z,

1. nothing in Z is a descendant of D, and
2. Z blocks every path from X to Y once the arrows from X into D are removed.

Then the mean over rows of a perfect model's prediction at X = x is the mean of Y if X were x along
the paths that avoid Z, and as it was along all others: with X split into two nodes (Shpitser &
Tchetgen Tchetgen, Annals of Statistics 44, 2016) the back-door formula holds for the one that leads
into D. Without a mediator in Z this is the adjustment criterion and the total effect (Zhao &
Hastie, JBES 39, 2021); where X → Y is the only way past Z, it is Pearl's single-door criterion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from .adjustment import on_causal_paths
from .graph import CausalGraph
from .separation import open_path, path_in_words

Colour = Literal["green", "amber", "red", "no effect", "grey"]
Effect = Literal["total", "direct", "none", ""]


@dataclass(frozen=True)
class FeatureLicence:
    """Whether a model's dependence on a column may be read as an effect, which one, and why.

    green: the total effect. amber: the part that does not go through `nodes`, mediators that the
    model holds fixed. red: no effect; `nodes` are to blame and `path` stays open. no effect: by the
    graph the column has none. grey: the graph does not say.
    """

    colour: Colour
    reason: str
    effect: Effect = ""
    nodes: tuple[str, ...] = ()
    path: str = ""


def feature_licence(
    graph: CausalGraph, feature: str, outcome: str, others: Iterable[str]
) -> FeatureLicence:
    """The licence of a model's column, whose other columns are `others`.

    A column that the graph does not hold may lie anywhere, so beside one nothing is licensed.
    """
    columns = tuple(others)
    if feature not in graph.observed:
        return FeatureLicence(
            "grey",
            f"The graph does not hold {feature}: what the model does with it is the model's view "
            "only.",
        )
    held = frozenset(columns) & graph.observed
    found = _judged(graph, feature, outcome, held)
    unplaced = tuple(column for column in columns if column not in held)
    if not unplaced or found.colour in ("red", "no effect"):
        return found
    return FeatureLicence(
        "grey",
        f"The model also uses {listed(unplaced)}, which the graph does not hold: whether "
        f"{'they lie' if len(unplaced) > 1 else 'it lies'} on the way from {feature} to {outcome}, "
        "or after it, is not said.",
        nodes=unplaced,
    )


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names in a sentence: a, b and c."""
    given = list(names)
    shown = given[:most] if len(given) > most + 1 else given
    if len(shown) < len(given):
        return f"{', '.join(shown)} and {len(given) - len(shown)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _judged(graph: CausalGraph, feature: str, outcome: str, held: frozenset[str]) -> FeatureLicence:
    free = graph.restricted_to(frozenset(graph.nodes) - held)
    ways = on_causal_paths(free, feature, outcome)
    closed = graph.without((feature, first) for first in ways)
    path = open_path(closed, feature, outcome, held)
    if outcome not in graph.descendants(feature):
        return _without_effect(graph, feature, outcome, path)
    # An effect of the outcome is never held, even where all ways are cut before it.
    after = held & graph.descendants(outcome, *ways)
    if after or path:
        return _refused(graph, feature, outcome, held, ways, path)
    mediators = _in_order(graph, held & graph.between(feature, outcome))
    if mediators:
        return _past(feature, outcome, mediators, bool(ways))
    return FeatureLicence(
        "green",
        f"The model's other columns close every path from {feature} to {outcome} that is not "
        "causal, and hold nothing on the way: what it does is the total effect, if the graph is "
        "right.",
        "total",
    )


def _past(feature: str, outcome: str, mediators: tuple[str, ...], is_left: bool) -> FeatureLicence:
    """Mediators are held fixed, and nothing else is wrong."""
    them = listed(mediators)
    between = f"The model holds {them} fixed, on the way from {feature} to {outcome}"
    left = (
        f"what it does is the effect that does not go through {them}, not the total one."
        if is_left
        else f"by the graph the whole effect goes through {them}, and nothing is left to see."
    )
    return FeatureLicence("amber", f"{between}: {left}", "direct", mediators)


def _without_effect(
    graph: CausalGraph, feature: str, outcome: str, path: tuple[str, ...] | None
) -> FeatureLicence:
    what = (
        f"By the graph {feature} is an effect of {outcome}, not a cause"
        if feature in graph.descendants(outcome)
        else f"By the graph {feature} has no effect on {outcome}"
    )
    words = path_in_words(graph, path) if path else ""
    left = (
        f"whatever the model does with it is association, along {words}."
        if words
        else "whatever the model does with it is association, and beside its other columns none "
        "should be left."
    )
    return FeatureLicence("no effect", f"{what}: {left}", "none", path=words)


def _refused(
    graph: CausalGraph,
    feature: str,
    outcome: str,
    held: frozenset[str],
    ways: frozenset[str],
    path: tuple[str, ...] | None,
) -> FeatureLicence:
    of_outcome = _in_order(graph, held & graph.descendants(outcome))
    of_ways = _in_order(graph, (held & graph.descendants(*ways)) - set(of_outcome))
    reasons, nodes = [], [*of_outcome, *of_ways]
    if of_outcome:
        reasons.append(
            f"The model uses {listed(of_outcome)}, {_an_effect(of_outcome)} of {outcome}: it "
            "compares rows that the outcome itself has sorted."
        )
    if of_ways:
        via = [w for w in _in_order(graph, ways) if graph.descendants(w) & set(of_ways)]
        reasons.append(
            f"The model uses {listed(of_ways)}, {_an_effect(of_ways)} of {listed(via)} on the way "
            f"from {feature} to {outcome}: it compares rows that {feature} itself has sorted."
        )
    if path:
        reason, blamed = _opened(graph, path, held)
        is_blamed = set(blamed) <= set(nodes)
        reasons.append(f"That opens {path_in_words(graph, path)}." if is_blamed else reason)
        nodes += blamed
    return FeatureLicence(
        "red",
        " ".join(reasons),
        nodes=tuple(dict.fromkeys(nodes)),
        path=path_in_words(graph, path) if path else "",
    )


def _opened(
    graph: CausalGraph, path: tuple[str, ...], held: frozenset[str]
) -> tuple[str, tuple[str, ...]]:
    """Why a path is open, and what is to blame: what the model holds, or what it lacks."""
    words = path_in_words(graph, path)
    edges = set(graph.edges)
    inside = list(zip(path, path[1:], path[2:], strict=False))
    met = [node for a, node, b in inside if (a, node) in edges and (b, node) in edges]
    if met:
        blamed = [node for c in met for node in _opening(graph, c, held)]
        kind = "common effects" if len(blamed) > 1 else "a common effect"
        if set(blamed) - set(met):
            kind += " or what follows from one"
        return f"The model uses {listed(blamed)}, {kind}: that opens {words}.", tuple(blamed)
    causes = {a if (a, b) in edges else b for a, b in pairwise(path)}
    effects = {b if (a, b) in edges else a for a, b in pairwise(path)}
    root = next(node for node in path if node in causes - effects)
    return f"The model lacks {_lacking(graph, root)}: {words} stays open.", (root,)


def _opening(graph: CausalGraph, collider: str, held: frozenset[str]) -> tuple[str, ...]:
    """By what a common effect is held fixed: itself, or what follows from it."""
    if collider in held:
        return (collider,)
    return _in_order(graph, held & graph.descendants(collider))


def _lacking(graph: CausalGraph, root: str) -> str:
    if root not in graph.latent:
        return f"the common cause {root}"
    if root.startswith("unmeasured"):
        return f"an {root}"
    return f"the common cause {root}, which was not measured"


def _an_effect(nodes: tuple[str, ...]) -> str:
    return "effects" if len(nodes) > 1 else "an effect"


def _in_order(graph: CausalGraph, nodes: frozenset[str]) -> tuple[str, ...]:
    return tuple(node for node in graph.nodes if node in nodes)
