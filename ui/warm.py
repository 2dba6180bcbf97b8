"""Imports the heavy libraries once per server, behind the first page instead of before it."""

from __future__ import annotations

import importlib
import logging
import threading

#: In the order in which a person meets them.
LIBRARIES = ("sklearn.ensemble", "xgboost", "shap", "statsmodels.api", "dowhy")
#: From the end of the first script to the imports, in seconds: the browser draws meanwhile.
DELAY = 4.0

_begun = threading.Event()
_lock = threading.Lock()
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


def _import_all() -> None:
    for library in LIBRARIES:
        try:
            importlib.import_module(library)
        except ImportError:  # said where it is needed; here it would be said to nobody
            _log.warning("%s cannot be imported", library, exc_info=True)
    from interpret.trees import compiled

    compiled.load_or_begin()
