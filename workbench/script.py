"""The Python that makes a thing: every noun carries the lines that would make it again.

A data set knows how it was read, a model adds how it was trained, a question what it asks, a
result the call that made it. *Show the Python* and the report print the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: A call longer than this is written one argument to a line.
LINE_LENGTH = 88


@dataclass(frozen=True)
class Name:
    """A variable or function to be written as it stands, not as a string."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Script:
    """Imports and statements, in order; `name` is the variable that holds what they make."""

    name: str
    imports: tuple[tuple[str, str], ...] = ()
    statements: tuple[str, ...] = ()

    def then(
        self, name: str, module: str, function: str, /, *subjects: object, **settings: object
    ) -> Script:
        """This script, and then `name = function(subject, setting=value)`."""
        statement = f"{name} = {call(function, *subjects, **settings)}"
        return self.also(name, ((module, function),), (statement,))

    def also(
        self, name: str, imports: tuple[tuple[str, str], ...], statements: tuple[str, ...]
    ) -> Script:
        """This script with further imports and statements, holding `name` at the end."""
        return Script(name, self.imports + imports, self.statements + statements)

    def renamed(self, name: str) -> Script:
        """The same, with what the last statement makes under another name."""
        *before, last = self.statements or ("",)
        opening = f"{self.name} = "
        if not last.startswith(opening):
            return self.also(name, (), (f"{name} = {self.name}",))
        return Script(name, self.imports, (*before, f"{name} = {last.removeprefix(opening)}"))

    @property
    def text(self) -> str:
        """The whole as a file that runs."""
        return "\n".join([*_import_lines(self.imports), "", *dict.fromkeys(self.statements)]) + "\n"


def call(function: str, /, *subjects: object, **settings: object) -> str:
    """`function(subject, setting=value)`, on one line where it fits."""
    arguments = [repr(s) for s in subjects] + [f"{k}={_literal(v)}" for k, v in settings.items()]
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= LINE_LENGTH:
        return line
    return f"{function}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def _literal(value: object) -> str:
    """A setting as Python: tuples read better as lists, mappings lose their proxies."""
    if isinstance(value, Mapping):
        return repr(dict(value))
    return repr(list(value)) if isinstance(value, tuple | list) else repr(value)


def _import_lines(imports: tuple[tuple[str, str], ...]) -> list[str]:
    modules = sorted({module for module, _ in imports})
    return [
        f"from {module} import {', '.join(sorted({n for m, n in imports if m == module}))}"
        for module in modules
    ]
