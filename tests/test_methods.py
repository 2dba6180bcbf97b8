"""What every registered method promises, held for each of them, in one place.

A new method is here as soon as it is imported by its package; it needs no line of its own.
"""

from __future__ import annotations

import inspect
import pickle
import time
from functools import cache

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

import causal
import interpret  # noqa: F401  (registers its methods)
from tests import worlds, worlds_panel
from workbench import METHODS, Cancelled, Dataset, ModelSet, Result, report_html, train
from workbench.errors import NotApplicable, ParameterError

NAMES = sorted(METHODS)
#: What is counted from a model's trees, and refused in a sentence where it has none.
OF_TREES = {"interpret.leaf_neighbours", "interpret.shap_interactions",
            "interpret.split_importance", "interpret.verify"}  # fmt: skip


@cache
def model(family: str = "xgboost", world: str = "regression"):
    frame, target = {
        "regression": (worlds.additive(160), "y"),
        "binary": (worlds.yes_no(240), "bought"),
        "multiclass": (worlds.three_kinds(240), "kind"),
    }[world]
    small = {"xgboost": {"n_estimators": 30}, "random_forest": {"n_estimators": 20},
             "gradient_boosting": {"max_iter": 30}, "decision_tree": {}, "linear": {},
             "extra_trees": {"n_estimators": 20}, "lightgbm": {"n_estimators": 20}}  # fmt: skip
    return train(Dataset.of(frame, target=target), family, **small[family])


DRAWN = {"confounders": (), "graph": "need -> treated -> outcome; {need site} -> outcome"}
#: What a method's question has beside treatment, outcome and confounders, where it needs more.
ASKED = {
    "causal.two_stage_least_squares": {"instruments": ("invited",), "estimand": "LATE"},
    "causal.doubly_robust_late": {"instruments": ("invited",), "estimand": "LATE"},
    "causal.complier_profile": {"instruments": ("invited",), "estimand": "LATE"},
    "causal.mediation": {"mediators": ("between",)},
    "causal.dose_response": {"treatment": "dose"},
    "causal.marginal_structural_model": {"treatment": "dose"},
    "causal.front_door": {
        "confounders": (),
        "graph": "treated -> between -> outcome; u [latent]; u -> treated; u -> outcome",
    },
    "causal.rank_against_effect": DRAWN,
    "causal.causal_shapley": DRAWN,
}


#: Settings of methods that simulate: what is promised here holds of few tables as of many.
BRIEF = {"causal.coverage_meter": {"repeats": 20}}


@cache
def question(name: str):
    frame = worlds.confounded(300)
    rng = np.random.default_rng(0)
    moved = frame["treated"] + rng.normal(size=300)
    frame = frame.assign(
        outcome_before=frame["outcome"] - frame["treated"],
        invited=(moved > 0.5).astype(int),
        # A draw of its own: need is the first draw of seed 0, too, and then tells the treatment.
        between=frame["treated"] + np.random.default_rng(1).normal(size=300),
        dose=frame["need"] + rng.normal(size=300),
    )
    given = {"treatment": "treated", "outcome": "outcome", "confounders": ("need", "site")}
    return causal.CausalQuestion(Dataset.of(frame), **(given | ASKED.get(name, {})))


def _scores() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    score, age = rng.normal(size=400), rng.normal(size=400)
    passed = rng.random(400) < 0.1 + 0.8 * (score >= 0)
    earns = score + 2.0 * passed + age + rng.normal(size=400)
    return pd.DataFrame({"score": score, "passed": passed.astype(int), "age": age, "earns": earns})


def _trial() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    before, site = rng.normal(size=240), rng.choice(["north", "south"], 240)
    shown = rng.choice(["new", "old"], 240)
    bought = before + 0.5 * (shown == "new") + rng.normal(size=240)
    return pd.DataFrame({"before": before, "site": site, "shown": shown, "bought": bought,
                         "stayed": rng.normal(size=240)})  # fmt: skip


def _series() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    years = np.arange(1990, 2010)
    sold = 20 + np.cumsum(rng.normal(size=20)) + 5.0 * (years >= 2004)
    return pd.DataFrame({"year": years, "sold": sold})


def _panel() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    units, years = np.repeat([f"shop {k}" for k in range(24)], 12), np.tile(range(2000, 2012), 24)
    common, size = rng.normal(size=12).cumsum(), rng.uniform(0.5, 1.5, 24)
    sold = 10 + np.outer(size, common) + rng.normal(scale=0.3, size=(24, 12))
    sold[5, 8:] += 4
    return pd.DataFrame({"shop": units, "year": years, "sold": sold.ravel()})


#: What the question of each design's page is asked of, and with.
DESIGNS = {
    "regression_discontinuity": lambda: causal.CutoffQuestion(
        Dataset.of(_scores()), outcome="earns", running="score", treatment="passed",
        covariates=("age",),
    ),
    "experiment": lambda: causal.ExperimentQuestion(
        Dataset.of(_trial()), outcome="bought", arm="shown", control="old",
        other_outcomes=("stayed",), covariates=("before",), strata=("site",),
    ),
    # forty units over eight years, of which some start in 2004 and some in 2006
    "difference_in_differences": lambda: causal.PanelQuestion(
        Dataset.of(worlds_panel.panel(40, 8)), outcome="y", unit="shop", time="year", adopted="from"
    ),
    "synthetic_control": lambda: causal.PanelQuestion(
        Dataset.of(_panel()), outcome="sold", unit="shop", time="year", treated_units="shop 5",
        starts="2008",
    ),
    "interrupted_time_series": lambda: causal.SeriesQuestion(
        Dataset.of(_series()), outcome="sold", time="year", starts="2004"
    ),
}  # fmt: skip


@cache
def designed(page: str):
    return DESIGNS[page]()


@cache
def model_and_question(name: str):
    frame = worlds.confounded(240)
    given = {"treatment": "treated", "outcome": "outcome", "confounders": ("need", "site")}
    asked = given | ASKED.get(name, {})
    data = Dataset.of(frame, target="outcome")
    fitted = train(data, "xgboost", n_estimators=20)
    return causal.ModelAndQuestion(fitted, causal.CausalQuestion(data, **asked))


@cache
def models(family: str = "xgboost", world: str = "regression"):
    other = "random_forest" if family != "random_forest" else "decision_tree"
    return ModelSet.of([model(family, world), model(other, world)])


def of(name: str, family: str = "xgboost", world: str = "regression"):
    """What the method analyses: a model, or two of them."""
    make = models if METHODS[name].about is ModelSet else model
    return make(family, world)


def subject(name: str):
    method = METHODS[name]
    if of_data(name):
        return model().data
    if method.about is causal.ModelAndQuestion:
        return model_and_question(name)
    if method.page in DESIGNS:
        return designed(method.page)
    return question(name) if method.package == "causal" else of(name, world=method.tasks[0])


def of_data(name: str) -> bool:
    """Whether a method looks at a table, and needs no model."""
    return METHODS[name].about is Dataset


def required(name: str) -> dict:
    """The first allowed value of every setting that has no default."""
    method = METHODS[name]
    about = subject(name)
    values = {"row": 3, "values": {about.dataset.with_role("feature")[0]: None}}
    asked = {
        s.name: values[s.kind] if s.kind in values else s.options(about)[0]
        for s in method.settings
        if s.is_required
    }
    return asked | BRIEF.get(name, {})


@cache
def result(name: str) -> Result:
    return METHODS[name](subject(name), **required(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_frame_has_the_documented_columns(name):
    frame, documented = result(name).frame, type(result(name)).columns
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) > 0
    assert list(frame.columns) == list(documented)
    assert all(len(meaning) > 3 for meaning in documented.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_sentences(name):
    made = result(name)
    for words in (made.summary, *made.notes):
        names = tuple(subject(name).dataset.columns)
        assert words[0].isupper() or not words[0].isalpha() or words.startswith(names), words
        assert words.rstrip().endswith((".", "?", "”")), words
        assert "  " not in words, words


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_brings_its_own_look(name):
    figure = result(name).figure()
    assert isinstance(figure, go.Figure)
    assert figure.layout.paper_bgcolor == "#ffffff"
    assert figure.layout.template.layout.colorway is None
    assert "#000001" not in figure.to_json()


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_is_drawn_from_the_frame_alone(name):
    again = pickle.loads(pickle.dumps(result(name)))  # noqa: S301 (our own, made just now)
    assert again.figure().to_json() == result(name).figure().to_json()
    pd.testing.assert_frame_equal(again.frame, result(name).frame)


@pytest.mark.parametrize("name", NAMES)
def test_the_title_names_what_had_to_be_chosen(name):
    """Two results of one method stand apart in a report's contents."""
    for chosen in required(name).keys() - BRIEF.get(name, {}).keys():
        given = required(name)[chosen]
        for named in given if isinstance(given, dict) else (given,):
            assert str(named) in result(name).title


@pytest.mark.parametrize("name", NAMES)
def test_the_provenance_is_honest(name):
    origin = result(name).provenance
    assert origin is not None
    assert origin.method == name
    assert origin.subject == subject(name).fingerprint
    assert set(origin.settings) == {s.name for s in METHODS[name].settings}
    assert origin.settings.items() >= required(name).items()
    assert origin.seconds > 0
    assert {"numpy", "pandas", "python"} <= set(origin.versions)
    assert origin.rows == len(subject(name).dataset)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_call_gives_the_same_answer(name):
    again = METHODS[name](subject(name), **required(name))
    pd.testing.assert_frame_equal(again.frame, result(name).frame)
    assert again.summary == result(name).summary


@pytest.mark.parametrize("name", NAMES)
def test_the_script_makes_the_same_result(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    about = subject(name)
    about.dataset.frame.to_csv("data.csv", index=False)
    target = about.dataset.target
    opening = f'from workbench import read\n\ndata = read("data.csv", target={target!r})\n'
    made: dict = {}
    exec(opening + result(name).provenance.script.text, made)  # noqa: S102 (our own words)
    pd.testing.assert_frame_equal(made["result"].frame, result(name).frame, check_dtype=False)


@pytest.mark.parametrize("name", NAMES)
def test_cancelling_is_prompt_and_nobody_catches_it(name):
    asked: list[float] = []

    def cancel(share: float, what: str = "", /) -> None:
        asked.append(time.perf_counter())
        raise Cancelled

    with pytest.raises(Cancelled):
        METHODS[name](subject(name), progress=cancel, **required(name))
    # Half a second is the promise; twice that is allowed for a machine that is busy elsewhere.
    assert time.perf_counter() - asked[0] < 1.0
    assert len(asked) == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_setting_is_refused_with_the_known_ones(name):
    with pytest.raises(ParameterError, match="no setting 'colour'"):
        METHODS[name](subject(name), colour="red", **required(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_column_that_is_not_there_is_refused_with_the_choices(name):
    columns = [s for s in METHODS[name].settings if s.kind == "column"]
    for setting in columns:
        with pytest.raises(ParameterError, match="Choose one of"):
            METHODS[name](subject(name), **{**required(name), setting.name: "no such column"})


@pytest.mark.parametrize("name", NAMES)
def test_it_is_where_its_name_says(name):
    package, _, function = name.rpartition(".")
    exported = getattr(__import__(package), function)
    assert inspect.unwrap(exported) is METHODS[name].function
    assert function in __import__(package).__all__
    assert inspect.getmodule(METHODS[name].function).__name__.endswith(function)


@pytest.mark.parametrize("world", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize(
    "family", ["decision_tree", "random_forest", "gradient_boosting", "linear"]
)
@pytest.mark.parametrize(
    "name", [n for n in NAMES if not n.startswith("causal.") and not of_data(n)]
)
def test_every_explanation_answers_for_every_family_and_task(name, family, world):
    about = of(name, family, world)
    if world not in METHODS[name].tasks:
        with pytest.raises(NotApplicable, match="target"):
            METHODS[name](about, **required(name))
        return
    if family == "linear" and name in OF_TREES:
        with pytest.raises(NotApplicable, match=r"tree|quick engine"):
            METHODS[name](about, **required(name))
        return
    made = METHODS[name](about, **required(name))
    assert len(made.frame) > 0
    made.figure()


@pytest.mark.parametrize("name", NAMES)
def test_another_kind_of_thing_is_refused_with_what_is_wanted(name):
    wanted = METHODS[name].wants
    with pytest.raises(ParameterError, match=wanted):
        METHODS[name](models() if wanted != "ModelSet" else model(), **required(name))


def test_all_results_go_into_one_report():
    page = report_html([result(name) for name in NAMES], title="Everything")
    for name in NAMES:
        assert result(name).provenance.method in page
