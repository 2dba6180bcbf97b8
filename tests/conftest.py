"""What every test shares: hypothesis without deadlines (the machines are noisy), real data where
it is at hand, and a loud last word when the browser tests could not run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Hundreds of tiny models: one thread each is quicker than several that wait for one another. It is
# read once, when the first library with OpenMP is loaded, which is after this file.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A slow machine is no failure; the same examples on every run make a red test repeatable.
settings.register_profile("whence", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("whence")

ROOT = Path(__file__).parents[1]
#: Real tables some machines have beside the project; nothing of it is part of the project.
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True, scope="session")
def one_thread_per_model() -> Iterator[None]:
    """The same for the families that are told how many threads to use."""
    with pytest.MonkeyPatch.context() as patch:
        for family in ("extra_trees", "lightgbm", "random_forest", "xgboost"):
            patch.setattr(f"workbench.models.{family}.available_cores", lambda: 1)
        yield


@pytest.fixture(autouse=True, scope="session")
def kernels_are_compiled() -> None:
    """`make test` compiled them; a test that is run on its own after a change waits here."""
    from interpret.trees import compiled

    if not compiled.is_ready():
        compiled.compile_all()


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real tables; the test is skipped where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no real tables beside the project")
    return SHARED_DATA


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are no name of a test: they may hold the time of day, or millions of commas."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)  # before `-m browser` is looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys carry a mark: they share a server and run after everything else."""
    for item in items:
        if item.path.parent == ROOT / "tests" / "browser":
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Says last, and in red, that journeys were skipped for want of a browser."""
    yield
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "browser" in r.keywords]
    if skipped:
        terminalreporter.write_line("")
        terminalreporter.write_line(
            f"NO BROWSER: {len(skipped)} browser tests were NOT run. Install chromium and run "
            "`make test` again.",
            red=True,
            bold=True,
        )
