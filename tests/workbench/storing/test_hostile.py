"""No file takes the process down, runs code, or is opened without being what it says."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workbench.storing.conftest import model_of, opened_here, parts_of, tampered
from workbench import FittedModel, calibrate, load_model
from workbench.errors import ModelError
from workbench.storing import container, load, model_bytes
from workbench.storing.container import ANSWERS, ESTIMATOR, RECIPE, TABLE, TARGET, TRAIN

BOUNDED = settings(max_examples=40, deadline=None, derandomize=True,
                   suppress_health_check=[HealthCheck.too_slow])  # fmt: skip


def opened_or_refused(data: bytes) -> FittedModel | None:
    """What becomes of a file: nothing but a model or a refusal."""
    try:
        return load_model(data)
    except ModelError as error:
        told = (error.message, error.hint)
    assert all(sentence.endswith(".") for sentence in told)
    return None


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(share: float) -> None:
    whole = model_bytes(model_of("decision_tree"))
    with pytest.raises(ModelError, match="not a saved model, or it is cut short"):
        load_model(whole[: int(len(whole) * share)])


@BOUNDED
@given(st.data())
def test_a_file_with_changed_bytes_is_refused_or_the_same(data: st.DataObject) -> None:
    whole = bytearray(container.packed(parts_of("decision_tree")))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    model = opened_or_refused(bytes(whole))
    if model is not None:
        assert model.fingerprint == model_of("decision_tree").fingerprint


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("family", ["lightgbm", "random_forest", "xgboost"])
def test_tampered_trees_with_fitting_hashes_do_no_harm(family: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(parts_of(family)[ESTIMATOR])
    for place in rng.integers(0, len(content), 3):
        content[place] = rng.integers(0, 256)
    opened_or_refused(tampered(family, **{ESTIMATOR: bytes(content)}))


def test_what_takes_its_process_down_is_refused_here() -> None:
    with pytest.raises(ModelError, match="cannot be opened"):
        load_model(tampered("xgboost", **{ESTIMATOR: b""}))


def test_a_table_that_fails_in_its_own_process_is_refused_here() -> None:
    with pytest.raises(ModelError, match="cannot be opened"):
        load_model(tampered("decision_tree", **{TABLE: b"PAR1 no table PAR1"}))


def test_what_its_own_process_refuses_is_refused_here_in_the_same_words() -> None:
    file = tampered("decision_tree", **{TARGET: np.zeros(3).tobytes()})
    with pytest.raises(ModelError) as there:
        opened_here(file)
    with pytest.raises(ModelError) as here:
        load_model(file)
    assert "a target that does not fit" in here.value.message
    assert here.value.message.endswith(there.value.message.removeprefix("The file"))
    assert here.value.hint == there.value.hint


def test_what_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "LONGEST_OPENING", 0.05)
    with pytest.raises(ModelError, match=r"more than 0\.05 seconds"):
        load_model(model_bytes(model_of("decision_tree")))


@pytest.mark.parametrize(
    ("node", "child"),
    [("a circle", 0), ("outside", 10**6), ("a child of two", 2)],
    ids=str,
)
def test_a_tree_that_cannot_be_walked_is_refused(node: str, child: int) -> None:
    with pytest.raises(ModelError, match="cannot be walked"):
        load_model(tampered("decision_tree", **{ESTIMATOR: _with_right_child(child)}))


def test_a_tree_that_asks_for_a_column_there_is_not_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot be walked"):
        load_model(tampered("decision_tree", **{ESTIMATOR: _with_nodes("feature", 77)}))


def _with_right_child(child: int) -> bytes:
    return _with_nodes("right_child", child)


def _with_nodes(field: str, value: int) -> bytes:
    """The decision tree as skops has it, its root changed."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(parts_of("decision_tree")[ESTIMATOR])) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content), allow_pickle=False)
                if array.dtype.names and field in array.dtype.names:
                    array[field][0] = value
                    changed = io.BytesIO()
                    np.save(changed, array, allow_pickle=False)
                    content = changed.getvalue()
            new.writestr(name, content)
    return buffer.getvalue()


# The text of LightGBM


def _lightgbm(old: str, new: str) -> bytes:
    """The model's text with one word changed, its sizes made to fit."""
    text = parts_of("lightgbm")[ESTIMATOR].decode()
    head, rest = text.split("\n\n", 1)
    changed = rest.replace(old, new, 1)
    assert changed != rest
    blocks = changed.removesuffix("end of trees\n").split("Tree=")[1:]
    sizes = " ".join(str(len(f"Tree={block}")) for block in blocks)
    head = head[: head.index("tree_sizes=")] + f"tree_sizes={sizes}"
    return f"{head}\n\n{changed}".encode()


def _first(line: str, value: str) -> tuple[str, str]:
    """The first number of the first line of that name, and another in its place."""
    text = parts_of("lightgbm")[ESTIMATOR].decode()
    start = text.index(f"\n{line}=") + 1
    old = text[start : text.index("\n", start)]
    first = old.split("=")[1].split(" ")[0]
    return old, old.replace(f"={first}", f"={value}", 1)


@pytest.mark.parametrize(
    ("line", "value"),
    [("left_child", "0"), ("left_child", "9999"), ("left_child", "-9999"), ("right_child", "1"),
     ("split_feature", "77")],
)  # fmt: skip
def test_a_lightgbm_tree_that_cannot_be_walked_is_refused(line: str, value: str) -> None:
    with pytest.raises(ModelError, match=r"cannot be walked|not written as LightGBM"):
        opened_here(tampered("lightgbm", **{ESTIMATOR: _lightgbm(*_first(line, value))}))


@pytest.mark.parametrize(
    ("line", "value"),
    [("num_leaves", "2"), ("num_leaves", "999999999"), ("num_cat", "3"), ("is_linear", "1"),
     ("decision_type", "1"), ("decision_type", "64"), ("leaf_value", "nan"), ("threshold", "inf"),
     ("threshold", "0x10"), ("split_gain", "1 1")],
)  # fmt: skip
def test_a_lightgbm_text_that_contradicts_itself_is_refused(line: str, value: str) -> None:
    with pytest.raises(ModelError, match="not written as LightGBM writes them"):
        opened_here(tampered("lightgbm", **{ESTIMATOR: _lightgbm(*_first(line, value))}))


@pytest.mark.parametrize(
    ("old", "new"),
    [("version=v4", "version=v9"), ("num_class=1", "num_class=1000000"), ("tree\n", "forest\n"),
     ("max_feature_idx=2", "max_feature_idx=2000000"), ("tree_sizes=", "tree_sizes=9"),
     ("objective=regression", "objective=custom"), ("end of trees", "parameters:\n[device: gpu]"),
     ("label_index=0", "label_index=0\nmonotone_constraints=1"), ("Tree=1", "Tree=0")],
)  # fmt: skip
def test_a_lightgbm_text_of_another_make_is_refused(old: str, new: str) -> None:
    text = parts_of("lightgbm")[ESTIMATOR].decode()
    assert old in text
    changed = text.replace(old, new, 1).encode()
    with pytest.raises(ModelError, match="not written as LightGBM writes them"):
        opened_here(tampered("lightgbm", **{ESTIMATOR: changed}))


# The maps of a calibrated model


@pytest.mark.parametrize(
    "maps",
    [
        [],
        [{"slope": [1.0]}],
        [{"slope": [1.0], "intercept": [0.0, 1.0]}],
        [{"chances": [0.1, 0.9], "calibrated": [0.2]}],
        [{"chances": [0.9, 0.1], "calibrated": [0.2, 0.3]}],
        [{"chances": [0.1, 0.9], "calibrated": [0.2, 7.0]}],
        [{"chances": [0.1], "calibrated": [float("nan")]}],
        [{"__class__": [1.0]}],
        [{"slope": [1.0], "intercept": [0.0]}] * 2,
    ],
)
def test_maps_that_no_calibration_makes_are_refused(maps: list) -> None:
    content = model_bytes(calibrate(model_of("decision_tree", "binary"), folds=3))
    parts = container.unpacked(content, "The file")
    recipe = json.loads(parts[RECIPE])
    recipe["calibration"]["maps"] = maps
    with pytest.raises(ModelError, match="a calibration that none has made"):
        opened_here(container.packed({**parts, RECIPE: _json(recipe)}))


# What would run code

PICKLE = b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x05abort\x94\x93\x94)R."


def test_a_pickle_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="is a pickle"):
        load_model(PICKLE)
    with pytest.raises(ModelError, match="is a pickle"):
        load_model(tampered("decision_tree", **{ESTIMATOR: PICKLE}))


def test_a_part_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"holds 'model\.pkl'"):
        load_model(container.packed({**parts_of("decision_tree"), "model.pkl": PICKLE}))


@pytest.mark.parametrize(
    ("module", "name", "loader"),
    [
        ("os", "system", "FunctionNode"),
        ("posix", "abort", "LossNode"),
        ("sklearn.svm._classes", "SVC", "ObjectNode"),
        ("builtins", "dict", "MethodNode"),
    ],
)
def test_a_foreign_type_is_refused_by_name(module: str, name: str, loader: str) -> None:
    foreign = {"__class__": name, "__module__": module, "__loader__": loader, "content": {}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(parts_of("decision_tree")[ESTIMATOR])) as old:
        schema = json.loads(old.read("schema.json"))
    schema["content"]["content"]["criterion"] = foreign
    with zipfile.ZipFile(buffer, "w") as new:
        new.writestr("schema.json", json.dumps(schema))
    with pytest.raises(ModelError, match=f"holds a '{module}.{name}'"):
        opened_here(tampered("decision_tree", **{ESTIMATOR: buffer.getvalue()}))


# What is not what it says


def test_what_would_unpack_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model_bytes(model_of("decision_tree"))
    monkeypatch.setattr(container, "MOST_BYTES", 1_000)
    with pytest.raises(ModelError, match="unpacks to"):
        load_model(whole)


@pytest.mark.parametrize("part", container.PARTS)
def test_a_missing_part_is_named(part: str) -> None:
    parts = {name: each for name, each in parts_of("decision_tree").items() if name != part}
    with pytest.raises(ModelError, match=f"lacks '{part}'"):
        load_model(container.packed(parts))


def test_a_part_that_was_changed_is_named() -> None:
    parts = {**parts_of("decision_tree"), TARGET: b"\0" * 8}
    with pytest.raises(ModelError, match=rf"'{TARGET}' is not what was written"):
        load_model(container.packed(parts))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("format", 2, "has format 2"),
        ("format", "1", "unreadable recipe"),
        ("family", "neural_net", "unknown family 'neural_net'"),
        ("task", "ranking", "'task' is none of regression"),
        ("classes", ["a", "b"], "2 classes for regression"),
        ("notes", "all well", "'notes' is not a list"),
        ("seed", 1.5, "'seed' is not a whole number"),
        ("kinds", {"size": "colour"}, "'kinds' is none of number"),
        ("settings", {"max_depth": [1]}, "'settings' holds more"),
        ("levels", None, "'levels' is not an object"),
    ],
)
def test_a_recipe_with_a_wrong_field_is_refused(field: str, value: object, told: str) -> None:
    recipe = json.loads(parts_of("decision_tree")[RECIPE])
    with pytest.raises(ModelError, match=told):
        load_model(tampered("decision_tree", **{RECIPE: _json({**recipe, field: value})}))


def test_a_recipe_without_a_field_or_without_end_is_refused() -> None:
    recipe = json.loads(parts_of("decision_tree")[RECIPE])
    del recipe["classes"]
    parts = parts_of("decision_tree")
    for text, told in [
        (_json(recipe), "'classes' is missing"),
        (b"[" * 100_000, "unreadable recipe"),
        (b"[]", "unreadable recipe"),
        (b"\xff\xfe", "unreadable recipe"),
    ]:
        with pytest.raises(ModelError, match=told):
            load_model(container.packed({**parts, RECIPE: text}))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"settings": {"max_depth": 99}}, "max_depth = 99"),
        ({"features": ["size", "nothing", "idle"]}, "features that are not columns"),
        ({"fingerprint": "0"}, "is not the model"),
        ({"family": "random_forest", "settings": {}}, "holds a DecisionTreeRegressor"),
    ],
)
def test_a_recipe_that_does_not_fit_its_parts_is_refused(changed: dict, told: str) -> None:
    recipe = json.loads(parts_of("decision_tree")[RECIPE])
    with pytest.raises(ModelError, match=told):
        opened_here(tampered("decision_tree", **{RECIPE: _json({**recipe, **changed})}))


@pytest.mark.parametrize(
    ("part", "content", "told"),
    [
        (TRAIN, np.array([10**6]).tobytes(), "rows that have no target"),
        (TRAIN, b"", "rows that have no target"),
        (TARGET, np.zeros(3).tobytes(), "a target that does not fit"),
        (TARGET, b"\0" * 7, "cut short"),
        (ANSWERS, np.zeros(100).tobytes(), "predicts otherwise"),
    ],
)
def test_parts_that_do_not_fit_are_refused(part: str, content: bytes, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        opened_here(tampered("decision_tree", **{part: content}))


def test_a_path_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(ModelError, match="There is no file"):
        load_model("nowhere.whence.zip")


def _json(recipe: object) -> bytes:
    return json.dumps(recipe).encode()
