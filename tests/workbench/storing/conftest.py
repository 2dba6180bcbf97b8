"""Saved models, once for all tests, and the means to tamper with them."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from tests import worlds
from workbench import Dataset, FittedModel, train
from workbench.storing import container, model_bytes, restore

WORLDS = {
    "regression": (worlds.additive, "y"),
    "binary": (worlds.yes_no, "bought"),
    "multiclass": (worlds.three_kinds, "kind"),
}


@cache
def model_of(family: str, task: str = "regression", **settings: object) -> FittedModel:
    world, target = WORLDS[task]
    return train(Dataset.of(world(160, seed=2), target=target), family, **settings)


@cache
def parts_of(family: str) -> dict[str, bytes]:
    return container.unpacked(model_bytes(model_of(family)), "The file")


def tampered(family: str, **changed: bytes) -> bytes:
    """The file of someone who knows the format: other parts, with hashes that fit them."""
    parts = {**parts_of(family), **changed}
    recipe = json.loads(parts[container.RECIPE])
    recipe["parts"] = {n: container.digest(parts[n]) for n in container.PARTS[1:]}
    parts[container.RECIPE] = json.dumps(recipe).encode()
    return container.packed(parts)


def opened_here(data: bytes) -> FittedModel:
    """A file opened by what its own process runs, in this one: a process a file costs two seconds,
    and adds nothing where the question is what is refused before any library sees it, or what an
    opened model says."""
    return restore.restored(restore.opened(data, "The file"))


@pytest.fixture(scope="session")
def model() -> Callable[..., FittedModel]:
    return model_of
