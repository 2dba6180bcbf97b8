"""The cache never holds more than it may, and what a thing weighs is what it keeps alive."""

import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.cache import Cache
from ui.size import bytes_of
from workbench import FAMILIES, Dataset, train

KIB = 1024


def block(kib: int) -> np.ndarray:
    return np.zeros(kib * KIB, dtype=np.uint8)


def test_the_least_recently_used_goes_first() -> None:
    cache = Cache(most_bytes=35 * KIB)
    for key in "abc":
        cache.put(key, block(10))
    assert cache.get("a") is not None
    cache.put("d", block(10))
    assert [key in cache for key in "abcd"] == [True, False, True, True]


def test_what_is_larger_than_the_cache_is_not_kept_and_drives_nothing_out() -> None:
    cache = Cache(most_bytes=20 * KIB)
    cache.put("small", block(10))
    cache.put("large", block(30))
    assert "small" in cache
    assert "large" not in cache


def test_a_value_put_again_is_counted_once() -> None:
    cache = Cache(most_bytes=100 * KIB)
    for _ in range(5):
        cache.put("a", block(10))
    assert len(cache) == 1
    assert cache.bytes == bytes_of(block(10))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=40))
def test_it_never_holds_more_than_it_may(puts: list[tuple[int, int]]) -> None:
    cache = Cache(most_bytes=100 * KIB)
    for key, kib in puts:
        cache.put(key, block(kib))
        assert 0 <= cache.bytes <= cache.most_bytes


def test_many_threads_leave_it_whole() -> None:
    cache = Cache(most_bytes=50 * KIB)

    def work(start: int) -> None:
        for number in range(200):
            cache.put((start, number % 7), block(1 + number % 5))
            cache.get((start, (number + 3) % 7))

    threads = [threading.Thread(target=work, args=(each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = sum(bytes_of(cache.get(key)) for key in list(cache._kept))
    assert cache.bytes == held <= cache.most_bytes


def test_frames_weigh_what_pandas_says() -> None:
    frame = pd.DataFrame({"x": np.arange(10_000.0), "name": ["나이"] * 10_000})
    assert bytes_of(frame) == frame.memory_usage(deep=True).sum()
    assert bytes_of([frame, frame]) < 1.01 * bytes_of(frame)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"linear"}))
def test_a_model_weighs_its_table_and_its_trees(family: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x[:, 0] + rng.normal(size=400))
    data = Dataset.of(frame, target="y")
    small, large = SIZES[family]
    weights = [bytes_of(train(data, family=family, **settings)) for settings in (small, large)]
    assert weights[0] > bytes_of(frame)
    assert weights[1] > weights[0] + 20 * KIB


def test_a_linear_model_weighs_its_table() -> None:
    frame = pd.DataFrame({"a": np.arange(400.0) % 11, "y": np.arange(400.0) % 7})
    assert bytes_of(train(Dataset.of(frame, target="y"), "linear")) > bytes_of(frame)


SIZES = {
    "decision_tree": ({"max_depth": 1}, {"max_depth": 30, "min_samples_leaf": 1}),
    "random_forest": ({"n_estimators": 1}, {"n_estimators": 20}),
    "extra_trees": ({"n_estimators": 1}, {"n_estimators": 20}),
    "lightgbm": ({"n_estimators": 1}, {"n_estimators": 100}),
    "gradient_boosting": ({"max_iter": 1}, {"max_iter": 50}),
    "xgboost": ({"n_estimators": 1}, {"n_estimators": 100}),
}
