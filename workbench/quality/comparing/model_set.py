"""Several models of one target, trained on one table and held against the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...dataset import Dataset
from ...errors import ModelError, ParameterError
from ...metrics import Floats, Task
from ...model import FittedModel
from ...script import Script, call
from ...split import Rows
from ...target import Target

#: More models than this make a table nobody reads, and comparisons so many that none is sure.
MOST_MODELS = 12


@dataclass(frozen=True)
class ModelSet:
    """Models that may be compared, and what each is called: made by `ModelSet.of`.

    All were trained on the same table for the same target, and the same rows were held out of each;
    so a difference between two of them is a difference between models, row by row.
    """

    models: tuple[FittedModel, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, models: Iterable[FittedModel], names: Sequence[str] | None = None) -> ModelSet:
        """Two to twelve models under names of their own; without names, by their family and the
        settings in which they differ.

        Raises `ModelError` where they cannot be compared: another table, target, classes, or other
        rows held out.
        """
        given = tuple(models)
        called = names_of(given) if names is None else tuple(names)
        if not 2 <= len(given) <= MOST_MODELS:
            raise ParameterError(
                f"{len(given)} models were given.", f"Compare 2 to {MOST_MODELS} models."
            )
        if len(called) != len(given) or len(set(called)) != len(called):
            raise ParameterError(
                f"The names {list(called)} are not one for each of {len(given)} models.",
                "Give each model a name of its own, or leave the names out.",
            )
        for name, model in zip(called[1:], given[1:], strict=True):
            _require_comparable(called[0], given[0], name, model)
        return cls(given, called)

    # What it is, as a subject of methods

    @property
    def dataset(self) -> Dataset:
        """The table all were trained on."""
        return self.models[0].data

    @property
    def target(self) -> Target:
        """What all predict."""
        return self.models[0].target

    @property
    def task(self) -> Task:
        """regression, binary or multiclass."""
        return self.models[0].task

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of all models' probabilities; empty for regression."""
        return self.models[0].classes

    @property
    def positive(self) -> str | None:
        """Of two classes, the one whose probability is shown."""
        return self.models[0].positive

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all recipes and names."""
        parts = [f"{name}:{m.fingerprint}" for name, m in zip(self.names, self.models, strict=True)]
        return hashlib.blake2b("|".join(parts).encode(), digest_size=12).hexdigest()

    @property
    def script(self) -> Script:
        """The lines that train all of them."""
        made = [m.script.renamed(f"model_{at}") for at, m in enumerate(self.models, start=1)]
        listed = f"[{', '.join(each.name for each in made)}]"
        named = {} if self.names == names_of(self.models) else {"names": self.names}
        statement = f"models = {call('ModelSet.of', _Text(listed), **named)}"
        return Script(
            "models",
            (*(i for each in made for i in each.imports), ("workbench", "ModelSet")),
            (*(s for each in made for s in each.statements), statement),
        )

    # Its rows and predictions

    @property
    def held_out(self) -> Rows:
        """The row numbers held out of all of them, in the order of the table."""
        return self.models[0].positions("test")

    def __len__(self) -> int:
        return len(self.models)

    def place(self, name: str | None, default: int) -> int:
        """Which model a name means."""
        return default if name is None else self.names.index(name)

    def predictions(self, at: Rows, model: int) -> Floats:
        """What a model says of these rows: (n,) numbers, or (n, classes) probabilities."""
        asked = self.models[model]
        return asked.response(asked.transform.codes(asked.data.frame.iloc[at]))


def names_of(models: Sequence[FittedModel]) -> tuple[str, ...]:
    """What tells the models apart: the family, and the settings in which models of one family
    differ; a number where nothing does."""
    plain = [model.family.title for model in models]
    names = [_name(model, [m for m in models if m.family.name == model.family.name])
             for model in models]  # fmt: skip
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(f"{name} · {seen[name]}" if names.count(name) > 1 else name)
    return tuple(told) if len(models) > 1 else tuple(plain)


def _name(model: FittedModel, alike: Sequence[FittedModel]) -> str:
    differ = [
        name for name, value in model.settings.items()
        if any(other.settings.get(name, value) != value for other in alike)
    ]  # fmt: skip
    if len({other.seed for other in alike}) > 1:
        return f"{model.family.title} ({', '.join([*_said(model, differ), f'seed {model.seed}'])})"
    return f"{model.family.title} ({', '.join(_said(model, differ))})" if differ else (
        model.family.title
    )  # fmt: skip


def _said(model: FittedModel, names: Iterable[str]) -> list[str]:
    return [f"{name} {model.settings[name]}" for name in names]


class _Text:
    """Words that stand in a script as they are."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _require_comparable(first: str, one: FittedModel, second: str, other: FittedModel) -> None:
    if one.target.name != other.target.name or one.task != other.task:
        raise ModelError(
            f"'{first}' predicts {one.target.name} ({one.task}) and '{second}' "
            f"{other.target.name} ({other.task}).",
            "Compare models of the same target.",
        )
    if one.classes != other.classes:
        raise ModelError(
            f"'{first}' has the classes {', '.join(one.classes)} and '{second}' "
            f"{', '.join(other.classes)}, in this order.",
            "Train them with the same positive class and the same classes.",
        )
    if one.data.frame is not other.data.frame and not one.data.frame.equals(other.data.frame):
        raise ModelError(
            f"'{first}' and '{second}' were trained on different tables ({one.data.name}, "
            f"{len(one.data):,} rows, and {other.data.name}, {len(other.data):,} rows).",
            "Train both on the same table.",
        )
    if not np.array_equal(one.positions("test"), other.positions("test")):
        shared = len(np.intersect1d(one.split.test, other.split.test))
        raise ModelError(
            f"Of '{first}' {len(one.split.test):,} rows were held out and of '{second}' "
            f"{len(other.split.test):,}, of which {shared:,} are the same: what one has learned "
            "from, the other is judged on.",
            "Train both with the same seed and the same share of held-out rows.",
        )
