"""Samples with a causal question that adjustment or an instrument answers."""

from __future__ import annotations

import pandas as pd

from ._sample import Loaded, Sample, SampleQuestion, whole, with_levels

_NHEFS_CONFOUNDERS = (
    *("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active"),
    "wt71",
)
#: The codebook's order, which is the textbook's: its first level is what others are compared to.
_NHEFS_LEVELS = {
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


def _nhefs() -> Loaded:
    from causaldata import nhefs_complete

    features = ("qsmk", *_NHEFS_CONFOUNDERS)
    names = ", ".join(f"'{feature}'" for feature in features)
    frame = with_levels(nhefs_complete.load_pandas().data, _NHEFS_LEVELS,
                        ordered=("education", "exercise", "active"))  # fmt: skip
    note = (
        f"Only {names} are features: what was known in 1971, and "
        "whether the person stopped. The other columns are set aside, because many came later "
        "('wt82' gives the target away) and the rest is not in the textbook's model."
    )
    source = "The people whose weight in 1982 is known, from the package causaldata."
    return Loaded(whole(frame), (source, note), features)


_TRAINING_CONFOUNDERS = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")


def _job_training() -> Loaded:
    from causaldata import cps_mixtape, nsw_mixtape

    experiment = nsw_mixtape.load_pandas().data
    trained = experiment[experiment["treat"] == 1]
    others = cps_mixtape.load_pandas().data
    frame = pd.concat([trained, others], ignore_index=True).drop(columns="data_id")
    note = (
        "'re78' is earned in 1978, in dollars; 're74' and 're75' before the programme. The trained "
        "are those of the experiment, the others come from a survey of everyone: few are like "
        "them. Rows that repeat are different people whose earnings were zero or cut at the top."
    )
    return Loaded(whole(frame), ("From the package causaldata.", note))


def _schooling() -> Loaded:
    from causaldata import close_college

    note = (
        "'lwage' is the logarithm of the hourly wage in cents in 1976, 'educ' years at school, "
        "'nearc4' 1 where a college with four-year courses was near."
    )
    frame = close_college.load_pandas().data
    return Loaded(whole(frame), ("From the package causaldata.", note))


SAMPLES = (
    Sample(
        "nhefs",
        "Smokers and their weight (NHEFS)",
        "How much weight do people gain because they stop smoking?",
        "1,566 American smokers seen in 1971 and again in 1982, 403 of whom had stopped; the "
        "running example of Hernán and Robins, Causal Inference: What If.",
        "wt82_71",
        _nhefs,
        SampleQuestion(
            "qsmk", "wt82_71",
            "3.4 kg more, 95 % interval 2.4 to 4.5 (What If, chapter 12, by weighting)",
            _NHEFS_CONFOUNDERS,
        ),
    ),
    Sample(
        "job_training",
        "Job training and earnings",
        "How much more do the trained earn because of their training?",
        "185 people trained in the NSW programme beside 15,992 of a survey (LaLonde, 1986): a "
        "lesson in what can go wrong when those compared are not alike.",
        "re78",
        _job_training,
        SampleQuestion(
            "treat", "re78",
            "1,794 dollars, by the experiment these trained were part of (Dehejia and Wahba, "
            "1999); the plain difference here is −8,498",
            _TRAINING_CONFOUNDERS, estimand="ATT",
        ),
    ),
    Sample(
        "schooling",
        "Years at school and wages",
        "How much more does one earn for a year longer at school?",
        "3,010 American men, some of whom grew up near a college, which moved some to study "
        "longer (Card, 1995).",
        "lwage",
        _schooling,
        SampleQuestion(
            "educ", "lwage",
            "0.124 log points for a year, standard error 0.050, by two-stage least squares "
            "(Cunningham, The Mixtape, chapter 7); 0.071 by least squares",
            ("exper", "black", "south", "married", "smsa"), ("nearc4",), "LATE",
        ),
    ),
)  # fmt: skip
