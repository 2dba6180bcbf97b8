"""Nobody waits for the compiler, and what is kept never goes stale."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interpret.trees import compiled

ANSWER = """
import time
import numpy as np
import pandas as pd
from interpret import shap_row
from interpret.trees import compiled
from workbench import Dataset, train

x = np.random.default_rng(0).normal(size=(80, 2))
frame = pd.DataFrame(x, columns=["a", "b"]).assign(y=x[:, 0])
model = train(Dataset.of(frame, target="y"), "xgboost", n_estimators=5)
result = shap_row(model, row=0)
print(compiled.is_ready(), any("being compiled" in note for note in result.notes))
"""


def run(code: str, root: Path, folder: Path) -> str:
    import os

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "WHENCE_CACHE": str(folder), "WHENCE_COMPILING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_kernels_an_explanation_answers_and_says_so(root: Path, tmp_path: Path):
    assert run(ANSWER, root, tmp_path).split() == ["False", "True"]


def test_a_folder_that_cannot_be_written_to_is_no_obstacle(root: Path):
    assert run(ANSWER, root, Path("/proc/nowhere")).split() == ["False", "True"]


def test_importing_the_engine_loads_no_compiler(root: Path):
    loaded = run("import sys, interpret.trees\nprint(*sys.modules)", root, root).split()
    assert "interpret.trees.ensemble" in loaded
    assert "numba" not in loaded


KEPT = """
from interpret.trees import compiled
from interpret.trees.kernels import encode
print(compiled.is_ready(), len(encode._encode.stats.cache_hits), *encode._encode.stats.cache_misses)
"""


def test_another_checkout_of_the_same_text_compiles_nothing(root: Path, tmp_path: Path):
    for package in ("interpret", "workbench"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / package, tmp_path / package, ignore=ignored)
    assert run(KEPT, tmp_path, compiled.parent()).split() == ["True", "2"]


def test_a_process_begins_to_compile_and_only_one(tmp_path, monkeypatch):
    begun = []

    class Child:
        def __init__(self, command, **_):
            begun.append(command)

        def wait(self):
            return 0

    monkeypatch.setenv(compiled.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.delenv("WHENCE_COMPILING", raising=False)
    monkeypatch.setattr(compiled.subprocess, "Popen", Child)
    compiled.folder.cache_clear()
    try:
        assert not compiled.ready_or_begin()
        assert not compiled.ready_or_begin()
        assert begun == [[sys.executable, "-m", "interpret.trees"]]
        # one that died is not waited for for ever
        lock = tmp_path / compiled.LOCK
        old = time.time() - compiled.PATIENCE - 1
        __import__("os").utime(lock, (old, old))
        assert not compiled.ready_or_begin()
        assert len(begun) == 2
        for name in compiled.kernel_names():
            compiled.folder(name).mkdir(parents=True)
            assert not compiled.is_ready()
            (compiled.folder(name) / compiled.MARK).touch()
        assert compiled.ready_or_begin()
    finally:
        compiled.folder.cache_clear()


@pytest.mark.parametrize("changed", ["predict", "_compile", "leaves"])
def test_the_folder_changes_with_the_kernel_and_what_it_calls(tmp_path, monkeypatch, changed):
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    for source in (Path(compiled.__file__).parent / "kernels").glob("*.py"):
        (kernels / source.name).write_text(source.read_text())
    monkeypatch.setattr(compiled, "_KERNELS", kernels)
    before = {name: compiled._key(name) for name in ("leaves", "encode")}
    with (kernels / f"{changed}.py").open("a") as file:
        file.write("\n# changed\n")
    after = {name: compiled._key(name) for name in ("leaves", "encode")}
    # leaves.py calls a helper of predict.py, and both are made by _compile.py
    assert after["leaves"] != before["leaves"]
    assert (after["encode"] != before["encode"]) == (changed == "_compile")
