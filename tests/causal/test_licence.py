"""Which columns of a model may be read as causes: held against linear worlds whose coefficients are
known, against networkx, and against what a model does in simulated worlds."""

from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causal import CausalGraph, CausalQuestion, ModelAndQuestion, licence
from causal.feature_licence import FeatureLicence, feature_licence, joint_licence
from interpret import partial_dependence, shap_importance, two_way_dependence
from workbench import METHODS, Dataset, train
from workbench.errors import ParameterError, QuestionError

GRAPHS = 400


@dataclass(frozen=True)
class Case:
    """A graph, and a model of one of its nodes that uses some of the others."""

    graph: CausalGraph
    outcome: str
    features: tuple[str, ...]

    def read(self, feature: str) -> FeatureLicence:
        return feature_licence(self.graph, feature, self.outcome, self.others(feature))

    def others(self, feature: str) -> tuple[str, ...]:
        return tuple(f for f in self.features if f != feature)


def case(seed: int) -> Case:
    """Three to eight nodes in a random order, arrows along it, up to three of them not measured."""
    rng = np.random.default_rng(seed)
    nodes = [f"v{k}" for k in rng.permutation(int(rng.integers(3, 9)))]
    density = rng.uniform(0.3, 0.8)
    edges = [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1 :] if rng.random() < density]
    outcome = nodes[int(rng.integers(len(nodes) // 2, len(nodes)))]
    others = [n for n in nodes if n != outcome]
    hidden = [n for n in others if rng.random() < 0.25][: len(others) - 1]
    measured = [n for n in others if n not in hidden]
    used = [n for n in measured if rng.random() < 0.75] or measured[:1]
    return Case(CausalGraph.of(edges, nodes, hidden), outcome, tuple(used))


# In linear worlds a regression's coefficient is one number, and so is an effect


def coefficient(case: Case, slopes: dict, feature: str) -> float:
    """Of a feature in the regression of the outcome on all of them, over infinitely many rows."""
    nodes = case.graph.nodes
    place = {n: i for i, n in enumerate(nodes)}
    arrows = np.zeros((len(nodes), len(nodes)))
    for (a, b), slope in slopes.items():
        arrows[place[b], place[a]] = slope
    mixing = np.linalg.inv(np.eye(len(nodes)) - arrows)
    covariance = mixing @ mixing.T
    x = [place[feature], *(place[f] for f in case.others(feature))]
    return float(np.linalg.solve(covariance[np.ix_(x, x)], covariance[x, place[case.outcome]])[0])


def along_paths(case: Case, slopes: dict, feature: str, avoiding: frozenset[str]) -> float:
    """The effect along the directed paths that avoid some nodes: products of slopes, added up."""
    total = 0.0
    for path in directed_paths(case, feature):
        if not avoiding & set(path[1:-1]):
            total += float(np.prod([slopes[edge] for edge in pairwise(path)]))
    return total


def drawn(case: Case) -> nx.DiGraph:
    graph = nx.DiGraph(list(case.graph.edges))
    graph.add_nodes_from(case.graph.nodes)
    return graph


def directed_paths(case: Case, feature: str) -> list[list[str]]:
    return list(nx.all_simple_paths(drawn(case), feature, case.outcome))


def by_numbers(case: Case, feature: str) -> str:
    """What may be said of a column by its coefficient in two worlds with slopes at random."""
    rng = np.random.default_rng(7)
    held = frozenset(case.others(feature))
    paths = directed_paths(case, feature)
    if not paths:
        return "no effect"
    after = nx.descendants(drawn(case), case.outcome)
    if held & after:
        return "red"
    is_right = []
    for _ in range(2):
        slopes = {e: rng.uniform(0.4, 1.4) * rng.choice([-1, 1]) for e in case.graph.edges}
        wanted = along_paths(case, slopes, feature, held)
        is_right.append(abs(coefficient(case, slopes, feature) - wanted) < 1e-9)
    assert is_right[0] == is_right[1]
    mediators = held & {node for path in paths for node in path[1:-1]}
    if not is_right[0]:
        return "red"
    return "amber" if mediators else "green"


@pytest.mark.parametrize("start", range(0, GRAPHS, 100))
def test_a_licence_is_given_where_the_coefficient_is_the_effect_and_nowhere_else(start):
    for seed in range(start, start + 100):
        about = case(seed)
        for feature in about.features:
            assert about.read(feature).colour == by_numbers(about, feature), (seed, feature)


def test_the_random_graphs_hold_every_kind():
    found = [case(s).read(f) for s in range(GRAPHS) for f in case(s).features]
    counts = pd.Series([each.colour for each in found]).value_counts()
    assert counts[["green", "amber", "red", "no effect"]].min() > 50
    reasons = " ".join(each.reason for each in found)
    for fault in ("a common effect", "an effect of", "lacks the common cause", "not measured"):
        assert reasons.count(fault) > 10, fault


# By networkx, which knows nothing of ours


def by_separation(case: Case, feature: str) -> str:
    """The adjustment criterion by its definition, with networkx's d-separation."""
    graph, held = drawn(case), set(case.others(feature))
    paths = directed_paths(case, feature)
    if not paths:
        return "no effect"
    on_the_way = {node for path in paths for node in path[1:]}
    never = on_the_way.union(*(nx.descendants(graph, node) for node in on_the_way))
    graph.remove_edges_from([(feature, path[1]) for path in paths])
    is_separated = nx.is_d_separator(graph, {feature}, {case.outcome}, held)
    return "green" if is_separated and not held & never else "not green"


def test_green_is_the_adjustment_criterion_by_networkx():
    for seed in range(GRAPHS, GRAPHS + 250):
        about = case(seed)
        for feature in about.features:
            found = about.read(feature).colour
            expected = by_separation(about, feature)
            assert (found if found in ("green", "no effect") else "not green") == expected


def test_the_path_that_is_named_is_open_and_is_no_causal_one():
    """Removing the blamed nodes from what is used, or adding the missing one, closes that path."""
    named = 0
    for seed in range(GRAPHS):
        about = case(seed)
        for feature in about.features:
            found = about.read(feature)
            if not found.path:
                continue
            named += 1
            nodes = [w for w in found.path.replace(" (not measured)", "").split() if w[0] == "v"]
            assert (nodes[0], nodes[-1]) == (feature, about.outcome)
            arrows = [w for w in found.path.split() if w in "→←"]
            drawn_so = zip(pairwise(nodes), arrows, strict=True)
            alone = nx.DiGraph([(a, b) if to == "→" else (b, a) for (a, b), to in drawn_so])
            assert set(alone.edges) <= set(about.graph.edges)
            assert "←" in arrows
            below = drawn(about)
            held = set(about.others(feature))
            for a, b, c in zip(nodes, nodes[1:], nodes[2:], strict=False):
                if alone.has_edge(a, b) and alone.has_edge(c, b):
                    assert held & ({b} | nx.descendants(below, b))
                else:
                    assert b not in held
    assert named > 200


# Several columns set together: the same, of all their coefficients at once


def joint_case(seed: int) -> tuple[Case, tuple[str, ...]] | None:
    """A case, and two or three of its features that are set together."""
    about = case(seed)
    if len(about.features) < 2:
        return None
    rng = np.random.default_rng(seed)
    count = min(len(about.features), int(rng.integers(2, 4)))
    return about, tuple(rng.permutation(about.features)[:count].tolist())


def read_together(about: Case, together: tuple[str, ...]) -> FeatureLicence:
    others = [f for f in about.features if f not in together]
    return joint_licence(about.graph, together, about.outcome, others)


def jointly_by_numbers(about: Case, together: tuple[str, ...]) -> str:
    """As `by_numbers`: the joint effect of x1, x2 in a linear world is a1 x1 + a2 x2, each along
    the paths that avoid the others that are set."""
    rng = np.random.default_rng(7)
    held = frozenset(about.features) - set(together)
    if not any(directed_paths(about, f) for f in together):
        return "no effect"
    if held & nx.descendants(drawn(about), about.outcome):
        return "red"
    for _ in range(2):
        slopes = {e: rng.uniform(0.4, 1.4) * rng.choice([-1, 1]) for e in about.graph.edges}
        for f in together:
            fixed = held | set(together) - {f}
            if abs(coefficient(about, slopes, f) - along_paths(about, slopes, f, fixed)) > 1e-9:
                return "red"
    proper = [
        path
        for f in together
        for path in directed_paths(about, f)
        if not set(path[1:]) & set(together)
    ]
    return "amber" if any(held & set(path[1:-1]) for path in proper) else "green"


def jointly_by_separation(about: Case, together: tuple[str, ...]) -> bool:
    """The adjustment criterion for sets by its definition (Perković et al. 2018, definition 3), all
    paths listed and looked at one by one."""
    graph, held, ends = drawn(about), set(about.features) - set(together), set(together)
    never: set[str] = set()
    paths = []
    for f in together:
        rest = graph.to_undirected().subgraph(set(graph) - (ends - {f}))
        paths += list(nx.all_simple_paths(rest, f, about.outcome))
    causal = [p for p in paths if all(graph.has_edge(a, b) for a, b in pairwise(p))]
    for node in {node for path in causal for node in path[1:]}:
        never |= {node} | nx.descendants(graph, node)
    if held & never:
        return False
    return not any(is_open(graph, p, held) for p in paths if p not in causal)


def is_open(graph: nx.DiGraph, path: list[str], held: set[str]) -> bool:
    for a, b, c in zip(path, path[1:], path[2:], strict=False):
        if graph.has_edge(a, b) and graph.has_edge(c, b):
            if not held & ({b} | nx.descendants(graph, b)):
                return False
        elif b in held:
            return False
    return True


JOINT = [found for seed in range(500) if (found := joint_case(seed))]


def test_columns_set_together_are_licensed_where_all_their_coefficients_are_the_joint_effect():
    assert len(JOINT) > 300
    for about, together in JOINT:
        found = read_together(about, together).colour
        assert found == jointly_by_numbers(about, together), (about, together)


def test_joint_green_is_the_adjustment_criterion_for_sets_path_by_path():
    for about, together in JOINT:
        found = read_together(about, together).colour
        if found != "no effect":
            assert (found == "green") == jointly_by_separation(about, together), (about, together)


def test_the_random_sets_hold_every_kind_and_differ_from_what_each_column_has_alone():
    alone = [{about.read(f).colour for f in together} for about, together in JOINT]
    found = [read_together(about, together).colour for about, together in JOINT]
    assert pd.Series(found).value_counts()[["green", "amber", "red", "no effect"]].min() > 10
    pairs = list(zip(found, alone, strict=True))
    assert sum(f == "green" and "amber" in a for f, a in pairs) > 10
    assert sum(f == "red" and "red" not in a for f, a in pairs) > 0
    # each column's part of a joint effect is its own coefficient
    assert not any(f in ("green", "amber") and "red" in a for f, a in pairs)


def test_a_column_without_effect_that_is_associated_spoils_the_joint_effect():
    graph = CausalGraph.of([("t", "y"), ("u", "s"), ("u", "y")], ["t", "s", "y", "u"], ["u"])
    assert feature_licence(graph, "t", "y", ["s"]).colour == "green"
    assert feature_licence(graph, "s", "y", ["t"]).colour == "no effect"
    found = joint_licence(graph, ("t", "s"), "y", [])
    assert (found.colour, found.path) == ("red", "s ← u (not measured) → y")
    assert joint_licence(graph.without([("u", "s")]), ("t", "s"), "y", []).colour == "green"


def test_one_column_together_with_none_is_that_column():
    for seed in range(100):
        about = case(seed)
        for feature in about.features:
            assert read_together(about, (feature,)) == about.read(feature)


# In worlds that are simulated, by what a model does

ROWS = 4_000


def world(seed: int = 1) -> pd.DataFrame:
    """c assigns t, t moves m by .8, and y = .5 t + .9 m + t m / 2 + c, so that the two ways act
    together; s follows from t and y. The total effect of t is 1.62 over everyone; with m left as it
    is, .4 on average, .70 is left of it."""
    rng = np.random.default_rng(seed)
    c, noise = rng.normal(size=ROWS), rng.normal(size=(4, ROWS))
    t = (c + noise[0] > 0).astype(int)
    m = 0.8 * t + noise[1]
    y = 0.5 * t + 0.9 * m + c + t * m / 2 + 0.5 * noise[2]
    return pd.DataFrame({"c": c, "t": t, "m": m, "y": y, "s": y + 2 * t + 0.5 * noise[3]})


GRAPH = "c -> {t y}; t -> m -> y; t -> y; {t y} -> s"
TOTAL = 0.5 + 0.9 * 0.8 + 0.8 / 2
DIRECT = 0.5 + 0.5 * 0.8 / 2


def read_and_done(*features: str) -> tuple[str, float]:
    """The colour of t in a model of these columns, and what the model does with t."""
    frame = world()
    data = Dataset.of(frame[[*features, "y"]], target="y")
    model = train(data, "xgboost", n_estimators=300, max_depth=3, learning_rate=0.1)
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", graph=GRAPH)
    colour = licence(model, question).frame.set_index("feature")["licence"]["t"]
    curve = partial_dependence(model, feature="t", ice=0).frame
    return colour, float(curve["prediction"].iloc[1] - curve["prediction"].iloc[0])


def test_partial_dependence_is_the_effect_under_green():
    colour, done = read_and_done("c", "t")
    assert (colour, done) == ("green", pytest.approx(TOTAL, abs=0.1))


def test_under_amber_it_is_the_effect_past_the_mediator_left_as_it_is():
    colour, done = read_and_done("c", "t", "m")
    assert (colour, done) == ("amber", pytest.approx(DIRECT, abs=0.1))
    assert abs(done - TOTAL) > 0.5


def test_set_together_with_its_mediator_it_is_the_joint_effect():
    """t from 0 to 1 and m from 0 to 1, everyone: .5 + .9 + .5."""
    frame = world()
    model = train(Dataset.of(frame[["c", "t", "m", "y"]], target="y"), "xgboost",
                  n_estimators=300, max_depth=3, learning_rate=0.1)  # fmt: skip
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", graph=GRAPH)
    read = licence(model, question, together=("t", "m"))
    assert read.lines(["m", "t"])["licence"].tolist() == ["green", "amber", "green"]
    assert "m is set too" in read.frame["reason"][0]
    assert read.frame["effect"].tolist()[0] == "joint"
    assert read.summary.startswith("Set together, t and m may be read as their joint effect. Of ")
    codes = model.transform.codes(model.data.frame)
    at = [model.features.index(name) for name in ("t", "m")]
    means = []
    for value in (0.0, 1.0):
        codes[:, at] = value
        means.append(model.response(codes).mean())
    assert means[1] - means[0] == pytest.approx(0.5 + 0.9 + 0.5, abs=0.1)


@pytest.mark.parametrize("features", [("t",), ("c", "t", "s")])
def test_under_red_it_is_neither(features):
    colour, done = read_and_done(*features)
    assert colour == "red"
    assert min(abs(done - TOTAL), abs(done - DIRECT)) > 0.3


# What it says, and of what


def asked(frame: pd.DataFrame, features: tuple[str, ...], **given: object):
    """A small model of these columns, and a question of the whole table."""
    data = Dataset.of(frame[[*features, "y"]], target="y")
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", **given)
    return train(data, "linear"), question


def test_reasons_name_what_is_to_blame_and_the_path_with_its_arrows():
    frame = world().head(200)
    lacking = licence(*asked(frame, ("t",), graph=GRAPH)).frame.iloc[0]
    assert (lacking["nodes"], lacking["path"]) == ("c", "t ← c → y")
    assert "lacks the common cause c" in lacking["reason"]
    past = licence(*asked(frame, ("c", "t", "m"), graph=GRAPH)).frame.iloc[1]
    assert (past["effect"], past["nodes"]) == ("direct", "m")
    graph = GRAPH + "; u [latent]; u -> {m y}"
    hidden = licence(*asked(frame, ("c", "t", "m"), graph=graph)).frame.iloc[1]
    assert (hidden["licence"], hidden["nodes"]) == ("red", "m")
    assert hidden["path"] == "t → m ← u (not measured) → y"
    sorted_by = licence(*asked(frame, ("c", "t", "s"), graph=GRAPH)).frame
    assert sorted_by["licence"].tolist() == ["red", "red", "no effect"]
    assert "s, an effect of y" in sorted_by["reason"][1]
    assert "s is an effect of y, not a cause" in sorted_by["reason"][2]


def test_a_whole_effect_that_is_held_fixed_leaves_nothing_to_see():
    graph = "c -> {t y}; t -> m -> y"
    row = licence(*asked(world().head(200), ("c", "t", "m"), graph=graph)).frame.iloc[1]
    assert row["licence"] == "amber"
    assert "the whole effect goes through m" in row["reason"]


def test_beside_a_column_that_the_graph_does_not_hold_nothing_is_licensed():
    frame = world().head(200).assign(other=1.0)
    frame.loc[:100, "other"] = 2.0
    graph = "c -> {t y}; t -> y"
    found = licence(*asked(frame, ("c", "t", "other"), graph=graph)).frame
    assert found["licence"].tolist() == ["grey"] * 3
    assert found["nodes"].tolist() == ["other", "other", ""]
    assert "does not hold other" in found["reason"][2]
    without = licence(*asked(frame, ("c", "t"), graph=graph)).frame
    assert without["licence"].tolist() == ["amber", "green"]


def test_roles_speak_of_the_treatment_alone():
    """What confounds a confounder nobody said: its coefficient is no effect (Westreich &
    Greenland 2013)."""
    found = licence(*asked(world().head(200), ("c", "t"), confounders=("c",)))
    assert found.frame["licence"].tolist() == ["grey", "green"]
    assert "nothing of what confounds its own effect" in found.frame["reason"][0]
    assert any("made from the roles" in note for note in found.notes)


@given(seed=st.integers(0, 10**6), order=st.randoms())
@settings(max_examples=50, deadline=None)
def test_names_and_the_order_of_columns_do_not_matter(seed, order):
    about = case(seed)
    new = {
        node: f"x{k}"
        for k, node in enumerate(order.sample(about.graph.nodes, k=len(about.graph.nodes)))
    }
    graph = CausalGraph.of([(new[a], new[b]) for a, b in about.graph.edges],
                           new.values(), [new[n] for n in about.graph.latent])  # fmt: skip
    for feature in about.features:
        others = [new[f] for f in about.others(feature)]
        order.shuffle(others)
        again = feature_licence(graph, new[feature], new[about.outcome], others)
        found = about.read(feature)
        assert (again.colour, again.effect, bool(again.path)) == (
            found.colour, found.effect, bool(found.path)
        )  # fmt: skip


# How it is called, and where it stands


def test_model_and_question_are_taken_one_by_one_or_as_one():
    model, question = asked(world().head(200), ("c", "t"), graph=GRAPH)
    one_by_one, as_one = licence(model, question), METHODS["causal.licence"](
        ModelAndQuestion(model, question)
    )  # fmt: skip
    pd.testing.assert_frame_equal(one_by_one.frame, as_one.frame)
    assert one_by_one.provenance.subject == as_one.provenance.subject
    assert "result = licence(model, question)" in one_by_one.provenance.script.text
    with pytest.raises(ParameterError, match="a FittedModel and a CausalQuestion; it was given"):
        licence(model)
    with pytest.raises(ParameterError, match="a CausalQuestion and a FittedModel"):
        licence(question, model)


def test_it_looks_at_no_row_and_says_nothing_of_their_weights():
    frame = world().head(200).assign(counts=1.5)
    data = Dataset.of(frame, target="y").with_roles({"counts": "weight", "s": "ignore"})
    question = CausalQuestion(data, treatment="t", outcome="y", graph=GRAPH)
    found = licence(train(data, "linear"), question)
    assert not any("weight" in note for note in found.notes)


def test_a_model_of_something_else_is_refused():
    frame = world().head(200)
    model = train(Dataset.of(frame, target="s"), "linear")
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", confounders=["c"])
    with pytest.raises(QuestionError, match="predicts 's', and the question's outcome is 'y'"):
        licence(model, question)
    fewer = CausalQuestion(Dataset.of(frame[["t", "s"]]), treatment="t", outcome="s")
    with pytest.raises(QuestionError, match="column 'c' is not in the question's table"):
        licence(model, fewer)


def test_a_result_carries_the_licence_of_its_column_into_the_report():
    model, question = asked(world().head(200), ("c", "t"), graph=GRAPH)
    read = licence(model, question)
    curve = partial_dependence(model, feature="t")
    beside = read.beside(curve)
    assert beside.notes == (f"Licence of t: green. {read.frame['reason'][1]}", *curve.notes)
    assert read.beside(beside) is beside
    of_all = read.beside(shap_importance(model))
    assert of_all.notes[0].startswith(f"Licence: {read.summary} That is when one column alone")
    other, _ = asked(world(2).head(200), ("c", "t"), graph=GRAPH)
    with pytest.raises(ParameterError, match="no result of the model"):
        read.beside(shap_importance(other))


def test_a_result_of_two_columns_carries_the_licence_of_both_together():
    model, question = asked(world().head(200), ("c", "t", "m"), graph=GRAPH)
    surface = two_way_dependence(model, feature="m", other="t", grid_points=3)
    read = licence(model, question, together=("t", "m"))
    notes = read.beside(surface).notes
    assert notes[0] == f"Licence of t + m: green. {read.frame['reason'][0]}"
    assert [note[:13] for note in notes[1:3]] == ["Licence of t:", "Licence of m:"]
    found = two_way_dependence(model, feature="t", grid_points=3)
    chosen = found.frame["other"].iloc[0]
    both = licence(model, question, together=("t", chosen)).beside(found)
    assert both.notes[0].startswith(f"Licence of t + {chosen}: ")


def test_roles_do_not_speak_of_a_confounder_set_together_with_the_treatment():
    model, question = asked(world().head(200), ("c", "t"), confounders=("c",))
    first = licence(model, question, together=("t", "c")).frame.iloc[0]
    assert first["licence"] == "grey"
    assert "The roles say what c is to t" in first["reason"]


def test_the_script_of_such_a_result_makes_it_again(tmp_path, monkeypatch):
    data = Dataset.of(world().head(200)[["c", "t", "y"]], target="y")
    question = CausalQuestion(data, treatment="t", outcome="y", confounders=["c"])
    model = train(data, "linear")
    beside = licence(model, question).beside(partial_dependence(model, feature="t"))
    monkeypatch.chdir(tmp_path)
    data.frame.to_csv("data.csv", index=False)
    made: dict = {}
    opening = 'from workbench import read\n\ndata = read("data.csv", target="y")\n'
    exec(opening + beside.provenance.script.text, made)  # noqa: S102 (our own words)
    assert made["result"].notes[0] == beside.notes[0]
