"""Groups: every figure against plain pandas, intervals that hold, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.workbench.quality.rows_made import first_part
from tests.worlds_findings import clean, clean_yes_no, data
from workbench import Dataset, NotApplicable, ParameterError, group_fairness, train
from workbench.quality.group_fairness import _Figure, _table


def hiring(rows=1_200, seed=0):
    rng = np.random.default_rng(seed)
    frame = clean_yes_no(rows, seed)
    return frame.assign(성별=rng.choice(["여", "남"], size=rows, p=[0.4, 0.6]))


def figures(result, group):
    frame = first_part(result)
    return frame[frame["group"] == group].set_index("figure")["value"]


def test_the_figures_are_those_of_pandas():
    model = train(data(hiring(), 성별="ignore"), "decision_tree")
    result = group_fairness(model, column="성별", cutoff=0.4)
    rows = model.rows("test").assign(group=model.test.frame["성별"].to_numpy())
    chance = model.output(rows)
    said, is_class = chance >= 0.4, (rows["y"] == "yes").to_numpy()
    for group in ("여", "남"):
        inside = (rows["group"] == group).to_numpy()
        found = figures(result, group)
        expected = {
            "selection rate": said[inside].mean(),
            "true positive rate": said[inside & is_class].mean(),
            "false positive rate": said[inside & ~is_class].mean(),
            "precision": is_class[inside & said].mean(),
            "base rate": is_class[inside].mean(),
            "accuracy": (said == is_class)[inside].mean(),
            "mean chance": chance[inside].mean(),
            "observed − predicted": (is_class - chance)[inside].mean(),
        }
        for name, value in expected.items():
            assert found[name] == pytest.approx(value), name
    line = first_part(result)
    line = line[line["figure"] == "selection rate"].set_index("group").loc["여"]
    inside = (rows["group"] == "여").to_numpy()
    low, high = proportion_confint(said[inside].sum(), inside.sum(), method="wilson")
    assert (line["conf_low"], line["conf_high"]) == pytest.approx((low, high))


def test_groups_treated_apart_are_told_and_those_treated_alike_are_not():
    frame = hiring(2_000)
    alike = group_fairness(train(data(frame, 성별="ignore"), "decision_tree"), column="성별")
    assert "no figure differs" in alike.summary
    frame["y"] = np.where((frame["성별"] == "남") & (np.arange(2_000) % 3 > 0), "yes", frame["y"])
    apart = group_fairness(train(data(frame), "decision_tree"), column="성별")
    assert "the largest difference is in the" in apart.summary
    assert any("four fifths" in note for note in apart.notes)
    assert any("cannot all be had" in note for note in apart.notes)


def test_the_differences_hold_for_all_groups_at_once():
    """Groups of very different size, some of a dozen rows."""
    rng = np.random.default_rng(0)
    sizes = {"a": 300, "b": 200, "c": 100, "d": 60, "e": 30, "f": 12}
    named = np.repeat(list(sizes), list(sizes.values()))
    tables, held = 1_000, 0
    for _ in range(tables):
        values = (rng.random(len(named)) < 0.4).astype(float)
        figure = _Figure("share", "", "", values, np.ones(len(named), dtype=bool))
        table = _table(figure, named, list(sizes), "a")
        held += bool(((table["difference_low"] <= 0) & (table["difference_high"] >= 0)).all())
    assert held / tables > 0.95 - 2 * np.sqrt(0.95 * 0.05 / tables)


def test_numbers_are_cut_and_errors_of_numbers_compared():
    model = train(data(clean(900)), "gradient_boosting", max_iter=30)
    result = group_fairness(model, column="warmth")
    assert result.frame["group"].nunique() == 4
    rows = model.rows("test")
    error = rows["y"].to_numpy() - model.predict(rows)
    size = first_part(result)
    size = size[size["figure"] == "size of the error"]
    whole = np.average(size["value"], weights=size["rows"])
    assert whole == pytest.approx(np.abs(error).mean())


def test_small_groups_are_put_together_or_left_out_and_said():
    frame = hiring(800)
    frame.loc[frame.index[:4], "성별"] = "?"
    result = group_fairness(train(data(frame), "decision_tree"), column="성별", rows="train")
    assert "?" not in set(result.frame["group"])
    assert any("left out" in note for note in result.notes)


def test_missing_is_a_group():
    frame = hiring(800)
    frame.loc[frame.index[:200], "성별"] = None
    result = group_fairness(train(data(frame), "decision_tree"), column="성별")
    assert "missing" in set(result.frame["group"])


def test_what_names_no_groups_is_refused():
    frame = hiring(400).assign(same="one", name=[f"n{i}" for i in range(400)])
    model = train(data(frame), "decision_tree")
    for column in ("same", "name"):
        with pytest.raises(NotApplicable, match="does not name two groups"):
            group_fairness(model, column=column)
    with pytest.raises(ParameterError, match="is not a group"):
        group_fairness(model, column="성별", reference="nobody")
    with pytest.raises(ParameterError):
        group_fairness(model, column="not there")


def test_the_figure_marks_what_differs():
    frame = hiring(1_500)
    frame["y"] = np.where(frame["성별"] == "남", "yes", frame["y"])
    figure = group_fairness(train(data(frame), "decision_tree"), column="성별").figure()
    figure.data = [trace for trace in figure.data if trace.name == "held out"]
    assert len(figure.data) == 4
    assert pd.Series(np.concatenate([t.marker.color for t in figure.data])).nunique() == 2


def test_a_level_called_missing_is_another_group_than_the_rows_that_miss_it():
    rng = np.random.default_rng(0)
    kinds = pd.Series(np.repeat(["missing", None, "known"], 200)).sample(frac=1, random_state=0)
    x = rng.normal(size=600)
    frame = pd.DataFrame({"kind": kinds.to_numpy(), "x": x, "y": x + rng.normal(size=600)})
    model = train(Dataset.of(frame, target="y"), n_estimators=10)
    found = group_fairness(model, column="kind").frame
    assert set(found["group"]) == {"missing", "(missing)", "known"}
    rows = found[found["part"] == "test"].groupby("group")["rows"].max()
    held_out = model.test.frame["kind"]
    assert rows["(missing)"] == held_out.isna().sum()
    assert rows["missing"] == (held_out == "missing").sum()


def test_groups_of_codes_are_named_as_everywhere_else():
    rng = np.random.default_rng(0)
    code = rng.choice([1.0, 2.0, np.nan], 300)
    frame = pd.DataFrame({"code": code, "x": rng.normal(size=300), "y": rng.normal(size=300)})
    model = train(Dataset.of(frame, target="y").with_kinds({"code": "category"}), n_estimators=5)
    assert set(group_fairness(model, column="code").frame["group"]) == {"1", "2", "missing"}
