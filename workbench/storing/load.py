"""Opens a saved model: first in a process of its own, and only what passed there in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ..calibrate import is_calibrated, uncalibrated
from ..errors import DataError, ModelError
from ..model import FittedModel
from ..reading.room import SHARE_OF_FREE_MEMORY, free_memory
from ..reading.source import FileSource, Source, open_source
from ..script import Name, Script
from .container import SAVE_AGAIN
from .restore import opened, restored

#: A model that takes longer than this to open and to answer once is given up, in seconds.
LONGEST_OPENING = 120
#: The worker needs this much for Python and its libraries, counted as addresses, not as memory.
_LEAST_MEMORY = 4 * 2**30
_WORKER = Path(__file__).with_name("rehearsal.py")
_ROOT = _WORKER.parents[2]


def load_model(source: FileSource) -> FittedModel:
    """The model in a file that `save_model` has written: it predicts and explains as it did.

    `source` is a path, bytes or an open file. Nothing in the file is ever unpickled or run. It is
    checked part by part, then opened and asked in a process of its own, and only then here; a file
    that crashes, hangs or is refused there is refused here. That takes about as long as starting
    Python, a few seconds. Its rows travel with the model, so `model.data` is the table.

    Raises `ModelError` for a file that is damaged, was changed, is of another version, or is none
    of ours.
    """
    file = _source(source)
    saved = opened(file.data, file.opening)
    _rehearse(file)
    model = restored(saved)
    return _with_script(model, Path(file.label).name, source)


def _source(source: FileSource) -> Source:
    try:
        file = open_source(source)
    except DataError as error:
        raise ModelError(error.message, error.hint) from error
    return file if file.label else replace(file, label="model.whence.zip")


def _rehearse(file: Source) -> None:
    memory = max(_LEAST_MEMORY, int(free_memory() * SHARE_OF_FREE_MEMORY))
    command = [sys.executable, "-I", str(_WORKER), str(_ROOT), str(memory)]
    try:
        done = subprocess.run(  # noqa: S603 (our own script; the file goes in as data)
            command, input=file.data, capture_output=True, timeout=LONGEST_OPENING, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(file, f"it took more than {LONGEST_OPENING} seconds") from error
    if done.returncode or not done.stdout:
        raise _refused(file, "opening it failed in a process of its own, which it took down")
    told = json.loads(done.stdout)
    if "message" in told:
        raise ModelError(str(told["message"]).replace("The file", file.opening, 1), told["hint"])


def _refused(file: Source, why: str) -> ModelError:
    return ModelError(f"{file.opening} cannot be opened: {why}.", SAVE_AGAIN)


def _with_script(model: FittedModel, name: str, source: FileSource) -> FittedModel:
    """The Python that loads it: by the path it was given, or the name of the upload."""
    path = os.fspath(source) if isinstance(source, str | os.PathLike) else name
    script = Script("data").then("model", "workbench", "load_model", path)
    data = replace(model.data, script=script.also("data", (), ("data = model.data",)))
    if not is_calibrated(model):
        return replace(model, data=data, script=script)
    plain = script.then("model", "workbench", "uncalibrated", Name("model"))
    before = replace(uncalibrated(model), data=data, script=plain)
    estimator = replace(model.estimator, before=before)
    return replace(model, estimator=estimator, data=data, script=script)
