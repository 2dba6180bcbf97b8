"""A causal graph, drawn: causes left of their effects, so that time runs from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.figures import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LIGHT_GREY,
    PAPER,
    VERMILION,
    escape,
    new_figure,
)  # fmt: skip

from .graph import CausalGraph

#: Names longer than this are broken, and cut after three lines.
LINE = 16
#: How often neighbouring layers are put in order to cross fewer arrows.
SWEEPS = 8
#: About how wide a page is, in pixels.
WIDTH = 860


@dataclass(frozen=True)
class _Place:
    x: float
    y: float


@dataclass(frozen=True)
class _Look:
    """How a kind of node is drawn and named in the legend."""

    name: str
    colour: str
    fill: str
    dash: str = "solid"


@dataclass(frozen=True)
class _Line:
    colour: str
    width: float


_FOCUS = _Line(BLUE, 2.6)


def _line(graph: CausalGraph, cause: str) -> _Line:
    return _Line(LIGHT_GREY if cause in graph.latent else GREY, 1.3)


_TREATMENT = _Look("treatment", BLUE, "#d6e9f5")
_OUTCOME = _Look("outcome", VERMILION, "#fbe1d0")
_ADJUSTED = _Look("adjusted for", GREEN, "#d5efe6")
_LEFT_ALONE = _Look("must not be adjusted for", GREY, "#eceef0")
_LATENT = _Look("not measured", GREY, PAPER, "dot")
_OTHER = _Look("other", INK, PAPER)
_LOOKS = (_TREATMENT, _OUTCOME, _ADJUSTED, _LEFT_ALONE, _LATENT, _OTHER)


def draw_graph(
    graph: CausalGraph,
    treatment: str,
    outcome: str,
    adjusted: tuple[str, ...],
    left_alone: tuple[str, ...],
) -> Any:
    """The graph with its treatment and outcome coloured and what is adjusted for marked."""
    places = _places(graph, treatment, outcome)
    xs, ys = [p.x for p in places.values()], [p.y for p in places.values()]
    height = int(min(900, max(280, 120 + _row(graph) * (max(ys) - min(ys) + 1.6))))
    figure = new_figure(height=height, showlegend=True)
    looks = {n: _look(n, graph, treatment, outcome, adjusted, left_alone) for n in graph.nodes}
    scale = _Scale(WIDTH / (max(xs) - min(xs) + 1), (height - 120) / (max(ys) - min(ys) + 1.6))
    for cause, effect in graph.edges:
        ends = places[cause], places[effect]
        rims = scale.rim(cause, *ends), scale.rim(effect, *ends)
        is_focus = (cause, effect) == (treatment, outcome)
        _arrow(figure, ends, rims, _FOCUS if is_focus else _line(graph, cause))
    for node, place in places.items():
        _box(figure, node, place, looks[node])
    for look in _LOOKS:
        if look in looks.values():
            _legend(figure, look)
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(range=[min(xs) - 0.5, max(xs) + 0.5], **hidden)
    figure.update_yaxes(range=[min(ys) - 0.8, max(ys) + 0.8], **hidden)
    return figure


def _look(
    node: str,
    graph: CausalGraph,
    treatment: str,
    outcome: str,
    adjusted: tuple[str, ...],
    left_alone: tuple[str, ...],
) -> _Look:
    if node == treatment:
        return _TREATMENT
    if node == outcome:
        return _OUTCOME
    if node in graph.latent:
        return _LATENT
    if node in adjusted:
        return _ADJUSTED
    return _LEFT_ALONE if node in left_alone else _OTHER


def _places(graph: CausalGraph, treatment: str, outcome: str) -> dict[str, _Place]:
    """Layers left to right; treatment and outcome on the middle line, the others around it."""
    columns = [list(layer) for layer in _columns(graph)]
    for sweep in range(SWEEPS):
        _order(columns, graph, forward=sweep % 2 == 0)
    found: dict[str, _Place] = {}
    for x, column in enumerate(columns):
        heights = _heights(column, {treatment, outcome}, is_odd=x % 2 == 1)
        for node in column:
            found[node] = _Place(float(x), heights[node])
    return found


def _row(graph: CausalGraph) -> int:
    """Pixels from one row to the next: as much as the longest name needs."""
    return 30 + 15 * max(_broken(node).count("<br>") + 1 for node in graph.nodes)


def _columns(graph: CausalGraph) -> list[list[str]]:
    """Topological layers, each node moved right until it stands just before its first effect."""
    at = {node: x for x, layer in enumerate(graph.layers) for node in layer}
    for layer in reversed(graph.layers):
        for node in layer:
            if graph.children[node]:
                at[node] = min(at[child] for child in graph.children[node]) - 1
    return [[n for n in graph.nodes if at[n] == x] for x in sorted(set(at.values()))]


def _order(columns: list[list[str]], graph: CausalGraph, forward: bool) -> None:
    """Sorts every column by the mean height of its neighbours (the barycentre heuristic)."""
    height = {n: k - len(c) / 2 for c in columns for k, n in enumerate(c)}
    beside = graph.parents if forward else graph.children
    for column in columns if forward else reversed(columns):
        means = {
            n: sum(height[o] for o in beside[n]) / len(beside[n]) if beside[n] else height[n]
            for n in column
        }
        column.sort(key=lambda n, means=means: means[n])  # type: ignore[misc]
        height.update({n: k - len(column) / 2 for k, n in enumerate(column)})


def _heights(column: list[str], focus: set[str], is_odd: bool) -> dict[str, float]:
    """Treatment and outcome on the middle line, which the others leave free for their arrows.

    Every second column is a little higher, so that a long arrow misses what stands between.
    """
    others = [n for n in column if n not in focus]
    above = others[len(others) // 2 :]
    below = others[: len(others) // 2]
    shift = 0.25 * is_odd
    heights = {n: 1.0 + k + shift for k, n in enumerate(above)}
    heights |= {n: -1.0 - k + shift for k, n in enumerate(reversed(below))}
    return heights | {n: 0.0 - k for k, n in enumerate(n for n in column if n in focus)}


@dataclass(frozen=True)
class _Scale:
    """About how many pixels one step to the right and one step up are."""

    x: float
    y: float

    def rim(self, name: str, start: _Place, end: _Place) -> float:
        """How far from its middle the box of a name ends, in the direction of an arrow."""
        across, up = abs(end.x - start.x) * self.x, abs(end.y - start.y) * self.y
        length = max((across**2 + up**2) ** 0.5, 1.0)
        lines = _broken(name).split("<br>")
        half_width, half_height = 3.7 * max(map(len, lines)) + 9, 8 * len(lines) + 8
        return min(
            half_width * length / across if across else 1e9,
            half_height * length / up if up else 1e9,
        )


def _arrow(
    figure: Any, ends: tuple[_Place, _Place], rims: tuple[float, float], look: _Line
) -> None:
    start, end = ends
    figure.add_annotation(
        x=end.x, y=end.y, ax=start.x, ay=start.y, xref="x", yref="y", axref="x", ayref="y",
        text="", showarrow=True, arrowhead=2, arrowsize=1.1, arrowwidth=look.width,
        arrowcolor=look.colour, startstandoff=rims[0] + 1, standoff=rims[1] + 3,
    )  # fmt: skip


def _box(figure: Any, node: str, place: _Place, look: _Look) -> None:
    figure.add_annotation(
        x=place.x, y=place.y, text=_broken(node), showarrow=False, align="center",
        bgcolor=look.fill, bordercolor=look.colour, borderpad=5,
        borderwidth=1 if look is _LATENT else 2, opacity=1.0,
        font={"size": 12, "color": GREY if look is _LATENT else INK},
        hovertext=f"{escape(node, 200)}: {look.name}",
    )  # fmt: skip


def _legend(figure: Any, look: _Look) -> None:
    figure.add_scatter(
        x=[None], y=[None], mode="markers", name=look.name,
        marker={"size": 13, "symbol": "square", "color": look.fill,
                "line": {"color": look.colour, "width": 2}},
    )  # fmt: skip


def _broken(name: str) -> str:
    """A long name over up to three lines, broken at spaces and underscores where it has some."""
    lines: list[str] = []
    rest = name
    while len(rest) > LINE and len(lines) < 2:
        cut = max(rest.rfind(" ", 0, LINE + 1), rest.rfind("_", 0, LINE))
        cut = cut + 1 if cut > LINE // 3 else LINE
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:]
    return "<br>".join(escape(line, LINE + 2) for line in [*lines, rest])
