"""XGBoost's models in UBJSON hold what they hold in JSON."""

import json

import numpy as np
import pytest

from interpret.trees.readers._ubjson import loads
from tests.worlds_trees import MODELS, table


def plain(value):
    """Arrays as lists."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, (list, np.ndarray)):
        return [plain(each) for each in value]
    return float(np.float32(value)) if isinstance(value, (float, np.floating)) else value


@pytest.mark.parametrize("name", [n for n in MODELS if n.startswith("XGBoost")])
def test_it_is_the_same_model(name):
    booster = MODELS[name](*table(missing=True)).get_booster()
    booster.set_attr(remark="긴 이름, “quoted”")
    found = loads(bytes(booster.save_raw("ubj")))
    assert plain(found) == plain(json.loads(booster.save_raw("json")))
    assert isinstance(_trees(found)[0]["split_conditions"], np.ndarray)


def _trees(model):
    booster = model["learner"]["gradient_booster"]
    return (booster.get("gbtree") or booster)["model"]["trees"]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"[i\x01U\xffZTF]", [1, 255, None, True, False]),
        (b"{U\x01a[]i\x01b{}}", {"a": [], "b": {}}),
        (b"[$i#U\x03\x01\xff\x03", [1, -1, 3]),
        (b"[#i\x02Si\x02abd\x3f\x80\x00\x00", ["ab", 1.0]),
        (b"D\x3f\xf0\x00\x00\x00\x00\x00\x00", 1.0),
        (b"I\xff\xfe", -2),
    ],
)
def test_each_marker(data, value):
    assert plain(loads(data)) == value


def test_what_is_no_marker_is_said():
    with pytest.raises(ValueError, match=r"no marker b'\?' \(at byte 1\)"):
        loads(b"[?")
