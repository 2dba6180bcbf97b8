import numpy as np
import pandas as pd
import pytest

from tests import worlds
from workbench import Dataset, model_quality, train


def test_held_out_rows_are_judged_beside_the_training_rows_and_beside_no_model():
    quality = model_quality(train(Dataset.of(worlds.additive(), target="y")))
    frame = quality.frame.set_index(["metric", "part"])
    assert frame.loc[("r2", "test"), "value"] > 0.9
    assert frame.loc[("r2", "train"), "value"] >= frame.loc[("r2", "test"), "value"]
    assert frame.loc[("r2", "test"), "baseline"] == pytest.approx(0, abs=0.05)
    inside = frame["value"].between(frame["conf_low"], frame["conf_high"])
    assert inside.all()


def test_a_model_of_noise_is_called_worthless():
    frame = worlds.additive(200).assign(y=np.random.default_rng(1).normal(size=200))
    notes = model_quality(train(Dataset.of(frame, target="y"))).notes
    assert any("no better than no model" in n for n in notes)


def test_learning_by_heart_is_noticed():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(150, 12)), columns=[f"c{i}" for i in range(12)])
    frame["y"] = frame["c0"] + rng.normal(scale=1.5, size=150)
    deep = train(Dataset.of(frame, target="y"), "random_forest", min_samples_leaf=1)
    assert any("by heart" in n for n in model_quality(deep).notes)


def test_the_share_of_the_positive_class_is_said():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    share = (model.data.frame["bought"] == "yes").mean()
    assert any(f"{share:.1%} of the rows are 'yes'" in n for n in model_quality(model).notes)


def test_neither_the_baseline_nor_an_interval_lies_on_the_edge_of_the_picture():
    quality = model_quality(train(Dataset.of(worlds.additive(), target="y")))
    shown = quality.frame[quality.frame["metric"] == quality.frame["metric"].iloc[0]]
    low, high = quality.figure().layout.xaxis.range
    assert low < shown["baseline"].iloc[-1] < shown["conf_high"].max() < high
