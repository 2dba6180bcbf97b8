"""Samples of the designs, where how the treatment came about stands for a list of confounders."""

from __future__ import annotations

from ..dataset import Role
from ._sample import Loaded, Sample, SampleDesign, SampleQuestion, whole, with_levels

_FROM_CAUSALDATA = "From the package causaldata."


def _hiv_results() -> Loaded:
    from causaldata import thornton_hiv

    levels = {"hiv2004": {"-1": "indeterminate", "0": "negative", "1": "positive"}}
    frame = whole(with_levels(thornton_hiv.load_pandas().data, levels))
    frame["villnum"] = frame["villnum"].astype("Int64").astype("str").astype("category")
    note = (
        "'got' is 1 where the result was collected, 'any' 1 where a reward was offered, 'tinc' its "
        "size in dollars, 'distvct' the distance to the centre in kilometres."
    )
    return Loaded(frame, (_FROM_CAUSALDATA, note))


def _congress() -> Loaded:
    from causaldata import close_elections_lmb

    frame = close_elections_lmb.load_pandas().data
    # A score a session: both sessions after an election share its votes and are not independent.
    election = (
        frame["state"].astype("str") + ", " + frame["district"].astype("str") + ", "
        + frame["year"].astype("str")
    )  # fmt: skip
    note = (
        "'score' is how liberally someone voted (0 to 100), 'demvoteshare' the Democrats' share of "
        "the votes in the election before, 'democrat' whether they won it. The scores that follow "
        "one 'election' belong together (its role is group)."
    )
    made = whole(frame.drop(columns="id")).assign(election=election)
    return Loaded(made, (_FROM_CAUSALDATA, note), roles={"election": "group"})


def _organ_donations() -> Loaded:
    from causaldata import organ_donations

    note = (
        "'Rate' is the share of people registered as donors. From July 2011 (Q32011) California "
        "asked everyone to say yes or no; before, only those who wanted to said yes."
    )
    frame = whole(organ_donations.load_pandas().data)
    return Loaded(frame, (_FROM_CAUSALDATA, note), roles={"State": "group", "Quarter": "ignore"})


_CASTLE = (
    *("sid", "year", "l_homicide", "post", "unemployrt", "poverty", "l_police", "l_income"),
    *("l_prisoner", "popwt"),
)


def _castle() -> Loaded:
    from causaldata import castle

    frame = castle.load_pandas().data[list(_CASTLE)]
    after = frame[frame["post"] > 0].groupby("sid")["year"].min()
    frame = frame.assign(adopted=frame["sid"].map(after - 1).fillna(0))
    note = (
        "'l_homicide' is the logarithm of homicides per 100,000 people, 'post' 1 from the first "
        "whole year of the law on; 'adopted' is worked out here, the year before that (0: never), "
        "and 'popwt' the population. The other 129 columns are left out."
    )
    roles: dict[str, Role] = {"sid": "group", "popwt": "ignore"}
    return Loaded(whole(frame), (_FROM_CAUSALDATA, note), roles=roles)


def _texas() -> Loaded:
    from causaldata import texas

    note = "'bmprison' counts black men in prison, 'wmprison' white men, by state and year."
    roles: dict[str, Role] = {"state": "group", "statefip": "ignore"}
    return Loaded(whole(texas.load_pandas().data), (_FROM_CAUSALDATA, note), roles=roles)


def _nile() -> Loaded:
    from statsmodels.datasets import nile

    note = "'volume' is what flowed by at Aswan in a year, in 100 million cubic metres."
    return Loaded(whole(nile.load_pandas().data), ("From the package statsmodels.", note))


SAMPLES = (
    Sample(
        "hiv_results",
        "Collecting an HIV test result",
        "Does a small reward make people collect their test result?",
        "An experiment: 4,820 people in rural Malawi who were offered rewards drawn by lot; many "
        "values are missing (Thornton, 2008).",
        "got",
        _hiv_results,
        SampleQuestion(
            "any", "got", "43 percentage points more (Thornton, 2008)", ("age", "distvct")
        ),
        SampleDesign(
            "experiment",
            {"outcome": "got", "arm": "any", "covariates": ("age", "distvct")},
            "43 percentage points more (Thornton, 2008)",
        ),
    ),
    Sample(
        "congress",
        "Close elections and votes in Congress",
        "How much more liberally do Democrats vote who hardly won than those who hardly beat them?",
        "A cut-off: 13,588 scores of members of the House from 1946 to 1995, and their share of "
        "the votes (Lee, Moretti and Butler, 2004).",
        "score",
        _congress,
        design=SampleDesign(
            "regression_discontinuity",
            {"outcome": "score", "running": "demvoteshare", "cutoff": 0.5},
            "47.6 points, standard error 1.3, by means within two points of a half (Lee, Moretti "
            "and Butler, 2004)",
        ),
    ),
    Sample(
        "organ_donations",
        "Organ donors in California",
        "Do more people become donors when they must say yes or no?",
        "Units over time: 27 states in six quarters, California asking everyone from the fourth on "
        "(Kessler and Roth, 2014).",
        "Rate",
        _organ_donations,
        design=SampleDesign(
            "difference_in_differences",
            {"outcome": "Rate", "unit": "State", "time": "Quarter",
             "treated_units": "California", "starts": "Q32011"},
            "0.022 fewer, standard error 0.007 clustered by state (Huntington-Klein, The Effect, "
            "chapter 18), which one treated state cannot bear out",
        ),
    ),
    Sample(
        "castle",
        "Self-defence laws and homicides",
        "Do laws that allow deadly force lead to more homicides?",
        "Units over time, with different starts: 50 states from 2000 to 2010, 21 of which changed "
        "their law (Cheng and Hoekstra, 2013).",
        "l_homicide",
        _castle,
        design=SampleDesign(
            "difference_in_differences",
            {"outcome": "l_homicide", "unit": "sid", "time": "year", "adopted": "adopted"},
            "about 8 % more (Cheng and Hoekstra, 2013, weighted by population and adjusted)",
        ),
    ),
    Sample(
        "texas",
        "Prison building in Texas",
        "How many more black men were in prison because Texas built prisons?",
        "One unit among many: 51 states from 1985 to 2000; Texas doubled its prisons from 1993 on "
        "(Cunningham, The Mixtape).",
        "bmprison",
        _texas,
        design=SampleDesign(
            "synthetic_control",
            {"outcome": "bmprison", "unit": "state", "time": "year",
             "treated_units": "Texas", "starts": "1993"},
            "far more than in a mixture of four other states (The Mixtape, chapter 10, with more "
            "predictors than the path itself)",
        ),
    ),
    Sample(
        "nile",
        "The flow of the Nile",
        "Did less water flow from 1899 on, when the dam at Aswan was begun?",
        "One series: a hundred years of it, 1871 to 1970 (Durbin and Koopman, 2012).",
        "volume",
        _nile,
        design=SampleDesign(
            "interrupted_time_series",
            {"outcome": "volume", "time": "year", "starts": "1899", "ends": "1908"},
            "about 248 less a year, by a moving level with one step over all hundred years (Durbin "
            "and Koopman, 2012)",
        ),
    ),
)  # fmt: skip
