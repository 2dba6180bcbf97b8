"""A date is one column to every explanation: against the definitions, asked of the model itself.

The trees are given the date's parts; what is held here is that nobody sees these. Every answer is
had a second time by writing other dates into the table and asking the model.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from interpret import (
    accumulated_local_effects,
    average_comparison,
    dependence_overview,
    individual_conditional_expectation,
    partial_dependence,
    permutation_importance,
    shap_row,
    shap_values,
    two_way_accumulated_effects,
    two_way_dependence,
)
from interpret._contributions import explain
from interpret._engine import Target, engine_of
from interpret._engine.asking import Asking
from interpret._engine.exact import Exact
from interpret._reference import Reference
from interpret.trees import derived
from tests import worlds_shap
from tests.worlds_dates import SMALL, TREES, dated, model, three, yes_no
from workbench import METHODS, Dataset, FittedModel, NotApplicable, train

TABLES = {"regression": dated, "binary": yes_no, "multiclass": three}
EVERY = [(family, task) for family in TREES for task in TABLES]


@cache
def small(family: str = "xgboost", task: str = "regression", rows: int = 160) -> FittedModel:
    return model(family, TABLES[task](rows))


def asked_with(found: FittedModel, when) -> np.ndarray:
    """What the model says of its table with another date, or other dates, in every row."""
    return found.output(found.data.frame.assign(when=when))


@pytest.mark.parametrize(("family", "task"), EVERY)
def test_what_is_counted_from_the_trees_is_what_the_model_says(family, task):
    found = small(family, task)
    exact, asking = engine_of(found), Asking(found, "")
    assert isinstance(exact, Exact), exact.note
    rows = found.transform.codes(found.data.frame)
    assert rows.shape[1] == len(found.features) == 3
    at = found.features.index("when")
    edges = np.nanquantile(rows[:, at], [0, 0.2, 0.5, 0.8, 1], method="closest_observation")
    grid = np.append(edges, np.nan)
    bins = np.where(np.isnan(rows[:, at]), -1, np.searchsorted(edges[1:-1], rows[:, at]))
    other = np.quantile(rows[:, 0], [0, 0.5, 1])
    cells = (bins, np.searchsorted(other[1:-1], rows[:, 0]))
    rng = np.random.default_rng(0)
    lenders = np.stack([rng.permutation(len(rows)) for _ in range(2)])
    for name in found.classes or (None,):
        target = Target(name, "response")

        def every(engine, target=target):
            average = engine.average(rows, at, grid, target)
            return (
                engine.predict(rows, target),
                engine.curves(rows, at, grid, target),
                average.mean,
                average.std_error,
                engine.surface(rows, (at, 0), (grid, other), target),
                engine.steps(rows, at, edges, bins, target).mean,
                engine.cell_steps(rows, (at, 0), (edges, other), cells, target),
            )

        for answer, expected in zip(every(exact), every(asking), strict=True):
            np.testing.assert_allclose(answer, expected, atol=3e-6)
    shuffled = [next(iter(e.permuted(rows, [(at,)], lambda _: lenders))) for e in (exact, asking)]
    np.testing.assert_allclose(*shuffled, atol=3e-6)


@pytest.mark.parametrize("family", TREES)
def test_times_of_day_are_counted_too_by_the_clock_of_their_zone(family):
    rng = np.random.default_rng(2)
    frame = dated(160)
    clock = frame["when"] + pd.to_timedelta(rng.integers(0, 86_400, len(frame)), unit="s")
    night = (clock.dt.hour < 6).fillna(False)
    frame = frame.assign(when=clock.dt.tz_localize("America/New_York", ambiguous="NaT",
                                                   nonexistent="shift_forward"),
                         y=frame["y"] + 2 * night)  # fmt: skip
    found = model(family, frame)
    assert "hour" in found.transform.dates["when"].parts
    exact, asking = engine_of(found), Asking(found, "")
    assert isinstance(exact, Exact), exact.note
    rows, at = found.transform.codes(found.data.frame), found.features.index("when")
    grid = np.unique(rows[::7, at])
    y = Target(None, "response")
    np.testing.assert_allclose(exact.predict(rows, y), asking.predict(rows, y), atol=3e-6)
    curves = [engine.curves(rows, at, grid, y) for engine in (exact, asking)]
    np.testing.assert_allclose(*curves, atol=3e-6)
    level = partial_dependence(found, feature="when", ice=0).frame["level"].iloc[0]
    assert level.startswith(f"{clock.min():%Y-%m-%d %H:%M}")


def test_curves_are_those_of_other_dates_in_the_table():
    found = small()
    curve = partial_dependence(found, feature="when", grid_points=15, ice=0).frame
    values = [*curve["value"]]
    assert values[-1] is pd.NaT
    by_hand = [asked_with(found, value) for value in values]
    np.testing.assert_allclose(curve["prediction"], np.mean(by_hand, axis=1), atol=1e-5)

    single = individual_conditional_expectation(
        found, feature="when", grid_points=15, curves=2_000, centred=False
    ).frame
    single = single[single["curve"] == "row"]
    of_rows = single.pivot(index="row", columns="level", values="prediction")
    np.testing.assert_allclose(of_rows[list(curve["level"])].T, by_hand, atol=1e-5)


def test_accumulated_effects_move_each_row_to_the_dates_beside_its_own():
    found = small()
    frame, when = found.data.frame, found.data.frame["when"]
    effect = accumulated_local_effects(found, feature="when", bins=6).frame
    edges = effect["value"].to_numpy()
    bins = np.clip(np.searchsorted(edges, when.to_numpy()) - 1, 0, len(edges) - 2)
    known = when.notna().to_numpy()
    step = asked_with(found, edges[bins + 1]) - asked_with(found, edges[bins])
    by_hand = pd.Series(step[known]).groupby(bins[known]).mean()
    np.testing.assert_allclose(np.diff(effect["effect"]), by_hand, atol=1e-5)
    assert list(effect["rows"][1:]) == list(np.bincount(bins[known]))
    assert len(frame) - known.sum() == when.isna().sum()


def test_shuffling_the_date_is_lending_every_row_the_date_of_every_row():
    found = small()
    test = found.test.frame
    result = permutation_importance(found, metric="mae", shuffles="all", rows="test").frame
    every = [
        (test["y"] - found.output(test.assign(when=when))).abs().mean() for when in test["when"]
    ]
    before = (test["y"] - found.output(test)).abs().mean()
    importance = result.set_index("feature")["importance"]
    assert importance["when"] == pytest.approx(np.mean(every) - before, rel=1e-4)


@pytest.mark.parametrize("family", TREES)
def test_compared_with_rows_the_date_is_one_player(family):
    found = small(family)
    codes = found.transform.codes(found.data.frame)
    rows, background = codes[[3, 8, 41]], codes[50:90]
    values = explain(found, rows, reference=Reference(background, "some rows"))
    for x, row, total in zip(rows, values.values, values.prediction, strict=True):
        truth = worlds_shap.shapley(worlds_shap.substituted(found.response, x, background), 3)
        np.testing.assert_allclose(row, truth[:-1], atol=2e-5)
        assert truth.sum() == pytest.approx(total, abs=1e-4)


def test_along_the_paths_all_that_is_made_of_a_date_becomes_known_together():
    found = small("random_forest")
    forest, made = found.estimator, found.transform
    trees = [worlds_shap.sklearn_nodes(t.tree_, 1 / len(forest)) for t in forest.estimators_]
    codes = made.codes(found.data.frame)[[3, 8, 41]]
    values = explain(found, codes)
    for x, row in zip(made.inputs(codes), values.values, strict=True):
        worth = worlds_shap.followed(trees, 0.0, x, np.array(made.owners))
        np.testing.assert_allclose(row, worlds_shap.shapley(worth, 3)[:-1], atol=1e-8)


def test_what_month_and_weekday_do_is_found_again():
    """y = 2 in summer + 0.004 a day + x, and 1.5 on weekends where x > 0."""
    found = model("xgboost", dated(3_000, missing=10_000), n_estimators=200)
    every = partial_dependence(found, feature="when", grid_points=200, ice=0).frame
    when = every["value"].dt
    day = (every["value"] - pd.Timestamp("1968-06-01")).dt.days
    positive = (found.data.frame["x"] > 0).mean()
    weekend = 1.5 * positive * (when.day_of_week >= 5)
    truth = 2.0 * when.month.isin([6, 7, 8]) + 0.004 * day + weekend
    off = every["prediction"] - truth
    assert (off - off.mean()).std() < 0.15
    together = two_way_dependence(found, feature="x", grid_points=8)
    assert together.frame["other"].iloc[0] == "when"


def test_a_table_too_large_for_sets_of_dates_is_asked_and_says_so(monkeypatch):
    counted = partial_dependence(small(), feature="when", ice=0)
    monkeypatch.setattr(derived, "MOST_SETS", 100)
    fresh = model("xgboost", dated(160))
    asked = partial_dependence(fresh, feature="when", ice=0)
    assert any("stretches of a date" in note and "asking the model" in note for note in asked.notes)
    np.testing.assert_allclose(
        asked.frame["prediction"], counted.frame["prediction"], atol=1e-5
    )  # fmt: skip
    base = shap_values(fresh).frame.groupby("row")["contribution"].sum()
    assert base.notna().all()


def test_dates_of_no_row_have_no_code_and_are_refused_in_a_sentence():
    engine = engine_of(small())
    rows = engine.model.transform.codes(dated(160).assign(when=pd.Timestamp("2031-05-05")))
    with pytest.raises(NotApplicable, match="not among those of the model's table"):
        engine.codes(rows)
    # a prediction needs none
    np.testing.assert_allclose(
        engine.predict(rows, Target(None, "response")), engine.model.response(rows), atol=3e-6
    )


# What is shown


def of_dates(values) -> bool:
    return str(np.asarray(values).dtype).startswith("datetime64")


def test_curves_stand_on_an_axis_of_dates():
    found = small()
    for result in (
        partial_dependence(found, feature="when", refits=1),
        individual_conditional_expectation(found, feature="when", colour_by="when"),
        accumulated_local_effects(found, feature="when"),
    ):
        frame = result.frame
        assert of_dates(frame["value"])
        assert frame["level"].iloc[0] == f"{frame['value'].iloc[0]:%Y-%m-%d}"
        lines = [
            t for t in result.figure().data if t.mode and "lines" in t.mode and t.xaxis != "x2"
        ]
        assert any(of_dates(t.x) for t in lines)
        assert all(of_dates(t.x) for t in lines if t.x[0] is not None)


def test_tables_and_words_hold_dates_and_no_counts_of_days():
    found = small()
    for result in (two_way_dependence(found, feature="when", other="x"),
                   two_way_accumulated_effects(found, feature="when", other="x")):  # fmt: skip
        assert of_dates(result.frame["value"])
        ticks = result.figure().layout.xaxis.ticktext
        assert ticks[0] == f"{result.frame['value'].iloc[0]:%Y-%m-%d}"
    overview = dependence_overview(found).frame.set_index("feature")
    assert overview.loc["when", "date"].notna().any()
    assert overview.loc["when", "value"].isna().all()
    assert overview.loc[["x", "kind"], "date"].isna().all()
    shown = shap_values(found).frame
    row = shown[(shown["feature"] == "when")].iloc[0]
    assert row["value"] == f"{found.data.frame['when'].iloc[row['row']]:%Y-%m-%d}"
    moved = average_comparison(found, change="one").frame
    assert "when +1 day" in list(moved["feature"])


def test_notes_say_what_is_made_of_the_date_and_how_coarse_the_curve_is():
    found = small()
    notes = partial_dependence(found, feature="when", grid_points=10).notes
    assert any(
        "'when' is a date: its elapsed days, year, month, day of month, day of week are" in note
        for note in notes
    )
    assert any("asked at 10 of 1" in note for note in notes)
    assert not any("is a date" in note for note in partial_dependence(found, feature="x").notes)


def test_rows_beyond_the_dates_that_were_learned_from_are_told():
    frame = dated(300, missing=10_000).sort_values("when", ignore_index=True)
    frame["group"] = np.arange(300) // 60
    data = Dataset.of(frame, target="y").with_roles({"when": "feature", "group": "group"})
    found = train(data, "xgboost", **SMALL["xgboost"])
    learned, held = found.train.frame["when"], found.test.frame["when"]
    beyond = int(((held < learned.min()) | (held > learned.max())).sum())
    assert beyond > 0
    for result in (partial_dependence(found, feature="when"),
                   accumulated_local_effects(found, feature="when"),
                   shap_values(found, rows="all")):  # fmt: skip
        (note,) = [n for n in result.notes if "beyond the dates of 'when'" in n]
        assert note.startswith(f"{beyond} of these rows")
        assert f"{learned.min():%Y-%m-%d} to {learned.max():%Y-%m-%d}" in note
        assert "Trees do not carry a trend on" in note
    outside = int(held[(held < learned.min()) | (held > learned.max())].index[0])
    assert any(n.startswith("This row lies beyond") for n in shap_row(found, row=outside).notes)
    within = int(found.split.train[0])
    assert not any("lies beyond" in n for n in shap_row(found, row=within).notes)


OF_MODELS = sorted(
    name for name, method in METHODS.items()
    if method.package == "interpret" and method.about is FittedModel
)  # fmt: skip


@pytest.mark.parametrize("name", OF_MODELS)
def test_every_method_explains_a_model_with_a_date(name):
    found = small("xgboost", "regression" if "regression" in METHODS[name].tasks else "binary")
    given = {"feature": "when", "row": 3, "positive": "yes", "changes": {"when": "2021-05-03"}}
    needed = {s.name: given[s.name] for s in METHODS[name].settings if s.is_required}
    result = METHODS[name](found, **needed)
    assert list(result.frame.columns) == list(type(result).columns)
    assert result.figure().data
    assert not any("NaT" in words for words in (result.summary, *result.notes))
