"""Tables one click away, bundled in packages the project needs anyway: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ..dataset import Dataset, Role
from ..errors import ParameterError
from ..script import Script
from . import adjust, designs, predict
from ._sample import Sample, SampleDesign, SampleQuestion

__all__ = ["SAMPLES", "Sample", "SampleDesign", "SampleQuestion", "sample"]

SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {s.name: s for s in (*predict.SAMPLES, *adjust.SAMPLES, *designs.SAMPLES)}
)


def sample(name: str) -> Dataset:
    """One of the bundled tables, with its target chosen.

    `SAMPLES` lists them. Raises `ParameterError` for a name that is not among them.
    """
    if name not in SAMPLES:
        raise ParameterError(
            f"There is no sample called {name!r}.", f"Choose one of: {', '.join(SAMPLES)}."
        )
    chosen = SAMPLES[name]
    loaded = chosen.load()
    script = Script("data").then("data", "workbench", "sample", name)
    data = Dataset.of(loaded.frame, name=name, target=chosen.target, notes=loaded.notes)
    if loaded.features:
        data = data.with_roles(_only(loaded.features, data))
    if loaded.roles:
        data = data.with_roles(loaded.roles)
    return replace(data, script=script)


def _only(features: tuple[str, ...], data: Dataset) -> dict[str, Role]:
    return {
        column: "feature" if column in features else "ignore"
        for column in data.columns
        if column != data.target
    }
