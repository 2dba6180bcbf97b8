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

Several columns that are set together are one X of several nodes: D are the nodes on *proper*
directed paths, which avoid Z and leave X for good at their first arrow, and both conditions stay as
they are. Without a mediator in Z this is the adjustment criterion for sets (Shpitser, VanderWeele &
Robins, UAI 2010; Perković et al., JMLR 18, 2018) and the joint effect of setting all of X. One of X
may lie between another and Y: it is set too, so what goes through it is no part of the other's.
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
Effect = Literal["total", "joint", "direct", "none", ""]


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
    return joint_licence(graph, (feature,), outcome, others)


def joint_licence(
    graph: CausalGraph, features: Iterable[str], outcome: str, others: Iterable[str]
) -> FeatureLicence:
    """The licence of setting several of a model's columns at once; its other columns are `others`.

    green is the joint effect of setting all of them, amber the part of it past the mediators among
    the others. It may be green where a column's own licence is amber, since a mediator may be set
    too, and it is red where one of them has no effect and is associated with the outcome.
    """
    together, columns = tuple(dict.fromkeys(features)), tuple(others)
    unheld = tuple(feature for feature in together if feature not in graph.observed)
    if unheld:
        return FeatureLicence(
            "grey",
            f"The graph does not hold {listed(unheld)}: what the model does with "
            f"{'them' if len(together) > 1 else 'it'} is the model's view only.",
        )
    held = frozenset(columns) & graph.observed
    found = _judged(graph, together, outcome, held)
    unplaced = tuple(column for column in columns if column not in held)
    if not unplaced or found.colour in ("red", "no effect"):
        return found
    return FeatureLicence(
        "grey",
        f"The model also uses {listed(unplaced)}, which the graph does not hold: whether "
        f"{'they lie' if len(unplaced) > 1 else 'it lies'} on the way from {listed(together)} to "
        f"{outcome}, or after it, is not said.",
        nodes=unplaced,
    )


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names in a sentence: a, b and c."""
    given = list(names)
    shown = given[:most] if len(given) > most + 1 else given
    if len(shown) < len(given):
        return f"{', '.join(shown)} and {len(given) - len(shown)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _judged(
    graph: CausalGraph, features: tuple[str, ...], outcome: str, held: frozenset[str]
) -> FeatureLicence:
    ways = _ways(graph, features, outcome, held)
    closed = graph.without((feature, first) for feature in features for first in ways)
    path = _open_proper_path(closed, features, outcome, held)
    if outcome not in graph.descendants(*features):
        return _without_effect(graph, features, outcome, path)
    # An effect of the outcome is never held, even where all ways are cut before it.
    after = held & graph.descendants(outcome, *ways)
    if after or path:
        return _refused(graph, features, outcome, held, ways, path)
    mediators = _in_order(graph, held & _ways(graph, features, outcome, frozenset()))
    if mediators:
        return _past(features, outcome, mediators, bool(ways))
    return _total(graph, features, outcome)


def _ways(
    graph: CausalGraph, features: tuple[str, ...], outcome: str, held: frozenset[str]
) -> frozenset[str]:
    """The nodes on the directed paths to the outcome that avoid what is held and what is set."""
    found: frozenset[str] = frozenset()
    for feature in features:
        free = graph.restricted_to(frozenset(graph.nodes) - held - (set(features) - {feature}))
        found |= on_causal_paths(free, feature, outcome)
    return found


def _open_proper_path(
    closed: CausalGraph, features: tuple[str, ...], outcome: str, held: frozenset[str]
) -> tuple[str, ...] | None:
    """An open path from one of the columns to the outcome, without another of them on the way."""
    for feature in features:
        path = open_path(closed, feature, outcome, held)
        if path:
            last = max(place for place, node in enumerate(path) if node in features)
            return path[last:]
    return None


def _total(graph: CausalGraph, features: tuple[str, ...], outcome: str) -> FeatureLicence:
    them = listed(features)
    if len(features) == 1:
        return FeatureLicence(
            "green",
            f"The model's other columns close every path from {them} to {outcome} that is not "
            "causal, and hold nothing on the way: what it does is the total effect, if the graph "
            "is right.",
            "total",
        )
    on_the_way = [
        one
        for one in features
        if any(one in graph.between(other, outcome) for other in features if other != one)
    ]
    past = (
        f" {listed(on_the_way)} {'are' if len(on_the_way) > 1 else 'is'} set too, so the part of "
        f"the others does not hold what goes through {'them' if len(on_the_way) > 1 else 'it'}."
        if on_the_way
        else ""
    )
    return FeatureLicence(
        "green",
        f"The model's other columns close every path from {them} to {outcome} that is not causal, "
        "and hold nothing on the way: what it does when all of them are set is their joint "
        f"effect, if the graph is right.{past}",
        "joint",
    )


def _past(
    features: tuple[str, ...], outcome: str, mediators: tuple[str, ...], is_left: bool
) -> FeatureLicence:
    """Mediators are held fixed, and nothing else is wrong."""
    them = listed(mediators)
    between = f"The model holds {them} fixed, on the way from {listed(features)} to {outcome}"
    left = (
        f"what it does is the effect that does not go through {them}, not the total one."
        if is_left
        else f"by the graph the whole effect goes through {them}, and nothing is left to see."
    )
    return FeatureLicence("amber", f"{between}: {left}", "direct", mediators)


def _without_effect(
    graph: CausalGraph, features: tuple[str, ...], outcome: str, path: tuple[str, ...] | None
) -> FeatureLicence:
    them, several = listed(features), len(features) > 1
    follow = set(features) <= graph.descendants(outcome)
    is_effect = f"are effects of {outcome}, not causes" if several else (
        f"is an effect of {outcome}, not a cause"
    )  # fmt: skip
    has_none = f"{'have' if several else 'has'} no effect on {outcome}"
    what = f"By the graph {them} {is_effect if follow else has_none}"
    words = path_in_words(graph, path) if path else ""
    it = "them" if several else "it"
    left = (
        f"whatever the model does with {it} is association, along {words}."
        if words
        else f"whatever the model does with {it} is association, and beside its other columns "
        "none should be left."
    )
    return FeatureLicence("no effect", f"{what}: {left}", "none", path=words)


def _refused(
    graph: CausalGraph,
    features: tuple[str, ...],
    outcome: str,
    held: frozenset[str],
    ways: frozenset[str],
    path: tuple[str, ...] | None,
) -> FeatureLicence:
    them = listed(features)
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
            f"from {them} to {outcome}: it compares rows that {them} "
            f"{'themselves have' if len(features) > 1 else 'itself has'} sorted."
        )
    if path:
        reason, blamed = _why_open(graph, path, held, features, outcome)
        is_blamed = set(blamed) <= set(nodes)
        reasons.append(f"That opens {path_in_words(graph, path)}." if is_blamed else reason)
        nodes += blamed
    return FeatureLicence(
        "red",
        " ".join(reasons),
        nodes=tuple(dict.fromkeys(nodes)),
        path=path_in_words(graph, path) if path else "",
    )


def _why_open(
    graph: CausalGraph,
    path: tuple[str, ...],
    held: frozenset[str],
    features: tuple[str, ...],
    outcome: str,
) -> tuple[str, tuple[str, ...]]:
    """Why a path is open, and what is to blame; of columns set together one may follow from the
    outcome, or from what lies on the way to it."""
    if len(features) > 1 and path[0] in graph.descendants(outcome):
        words = path_in_words(graph, path)
        return (f"{path[0]} is an effect of {outcome}, not a cause: {words} stays open.", path[:1])
    return _opened(graph, path, held)


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
