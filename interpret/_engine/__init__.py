"""Two ways to have a model's answers, and the choice between them.

The exact engine reads the trees and counts; it is quick enough for all rows. The other asks the
model itself, which is right for any model and takes longer. A method asks `engine_of(model)` and
does not know which one answers.
"""

from .answers import Engine, Means, Places, Target
from .choose import engine_of

__all__ = ["Engine", "Means", "Places", "Target", "engine_of"]
