"""Hundreds of tiny models: one thread each is quicker than several that wait for one another."""

import os

import pytest

# read once, when the first library with OpenMP is loaded, which is after all tests are collected
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True, scope="session")
def one_thread_per_model():
    with pytest.MonkeyPatch.context() as patch:
        for family in ("random_forest", "xgboost"):
            patch.setattr(f"workbench.models.{family}.available_cores", lambda: 1)
        yield
