"""Imports the heavy libraries once per server, behind the first page instead of before it."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import threading

#: In the order in which a person meets them.
LIBRARIES = ("sklearn.ensemble", "xgboost", "shap", "statsmodels.api", "dowhy")
#: From the end of the first script to the imports, in seconds: the browser draws meanwhile.
DELAY = 4.0

_begun = threading.Event()
_lock = threading.Lock()
_polars = threading.Lock()
_log = logging.getLogger("whence")


def soon() -> None:
    """Starts the imports a moment from now; the first call counts."""
    with _lock:
        if _begun.is_set():
            return
        _begun.set()
    timer = threading.Timer(DELAY, _import_all)
    timer.daemon = True
    timer.start()


def wait_for_polars() -> None:
    """Waits while polars is being imported here: scikit-learn asks every value whether it is of
    polars as soon as that has a name, and fails where it is half there."""
    with _polars:
        pass


def _import_all() -> None:
    with _polars:  # statsmodels brings it along, in the middle of a long import
        if importlib.util.find_spec("polars") is not None:
            importlib.import_module("polars")
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError:  # said where it is needed; here it would be said to nobody
            _log.warning("%s cannot be imported", library, exc_info=True)
    from interpret.trees import compiled

    compiled.load_or_begin()
