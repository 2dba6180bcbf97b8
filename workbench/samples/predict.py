"""Samples that are known for what can be predicted."""

from __future__ import annotations

from ._sample import Loaded, Sample, whole, with_levels


def _diabetes() -> Loaded:
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns=_DIABETES_NAMES)
    # The package does not say which of the two is which.
    frame = with_levels(frame, {"sex": {"1": "1", "2": "2"}})
    source = "The diabetes data in their own units, from the package scikit-learn."
    return Loaded(whole(frame), (source,))


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


def _breast_cancer() -> Loaded:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    names = dict(enumerate(bunch.target_names))
    frame = bunch.data.assign(diagnosis=bunch.target.map(names).astype("str"))
    return Loaded(frame, ("The breast cancer data from the package scikit-learn.",))


def _penguins() -> Loaded:
    from palmerpenguins import load_penguins

    return Loaded(load_penguins(), ("The penguins from the package palmerpenguins.",))


SAMPLES = (
    Sample(
        "diabetes",
        "Progress of diabetes",
        "What tells how far diabetes will have progressed a year later?",
        "442 patients with ten measurements each and a score of their disease one year later "
        "(Efron and others, 2004).",
        "progression",
        _diabetes,
    ),
    Sample(
        "breast_cancer",
        "Breast cancer diagnosis",
        "Which traits of cell nuclei tell a malignant tumour from a benign one?",
        "569 tumours with thirty measurements of their cell nuclei, taken from pictures "
        "(Wisconsin, 1995).",
        "diagnosis",
        _breast_cancer,
    ),
    Sample(
        "penguins",
        "Penguins of Palmer Station",
        "Which measurements tell the three species of penguin apart?",
        "344 penguins of three species on three islands, with some measurements missing.",
        "species",
        _penguins,
    ),
)
