import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import threadpoolctl
from hypothesis import given
from hypothesis import strategies as st

from workbench import blocks
from workbench.errors import NotApplicable
from workbench.progress import Cancelled, part


def zero(_block: slice) -> int:
    return 0


def keep_first(first: int, _next: int) -> int:
    return first


@given(rows=st.integers(1, 5_000), length=st.integers(1, 5_000))
def test_blocks_hold_every_row_once_and_in_order(rows, length):
    covered = np.concatenate([np.arange(rows)[b] for b in blocks.blocks(rows, length)])
    assert (covered == np.arange(rows)).all()


@given(rows=st.integers(1, 30_000), threads=st.integers(1, 4))
def test_a_fold_equals_the_whole(rows, threads):
    values = np.random.default_rng(rows).normal(size=rows)
    total = blocks.fold(
        lambda b: values[b].sum(), lambda a, b: a + b, rows, bytes_per_row=8, threads=threads
    )
    assert total == pytest.approx(values.sum())


def test_partial_answers_are_merged_in_the_order_of_the_rows():
    def slow_first(block: slice) -> list[int]:
        if block.start == 0:
            time.sleep(0.05)  # the first block is made the last to finish
        return [block.start]

    starts = blocks.fold(slow_first, lambda a, b: a + b, 50_000, bytes_per_row=8, threads=4)
    assert starts == sorted(starts)
    assert len(starts) > 4


def test_progress_reaches_one_and_never_falls():
    seen: list[float] = []
    list(
        blocks.run_all(lambda i: i, range(20), progress=lambda share, _what="": seen.append(share))
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_cancelling_returns_before_the_steps_end_and_begins_no_more():
    release, begun = threading.Event(), []

    def step(item: int) -> int:
        begun.append(item)
        release.wait(10)
        return item

    def cancel(share: float, what: str = "") -> None:
        if begun:
            raise Cancelled

    started = time.perf_counter()
    with pytest.raises(Cancelled):
        list(blocks.run_all(step, range(100), progress=cancel, threads=2))
    waited = time.perf_counter() - started
    release.set()
    assert waited < 5, "the caller waited for the steps instead of leaving them"
    assert len(begun) <= 4


def test_a_failing_step_says_so():
    def fails(block: slice) -> int:
        raise NotApplicable("No.", "Do otherwise.")

    with pytest.raises(NotApplicable, match="No"):
        blocks.fold(fails, keep_first, 10, bytes_per_row=1)


def test_what_cannot_fit_is_refused_with_the_numbers():
    with pytest.raises(NotApplicable, match=r"1,024 MiB.*256 MiB"):
        blocks.fold(
            lambda _block: 0, lambda first, _next: first, 10, bytes_per_row=2**30, threads=1
        )


def test_no_rows_are_refused():
    with pytest.raises(NotApplicable, match="no rows"):
        blocks.fold(zero, keep_first, 0, bytes_per_row=1)


def test_memory_bounds_the_block():
    assert blocks.block_length(2**20, threads=2) == 128
    assert blocks.block_length(1) == blocks.LONGEST_BLOCK


def test_a_part_of_the_progress_is_a_stretch_of_it():
    seen: list[tuple[float, str]] = []
    stretch = part(lambda share, _what="": seen.append((share, _what)), 0.5, 0.75, "Growing")
    stretch(0.0)
    stretch(1.0, "Grown")
    assert seen == [(0.5, "Growing"), (0.75, "Grown")]


@pytest.mark.parametrize(
    ("rows", "most", "threads", "length"),
    [
        (10_000, 8_192, 2, 5_000),  # not 8,192 and a rest
        (100_000, 8_192, 2, 7_143),
        (1_500, 8_192, 2, 1_024),  # too short to be shared evenly
        (10_000, 8_192, 1, 8_192),
        (50_000, 100, 4, 100),  # memory has the last word
        (1, 8_192, 8, 1_024),
    ],
)
def test_threads_get_about_as_much_to_do(rows, most, threads, length):
    assert blocks.even_length(rows, most, threads) == length


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info()
            if pool["user_api"] == "blas"}  # fmt: skip


def test_blas_has_one_thread_within_and_its_own_again_after() -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        for _ in range(2):
            assert blas_threads() == {2}
            with blocks.one_blas_thread():
                assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_a_library_imported_since_is_held_to_one_thread_too() -> None:
    """In a process of its own: scipy brings a BLAS beside that of numpy."""
    code = """
import numpy, sys
from workbench.blocks import one_blas_thread
with one_blas_thread():
    pass
assert "scipy.linalg" not in sys.modules
import scipy.linalg, threadpoolctl
threadpoolctl.threadpool_limits(2, user_api="blas")
with one_blas_thread():
    found = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
assert len(found) > 1, found
assert {p["num_threads"] for p in found} == {1}, found
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
