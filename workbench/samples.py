"""Tables one click away, bundled in packages the project needs anyway: nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from .dataset import Dataset, Role
from .errors import ParameterError
from .script import Script


@dataclass(frozen=True)
class SampleQuestion:
    """The causal question a sample is known for."""

    treatment: str
    outcome: str
    confounders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A bundled table: what it is (`says`), what one may ask of it (`asks`), what to predict, and
    the causal `question` where it has one."""

    name: str
    title: str
    asks: str
    says: str
    target: str
    question: SampleQuestion | None = None


def sample(name: str) -> Dataset:
    """One of the bundled tables, with its target chosen.

    `SAMPLES` lists them. Raises `ParameterError` for a name that is not among them.
    """
    if name not in SAMPLES:
        raise ParameterError(
            f"There is no sample called {name!r}.", f"Choose one of: {', '.join(SAMPLES)}."
        )
    chosen = SAMPLES[name]
    loaded = _LOADERS[name]()
    script = Script("data").then("data", "workbench", "sample", name)
    data = Dataset.of(loaded.frame, name=name, target=chosen.target, notes=loaded.notes)
    if loaded.features:
        data = data.with_roles(_only(loaded.features, data))
    return replace(data, script=script)


@dataclass(frozen=True)
class _Loaded:
    """A frame with readable levels; `features`, where only some columns may be learnt from."""

    frame: pd.DataFrame
    notes: tuple[str, ...]
    features: tuple[str, ...] = ()


_NHEFS_CONFOUNDERS = (
    *("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active"),
    "wt71",
)

_ALL = (
    Sample(
        "nhefs",
        "Smokers and their weight (NHEFS)",
        "How much weight do people gain because they stop smoking?",
        "1,566 American smokers seen in 1971 and again in 1982, 403 of whom had stopped; the "
        "running example of Hernán and Robins, Causal Inference: What If.",
        "wt82_71",
        SampleQuestion("qsmk", "wt82_71", _NHEFS_CONFOUNDERS),
    ),
    Sample(
        "diabetes",
        "Progress of diabetes",
        "What tells how far diabetes will have progressed a year later?",
        "442 patients with ten measurements each and a score of their disease one year later "
        "(Efron and others, 2004).",
        "progression",
    ),
    Sample(
        "breast_cancer",
        "Breast cancer diagnosis",
        "Which traits of cell nuclei tell a malignant tumour from a benign one?",
        "569 tumours with thirty measurements of their cell nuclei, taken from pictures "
        "(Wisconsin, 1995).",
        "diagnosis",
    ),
    Sample(
        "penguins",
        "Penguins of Palmer Station",
        "Which measurements tell the three species of penguin apart?",
        "344 penguins of three species on three islands, with some measurements missing.",
        "species",
    ),
    Sample(
        "hiv_results",
        "Collecting an HIV test result",
        "Does a small reward make people collect their test result?",
        "4,820 people in rural Malawi who were offered rewards drawn by lot; many values are "
        "missing (Thornton, 2008).",
        "got",
        SampleQuestion("any", "got", ("age", "distvct")),
    ),
)

SAMPLES: Mapping[str, Sample] = MappingProxyType({s.name: s for s in _ALL})


def _only(features: tuple[str, ...], data: Dataset) -> dict[str, Role]:
    return {
        column: "feature" if column in features else "ignore"
        for column in data.columns
        if column != data.target
    }


def _nhefs() -> _Loaded:
    from causaldata import nhefs_complete

    features = ("qsmk", *_NHEFS_CONFOUNDERS)
    names = ", ".join(f"'{feature}'" for feature in features)
    frame = _with_levels(nhefs_complete.load_pandas().data, _NHEFS_LEVELS)
    note = (
        f"Only {names} are features: what was known in 1971, and "
        "whether the person stopped. The other columns are set aside, because many came later "
        "('wt82' gives the target away) and the rest is not in the textbook's model."
    )
    source = "The people whose weight in 1982 is known, from the package causaldata."
    return _Loaded(_whole(frame), (source, note), features)


#: The codebook's order, which is the textbook's: its first level is what others are compared to.
_NHEFS_LEVELS: dict[str, dict[str, str]] = {
    "sex": {"0": "male", "1": "female"},
    "race": {"0": "white", "1": "black or other"},
    "education": {
        "1": "8th grade or less",
        "2": "high school dropout",
        "3": "high school",
        "4": "college dropout",
        "5": "college or more",
    },
    "exercise": {"0": "much", "1": "moderate", "2": "little or none"},
    "active": {"0": "very active", "1": "moderately active", "2": "inactive"},
}
_ORDERED = frozenset({"education", "exercise", "active"})


def _diabetes() -> _Loaded:
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns=_DIABETES_NAMES)
    # The package does not say which of the two is which.
    frame = _with_levels(frame, {"sex": {"1": "1", "2": "2"}})
    source = "The diabetes data in their own units, from the package scikit-learn."
    return _Loaded(_whole(frame), (source,))


_DIABETES_NAMES = {
    "bp": "blood_pressure",
    "s1": "cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_per_hdl",
    "s5": "log_triglycerides",
    "s6": "glucose",
    "target": "progression",
}


def _breast_cancer() -> _Loaded:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    names = dict(enumerate(bunch.target_names))
    frame = bunch.data.assign(diagnosis=bunch.target.map(names).astype("str"))
    return _Loaded(frame, ("The breast cancer data from the package scikit-learn.",))


def _penguins() -> _Loaded:
    from palmerpenguins import load_penguins

    return _Loaded(load_penguins(), ("The penguins from the package palmerpenguins.",))


def _hiv_results() -> _Loaded:
    from causaldata import thornton_hiv

    levels = {"hiv2004": {"-1": "indeterminate", "0": "negative", "1": "positive"}}
    frame = _whole(_with_levels(thornton_hiv.load_pandas().data, levels))
    frame["villnum"] = frame["villnum"].astype("Int64").astype("str").astype("category")
    note = (
        "'got' is 1 where the result was collected, 'any' 1 where a reward was offered, 'tinc' its "
        "size in dollars, 'distvct' the distance to the centre in kilometres."
    )
    return _Loaded(frame, ("From the package causaldata.", note))


def _with_levels(frame: pd.DataFrame, levels: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Codes turned into categories with readable names, in the order given."""
    named = {}
    for column, names in levels.items():
        codes = frame[column].astype("float64").astype("Int64").astype("str")
        kind = pd.CategoricalDtype(list(names.values()), ordered=column in _ORDERED)
        named[column] = codes.map(names).astype(kind)
    return frame.assign(**named)


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers that a package stores as floats, whole again; short floats made long."""
    numbers = frame.select_dtypes("number").astype("float64")
    whole = [c for c in numbers if (numbers[c] % 1 == 0).all()]
    return frame.assign(**numbers.astype(dict.fromkeys(whole, "int64")))


_LOADERS: dict[str, Callable[[], _Loaded]] = {
    "nhefs": _nhefs,
    "diabetes": _diabetes,
    "breast_cancer": _breast_cancer,
    "penguins": _penguins,
    "hiv_results": _hiv_results,
}
