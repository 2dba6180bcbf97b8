"""Better settings than the defaults, searched for on the training rows alone."""

from .tune import tune, tuned_model
from .tuned_against_default import TunedAgainstDefault, tuned_against_default
from .tuning import Tuning

__all__ = ["TunedAgainstDefault", "Tuning", "tune", "tuned_against_default", "tuned_model"]
