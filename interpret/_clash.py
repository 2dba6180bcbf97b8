"""Two packages are called `interpret`: this project's, and InterpretML's on PyPI.

Where both are installed in one environment, Python would take whichever it meets first, and half
of each could be loaded. That is said at once instead of failing later in a puzzling place.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

#: The names under which InterpretML is published.
OTHERS = ("interpret", "interpret-core")


def refuse_the_other_interpret() -> None:
    """Raises `ImportError` where InterpretML is installed beside this project."""
    for name in OTHERS:
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        raise ImportError(
            f"InterpretML ('{name}' {found.version}) is installed in this environment, and its "
            "package is called `interpret` as well, so Python cannot tell the two apart. "
            f"Run `pip uninstall {' '.join(OTHERS)}`, or install Whence in an environment of "
            "its own."
        )
