import numpy as np
import pandas as pd
import pytest

from workbench import Dataset
from workbench.errors import DataError, ParameterError
from workbench.target import read_target


def target(values, **asked):
    frame = pd.DataFrame({"x": np.arange(len(values)) % 5, "t": values})
    return read_target(Dataset.of(frame, target="t"), **asked)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([1.5, 2.5, 3.5] * 10, "regression", ()),
        ([0, 1] * 15, "binary", ("0", "1")),
        ([True, False] * 15, "binary", ("False", "True")),
        (["yes", "no"] * 15, "binary", ("no", "yes")),
        (["a", "b", "c"] * 10, "multiclass", ("a", "b", "c")),
        ([1.0, 2.0, None] * 10, "binary", ("1", "2")),
    ],
)
def test_the_task_follows_from_the_values(values, task, classes):
    read = target(values)
    assert read.task == task
    assert set(read.classes) == set(classes)


def test_the_positive_class_is_the_one_that_says_so_not_the_last_by_alphabet():
    assert target(["yes", "zero"] * 15).classes[1] == "yes"
    assert target([1, 0, 0] * 10).classes[1] == "1"
    assert target(["default"] * 10 + ["ok"] * 20).classes[1] == "default"
    assert target(["default", "ok"] * 15, positive="ok").classes[1] == "ok"
    np.testing.assert_array_equal(target(["default", "ok"] * 15, positive="ok").y[:2], [0, 1])


def test_of_classes_1_and_2_neither_says_that_it_happened():
    found = target([1, 1, 2] * 10)
    assert found.classes[1] == "2"
    assert any("taken to be '2', the rarer one" in note for note in found.notes)
    for other in (0, -1):
        assert target([1, 1, other] * 10).classes[1] == "1"
    assert target(["1", "1", "no"] * 10).classes[1] == "1"


def test_an_assumed_positive_class_is_said():
    assert any("'default', the rarer" in n for n in target(["default"] * 10 + ["ok"] * 20).notes)
    assert target(["yes", "no"] * 15).notes == ()


def test_few_whole_numbers_are_a_regression_with_a_doubt():
    assert any("codes of classes" in n for n in target([1, 2, 3] * 10).notes)
    assert target([1, 2, 3] * 10, task="multiclass").classes == ("1", "2", "3")


@pytest.mark.parametrize(
    ("values", "asked", "words"),
    [
        ([1] * 30, {}, "holds only"),
        ([None] * 30, {}, "no value at all"),
        ([f"name {i}" for i in range(60)], {}, "60 different values"),
        (["a", "b"] * 15, {"task": "regression"}, "cannot be predicted as a number"),
        (["a", "b", "c"] * 10, {"task": "binary"}, "two classes need two"),
        (["a"] * 29 + ["b"], {}, "Class 'b' of 't' has a single row"),
        ([1.5, np.inf, 2.5] * 10, {}, "10 infinite values"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(values, asked, words):
    with pytest.raises(DataError, match=words):
        target(values, **asked)


def test_an_unknown_positive_class_is_refused_with_the_choices():
    with pytest.raises(ParameterError, match=r"'maybe'.*Choose one of: 'no', 'yes'"):
        target(["yes", "no"] * 15, positive="maybe")


def test_no_target_is_said():
    with pytest.raises(DataError, match="No column"):
        read_target(Dataset.of(pd.DataFrame({"x": range(30)})))
