"""Hundreds of tiny models: one thread each is quicker than many that wait for one another."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread_per_model():
    import sklearn.ensemble  # noqa: F401  (its OpenMP must be loaded to be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
