"""A computation as a fold over blocks of rows: threads, progress, cancelling and bounded memory
come from here, once.

`fold` runs `step(block)` on threads and merges the partial answers in the order of the rows, so
that the result does not depend on which thread was faster. The block is as large as the stated
memory per row allows; what cannot fit is refused before anything is computed.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache, reduce
from itertools import islice
from typing import Any, TypeVar

from .errors import NotApplicable
from .progress import Progress, silent

Item = TypeVar("Item")
Partial = TypeVar("Partial")

#: What all threads of one fold may hold at once, in bytes.
MEMORY_BUDGET = 256 * 2**20
#: A block is never longer than this, so that the bar moves and cancelling is prompt.
LONGEST_BLOCK = 8_192
#: Nor shorter than this for the sake of an even share for every thread.
SHORTEST_BLOCK = 1_024
#: How long the waiting thread sleeps before it asks whether the person wants to stop, in seconds.
HEARTBEAT_SECONDS = 0.1


def fold(
    step: Callable[[slice], Partial],
    merge: Callable[[Partial, Partial], Partial],
    rows: int,
    *,
    bytes_per_row: int,
    progress: Progress = silent,
    threads: int | None = None,
) -> Partial:
    """`step` of every block of `rows` rows, merged from the first block to the last.

    `bytes_per_row` is what a step needs above its input, per row; it decides the size of a block.
    Raises `NotApplicable` where not even a single row fits the budget.
    """
    if rows < 1:
        raise NotApplicable("There are no rows to compute on.", "Give a table with rows.")
    workers = threads or available_cores()
    slices = blocks(rows, even_length(rows, block_length(bytes_per_row, workers), workers))
    return reduce(merge, run_all(step, slices, progress=progress, threads=workers))


def run_all(
    step: Callable[[Item], Partial],
    items: Sequence[Item],
    *,
    progress: Progress = silent,
    threads: int | None = None,
) -> Iterator[Partial]:
    """`step` of every item, on threads, in the order of the items.

    At most two items per thread are under way or waiting to be taken, which bounds the memory.
    `progress` is called from the caller's own thread, several times a second.
    """
    workers = max(1, min(threads or available_cores(), len(items)))
    pool = ThreadPoolExecutor(workers, thread_name_prefix="fold")
    try:
        yield from _in_order(pool, step, items, workers * 2, progress)
    finally:
        # Steps not begun are dropped; one under way ends on its own and is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Products and solves of matrices on one thread each, for work that is many small ones or fills
    the cores by itself: BLAS's own threads on top only wait for one another (measured: 1.6 instead
    of 4 to 14 CPU seconds for nuisances of 1,566 rows, 1 instead of 32 for 20 regressions)."""
    with _thread_pools(len(sys.modules)).limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _thread_pools(_modules: int) -> Any:
    """The libraries that have threads of their own. Looking for them takes longer than a small
    regression, so it is done anew only when something was imported since."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


def blocks(rows: int, length: int) -> list[slice]:
    """The rows 0 … rows - 1 cut into slices of at most `length`."""
    return [slice(start, min(start + length, rows)) for start in range(0, rows, length)]


def block_length(bytes_per_row: int, threads: int = 1) -> int:
    """How many rows a block may have, so that all threads together stay within the budget."""
    length = MEMORY_BUDGET // (max(1, bytes_per_row) * threads)
    if length < 1:
        raise NotApplicable(
            f"One row of this computation needs {bytes_per_row / 2**20:,.0f} MiB, and "
            f"{MEMORY_BUDGET / 2**20:,.0f} MiB are set aside for {threads} threads.",
            "Choose a coarser grid or fewer columns.",
        )
    return min(length, LONGEST_BLOCK)


def even_length(rows: int, most: int, threads: int) -> int:
    """Rows of a block, at most `most`, so that all threads have about as many to do.

    Blocks are not cut shorter than `SHORTEST_BLOCK` for it: the work of a short one is overhead.
    """
    if threads == 1:
        return most
    rounds = -(-rows // (most * threads))
    return min(most, max(SHORTEST_BLOCK, -(-rows // (rounds * threads))))


def available_cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(
    pool: ThreadPoolExecutor,
    step: Callable[[Item], Partial],
    items: Sequence[Item],
    ahead: int,
    progress: Progress,
) -> Iterator[Partial]:
    waiting = iter(items)
    under_way = deque(pool.submit(step, item) for item in islice(waiting, ahead))
    for done in range(len(items)):
        progress(done / len(items))
        first = under_way.popleft()
        while wait([first], timeout=HEARTBEAT_SECONDS).not_done:
            progress(done / len(items))
        yield first.result()
        under_way.extend(pool.submit(step, item) for item in islice(waiting, 1))
    progress(1.0)
