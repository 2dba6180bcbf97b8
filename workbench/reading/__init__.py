"""A table in: any file or frame a person brings becomes a `Dataset`, and what was understood on
the way becomes its notes."""

from .choice import ChoiceNeeded
from .how import How
from .read import Reading, read, reading
from .sql import read_sql
from .understood import Understood

__all__ = ["ChoiceNeeded", "How", "Reading", "Understood", "read", "read_sql", "reading"]
