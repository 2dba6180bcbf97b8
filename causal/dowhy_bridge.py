"""DoWhy's own answer about a graph and its own placebo refuter, under internal names.

DoWhy reads a file when a graph's text looks like a path, and takes over names into expressions: it
is handed a graph object and columns called v0, v1 …, never what a person typed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .graph import CausalGraph

Floats = NDArray[np.float64]
#: DoWhy tries subset after subset: beyond this many measured nodes it is not asked.
MOST_NODES = 14


@dataclass(frozen=True)
class DoWhyAnswer:
    """The ways DoWhy finds, in the person's names: sets that close the back door (any of them,
    not only minimal ones), instruments, and one front-door set or none."""

    back_door: tuple[frozenset[str], ...]
    instruments: frozenset[str]
    front_door: frozenset[str]


def dowhy_answer(graph: CausalGraph, treatment: str, outcome: str) -> DoWhyAnswer:
    """What `dowhy.causal_identifier.auto_identifier` says of an acyclic graph in which the
    treatment leads to the outcome."""
    from dowhy.causal_identifier.auto_identifier import (
        BackdoorAdjustment,
        EstimandType,
        identify_effect_auto,
    )

    internal = {node: f"v{k}" for k, node in enumerate(graph.nodes)}
    names = {short: node for node, short in internal.items()}
    found = identify_effect_auto(
        _as_networkx(graph, internal),
        [internal[treatment]],
        [internal[outcome]],
        [internal[n] for n in graph.nodes if n in graph.observed],
        EstimandType.NONPARAMETRIC_ATE,
        backdoor_adjustment=BackdoorAdjustment.BACKDOOR_DEFAULT,
    )
    sets = {k: v for k, v in (found.backdoor_variables or {}).items() if k != "backdoor"}
    return DoWhyAnswer(
        tuple(frozenset(names[v] for v in s) for s in sets.values()),
        frozenset(names[v] for v in found.instrumental_variables or ()) & graph.observed,
        frozenset(names[v] for v in found.frontdoor_variables or ()),
    )


def dowhy_placebo_effect(
    t: Floats, y: Floats, covariates: Floats, contrast: tuple[float, float], seed: int
) -> float:
    """The first placebo effect of `dowhy.causal_refuters.refute_placebo_treatment` (permuted
    treatment, linear regression): that of the permutation `numpy.random.RandomState(seed)` makes.

    It fits and predicts the whole table twice for it.
    """
    from dowhy.causal_estimators.linear_regression_estimator import LinearRegressionEstimator
    from dowhy.causal_refuters.placebo_treatment_refuter import (
        PlaceboType,
        refute_placebo_treatment,
    )

    columns = [f"x{k}" for k in range(covariates.shape[1])]
    frame = pd.DataFrame(covariates, columns=columns).assign(t=t, y=y)
    estimand = _estimand(columns)
    estimator = LinearRegressionEstimator(estimand)
    # DoWhy calls pandas with a keyword pandas 4 will not know, divides by the spread of the one
    # draw it is asked for, and writes into the frame it is given.
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.filterwarnings("ignore", "The copy keyword is deprecated", DeprecationWarning)
        estimator.fit(frame)
        estimate = estimator.estimate_effect(
            frame.copy(), control_value=contrast[0], treatment_value=contrast[1],
            target_units="ate",
        )  # fmt: skip
        return float(
            refute_placebo_treatment(
                frame.copy(), estimand, estimate, ["t"], num_simulations=1,
                placebo_type=PlaceboType.PERMUTE, random_state=np.random.RandomState(seed),
            ).new_effect
        )  # fmt: skip


def dowhy_version() -> str:
    """The version of DoWhy that answered."""
    from importlib.metadata import version

    return version("dowhy")


def _as_networkx(graph: CausalGraph, internal: dict[str, str]) -> Any:
    import networkx as nx

    made = nx.DiGraph()
    made.add_nodes_from(internal.values())
    made.add_edges_from((internal[a], internal[b]) for a, b in graph.edges)
    return made


def _estimand(columns: list[str]) -> Any:
    from dowhy.causal_identifier.auto_identifier import EstimandType
    from dowhy.causal_identifier.identified_estimand import IdentifiedEstimand

    return IdentifiedEstimand(
        None,
        treatment_variable=["t"],
        outcome_variable=["y"],
        estimand_type=EstimandType.NONPARAMETRIC_ATE,
        estimands={"backdoor": {}},
        backdoor_variables={"backdoor": columns},
        default_backdoor_id="backdoor",
        identifier_method="backdoor",
    )
