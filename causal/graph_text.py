"""What was read from the text of a graph: the graph, which form it was written in, and what stood
beside the arrows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.errors import QuestionError

from .graph import CausalGraph

Form = Literal["DOT", "dagitty", "GML", "edge table"]
#: Bounds checked before memory is spent: a short text can stand for millions of arrows.
MOST_CHARACTERS = 100_000
MOST_NODES = 200
MOST_EDGES = 4_000
#: Groups within groups, or lists within lists, are read to this depth.
MOST_LEVELS = 20


@dataclass(frozen=True)
class GraphText:
    """A graph that was read. `exposures` and `outcomes` are the variables marked as such, which
    only a question can use; `positions` where a variable was drawn; `passed_over` the attributes
    that say how to draw and nothing else."""

    graph: CausalGraph
    form: Form
    exposures: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """What was recognised, in a sentence or two."""
        graph, drawn = self.graph, self.graph.drawn
        pairs = len(graph.bidirected)
        found = [_count(len(drawn.nodes), "variable"), _count(len(drawn.edges), "arrow")]
        found += [f"{_count(pairs, 'unmeasured common cause')} (<->)"] if pairs else []
        text = f"Read as {self.form}: {', '.join(found)}."
        for names, words in (
            (tuple(n for n in drawn.nodes if n in drawn.latent), "not measured"),
            (self.exposures, "marked as exposure"),
            (self.outcomes, "marked as outcome"),
            (self._chosen, "adjusted for by choice"),
        ):
            text += f" {words[0].upper()}{words[1:]}: {', '.join(names)}." if names else ""
        if self.passed_over:
            text += f" Only for drawing, passed over: {', '.join(self.passed_over)}."
        return text

    @property
    def _chosen(self) -> tuple[str, ...]:
        if self.graph.adjusted is None:
            return ()
        return tuple(n for n in self.graph.nodes if n in self.graph.adjusted) or ("nothing",)


def require_size(text: str) -> None:
    """Raises `QuestionError` for a text that is too long to be a graph anyone drew."""
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(
            f"The graph's text has {len(text):,} characters.",
            f"At most {MOST_CHARACTERS:,} are read: draw the variables that matter.",
        )


def require_variables(nodes: int, at: str) -> None:
    """Raises `QuestionError` for too many variables, with where that was found."""
    if nodes > MOST_NODES:
        raise misread(f"The graph has more than {MOST_NODES} variables", at)


def require_arrows(edges: int, at: str) -> None:
    """Raises `QuestionError` for too many arrows, with where that was found."""
    if edges > MOST_EDGES:
        raise misread(f"The graph has more than {MOST_EDGES:,} arrows", at)


def misread(message: str, at: str, hint: str = "") -> QuestionError:
    """What was not understood, and its place."""
    return QuestionError(
        f"{message} ({at} of the graph).",
        hint or 'Write arrows such as  "age" -> quits;  and mark what was not measured:  '
        "genes [latent].",
    )  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)
