"""The one cache: bounded by bytes, the least recently used goes first, safe for many sessions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from .size import bytes_of

#: What all sessions together may keep, in bytes.
MOST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class _Kept:
    value: Any
    size: int


class Cache:
    """Values by key. A value larger than the whole cache is not kept; the others make room."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What is kept at the moment."""
        return self._bytes

    def get(self, key: Hashable) -> Any:
        """The value, or None; it becomes the most recently used."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            return kept.value

    def put(self, key: Hashable, value: Any) -> None:
        """Keeps a value and lets the least recently used go until everything fits."""
        size = bytes_of(value)
        with self._lock:
            self._drop(key)
            if size > self.most_bytes:
                return
            self._kept[key] = _Kept(value, size)
            self._bytes += size
            while self._bytes > self.most_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        self._bytes -= kept.size if kept else 0
