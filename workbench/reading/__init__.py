"""A table in: any file or frame a person brings becomes a `Dataset`, and what was understood on
the way becomes its notes."""

from .read import read

__all__ = ["read"]
