"""Are the SHAP values right? A few rows are done again by the definition, over all subsets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Floats
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import ClassName, Range

from ._engine import Target, engine_of
from ._engine.exact import Exact
from ._subset_shap import MOST_PLAYERS, of_coalitions, shapley
from .trees import TreeEnsemble

#: The largest difference that passes, as a share of the range of the compared values.
ALLOWED = 1e-5
#: Rows that stand in for what is not known, for the second comparison.
BACKGROUND = 20


@dataclass(frozen=True, kw_only=True)
class Verification(CheckResult):
    """Every value twice: by the engine, and by the definition."""

    columns: ClassVar[Mapping[str, str]] = {
        "row": "number of the row in the table, from 0",
        "kind": "path-dependent, or interventional with a background of a few training rows",
        "feature": "the column; columns beyond the eleventh are taken together as one player",
        "engine": "the SHAP value by the engine that all pages use",
        "definition": "the same by going over every subset",
        "difference": "engine minus definition",
        "output": "the number that is explained",
    }

    def figure(self) -> Any:
        """One dot per value, on the diagonal where both agree."""
        return _scatter(self.frame)


@method("Check against the definition", page="prediction")
def verify(
    model: FittedModel,
    /,
    *,
    n: Annotated[int, Range(1, 20), "How many rows are done again"] = 3,
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Verification:
    """Whether the quick SHAP values are the ones of the definition, on a few rows of your data.

    For `n` held-out rows drawn at random, the engine's values are compared with Shapley's formula
    over all subsets of up to twelve players. Path-dependent: the worth of a subset is found by
    walking every tree with the training weights (Lundberg et al. 2020, algorithm 1).
    Interventional: it is asked of the model itself, twenty training rows standing in for what is
    not known. With more than twelve columns, the eleven that move these rows most are players of
    their own and the others are one player, in both computations.

    It passes where no value differs by more than 1e-5 of their range.

    Raises `NotApplicable` where the exact engine does not serve, since there is nothing to check.
    """
    engine = engine_of(model)
    if not isinstance(engine, Exact):
        raise NotApplicable(
            f"There is no quick engine to check here. {engine.note}",
            "Every SHAP value shown is checked to add up to the model's own prediction.",
        )
    chosen = model.explained_class(target_class)
    target = Target(chosen, model.additive_scale)
    positions = _positions(model, n, seed)
    rows = model.transform.codes(model.data.frame.iloc[positions])
    players, names = _players(model, engine, rows, target)
    lines = [
        *_path_dependent(engine, rows, target, players, part(progress, 0, 0.5)),
        *_interventional(model, engine, rows, target, players, seed, part(progress, 0.5, 1)),
    ]
    frame = _frame(lines, positions, names, model.output_label(chosen, target.scale))
    return _judged(frame, n=len(positions), players=len(names), seed=seed)


Lines = list[tuple[str, int, Floats, Floats]]


def _positions(model: FittedModel, n: int, seed: int) -> Any:
    held_out = model.positions("test")
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(held_out, min(n, len(held_out)), replace=False))


def _players(
    model: FittedModel, engine: Exact, rows: Floats, target: Target
) -> tuple[Any, list[str]]:
    """Each column's player, and the players' names."""
    p = len(model.features)
    if p <= MOST_PLAYERS:
        return np.arange(p), list(model.features)
    _, values = engine.shap(rows, target, None)
    first = np.argsort(-np.abs(values).mean(axis=0), kind="stable")[: MOST_PLAYERS - 1]
    players = np.full(p, MOST_PLAYERS - 1)
    players[first] = np.arange(len(first))
    names = [model.features[f] for f in first]
    return players, [*names, f"the other {p - len(first)} columns together"]


def _path_dependent(
    engine: Exact, rows: Floats, target: Target, players: Any, progress: Progress
) -> Lines:
    ensemble, sign = engine.additive_part(target)
    _, quick = engine.shap(rows, target, None, players=players)
    codes = engine.codes(rows)
    lines: Lines = []
    for i in range(len(rows)):
        worth = worth_of_subsets(ensemble, codes[:, i], players)
        lines.append(("path-dependent", i, quick[i], sign * of_coalitions(worth)))
        progress((i + 1) / len(rows))
    return lines


def _interventional(
    model: FittedModel, engine: Exact, rows: Floats, target: Target, players: Any, seed: int,
    progress: Progress,
) -> Lines:  # fmt: skip
    train = model.positions("train")
    some = np.random.default_rng(seed).choice(train, min(BACKGROUND, len(train)), replace=False)
    background = model.transform.codes(model.data.frame.iloc[np.sort(some)])
    _, quick = engine.shap(rows, target, background, players=players)

    def ask(given: Floats) -> Floats:
        return model.column(model.on_scale(given, target.scale), target.target_class)

    lines: Lines = []
    for i, row in enumerate(rows):
        stretch = part(progress, i / len(rows), (i + 1) / len(rows))
        found = shapley(ask, row[None], background, players, progress=stretch)
        lines.append(("interventional", i, quick[i], found.values[0]))
    return lines


def worth_of_subsets(ensemble: TreeEnsemble, row: Any, players: Any) -> Floats:
    """The path-dependent worth of every subset of players for one row of codes, (2^players,).

    Every tree is walked once with one weight per subset: at a split of a player that the subset
    knows the row's own way is taken, else both, by their training weights.
    """
    count = int(players.max()) + 1
    subset = np.arange(2**count)
    worth = np.full(2**count, float(ensemble.base[0]))
    nodes = ensemble.nodes
    for root in ensemble.roots:
        waiting = [(int(root), np.ones(2**count))]
        while waiting:
            u, weight = waiting.pop()
            if nodes.left[u] < 0:
                worth += weight * ensemble.value[u, 0]
                continue
            f = int(nodes.feature[u])
            known = (subset >> int(players[f])) & 1 == 1
            goes_left = _goes_left(ensemble, u, int(row[f]))
            for child, is_own in ((nodes.left[u], goes_left), (nodes.right[u], not goes_left)):
                ratio = ensemble.weight[child] / ensemble.weight[u]
                waiting.append((int(child), weight * np.where(known, float(is_own), ratio)))
    return worth


def _goes_left(ensemble: TreeEnsemble, u: int, code: int) -> bool:
    nodes = ensemble.nodes
    if nodes.levels[u] < 0:
        return bool(nodes.low[u] <= code < nodes.low[u] + int(nodes.width[u]))
    word = int(nodes.bits[nodes.levels[u], code // 64])
    return bool((word >> (code % 64)) & 1)


def _frame(lines: Lines, positions: Any, names: list[str], output: str) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "row": positions[i],
                "kind": kind,
                "feature": names,
                "engine": quick,
                "definition": slow,
                "difference": quick - slow,
                "output": output,
            }
        )
        for kind, i, quick, slow in lines
    ]
    return pd.concat(parts, ignore_index=True)


def _judged(frame: pd.DataFrame, n: int, players: int, seed: int) -> Verification:
    spread = float(np.ptp(frame["definition"])) or float(frame["definition"].abs().max()) or 1.0
    largest = float(frame["difference"].abs().max())
    passed = largest <= ALLOWED * spread
    verdict = "agree with" if passed else "DIFFER from"
    summary = (
        f"The SHAP values of {n} held-out row{'s' if n > 1 else ''} {verdict} Shapley's formula "
        f"over all {2**players:,} subsets of {players} players: the largest difference is "
        f"{number(largest, 2)} (allowed: {number(ALLOWED * spread, 2)})."
    )
    note = (
        f"Rows drawn at random from the held-out ones (seed {seed}). Compared are path-dependent "
        "values, with the subsets' worth found by walking the trees, and interventional values, "
        f"with it asked of the model itself, {BACKGROUND} training rows standing in for what is "
        "not known."
    )
    return Verification(frame=frame, summary=summary, notes=(note,), passed=passed)


def _scatter(frame: pd.DataFrame) -> Any:
    figure = new_figure(
        height=380, x=f"By the definition, {frame['output'].iloc[0]}", y="By the engine"
    )
    low, high = float(frame["definition"].min()), float(frame["definition"].max())
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", line={"color": GREY, "dash": "dot"},
        name="agreement", hoverinfo="skip",
    )  # fmt: skip
    for kind, symbol in (("path-dependent", "circle"), ("interventional", "x-thin-open")):
        shown = frame[frame["kind"] == kind]
        figure.add_scatter(
            x=shown["definition"], y=shown["engine"], mode="markers", name=kind,
            marker={"size": 9, "symbol": symbol, "color": BLUE, "line": {"width": 1.5}},
            hovertext=[
                f"row {row}, {escape(feature)}: {number(float(difference), 2)}"
                for row, feature, difference in zip(
                    shown["row"], shown["feature"], shown["difference"], strict=True
                )
            ],
            hoverinfo="text",
        )  # fmt: skip
    return figure
