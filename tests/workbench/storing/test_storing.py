"""A model that was saved and opened elsewhere says what it said, to the last bit."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from interpret import partial_dependence, shap_values
from tests import worlds
from tests.workbench.storing.conftest import WORLDS, model_of, opened_here
from workbench import (
    FAMILIES,
    Dataset,
    FittedModel,
    adopt,
    calibrate,
    load_model,
    save_model,
    train,
    uncalibrated,
)
from workbench.errors import ModelError, ParameterError
from workbench.storing import estimators, model_bytes, table

ROOT = Path(__file__).parents[3]
CASES = [
    *((family, task, {}) for family in FAMILIES for task in WORLDS),
    *(("linear", task, {"l1_share": 0.5}) for task in WORLDS),
    ("xgboost", "regression", {"increasing": ("size",), "alone": ("idle",)}),
    *(("gradient_boosting", task, {"categories": "native"}) for task in WORLDS),
    ("lightgbm", "binary", {"early_stopping": True}),
]
#: Calibrated ones, by family, task and method.
CALIBRATED = [
    ("xgboost", "binary", "isotonic"),
    ("lightgbm", "multiclass", "isotonic"),
    ("decision_tree", "multiclass", "sigmoid"),
    ("linear", "binary", "sigmoid"),
]
#: A slow machine needs this long to open all of them.
SECONDS = 600


def frames_of(model: FittedModel, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What a model says of raw rows and of its own."""
    return {
        "output": pd.DataFrame({"output": model.output(rows)}),
        "predict": pd.DataFrame({"predict": model.predict(rows)}),
        "dependence": partial_dependence(model, feature="place").frame,
        "shap": shap_values(model).frame,
    }


def fresh_rows(task: str) -> pd.DataFrame:
    """Rows with missing values, and one with a level that training has not seen."""
    rows = WORLDS[task][0](60, seed=9)
    rows.loc[0, "place"] = "moon"
    rows.loc[1, "place"] = None
    return rows


def name_of(case: tuple) -> str:
    return "-".join([case[0], case[1], *map(str, case[2])])


def say_what_they_say(folder: str) -> None:
    """In the fresh process: opens every model in a folder and writes down what it says.

    The first of each family is also rehearsed in a process of its own; that runs what opens the
    others here, where nothing was trained either.
    """
    rehearsed: set[str] = set()
    for file in sorted(Path(folder).glob("*.whence.zip")):
        family = file.name.partition("-")[0]
        model = opened_here(file.read_bytes()) if family in rehearsed else load_model(file)
        rehearsed.add(family)
        for name, frame in frames_of(model, fresh_rows(model.task)).items():
            frame.to_parquet(file.with_name(f"{file.name}.{name}.parquet"))
        file.with_name(f"{file.name}.txt").write_text(model.fingerprint)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of saved models with what each of them says in a process that never trained."""
    folder = tmp_path_factory.mktemp("models")
    for case in CASES:
        save_model(model_of(case[0], case[1], **case[2]), folder / name_of(case))
    for family, task, how in CALIBRATED:
        save_model(calibrated_model(family, task, how), folder / f"{family}-{task}-{how}")
    here = "tests.workbench.storing.test_storing"
    code = f"from {here} import say_what_they_say; say_what_they_say({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=SECONDS)
    return folder


@cache
def calibrated_model(family: str, task: str, how: str) -> FittedModel:
    return calibrate(model_of(family, task), method=how, folds=3)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_loaded_model_says_the_same_to_the_last_bit(elsewhere: Path, case: tuple) -> None:
    _require_the_same(elsewhere, name_of(case), model_of(case[0], case[1], **case[2]))


@pytest.mark.parametrize("case", CALIBRATED, ids="-".join)
def test_a_loaded_calibrated_model_says_the_same_to_the_last_bit(
    elsewhere: Path, case: tuple[str, str, str]
) -> None:
    _require_the_same(elsewhere, "-".join(case), calibrated_model(*case))


def _require_the_same(elsewhere: Path, name: str, model: FittedModel) -> None:
    file = elsewhere / f"{name}.whence.zip"
    assert file.with_name(f"{file.name}.txt").read_text() == model.fingerprint
    for name, frame in frames_of(model, fresh_rows(model.task)).items():
        said = pd.read_parquet(file.with_name(f"{file.name}.{name}.parquet"))
        frame.to_parquet(elsewhere / "here.parquet")
        pd.testing.assert_frame_equal(
            said, pd.read_parquet(elsewhere / "here.parquet"), check_exact=True
        )


def test_a_loaded_model_is_whole(tmp_path: Path) -> None:
    model = model_of("decision_tree", "binary")
    loaded = load_model(save_model(model, tmp_path / "tree"))
    assert loaded.describe() == model.describe()
    assert (loaded.classes, loaded.notes) == (model.classes, model.notes)
    assert loaded.data.roles == model.data.roles
    assert loaded.split.says == model.split.says
    np.testing.assert_array_equal(loaded.split.test, model.split.test)
    np.testing.assert_array_equal(loaded.target.y, model.target.y)
    pd.testing.assert_frame_equal(loaded.data.frame, model.data.frame)


def test_a_calibrated_model_comes_back_with_the_one_before_it(tmp_path: Path) -> None:
    model = calibrated_model("decision_tree", "multiclass", "sigmoid")
    loaded = load_model(save_model(model, tmp_path / "calibrated", rows=80))
    rows = fresh_rows("multiclass")
    np.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
    before = uncalibrated(loaded)
    np.testing.assert_array_equal(
        before.predict_proba(rows), uncalibrated(model).predict_proba(rows)
    )
    assert before.notes[:-1] == uncalibrated(model).notes
    assert loaded.notes[:-1] == model.notes
    assert len(before.data) == len(loaded.data) == pytest.approx(80, abs=2)
    assert before.script.text.splitlines()[-1] == "model = uncalibrated(model)"
    assert loaded.family.title == model.family.title


def test_the_python_of_a_loaded_model_loads_it(tmp_path: Path) -> None:
    file = save_model(model_of("decision_tree"), tmp_path / "tree.whence.zip")
    made = partial_dependence(load_model(file), feature="size").provenance
    assert repr(str(file)) in made.script.text
    assert "from workbench import load_model" in made.script.text
    held: dict[str, object] = {}
    for line in load_model(file.read_bytes()).data.script.text.splitlines():
        held[line.partition(" = ")[0]] = line
    assert held["model"] == "model = load_model('model.whence.zip')"
    assert held["data"] == "data = model.data"


def test_every_kind_of_column_comes_back_as_it_was(tmp_path: Path) -> None:
    frame = worlds.additive(80).assign(
        등급=pd.Categorical(["저", "고"] * 40, categories=["저", "중", "고"], ordered=True),
        when=pd.date_range("2024-01-01", periods=80, tz="Asia/Seoul"),
        whole=pd.array([1, None] * 40, dtype="Int64"),
        yes=np.arange(80) % 3 == 0,
        text=pd.Series(["a", np.nan] * 40, dtype=object),
        short=np.arange(80, dtype="float32"),
    )
    data = Dataset.of(frame, target="y", name="표 <b>")
    loaded = load_model(save_model(train(data, "decision_tree"), tmp_path / "모델"))
    pd.testing.assert_frame_equal(loaded.data.frame, data.frame)
    assert loaded.data.name == "표 <b>"


def test_a_table_that_a_file_cannot_hold_is_refused() -> None:
    frame = worlds.additive(80).assign(mixed=[1, "a"] * 40)
    data = Dataset.of(frame, target="y").with_roles({"mixed": "ignore"})
    with pytest.raises(ModelError, match=r"cannot be stored as it is: .*mixed"):
        model_bytes(train(data, "decision_tree"))


def test_a_table_that_is_too_large_is_refused_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = model_of("decision_tree")
    monkeypatch.setattr(table, "MOST_BYTES", 1_000)
    with pytest.raises(ModelError, match="rows="):
        model_bytes(model)
    monkeypatch.undo()
    loaded = load_model(save_model(model, tmp_path / "some", rows=40))
    assert len(loaded.data) == pytest.approx(40, abs=1)
    assert len(loaded.split.test) == pytest.approx(10, abs=1)
    assert any("rows, drawn at random" in note for note in loaded.notes)
    rows = fresh_rows("regression")
    np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
    with pytest.raises(ParameterError, match="at least 2"):
        model_bytes(model, rows=1)


def test_an_adopted_model_is_refused() -> None:
    from sklearn.tree import DecisionTreeRegressor

    frame = worlds.additive(80).drop(columns="place")
    fitted = DecisionTreeRegressor(max_depth=2).fit(frame[["size", "idle"]], frame["y"])
    with pytest.raises(ModelError, match="adopted"):
        model_bytes(adopt(fitted, Dataset.of(frame, target="y")))


def test_a_family_of_foreign_types_is_refused_when_it_is_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {k: v for k, v in estimators.KNOWN_TYPES.items() if k != "TreeNode"}
    monkeypatch.setattr(estimators, "KNOWN_TYPES", known)
    with pytest.raises(
        ModelError, match=r"cannot be saved: it holds a 'sklearn\.tree\._tree\.Tree'"
    ):
        model_bytes(model_of("decision_tree"))


def test_the_old_file_stays_where_the_new_one_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = save_model(model_of("decision_tree"), tmp_path / "tree")
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        save_model(model_of("decision_tree", max_depth=2), file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_the_recipe_is_plain_json(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(save_model(model_of("xgboost"), tmp_path / "m")) as archive:
        recipe = json.loads(archive.read("recipe.json"))
    assert recipe["format"] == 1
    assert recipe["settings"]["max_depth"] == 3
    assert recipe["versions"]["pandas"] == pd.__version__
