"""The three SHAP methods: their frames add up, their pictures show the frame."""

import pickle

import numpy as np
import pandas as pd
import pytest

from interpret import shap_importance, shap_row, shap_values
from tests.worlds_model import BOOSTED, SMALL, TASKS, known_model, small_model
from workbench import Dataset, ParameterError, train
from workbench.figures import GREY, PUSHES_DOWN, PUSHES_UP


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("task", TASKS)
def test_a_row_adds_up_to_its_prediction(family, task):
    model = small_model(family, task, "both")
    boosted = family in BOOSTED and task != "regression"
    for row in (0, 7, int(model.split.test[0])):
        result = shap_row(model, row=row)
        frame, raw = result.frame, model.data.frame.iloc[[row]]
        name = str(model.predict(raw)[0]) if task == "multiclass" else None
        own = model.output(raw, name, "margin" if boosted else "response")[0]
        assert frame["prediction"].iloc[0] == pytest.approx(own, abs=1e-6)
        total = frame["base"].iloc[0] + frame["contribution"].sum()
        assert total == pytest.approx(own, abs=1e-5)
        assert tuple(frame.columns) == tuple(result.columns)
        assert frame["contribution"].abs().is_monotonic_decreasing
        if boosted:
            chance = model.output(raw, name)[0]
            assert f"= {chance:.4g}"[:6] in result.summary
    assert ("most probable class" in " ".join(result.notes)) == (task == "multiclass")


def test_the_other_class_is_the_other_side():
    for family in SMALL:
        model = small_model(family, "binary", "both")
        yes, no = (
            shap_row(model, row=5, target_class=c).frame.set_index("feature") for c in ("yes", "no")
        )
        np.testing.assert_allclose(
            yes["contribution"], -no.loc[yes.index, "contribution"], atol=1e-9
        )
        whole = 0 if family in BOOSTED else 1
        assert yes["prediction"].iloc[0] + no["prediction"].iloc[0] == pytest.approx(whole)


def test_a_row_outside_the_table_is_refused():
    model = small_model("decision_tree", "regression", "plain")
    for row in (-1, 160):
        with pytest.raises(ParameterError, match="row"):
            shap_row(model, row=row)


def test_a_row_without_a_target_is_explained_and_said():
    frame = small_model("decision_tree", "regression", "plain").data.frame.copy()
    frame.loc[4, "y"] = np.nan
    model = train(Dataset.of(frame, target="y"), "decision_tree")
    assert "neither learned from nor held out" in " ".join(shap_row(model, row=4).notes)


def test_an_unseen_level_is_named_and_said_to_be_missing():
    frame = small_model("decision_tree", "regression", "both").data.frame.copy()
    frame.loc[3, ["y", "kind"]] = [np.nan, "baobab"]
    model = train(Dataset.of(frame, target="y"), "decision_tree")
    values = shap_row(model, row=3).frame.set_index("feature")["value"]
    assert values["kind"] == "baobab (not seen in training, taken as missing)"


def wide_model():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(120, 16))).add_prefix("<i>열 ")
    frame["y"] = frame @ np.linspace(2, 0.2, 16)
    return train(Dataset.of(frame, target="y"), "xgboost", n_estimators=30)


def test_the_waterfall_goes_from_the_base_to_the_prediction():
    result = shap_row(wide_model(), row=2)
    figure, frame = result.figure(), result.frame
    (bars,) = figure.data
    assert len(bars.x) == 11
    assert figure.layout.yaxis.ticktext[-1] == "6 other features"
    assert bars.base[-1] == pytest.approx(frame["base"].iloc[0])
    assert bars.base[0] + bars.x[0] == pytest.approx(frame["prediction"].iloc[0], abs=1e-5)
    starts = np.array(bars.base, dtype=float)
    np.testing.assert_allclose(starts[:-1], (starts + bars.x)[1:], atol=1e-9)
    np.testing.assert_allclose(bars.x[:-1], frame["contribution"].iloc[:10])
    for step, colour in zip(bars.x, bars.marker.color, strict=True):
        assert colour == (PUSHES_UP if step > 0 else PUSHES_DOWN)
    texts = [a.text for a in figure.layout.annotations]
    assert any(t.startswith("E[f(X)] = ") for t in texts)
    assert any(t.startswith("f(x) = ") for t in texts)
    decimals = {len(t.split(".")[1]) for t in texts}  # what stands in a column adds up by eye
    assert decimals == {2}
    assert "<i>" not in figure.to_json()


def test_the_beeswarm_shows_twelve_columns_and_every_row():
    model = wide_model()
    result = shap_values(model, rows="all")
    figure = result.figure()
    assert len(figure.data) <= 4
    dots = sum(len(trace.x) for trace in figure.data)
    assert dots == 12 * 120
    assert len(result.frame) == 16 * 120
    assert "sum over the other 4" in " ".join(result.notes)
    assert "<i>" not in figure.to_json()
    for trace in figure.data:  # no dot strays into its neighbour's lane
        assert (np.abs(np.array(trace.y) - np.round(trace.y)) < 0.4).all()


def test_dots_without_high_or_low_are_grey():
    model = small_model("xgboost", "regression", "both")
    result = shap_values(model, rows="all")
    grey, coloured = result.figure().data
    assert grey.marker.color == GREY
    no_amount = result.frame["amount"].isna()
    assert len(grey.x) == no_amount.sum() > 0
    assert len(coloured.x) == (~no_amount).sum()
    kinds = result.frame[result.frame["feature"] == "kind"]
    assert set(kinds["value"]) == {"ash", "elm", "fir", "oak", "yew", "(missing)"}
    assert kinds["amount"].isna().all()
    assert any(note.startswith("Grey dots are levels") for note in result.notes)
    assert not any("Grey" in note for note in shap_values(wide_model()).notes)


def test_the_frame_of_many_rows_is_that_of_each_row():
    model = small_model("random_forest", "binary", "both")
    many = shap_values(model, rows="test", most_rows=12).frame
    for row in many["row"].unique()[:3]:
        one = shap_row(model, row=int(row)).frame.set_index("feature")
        of_many = many[many["row"] == row].set_index("feature").loc[one.index]
        np.testing.assert_allclose(of_many["contribution"], one["contribution"], atol=1e-9)
        assert list(of_many["value"]) == list(one["value"])


def test_importance_is_the_mean_size_with_its_standard_error():
    model = small_model("xgboost", "multiclass", "both")
    importance = shap_importance(model, target_class="class 0", rows="all").frame
    many = shap_values(model, target_class="class 0", rows="all").frame
    size = many["contribution"].abs().groupby(many["feature"])
    found = importance.set_index("feature")
    np.testing.assert_allclose(found["importance"], size.mean()[found.index], rtol=1e-9)
    np.testing.assert_allclose(found["std_error"], size.sem()[found.index], rtol=1e-9)
    assert found["importance"].is_monotonic_decreasing
    assert list(dict.fromkeys(many["feature"])) == list(found.index)


def test_results_survive_pickling_and_draw_the_same():
    model = small_model("gradient_boosting", "binary", "both")
    for result in (shap_values(model), shap_importance(model), shap_row(model, row=1)):
        copy = pickle.loads(pickle.dumps(result))  # noqa: S301
        assert copy.figure().to_json() == result.figure().to_json()
        assert tuple(copy.frame.columns) == tuple(copy.columns)


def test_samples_are_said():
    result = shap_values(small_model("decision_tree", "regression", "plain"), most_rows=15, seed=3)
    assert "15 of 40 held-out rows" in result.notes[0]
    assert "seed 3" in result.notes[0]


def test_a_model_that_is_no_tree_is_asked_and_the_notes_say_so():
    frame = pd.DataFrame({"a": np.arange(40.0) ** 2, "y": np.arange(40.0) % 7})
    unknown = known_model(frame, "y", lambda codes: codes[:, 0])
    for result in (shap_values(unknown), shap_importance(unknown), shap_row(unknown, row=0)):
        assert any("every coalition of columns" in note for note in result.notes)


@pytest.mark.parametrize("family", SMALL)
def test_what_it_is_compared_with_is_a_choice_and_said(family):
    model = small_model(family, "binary", "both")
    by_paths = shap_row(model, row=3)
    by_rows = shap_row(model, row=3, compared_with="train", background_rows=50)
    by_one = shap_row(model, row=3, compared_with="row", baseline_row=7)
    assert any("as they flowed through the trees" in note for note in by_paths.notes)
    assert any("50 of 120 training rows" in note for note in by_rows.notes)
    assert any("Compared with: row 7" in note for note in by_one.notes)
    own = model.output(model.data.frame.iloc[[7]], None, model.family.additive_scale(model.task))
    assert by_one.frame["base"].iloc[0] == pytest.approx(own[0], abs=1e-6)
    with pytest.raises(ParameterError, match="baseline_row"):
        shap_row(model, row=3, compared_with="row")


def test_a_regression_has_no_class_to_explain():
    with pytest.raises(ParameterError, match="target_class"):
        shap_values(small_model("xgboost", "regression", "plain"), target_class="yes")


@pytest.mark.parametrize("distribution", ["interpret", "interpret-core"])
def test_importing_beside_interpretml_fails_with_a_sentence(tmp_path, monkeypatch, distribution):
    from interpret._clash import refuse_the_other_interpret

    refuse_the_other_interpret()
    info = tmp_path / f"{distribution.replace('-', '_')}-0.6.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.6.9\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=r"InterpretML.*pip uninstall"):
        refuse_the_other_interpret()
