"""The pictures of a table: every figure against pandas or scipy, on columns of every sort."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench import (
    Dataset,
    NotApplicable,
    association,
    distribution,
    duplicate_rows,
    missingness,
    profile,
    two_columns,
)


def odd(rows=500, seed=0):
    """Columns of every sort, with what can be odd about them."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"수": rng.normal(size=rows), "<b>whole</b>": rng.integers(0, 5, rows)})
    frame["level"] = rng.choice(["가", "나", "다"], size=rows, p=[0.6, 0.3, 0.1])
    frame["yes"] = rng.random(rows) < 0.3
    frame["day"] = pd.date_range("1965-01-01", periods=rows)
    frame["arrow"] = pd.array(frame["level"], dtype="string[pyarrow]")
    frame["nullable"] = pd.array(rng.integers(0, 9, rows), dtype="Int64")
    frame["many"] = [f"name {i}" for i in rng.integers(0, 10_000, rows)]
    frame["none"] = np.nan
    frame["same"] = 7
    frame.loc[rng.random(rows) < 0.2, ["수", "level"]] = None
    frame.loc[:2, "nullable"] = pd.NA
    frame.loc[5, "수"] = np.inf
    return frame


def data(frame=None, target=None):
    return Dataset.of(odd() if frame is None else frame, target=target)


def test_a_row_for_every_column_as_pandas_counts():
    frame = odd()
    made = profile(data(frame)).frame.set_index("column")
    assert list(made.index) == list(frame.columns)
    for column in frame:
        assert made.loc[column, "missing"] == frame[column].isna().sum(), column
        assert made.loc[column, "distinct"] == frame[column].nunique(), column
    finite = frame["수"][np.isfinite(frame["수"])]
    cuts = made.loc["수", ["low", "lower_quartile", "median", "upper_quartile", "high"]]
    np.testing.assert_allclose(cuts.astype(float), finite.quantile([0, 0.25, 0.5, 0.75, 1]))
    assert made.loc["수", "infinite"] == 1
    assert made.loc["level", "top"] == "가"
    assert made.loc["level", "top_rows"] == (frame["level"] == "가").sum()
    assert made.loc["day", "first_date"] == "1965-01-01"
    remarks = made["remark"]
    assert remarks["none"] == "no values"
    assert remarks["same"] == "one value only"
    assert "1 infinite" in remarks["수"]


def test_one_row_and_nothing_odd():
    made = profile(data(pd.DataFrame({"a": [1.5], "b": ["x"]})))
    assert made.summary.startswith("The table has 1 rows and 2 columns")
    made.figure()


@pytest.mark.parametrize("column", list(odd(50).columns))
def test_every_column_has_a_distribution_that_counts_every_row(column):
    made = distribution(data(), column=column)
    assert made.frame["rows"].sum() == 500
    assert made.frame["share"].sum() == pytest.approx(1)
    missing = made.frame.loc[made.frame["part"] == "missing", "rows"].sum()
    assert missing == odd()[column].isna().sum()
    assert made.figure().data


def test_bins_are_those_of_numpy_and_no_end_is_cut():
    frame = pd.DataFrame({"x": np.random.default_rng(1).standard_cauchy(800)})
    made = distribution(data(frame), column="x").frame
    bins = made[made["part"] == "value"]
    assert bins["low"].min() == frame["x"].min()
    assert bins["high"].max() == frame["x"].max()
    edges = np.append(bins["low"], bins["high"].iloc[-1])
    np.testing.assert_array_equal(bins["rows"], np.histogram(frame["x"], edges)[0])
    normal = pd.DataFrame({"x": np.random.default_rng(1).normal(size=800)})
    made = distribution(data(normal), column="x").frame
    assert (made["part"] == "value").sum() == len(np.histogram_bin_edges(normal["x"], "fd")) - 1


def test_groups_share_the_bins_and_add_up():
    frame = odd()
    apart = distribution(data(frame), column="수", by="level").frame
    whole = distribution(data(frame), column="수").frame
    bins = apart[apart["part"] == "value"].groupby("low")["rows"].sum()
    np.testing.assert_array_equal(bins, whole.loc[whole["part"] == "value", "rows"])
    assert "level missing" in set(apart["group"])


def test_a_logarithm_has_a_place_for_what_has_none():
    frame = pd.DataFrame({"x": [*np.exp(np.random.default_rng(0).normal(size=99)), -1.0]})
    made = distribution(data(frame), column="x", log_scale=True).frame
    assert made.loc[made["part"] == "not positive", "rows"].sum() == 1
    with pytest.raises(NotApplicable, match="no logarithm"):
        distribution(data(), column="level", log_scale=True)


def test_other_levels_are_counted_and_said():
    made = distribution(data(), column="many", most_levels=5)
    assert (made.frame["part"] == "other").sum() == 1
    assert any("most frequent of" in note for note in made.notes)


def pair(made, first, second):
    return made.frame.set_index(["first", "second"]).loc[(first, second)]


def test_each_measure_is_that_of_scipy_over_the_rows_that_hold_both():
    frame = odd().assign(other=lambda f: f["수"] * 2 + np.random.default_rng(2).normal(size=500))
    frame["수"] = frame["수"].replace(np.inf, np.nan)
    made = association(data(frame))
    both = frame[["수", "other"]].dropna()
    expected = stats.spearmanr(both["수"], both["other"]).statistic
    assert pair(made, "수", "other")["value"] == pytest.approx(expected)
    plain = association(data(frame), numbers="pearson")
    assert pair(plain, "수", "other")["value"] == pytest.approx(both.corr().iloc[0, 1])
    both = frame[["other", "level"]].dropna()
    groups = [g["other"].to_numpy() for _, g in both.groupby("level")]
    mean = both["other"].mean()
    between = sum(len(g) * (g.mean() - mean) ** 2 for g in groups)
    eta = np.sqrt(between / ((both["other"] - mean) ** 2).sum())
    assert pair(made, "level", "other")["value"] == pytest.approx(eta)
    assert pair(made, "level", "other")["rows"] == len(both)


def test_cramers_v_is_corrected_as_bergsma_says():
    rng = np.random.default_rng(0)
    a = rng.choice(list("abc"), size=300)
    b = np.where(rng.random(300) < 0.5, a, rng.choice(list("abc"), size=300))
    table = pd.crosstab(a, b).to_numpy()
    n, (r, k) = table.sum(), table.shape
    phi = stats.chi2_contingency(table, correction=False).statistic / n
    phi = max(0, phi - (k - 1) * (r - 1) / (n - 1))
    smaller = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    made = association(data(pd.DataFrame({"a": a, "b": b})))
    assert pair(made, "a", "b")["value"] == pytest.approx(np.sqrt(phi / smaller))


def test_of_independent_columns_the_corrected_v_is_near_zero():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 6, size=(400, 6)).astype(str)).add_prefix("c")
    values = association(data(frame.replace({str(i): f"l{i}" for i in range(6)}))).frame["value"]
    assert values.mean() < 0.06


def test_what_does_not_vary_has_no_measure_and_is_no_zero():
    made = association(data())
    assert np.isnan(pair(made, "same", "수")["value"])
    assert any("no measure" in note for note in made.notes)
    with pytest.raises(NotApplicable, match="Two are needed"):
        association(data(pd.DataFrame({"x": [1.0, 2, 3, 4]})))


def test_patterns_of_missing_values_are_those_of_pandas():
    frame = odd()
    made = missingness(data(frame)).frame
    columns = made[made["part"] == "column"].set_index("name")["rows"]
    pd.testing.assert_series_equal(columns, frame.isna().sum(), check_names=False)
    patterns = made[made["part"] == "pattern"].drop_duplicates("pattern")
    found = dict(zip(patterns["name"], patterns["rows"], strict=True))
    missing = frame.isna()
    names = missing.apply(lambda row: " + ".join(missing.columns[row]), axis=1)
    assert found == names[names != ""].value_counts().to_dict()


def test_missing_values_that_tell_the_target_are_told():
    rng = np.random.default_rng(0)
    y = rng.normal(size=800)
    frame = pd.DataFrame({"x": rng.normal(size=800), "z": rng.normal(size=800), "y": y})
    frame.loc[(y > 0) & (rng.random(800) < 0.5), "x"] = np.nan
    frame.loc[rng.random(800) < 0.3, "z"] = np.nan
    made = missingness(data(frame, "y"))
    row = made.frame[made.frame["part"] == "column"].set_index("name").loc["x"]
    gone = frame["x"].isna()
    assert row["difference"] == pytest.approx(y[gone].mean() - y[~gone].mean())
    error = np.sqrt(y[gone].var(ddof=1) / gone.sum() + y[~gone].var(ddof=1) / (~gone).sum())
    assert row["conf_low"] == pytest.approx(row["difference"] - 1.959964 * error, abs=1e-5)
    assert any("Where 'x' is missing" in note for note in made.notes)


def test_nothing_missing_is_said():
    assert missingness(data(pd.DataFrame({"a": [1, 2, 3]}))).summary.startswith("No value is")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["x", None])), min_size=1, max_size=30)
)
def test_copies_are_those_of_pandas(rows):
    frame = pd.DataFrame(rows, columns=["a", "b"]).astype({"b": "object"})
    made = duplicate_rows(data(frame)).frame
    total = made[(made["part"] == "total") & (made["compared"] == "whole row")].iloc[0]
    assert total["copies"] == frame.duplicated().sum()
    assert total["groups"] == (frame.value_counts(dropna=False) > 1).sum()


def test_an_identifier_hides_no_copy():
    frame = pd.DataFrame({"id": [f"P{i:04d}" for i in range(60)], "x": np.arange(60.0) // 2})
    made = duplicate_rows(data(frame)).frame
    totals = made[made["part"] == "total"].set_index("compared")["copies"]
    assert totals.to_dict() == {"whole row": 0, "all but identifiers": 30}


def test_two_numbers_are_counted_in_cells():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=1_000), "y": rng.normal(size=1_000)})
    frame.loc[:9, "x"] = np.nan
    made = two_columns(data(frame), first="x", second="y")
    whole = frame.dropna()
    across = np.linspace(whole["x"].min(), whole["x"].max(), 41)
    up = np.linspace(whole["y"].min(), whole["y"].max(), 41)
    counts = np.histogram2d(whole["x"], whole["y"], bins=[across, up])[0]
    assert sorted(made.frame["rows"]) == sorted(counts[counts > 0])
    assert any("10 do not" in note for note in made.notes)
    assert np.nansum(np.asarray(made.figure().data[0].customdata, float)) == 990


@pytest.mark.parametrize("turned", [False, True])
def test_a_number_and_a_level_have_the_quartiles_of_pandas(turned):
    frame = odd()
    frame["수"] = frame["수"].replace(np.inf, np.nan)
    names = ("level", "수") if not turned else ("수", "level")
    made = two_columns(data(frame), first=names[0], second=names[1])
    side = "second_level" if turned else "first_level"
    expected = frame.groupby("level")["수"].quantile([0.25, 0.5, 0.75]).unstack()
    found = made.frame.set_index(side)[["lower_quartile", "median", "upper_quartile"]]
    np.testing.assert_allclose(found.loc[expected.index], expected)
    assert len(made.figure().data) == 1


def test_two_levels_have_the_shares_of_a_crosstab():
    frame = odd()
    made = two_columns(data(frame), first="level", second="yes")
    expected = pd.crosstab(frame["level"], frame["yes"].astype(str), normalize="index")
    found = made.frame.pivot(index="first_level", columns="second_level", values="share")
    np.testing.assert_allclose(found.loc[expected.index, expected.columns], expected)


def test_a_date_is_a_number_and_the_target_the_usual_other():
    frame = odd().assign(y=lambda f: f["whole"] if "whole" in f else f["<b>whole</b>"] * 1.5)
    made = two_columns(data(frame, "y"), first="day")
    assert (made.frame["second"] == "y").all()
    made.figure()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(NotApplicable, match="with itself"):
        two_columns(data(), first="level", second="level")
    with pytest.raises(NotApplicable, match="No row holds both"):
        two_columns(data(), first="none", second="level")


def test_the_middle_value_is_that_of_the_values_on_the_axis():
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0, 100.0, np.inf, np.inf, -5.0, -6.0, 0.0]})
    assert "are 1 or less" in distribution(data(frame), column="x").summary
    assert "are 3 or less" in distribution(data(frame), column="x", log_scale=True).summary


def test_ranks_taken_once_are_the_ranks_of_the_pair():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"a": rng.integers(0, 6, 200), "b": rng.normal(size=200)})
    made = association(data(frame.assign(c=frame["a"] * frame["b"])))
    for other in ("b", "c"):
        found = pair(made, "a", other)["value"]
        column = frame["b"] if other == "b" else frame["a"] * frame["b"]
        assert found == pytest.approx(stats.spearmanr(frame["a"], column).statistic)
