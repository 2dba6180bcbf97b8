"""Which class an estimator is, without importing the library it comes from."""

from __future__ import annotations

from typing import Any


def is_a(estimator: Any, library: str, *names: str) -> bool:
    """Whether the estimator's class, or one it inherits from, is one of a library's."""
    return any(
        cls.__module__.partition(".")[0] == library and cls.__name__ in names
        for cls in type(estimator).__mro__
    )
