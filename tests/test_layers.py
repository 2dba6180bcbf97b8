"""The house as a rule: imports point down only, and what is heavy or dangerous stays where it is.

`broken_rules` reads a folder without running it; the project has to pass, and for every rule a
small tree that breaks it shows that the rule can fail.
"""

import ast
import importlib
import inspect
import runpy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

#: The rooms from the ground up; a room imports from those below it, never from above.
RANK = {"workbench": 0, "interpret": 1, "causal": 2, "ui": 3, "pages": 4, "app": 5}
#: Where Streamlit and Dask may be imported.
ONLY_IN = {"streamlit": ("app.py", "pages/", "ui/"), "dask": ("workbench/blocks.py",)}
#: Imported inside the functions that use them: the first page needs none of these.
HEAVY = {
    "scipy", "sklearn", "xgboost", "shap", "dowhy", "statsmodels", "econml", "doubleml",
    "matplotlib", "optuna",
}  # fmt: skip
LIGHT_ROOMS = ("workbench", "interpret", "causal", "ui")
#: What runs code that came in a file.
DANGEROUS_MODULES = {"pickle", "cloudpickle", "dill", "marshal", "shelve"}
DANGEROUS_CALLS = {"eval", "exec", "joblib.load", "pandas.eval", "pd.eval", "pd.read_pickle"}


@dataclass(frozen=True)
class Import:
    """One imported name: `from workbench.errors import DataError` in a file, at a line."""

    file: str
    line: int
    module: str
    name: str
    at_top: bool

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


def broken_rules(root: Path) -> list[str]:
    """Every breach in the code under a folder, one sentence each, with file and line."""
    found: list[str] = []
    for file in _code(root):
        relative = file.relative_to(root).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for each in _imports(tree, relative):
            found += [f"{relative}:{each.line} {breach}" for breach in _breaches(each, root)]
        found += [f"{relative}:{line} calls {call}" for line, call in _dangerous_calls(tree)]
    return found


def _breaches(each: Import, root: Path) -> Iterator[str]:
    own = Path(each.file).parts[0].removesuffix(".py")
    if RANK.get(each.room, -1) > RANK[own]:
        yield f"imports upward: {each.path}"
    hidden = _private_folder(each, root) if each.room in RANK else None
    if hidden is not None and not each.file.startswith(f"{hidden}/"):
        yield f"imports what is private to {hidden}/: {each.path}"
    allowed = ONLY_IN.get(each.room)
    if allowed is not None and not each.file.startswith(allowed):
        yield f"imports {each.room}, which belongs in {', '.join(allowed)}"
    if each.at_top and each.room in HEAVY and own in LIGHT_ROOMS:
        yield f"imports {each.room} at the top, not where it is used"
    if each.room in DANGEROUS_MODULES or each.path == "joblib.load":
        yield f"imports {each.path}, which runs code that came in a file"


def _private_folder(each: Import, root: Path) -> str | None:
    """The folder that keeps a private name or module to itself; None where nothing is private."""
    parts = each.path.split(".")
    private = [i for i, p in enumerate(parts) if p.startswith("_") and not p.startswith("__")]
    if not private:
        return None
    owner = Path(*parts[: private[0]])
    return (owner if (root / owner).is_dir() else owner.parent).as_posix()


def _code(root: Path) -> Iterator[Path]:
    for room in RANK:
        yield from sorted((root / room).rglob("*.py"))
    if (root / "app.py").exists():
        yield root / "app.py"


def _imports(tree: ast.Module, file: str) -> Iterator[Import]:
    at_top = set(_run_at_import(tree))
    for node in ast.walk(tree):
        for module, name in _named(node, file):
            yield Import(file, node.lineno, module, name, node in at_top)


def _named(node: ast.AST, file: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node, file)
        yield from ((module, alias.name) for alias in node.names)
    elif isinstance(node, ast.Call) and _spelled(node.func).endswith(
        ("import_module", "__import__")
    ):
        named = node.args[0] if node.args else None
        if isinstance(named, ast.Constant) and isinstance(named.value, str):
            yield named.value, ""


def _absolute(node: ast.ImportFrom, file: str) -> str:
    if node.level == 0:
        return node.module or ""
    package = Path(file).parts[: -node.level]
    return ".".join((*package, *([node.module] if node.module else [])))


def _run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: none inside functions or type checks."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and _spelled(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def _dangerous_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _spelled(node.func)
        # frame.eval and frame.query run the text they are given, column names included
        if called in DANGEROUS_CALLS or called.endswith((".eval", ".query")):
            yield node.lineno, called


def _spelled(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_spelled(node.value)}.{node.attr}"
    return ""


def test_the_house_keeps_its_rules(root: Path) -> None:
    assert broken_rules(root) == []


EXAMPLES = [
    ("workbench/a.py", "from interpret import shap_values", "imports upward"),
    ("workbench/a.py", "def f():\n    import causal.question", "imports upward"),
    ("interpret/a.py", "from causal import aipw", "imports upward"),
    ("causal/a.py", "from ui.state import data", "imports upward"),
    ("ui/a.py", "from pages import data", "imports upward"),
    ("pages/a.py", "import app", "imports upward"),
    ("workbench/a.py", "import importlib\nimportlib.import_module('ui.run')", "imports upward"),
    (
        "interpret/a.py",
        "from workbench.models._family import Family",
        "private to workbench/models",
    ),
    ("workbench/a.py", "from .models._family import Family", "private to workbench/models"),
    ("workbench/a.py", "from .models import _family", "private to workbench/models"),
    ("ui/a.py", "from workbench.methods import _METHODS", "private to workbench"),
    ("interpret/a.py", "import streamlit as st", "imports streamlit"),
    ("workbench/a.py", "from streamlit import cache_data", "imports streamlit"),
    ("workbench/model.py", "import dask.distributed", "imports dask"),
    ("workbench/a.py", "import shap", "at the top"),
    ("interpret/a.py", "from sklearn.inspection import partial_dependence", "at the top"),
    ("causal/a.py", "try:\n    import dowhy\nexcept ImportError:\n    pass", "at the top"),
    ("ui/a.py", "class A:\n    from xgboost import XGBModel", "at the top"),
    ("workbench/a.py", "import pickle", "runs code that came in a file"),
    ("pages/a.py", "from joblib import load", "runs code that came in a file"),
    ("pages/a.py", "import joblib\njoblib.load('x')", "calls joblib.load"),
    ("ui/a.py", "eval('1 + 1')", "calls eval"),
    ("app.py", "exec('1')", "calls exec"),
    ("causal/a.py", "def f(frame):\n    return frame.query('a > 1')", "calls frame.query"),
]


@pytest.mark.parametrize(("file", "code", "breach"), EXAMPLES)
def test_every_rule_can_fail(tmp_path: Path, file: str, code: str, breach: str) -> None:
    _write(tmp_path / "workbench/models/_family.py", "")
    _write(tmp_path / file, code)
    (found,) = broken_rules(tmp_path)
    assert found.startswith(file)
    assert breach in found


ALLOWED = [
    ("causal/a.py", "from interpret import partial_dependence\nfrom workbench import read"),
    ("causal/estimators/a.py", "from causal._shared import residuals\nfrom .._shared import x"),
    ("workbench/models/a.py", "from ._family import family\nfrom . import _family"),
    ("workbench/models/a.py", "from . import xgboost\ndef f():\n    import xgboost"),
    ("workbench/blocks.py", "import dask"),
    ("pages/a.py", "import streamlit as st\nfrom __future__ import annotations"),
    ("ui/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sklearn"),
]


@pytest.mark.parametrize(("file", "code"), ALLOWED)
def test_the_rules_forbid_nothing_else(tmp_path: Path, file: str, code: str) -> None:
    _write(tmp_path / file, code)
    assert broken_rules(tmp_path) == []


def test_importing_the_packages_loads_nothing_heavy(root: Path) -> None:
    loaded = _printed_by("import sys, workbench, interpret, causal\nprint(*sys.modules)", root)
    assert "workbench" in loaded
    assert loaded & (HEAVY | {"streamlit", "dask", "numba"}) == set()


@pytest.mark.parametrize("package", ["workbench", "interpret", "causal"])
def test_every_public_name_says_what_it_is(package: str) -> None:
    room = importlib.import_module(package)
    public = {name: getattr(room, name) for name in getattr(room, "__all__", ())}
    assert [name for name, value in public.items() if not _is_explained(value)] == []


@pytest.mark.parametrize(("code", "explained"), [('"""Says it."""', True), ("pass", False)])
def test_a_silent_name_is_noticed(tmp_path: Path, code: str, explained: bool) -> None:
    written = tmp_path / "written.py"
    written.write_text(
        "from dataclasses import dataclass\n"
        f"@dataclass\nclass Thing:\n    {code}\n    size: int = 1\ndef thing():\n    {code}\n"
    )
    made = runpy.run_path(str(written))
    assert [_is_explained(made[name]) for name in ("Thing", "thing")] == [explained, explained]


def _is_explained(value: object) -> bool:
    """Constants are explained beside their name; a class or function in its own docstring."""
    if not isinstance(value, type) and not inspect.isroutine(value):
        return True
    generated = f"{getattr(value, '__name__', '')}("  # what dataclass writes where nothing is said
    return bool(value.__doc__) and not str(value.__doc__).startswith(generated)


def _printed_by(code: str, root: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _write(file: Path, code: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code, encoding="utf-8")
