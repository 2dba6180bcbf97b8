from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import worlds
from workbench import FAMILIES, Dataset
from workbench.errors import ParameterError
from workbench.progress import Progress, silent
from workbench.settings import (
    ClassName,
    Column,
    Range,
    RowNumber,
    filled_in,
    read_settings,
)


def example(
    subject: Any,
    /,
    *,
    feature: Annotated[str, Column("feature")],
    others: Annotated[tuple[str, ...], Column("feature"), "Which more"] = (),
    row: Annotated[int, RowNumber()] = 0,
    scale: Literal["response", "margin"] = "response",
    repeats: Annotated[int, Range(1, 10), "How often"] = 5,
    share: Annotated[float, Range(0, 1)] = 0.5,
    target_class: Annotated[str | None, ClassName()] = None,
    most: Annotated[int | None, Range(1, 9)] = None,
    centred: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> None: ...


SETTINGS = read_settings(example)
DATA = Dataset.of(worlds.additive(50), target="y")


def test_the_signature_is_the_form():
    assert [(s.name, s.kind) for s in SETTINGS] == [
        ("feature", "column"),
        ("others", "columns"),
        ("row", "row"),
        ("scale", "choice"),
        ("repeats", "int"),
        ("share", "float"),
        ("target_class", "class"),
        ("most", "int"),
        ("centred", "bool"),
        ("seed", "int"),
    ]
    by_name = {s.name: s for s in SETTINGS}
    assert by_name["feature"].is_required
    assert by_name["feature"].options(DATA) == ("size", "place", "idle")
    assert by_name["scale"].options(DATA) == ("response", "margin")
    assert (by_name["repeats"].low, by_name["repeats"].high) == (1, 10)
    assert by_name["repeats"].help == "How often"
    assert by_name["target_class"].optional
    assert by_name["most"].optional


@given(
    repeats=st.integers(1, 10), share=st.floats(0, 1), row=st.integers(0, 49), centred=st.booleans()
)
def test_what_is_allowed_passes_and_the_rest_is_default(repeats, share, row, centred):
    given_ = {"feature": "size", "repeats": repeats, "share": share, "row": row, "centred": centred}
    values = filled_in(SETTINGS, given_, DATA)
    assert given_.items() <= values.items()
    assert values["scale"] == "response"
    assert len(values) == len(SETTINGS)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "feature was not given"),
        ({"feature": "sise"}, "feature = 'sise' is not allowed. Choose one of: 'size'"),
        ({"feature": "y"}, "Choose one of"),
        ({"feature": "size", "repeats": 0}, "Use a value from 1 to 10"),
        ({"feature": "size", "repeats": True}, "Use a whole number"),
        ({"feature": "size", "repeats": 2.0}, "Use a whole number"),
        ({"feature": "size", "share": float("nan")}, "Use a value from 0 to 1"),
        ({"feature": "size", "share": "half"}, "Use a number"),
        ({"feature": "size", "row": 50}, "Use a value from 0 to 49"),
        ({"feature": "size", "row": -1}, "Use a value from 0 to 49"),
        ({"feature": "size", "scale": "logit"}, "Choose one of: 'response', 'margin'"),
        ({"feature": "size", "centred": 1}, "Use True or False"),
        ({"feature": "size", "others": ("place", "sky")}, "'sky'"),
        ({"feature": "size", "seed": -1}, "Use a value from 0"),
        ({"feature": "size", "colour": 1}, "There is no setting 'colour'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_way_out(wrong, words):
    with pytest.raises(ParameterError, match=words):
        filled_in(SETTINGS, wrong, DATA)


def test_a_type_nobody_can_draw_is_our_mistake():
    def wrong(subject: Any, /, *, anything: dict) -> None: ...

    with pytest.raises(TypeError, match="anything"):
        read_settings(wrong)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_tuning_looks_only_where_a_setting_is_allowed(family):
    searched = [setting for setting in family.settings if setting.search]
    assert searched
    for setting in searched:
        ends = setting.choices or (setting.search.low, setting.search.high)
        for value in ends:
            setting.check(value)
        assert not setting.search.log or setting.search.low > 0


def test_a_whole_number_for_a_float_is_the_same_setting() -> None:
    def function(subject: object, /, *, rate: Annotated[float, Range(0, 10)] = 1.0) -> None: ...

    values = filled_in(read_settings(function), {"rate": 2})
    assert repr(values["rate"]) == "2.0"
