"""A trained model as one file that runs no code when it is opened, and the way back."""

from .load import load_model
from .save import model_bytes, save_model

__all__ = ["load_model", "model_bytes", "save_model"]
