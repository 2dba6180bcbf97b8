"""The exact engine where the trees can be read and agree with the model; else the model itself."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

from workbench.errors import AnalysisError
from workbench.model import FittedModel
from workbench.transform import Floats

from ..trees import TreeEnsemble, check_against, compiled, read_trees
from ..trees.derived import Derived, by_column
from .answers import Engine
from .asking import Asking
from .exact import Exact

#: The engines of the last few models: reading a large forest takes a while.
_KEPT: OrderedDict[int, Engine] = OrderedDict()
MOST_KEPT = 8
_LOCK = threading.Lock()

COMPILING = (
    "The exact engine is being compiled on this machine, which happens once and takes about a "
    "minute in the background; the next run will use it."
)


def engine_of(model: FittedModel) -> Engine:
    """The best engine for a model: exact, or asking with the reason in its note."""
    if not compiled.ready_or_begin():
        return Asking(model, COMPILING, is_waiting=True)
    key = id(model)
    with _LOCK:
        kept = _KEPT.get(key)
        # an id may belong to another model by now
        if kept is not None and kept.model is model:
            _KEPT.move_to_end(key)
            return kept
    found = _found(model)
    with _LOCK:
        _KEPT[key] = found
        while len(_KEPT) > MOST_KEPT:
            _KEPT.popitem(last=False)
    return found


def _found(model: FittedModel) -> Engine:
    try:
        inputs = read_trees(model.trees)
        ensemble = _by_column(model, inputs)
        ensemble.encoder.require_room()
        gap = check_against(ensemble, _rows(model), model.response)
    except AnalysisError as reason:
        return Asking(model, reason.message)
    return Exact(model, ensemble, inputs, gap)


def _by_column(model: FittedModel, inputs: TreeEnsemble) -> TreeEnsemble:
    """The trees about the person's columns: a date is one, whatever the trees are given of it."""
    made = model.transform
    dates = [c for c in made.dates if made.dates[c].parts]
    if not dates:
        return inputs
    owners = np.array(made.owners)
    columns: list[int | Derived] = []
    for j, column in enumerate(made.columns):
        mine = tuple(int(i) for i in np.flatnonzero(owners == j))
        if column not in dates:
            columns.append(mine[0])
            continue
        days = np.unique(made.dates[column].days(model.data.frame[column]))
        days = days[~np.isnan(days)]
        columns.append(Derived(mine, days, made.dates[column].inputs(days)))
    return by_column(inputs, columns)


def _rows(model: FittedModel) -> Floats:
    return model.transform.codes(model.rows("all"))
