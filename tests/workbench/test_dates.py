import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor

from tests.workbench.storing.conftest import opened_here
from tests.worlds_dates import SMALL, dated, model, three, yes_no
from workbench import Dataset, adopt, calibrate, load_model, read, save_model, train
from workbench.dates import DateColumn, date_name, moments
from workbench.errors import DataError, ModelError, ParameterError
from workbench.transform import Transform
from workbench.yardstick import yardstick

ANY_MOMENT = st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2400, 1, 1))


@given(st.lists(ANY_MOMENT, min_size=1, max_size=20))
def test_the_parts_are_those_of_pandas_before_1970_too(when):
    values = pd.Series(when).astype("datetime64[ms]")
    every = ("elapsed", "year", "month", "day", "weekday", "hour")
    column = DateColumn(-1000.0, every)
    days = column.days(values)
    found = column.inputs(days)
    parts = values.dt
    expected = [parts.year, parts.month, parts.day, parts.day_of_week + 1, parts.hour]
    np.testing.assert_array_equal(found[:, 1:], np.column_stack(expected))
    since = (values - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1) + 1000
    np.testing.assert_allclose(found[:, 0], since, rtol=1e-12)
    np.testing.assert_array_equal(moments(days), values.to_numpy())


def test_only_what_varies_in_training_is_given_and_the_notes_say_so():
    data = Dataset.of(dated(), target="y").with_roles({"when": "feature"})
    fitted = Transform.fit(data)
    parts = fitted.dates["when"].parts
    assert parts == ("elapsed", "year", "month", "day", "weekday")
    assert fitted.input_columns == ("x", *["when"] * 5, "kind")
    assert fitted.input_is_category == (False,) * 6 + (True,)
    note = next(n for n in train(data).notes if "'when'" in n)
    assert "elapsed days, year, month, day of month, day of week (hour of day: the same" in note

    hours = data.frame.assign(when=data.frame["when"] + pd.to_timedelta(data.frame.index, "h"))
    of_hours = Dataset.of(hours, target="y").with_roles({"when": "feature"})
    assert "hour" in Transform.fit(of_hours).dates["when"].parts

    one_month = pd.DataFrame({"when": pd.date_range("2024-03-01", periods=24), "y": range(24)})
    of_month = Dataset.of(one_month, target="y").with_roles({"when": "feature"})
    assert Transform.fit(of_month).dates["when"].parts == ("elapsed", "day", "weekday")


def test_without_dates_the_codes_are_given_as_they_are():
    fitted = Transform.fit(Dataset.of(dated(), target="y"))
    codes = fitted.codes(dated())
    assert fitted.inputs(codes) is codes


def test_a_date_is_set_aside_until_it_is_given_the_role_of_a_feature():
    data = Dataset.of(dated(), target="y")
    assert data.roles["when"] == "ignore"
    assert any("With the role feature the model is given its year" in note for note in data.notes)
    assert "when" in train(data.with_roles({"when": "feature"})).features


@pytest.mark.parametrize("family", SMALL)
def test_month_day_of_week_and_trend_are_learned(family):
    found = model(family)
    said = found.predict(found.test.frame)
    y = found.test.frame["y"]
    without = train(Dataset.of(dated(), target="y"), family, **SMALL[family])
    spread = ((y - y.mean()) ** 2).mean()
    better = ((y - said) ** 2).mean() / ((y - without.predict(found.test.frame)) ** 2).mean()
    assert ((y - said) ** 2).mean() < 0.5 * spread
    # straight lines find the trend only; trees find all three
    assert better < (0.9 if family == "linear" else 0.6)


AS_WRITTEN = {
    "a date of pandas": lambda v: v,
    "seconds": lambda v: v.astype("datetime64[s]"),
    "nanoseconds": lambda v: v.astype("datetime64[ns]"),
    "text": lambda v: v.dt.strftime("%Y-%m-%d"),
    "text with a time": lambda v: v.dt.strftime("%Y-%m-%d 00:00:00"),
    "Korean text": lambda v: v.dt.strftime("%Y. %m. %d."),
    "a category": lambda v: v.dt.strftime("%Y-%m-%d").astype("category"),
    "a date of Python": lambda v: v.dt.date.astype(object),
    "objects": lambda v: v.astype(object),
    "Arrow's timestamps": lambda v: v.astype("timestamp[us][pyarrow]"),
    "Arrow's days": lambda v: v.astype("date32[pyarrow]"),
}


@given(
    order=st.permutations(["x", "when", "kind"]),
    form=st.sampled_from(sorted(AS_WRITTEN)),
    stranger=st.booleans(),
    rows=st.sets(st.integers(0, 499), min_size=1, max_size=30),
)
def test_the_order_and_the_types_of_the_columns_change_no_prediction(order, form, stranger, rows):
    found, frame = MODEL, dated().iloc[sorted(rows)]
    other = frame[list(order)].assign(when=AS_WRITTEN[form](frame["when"]))
    other = other.assign(stranger=1) if stranger else other
    np.testing.assert_array_equal(found.predict(other), found.predict(frame))


MODEL = model()


def test_what_is_no_date_is_refused_in_a_sentence():
    frame = dated(8, missing=100)
    for bad, named in (
        ("01/02/1969", "01/02/1969"),
        ("yesterday", "yesterday"),
        (0, "'0'"),
        ("1969-02-30", "1969-02-30"),
    ):
        with pytest.raises(DataError, match="in one way only") as error:
            MODEL.predict(frame.assign(when=bad))
        assert named in str(error.value)
    with pytest.raises(DataError, match="lacks the column 'when'"):
        MODEL.predict(frame.drop(columns="when"))


def test_a_column_without_any_value_is_missing_whatever_its_type():
    frame = dated(5)
    gone = MODEL.predict(frame.assign(when=pd.NaT))
    for empty in (None, np.nan, pd.Series([None] * 5, dtype="str")):
        np.testing.assert_array_equal(MODEL.predict(frame.assign(when=empty)), gone)


def test_time_zones_are_read_by_the_clock_of_training_or_refused():
    frame = dated()
    seoul = frame.assign(when=(frame["when"] + pd.Timedelta(hours=20)).dt.tz_localize("Asia/Seoul"))
    found = model(frame=seoul)
    assert found.transform.dates["when"].zone == "Asia/Seoul"
    # twenty hours past midnight in Seoul is the same day there and, in UTC, an earlier hour
    abroad = seoul.assign(when=seoul["when"].dt.tz_convert("UTC"))
    np.testing.assert_array_equal(found.predict(abroad), found.predict(seoul))
    of_clock = found.transform.inputs(found.transform.codes(seoul))
    weekday = found.transform.dates["when"].parts.index("weekday") + 1
    known = seoul["when"].notna()
    np.testing.assert_array_equal(
        of_clock[known, weekday], seoul["when"].dropna().dt.day_of_week + 1
    )
    with pytest.raises(DataError, match="had the time zone Asia/Seoul in training and now has non"):
        found.predict(frame)
    with pytest.raises(DataError, match="had no time zone in training and now has Asia/Seoul"):
        MODEL.predict(seoul)


def test_a_column_of_pythons_dates_is_a_date():
    frame = dated()
    data = Dataset.of(frame.assign(when=frame["when"].dt.date), target="y")
    assert data.kinds["when"] == "date"
    again = train(data.with_roles({"when": "feature"}), "xgboost", **SMALL["xgboost"])
    np.testing.assert_array_equal(again.predict(frame), MODEL.predict(frame))


def test_text_with_offsets_is_read_by_the_clock_of_utc():
    frame = dated()
    text = frame["when"].dt.strftime("%Y-%m-%d 00:30+09:00")
    data = Dataset.of(frame.assign(when=text), target="y").with_kinds({"when": "date"})
    found = train(data.with_roles({"when": "feature"}), "xgboost", **SMALL["xgboost"])
    assert found.transform.dates["when"].zone == "UTC"
    codes = found.transform.codes(data.frame)[:, found.features.index("when")]
    utc = pd.to_datetime(text, utc=True).dt.tz_localize(None).astype("datetime64[ms]")
    np.testing.assert_array_equal(moments(codes), utc.to_numpy())


def test_text_that_is_corrected_to_a_date_is_read_or_refused():
    frame = dated()
    text = frame.assign(when=frame["when"].dt.strftime("%Y-%m-%d"))
    data = Dataset.of(text, target="y").with_kinds({"when": "date"})
    again = train(data.with_roles({"when": "feature"}), "xgboost", **SMALL["xgboost"])
    np.testing.assert_array_equal(again.predict(frame), MODEL.predict(frame))
    wrong = Dataset.of(frame, target="y").with_kinds({"x": "date"}).with_roles({"x": "feature"})
    with pytest.raises(DataError, match="'x' is a date and holds what cannot be read"):
        train(wrong)


@pytest.mark.parametrize("frame", [dated(), yes_no(), three()], ids=["number", "two", "three"])
@pytest.mark.parametrize("family", ["xgboost", "gradient_boosting", "random_forest", "linear"])
def test_a_saved_model_predicts_the_same_to_the_bit(tmp_path, family, frame):
    first = model(family, frame)
    again = opened_here(save_model(first, tmp_path / "dated").read_bytes())
    assert again.transform == first.transform
    assert again.fingerprint == first.fingerprint
    later = frame.assign(when=frame["when"] + pd.Timedelta(days=400))
    for rows in (frame, later):
        one, two = (m.on_scale(m.transform.codes(rows), "response") for m in (first, again))
        assert one.tobytes() == two.tobytes()


def test_saved_dates_with_a_zone_and_of_python_come_back(tmp_path):
    frame = dated()
    for when in (frame["when"].dt.tz_localize("Asia/Seoul"), frame["when"].dt.date):
        first = model(frame=frame.assign(when=when))
        again = load_model(save_model(first, tmp_path / "dated"))
        assert again.transform == first.transform
        rows = first.data.frame
        assert again.predict(rows).tobytes() == first.predict(rows).tobytes()


def test_a_recipe_from_before_there_were_dates_is_read():
    import json

    from workbench.storing.recipe import read_recipe
    from workbench.storing.save import _recipe

    plain = train(Dataset.of(dated(), target="y"), "xgboost", **SMALL["xgboost"])
    held = json.loads(_recipe(plain, {}).to_json())
    assert held.pop("dates") == {}
    assert read_recipe(json.dumps(held).encode(), "model.zip").dates == {}


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "x"}, {"parts": []}, {"parts": ["century"]}, {"zone": "Nowhere/City"},
     {"parts": ["year", "year"]}, {"origin": 1e300}],
    ids=str,
)  # fmt: skip
def test_a_recipe_with_impossible_dates_is_refused(wrong):
    import json

    from workbench.storing.recipe import read_recipe
    from workbench.storing.save import _recipe

    held = json.loads(_recipe(MODEL, {}).to_json())
    held["dates"]["when"] |= wrong
    with pytest.raises(ModelError, match="'dates'"):
        read_recipe(json.dumps(held).encode(), "model.zip")


def test_constraints_know_that_a_date_is_one_column():
    with pytest.raises(ParameterError, match="'when' is a date"):
        model(increasing=("when",))
    alone = model(alone=("when",))
    nodes = alone.estimator.get_booster().trees_to_dataframe()
    asked = nodes[nodes["Feature"] != "Leaf"].groupby("Tree")["Feature"].unique()
    parts = {f"f{i}" for i, c in enumerate(alone.transform.input_columns) if c == "when"}
    # its own months and weekdays may meet in a tree, and nothing else with them
    assert any(len(parts & set(each)) > 1 for each in asked)
    assert all(set(each) <= parts or not parts & set(each) for each in asked)


def test_a_column_has_one_role_and_a_date_that_divides_the_rows_is_no_feature():
    data = Dataset.of(dated(missing=10_000), target="y").with_roles({"when": "time"})
    found = train(data, "xgboost", **SMALL["xgboost"])
    assert found.features == ("x", "kind")
    assert found.transform.dates == {}
    assert found.train.frame["when"].max() <= found.test.frame["when"].min()
    # brought twice, it is both
    twice = data.frame.assign(day=data.frame["when"])
    both = Dataset.of(twice, target="y").with_roles({"when": "time", "day": "feature"})
    assert "day" in train(both, "xgboost", **SMALL["xgboost"]).features


def test_what_trains_besides_takes_dates_too():
    assert yardstick(MODEL).predict(dated()).std() > 0
    two = model(frame=yes_no())
    chances = calibrate(two).predict_proba(yes_no())
    np.testing.assert_allclose(chances.sum(axis=1), 1)


def test_an_adopted_estimator_gets_its_own_dates():
    frame = dated(missing=10_000)

    def parts(table):
        assert pd.api.types.is_datetime64_any_dtype(table["when"])
        when = table["when"].dt
        return np.column_stack([table["x"], when.month, when.day_of_week])

    own = make_pipeline(FunctionTransformer(parts), DecisionTreeRegressor(max_depth=6))
    own.fit(frame[["x", "when"]], frame["y"])
    data = Dataset.of(frame[["x", "when", "y"]], target="y").with_roles({"when": "feature"})
    taken = adopt(own, data, learned_from=range(300))
    np.testing.assert_array_equal(taken.predict(frame), own.predict(frame[["x", "when"]]))
    # a date that the table does not hold is a date like any other
    later = frame.assign(when=frame["when"] + pd.Timedelta(days=31))
    np.testing.assert_array_equal(taken.predict(later), own.predict(later[["x", "when"]]))


@pytest.mark.parametrize(
    ("when", "name"),
    [("1969-12-31", "1969-12-31"), ("2024-02-29 23:59", "2024-02-29 23:59"),
     ("1900-01-01 00:00:01", "1900-01-01 00:00:01"),
     ("2011-01-01 00:00:00.25", "2011-01-01 00:00:00.250")],
)  # fmt: skip
def test_a_date_is_written_with_the_time_it_has(when, name):
    days = DateColumn(0.0, ()).days(pd.Series([pd.Timestamp(when)]))
    assert date_name(float(days[0])) == name


@pytest.mark.parametrize(
    ("name", "target", "date"),
    [("bike_sharing_day.csv", "cnt", "dteday"), ("chicago_l_ridership.csv", "ridership", "date")],
)
def test_real_dates_help(shared_data, name, target, date):
    data = read(shared_data / name, target=target)
    assert data.kinds[date] == "date"
    aside = {c: "ignore" for c in data.features if c != "temp"}
    data = data.with_roles(aside)
    without, dated = train(data), train(data.with_roles({date: "feature"}))
    y = without.test.frame[target]
    errors = [((y - m.predict(m.test.frame)) ** 2).mean() for m in (without, dated)]
    assert errors[1] < 0.6 * errors[0]
