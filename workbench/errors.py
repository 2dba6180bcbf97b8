"""What a person is told when the work cannot go on: one sentence on what, where and the value
found, and one on the way out.

Anything else that escapes is a bug of ours and keeps its traceback.
"""

from __future__ import annotations


class AnalysisError(Exception):
    """The work cannot go on, for a reason the person can do something about."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class DataError(AnalysisError):
    """The table cannot be read, or is not what the step needs."""


class ModelError(AnalysisError):
    """The model cannot be trained, loaded or explained."""


class QuestionError(AnalysisError):
    """The causal question contradicts itself, its graph or its data."""


class ParameterError(AnalysisError):
    """A setting is outside what the method allows."""


class NotApplicable(AnalysisError):
    """The method exists, but it would give a wrong or empty answer here, so it gives none."""
