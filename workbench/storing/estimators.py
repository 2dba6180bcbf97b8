"""An estimator as bytes that hold no code: XGBoost's own UBJSON, the text of LightGBM, skops
for scikit-learn.

What a file may name is a fixed list; a file is never asked which types it would like to be trusted.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ModelError
from ..model import FittedModel
from ..models import FAMILIES, Learning
from .container import SAVE_AGAIN, refuse_pickle, require_bounded
from .lightgbm_text import restored_from, text_of
from .recipe import Recipe
from .tree_shapes import require_sound_trees

_BOOSTING = "sklearn.ensemble._hist_gradient_boosting"
#: Every type our families are made of, by the loader skops reads it with. Found by saving each
#: family for each task; a test does so again.
KNOWN_TYPES: Mapping[str, frozenset[str]] = {
    "DTypeNode": frozenset({"numpy.dtype"}),
    "DictNode": frozenset({"builtins.dict"}),
    "ListNode": frozenset({"builtins.list"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "JsonNode": frozenset({"builtins.str"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "TypeNode": frozenset({"builtins.str", "numpy.float64"}),
    "NdArrayNode": frozenset({"numpy.ndarray", "numpy.float64", "numpy.int64", "numpy.uint64"}),
    "RandomGeneratorNode": frozenset({"numpy.random._generator.Generator"}),
    # with native categories, gradient boosting passes the other columns on by this function
    "PartialNode": frozenset({"functools.partial"}),
    "FunctionNode": frozenset({"sklearn.utils.validation.check_array"}),
    "LossNode": frozenset(
        {
            "sklearn._loss._loss.CyAbsoluteError",
            "sklearn._loss._loss.CyHalfBinomialLoss",
            "sklearn._loss._loss.CyHalfMultinomialLoss",
            "sklearn._loss._loss.CyHalfPoissonLoss",
            "sklearn._loss._loss.CyHalfSquaredError",
            "sklearn._loss._loss.CyHalfTweedieLoss",
            "sklearn._loss._loss.CyPinballLoss",
        }
    ),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    "ObjectNode": frozenset(
        {
            "sklearn._loss.link.IdentityLink",
            "sklearn._loss.link.Interval",
            "sklearn._loss.link.LogLink",
            "sklearn._loss.link.LogitLink",
            "sklearn._loss.link.MultinomialLogit",
            "sklearn._loss.loss.AbsoluteError",
            "sklearn._loss.loss.HalfBinomialLoss",
            "sklearn._loss.loss.HalfMultinomialLoss",
            "sklearn._loss.loss.HalfPoissonLoss",
            "sklearn._loss.loss.HalfSquaredError",
            "sklearn._loss.loss.HalfTweedieLoss",
            "sklearn._loss.loss.PinballLoss",
            "sklearn.compose._column_transformer.ColumnTransformer",
            "sklearn.ensemble._forest.ExtraTreesClassifier",
            "sklearn.ensemble._forest.ExtraTreesRegressor",
            "sklearn.ensemble._forest.RandomForestClassifier",
            "sklearn.ensemble._forest.RandomForestRegressor",
            f"{_BOOSTING}.binning._BinMapper",
            f"{_BOOSTING}.gradient_boosting.HistGradientBoostingClassifier",
            f"{_BOOSTING}.gradient_boosting.HistGradientBoostingRegressor",
            f"{_BOOSTING}.predictor.TreePredictor",
            "sklearn.impute._base.MissingIndicator",
            "sklearn.impute._base.SimpleImputer",
            "sklearn.linear_model._coordinate_descent.ElasticNet",
            "sklearn.linear_model._glm.glm.TweedieRegressor",
            "sklearn.linear_model._logistic.LogisticRegression",
            "sklearn.linear_model._quantile.QuantileRegressor",
            "sklearn.linear_model._ridge.Ridge",
            "sklearn.pipeline.Pipeline",
            "sklearn.preprocessing._data.StandardScaler",
            "sklearn.preprocessing._encoders.OneHotEncoder",
            "sklearn.preprocessing._encoders.OrdinalEncoder",
            "sklearn.preprocessing._function_transformer.FunctionTransformer",
            "sklearn.preprocessing._label.LabelEncoder",
            "sklearn.tree._classes.DecisionTreeClassifier",
            "sklearn.tree._classes.DecisionTreeRegressor",
            "sklearn.tree._classes.ExtraTreeClassifier",
            "sklearn.tree._classes.ExtraTreeRegressor",
        }
    ),
}


def estimator_bytes(model: FittedModel) -> bytes:
    """The model's estimator as bytes; `ModelError` for a family that no file can hold."""
    if model.family.name == "lightgbm":
        return text_of(model.estimator)
    if model.family.name == "xgboost":
        return bytes(model.estimator.get_booster().save_raw("ubj"))
    import skops.io

    content: bytes = skops.io.dumps(model.estimator)
    foreign = _foreign_type(content, "the model")
    if foreign is not None:
        raise ModelError(
            f"This {model.family.title} cannot be saved: it holds a '{foreign}', which is not "
            "among the types a file may name.",
            "Use the versions of scikit-learn and skops that constraints.txt names, or another "
            "family.",
        )
    return content


def restored_estimator(
    content: bytes,
    recipe: Recipe,
    settings: Mapping[str, Any],
    learning: Learning,
    opening: str,
) -> Any:
    """The estimator in a file, of the class its family builds, with trees that can be walked."""
    blank = FAMILIES[recipe.family].build(learning, **settings)
    if recipe.family == "lightgbm":
        return restored_from(
            content, blank, recipe.task, len(learning.columns), len(recipe.classes), opening
        )
    if recipe.family == "xgboost":
        blank.load_model(bytearray(content))
        estimator = blank
    else:
        estimator = _from_skops(content, opening)
    if type(estimator) is not type(blank):
        raise ModelError(
            f"{opening} holds a {type(estimator).__name__} where its recipe names a "
            f"{type(blank).__name__}.",
            SAVE_AGAIN,
        )
    require_sound_trees(estimator, len(learning.columns), max(1, len(recipe.classes)), opening)
    return estimator


def _from_skops(content: bytes, opening: str) -> Any:
    import skops.io

    foreign = _foreign_type(content, opening)
    if foreign is not None:
        raise ModelError(
            f"{opening} holds a '{foreign}', which no model of ours is made of.",
            "Bring a file that save_model has written, from someone you trust.",
        )
    trusted = sorted({name for names in KNOWN_TYPES.values() for name in names})
    return skops.io.loads(content, trusted=trusted)


def _foreign_type(content: bytes, opening: str) -> str | None:
    """The first type that is not on the list; asked before skops looks, since skops imports what a
    file names while it reads it."""
    refuse_pickle(content, f"The estimator in {opening}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            require_bounded(archive.infolist(), opening)
            schema = json.loads(archive.read("schema.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise ModelError(f"The estimator in {opening} is damaged.", SAVE_AGAIN) from error
    named = _named_types(schema)
    return next((n[:120] for n, loader in named if n not in KNOWN_TYPES.get(loader, ())), None)


def _named_types(schema: Any) -> Iterator[tuple[str, str]]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "__class__" in part or "__loader__" in part:
                name = f"{part.get('__module__')}.{part.get('__class__')}"
                yield name, str(part.get("__loader__"))
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
