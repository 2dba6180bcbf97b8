"""The rows are those that differ most, and the region in words is where they were made to."""

import re

import numpy as np
import pandas as pd
import pytest

from tests import worlds
from workbench import Dataset, ModelSet, ParameterError, prediction_differences, train


@pytest.fixture(scope="module")
def binary():
    data = Dataset.of(worlds.yes_no(), target="bought")
    return ModelSet.of([train(data), train(data, "decision_tree")])


def test_all_held_out_rows_the_furthest_apart_first(binary):
    found = prediction_differences(binary).frame
    assert sorted(found["row"]) == list(binary.held_out)
    assert found["difference"].abs().is_monotonic_decreasing
    rows = binary.dataset.frame.iloc[found["row"]]
    for name, model in zip(("first", "second"), binary.models, strict=True):
        np.testing.assert_allclose(found[name], model.output(rows))
    assert found["observed"].tolist() == rows["bought"].tolist()


def test_the_order_of_the_models_is_the_sign(binary):
    one, other = (prediction_differences(binary, first=binary.names[a], second=binary.names[b])
                  for a, b in ((0, 1), (1, 0)))  # fmt: skip
    np.testing.assert_allclose(one.frame["difference"], -other.frame["difference"])
    with pytest.raises(ParameterError, match="chosen twice"):
        prediction_differences(binary, first=binary.names[0], second=binary.names[0])


@pytest.mark.parametrize("kind", ["number", "category"])
def test_the_region_is_where_they_were_made_to_differ(kind):
    """The second model may not see the column of a step that the first one has learned."""
    rng = np.random.default_rng(0)
    x, z = rng.uniform(0, 10, size=(2, 1_200))
    if kind == "number":
        where, column = x > 7, x
    else:
        column = rng.choice(["a", "b", "c"], size=1_200)
        where = column == "c"
    frame = pd.DataFrame({"x": column, "z": z, "y": z + 5.0 * where})
    data = Dataset.of(frame, target="y")
    full = train(data)
    blind = train(data.with_roles({"x": "ignore"}))
    found = prediction_differences(ModelSet.of([full, blind], names=["full", "blind"]), depth=1)
    (words,) = [note for note in found.notes if note.startswith("Where ")]
    if kind == "number":
        cut = re.search(r"'x' is above ([\d.]+)", words)
        assert cut is not None
        assert float(cut.group(1)) == pytest.approx(7, abs=0.5)
    else:
        assert "'x' is c" in words


def test_models_that_are_the_same_have_no_region():
    data = Dataset.of(worlds.additive(), target="y")
    model = train(data, "decision_tree")
    found = prediction_differences(ModelSet.of([model, model]))
    assert "predict the same of every row" in found.summary
    assert any("No region" in note for note in found.notes)
    assert found.frame["closer"].isna().all()
