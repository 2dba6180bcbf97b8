"""A table a person brought, what each column is, and what part it plays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd

from .column_kinds import Kind, guess_kind
from .errors import DataError, ParameterError
from .script import Script

Role = Literal["feature", "target", "weight", "group", "time", "ignore"]

#: Kinds a model of this project can take as they are; the others are set aside with a note.
USABLE_KINDS: frozenset[Kind] = frozenset({"number", "category", "boolean"})


@dataclass(frozen=True)
class Dataset:
    """A table, the kind of every column and its role.

    `frame` has string column names and rows numbered from 0. `kinds` says what a column *is*
    (number, category, boolean, date, text, identifier), `roles` what it is *for* (feature, target,
    weight, group, time, ignore). `notes` holds what was noticed on the way in. `script` is the
    Python that makes this data set.

    Built with `Dataset.of`, changed with `with_target`, `with_kinds`, `with_roles`, `take`: each
    gives a new one. The frame is shared, not copied; pandas copies on write.
    """

    frame: pd.DataFrame
    name: str
    kinds: Mapping[str, Kind]
    roles: Mapping[str, Role]
    notes: tuple[str, ...] = ()
    script: Script = field(default=Script("data"), compare=False)

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        *,
        name: str = "data",
        target: str | None = None,
        notes: tuple[str, ...] = (),
        script: Script | None = None,
    ) -> Dataset:
        """A data set from a frame, with kinds and roles guessed from the values.

        Raises `DataError` for a frame without rows or columns, with two columns of one name, or
        with values that are no single number, text or date: lists, dictionaries, complex numbers.
        """
        frame = _checked(frame)
        kinds = {c: guess_kind(frame[c]) for c in frame.columns}
        roles: dict[str, Role] = {
            c: "feature" if kind in USABLE_KINDS else "ignore" for c, kind in kinds.items()
        }
        made = cls(
            frame,
            name,
            kinds,
            roles,
            notes + _set_aside(kinds),
        )
        made = made.with_target(target) if target is not None else made
        return replace(made, script=script or Script("data"))

    # What it holds

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names, in the order of the table."""
        return tuple(self.frame.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns a model may learn from."""
        return self.with_role("feature")

    @property
    def target(self) -> str | None:
        """The column to be predicted, if one was chosen."""
        return next(iter(self.with_role("target")), None)

    def with_role(self, role: Role) -> tuple[str, ...]:
        """The columns that play a role, in the order of the table."""
        return tuple(c for c in self.columns if self.roles[c] == role)

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """The columns of one of these kinds, in the order of the table."""
        return tuple(c for c in self.columns if self.kinds[c] in kinds)

    @property
    def dataset(self) -> Dataset:
        """Itself: what a setting that names a column looks into."""
        return self

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every value, name, kind and role, computed once."""
        digest = hashlib.blake2b(digest_size=12)
        for column in self.columns:
            digest.update(repr((column, self.kinds[column], self.roles[column])).encode())
            digest.update(str(self.frame[column].dtype).encode())
            hashes = pd.util.hash_pandas_object(self.frame[column], index=False)
            digest.update(hashes.to_numpy().tobytes())
        return digest.hexdigest()

    # Changed copies

    def with_target(self, target: str) -> Dataset:
        """The same table with another column to predict; the former target is a feature again."""
        self.require(target)
        freed: dict[str, Role] = {self.target: "feature"} if self.target else {}
        return self.with_roles({**freed, target: "target"})

    def with_roles(self, roles: Mapping[str, Role]) -> Dataset:
        """The same table with some roles changed."""
        self._check_choice(roles, get_args(Role), "role")
        merged: dict[str, Role] = {**self.roles, **roles}
        if sum(role == "target" for role in merged.values()) > 1:
            targets = ", ".join(f"'{c}'" for c, role in merged.items() if role == "target")
            raise DataError(f"More than one target was named: {targets}.", "Choose one.")
        return self._with(roles=merged, call=("with_roles", dict(roles)))

    def with_kinds(self, kinds: Mapping[str, Kind]) -> Dataset:
        """The same table with some kinds corrected, as when whole numbers are really codes."""
        self._check_choice(kinds, get_args(Kind), "kind")
        return self._with(kinds={**self.kinds, **kinds}, call=("with_kinds", dict(kinds)))

    def take(self, rows: np.ndarray) -> Dataset:
        """Some of the rows, by position, numbered anew. Raises `DataError` for none at all."""
        if not np.arange(len(self))[rows].size:
            raise DataError(f"No row of {self.name} is left.", "Keep at least one row.")
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True))

    def require(self, *columns: str) -> None:
        """Raises `ParameterError` for a column that is not in the table."""
        for column in columns:
            if column not in self.kinds:
                raise ParameterError(
                    f"'{column}' is not a column of {self.name}.",
                    f"Choose one of: {_listed(self.columns)}.",
                )

    def _check_choice(
        self, changes: Mapping[str, str], allowed: tuple[str, ...], what: str
    ) -> None:
        self.require(*changes)
        for column, value in changes.items():
            if value not in allowed:
                raise ParameterError(
                    f"'{value}' is not a {what} (for column '{column}').",
                    f"Choose one of: {', '.join(allowed)}.",
                )

    def _with(
        self,
        *,
        call: tuple[str, dict[str, str]],
        kinds: Mapping[str, Kind] | None = None,
        roles: Mapping[str, Role] | None = None,
    ) -> Dataset:
        method, argument = call
        statement = f"{self.script.name} = {self.script.name}.{method}({argument!r})"
        return replace(
            self,
            kinds=kinds or self.kinds,
            roles=roles or self.roles,
            script=self.script.also(self.script.name, (), (statement,)),
        )


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy(deep=False).reset_index(drop=True)
    frame.columns = pd.Index([str(c) for c in frame.columns])
    if frame.shape[1] == 0 or len(frame) == 0:
        raise DataError(
            f"The table has {len(frame)} rows and {frame.shape[1]} columns.",
            "Bring a table with a header line and at least one row of values.",
        )
    repeated = frame.columns[frame.columns.duplicated()].unique()
    if len(repeated):
        raise DataError(
            f"More than one column is called {_listed(repeated)}.", "Give each its own name."
        )
    for column in frame.columns:
        _refuse_values(frame[column])
    return frame


def _refuse_values(values: pd.Series) -> None:
    """Raises `DataError` where a cell holds more than one value: no level, no amount."""
    if pd.api.types.is_complex_dtype(values.dtype):
        raise DataError(
            f"Column '{values.name}' holds complex numbers.", "Split them into two columns."
        )
    if not pd.api.types.is_object_dtype(values.dtype) and not _is_nested(values.dtype):
        return
    odd = next((at for at, v in enumerate(values) if pd.api.types.is_list_like(v)), None)
    if odd is not None:
        raise DataError(
            f"Column '{values.name}' holds a {type(values.iloc[odd]).__name__} in row {odd}.",
            f"Make columns of what is in it, or text: frame[{values.name!r}].astype(str).",
        )


def _is_nested(dtype: object) -> bool:
    import pyarrow as pa

    return isinstance(dtype, pd.ArrowDtype) and pa.types.is_nested(dtype.pyarrow_dtype)


def _set_aside(kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    unless = "it is not used as a feature unless you change its role."
    reasons = {
        "identifier": f"numbers or names each row uniquely and would only be memorised; {unless}",
        "text": f"is free text; {unless}",
        "date": "is a date and not used as a feature. With the role time it divides the rows: the "
        "latest are held out. With the role feature the model is given its year, month, day of the "
        "week and elapsed days.",
    }
    return tuple(f"'{column}' {reasons[kind]}" for column, kind in kinds.items() if kind in reasons)


def _listed(names: Iterable[str], most: int = 12) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{n}'" for n in names[:most]) + more
