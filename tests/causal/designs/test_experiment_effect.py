"""An experiment's effect: published, beside statsmodels, and where it must not change."""

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from causal import (
    ExperimentQuestion,
    experiment_effect,
    minimal_detectable_effect,
    multiple_outcomes,
    sequential_peeking,
)
from tests.causal.designs.trials import about, trial
from workbench import Dataset
from workbench.errors import NotApplicable

EIGHT = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")


def nsw(**asked: object) -> ExperimentQuestion:
    data = Dataset.of(causaldata.nsw_mixtape.load_pandas().data)
    return ExperimentQuestion(data, outcome="re78", arm="treat", **asked)  # type: ignore[arg-type]


def test_the_training_programme_is_as_published() -> None:
    row = experiment_effect(nsw()).frame.iloc[0]
    assert row["estimate"] == pytest.approx(1794.34, abs=0.005)
    assert row["std_error"] == pytest.approx(671.0, abs=0.05)


def test_one_slope_for_all_is_the_regression_with_eight_covariates() -> None:
    row = experiment_effect(nsw(covariates=EIGHT), adjustment="cuped").frame.iloc[0]
    assert row["estimate"] == pytest.approx(1676.34, abs=0.005)


def test_slopes_of_its_own_for_each_arm_are_lins_regression() -> None:
    frame = trial(gain=2.0)
    found = experiment_effect(about(frame, covariates=("a",))).frame
    frame["t"], frame["c"] = (frame["arm"] == "new") * 1, frame["a"] - frame["a"].mean()
    fit = smf.ols("y ~ t * c", frame).fit(cov_type="HC2")
    row = found.iloc[0]
    assert row["estimate"] == pytest.approx(fit.params["t"], rel=1e-10)
    # HC2 is for the rows at hand; that the covariate's mean is a sample's adds its slope's change.
    more = fit.params["t:c"] ** 2 * frame["c"].var(ddof=0) / len(frame)
    assert row["std_error"] == pytest.approx(np.sqrt(fit.bse["t"] ** 2 + more), rel=1e-3)
    assert found.iloc[1]["std_error"] > 1.3 * row["std_error"]


def test_strata_are_averaged_by_their_size() -> None:
    frame = trial(share=0.5)
    keep = (frame["cell"] == "north") | (frame["arm"] == "new") | (np.arange(400) % 3 == 0)
    frame = frame[keep].reset_index(drop=True)
    row = experiment_effect(about(frame, strata=("cell",))).frame.iloc[0]
    means = frame.groupby(["cell", "arm"])["y"].mean().unstack()
    sizes = frame["cell"].value_counts(normalize=True)
    assert row["estimate"] == pytest.approx(((means["new"] - means["old"]) * sizes).sum())
    variances = frame.groupby(["cell", "arm"])["y"].agg(["var", "size"])
    within = (variances["var"] / variances["size"]).groupby("cell").sum()
    between = ((means["new"] - means["old"] - row["estimate"]) ** 2 * sizes).sum() / len(frame)
    neyman = np.sqrt((within * sizes**2).sum() + between)
    assert row["std_error"] == pytest.approx(neyman, rel=1e-6)
    plain = frame.groupby("arm")["y"].mean()
    assert abs(plain["new"] - plain["old"] - 1) > abs(row["estimate"] - 1)


def test_groups_are_statsmodels_clusters() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(40), 10)
    t = (rng.permutation(40) % 2)[group]
    frame = pd.DataFrame({"g": group, "arm": np.where(t, "new", "old"), "t": t,
                          "y": t + rng.normal(size=40)[group] + rng.normal(size=400)})  # fmt: skip
    row = experiment_effect(about(frame, {"g": "group"})).frame.iloc[0]
    fit = smf.ols("y ~ t", frame).fit(
        cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
    )
    assert row["estimate"] == pytest.approx(fit.params["t"])
    assert row["std_error"] == pytest.approx(fit.bse["t"] * np.sqrt(40 / 39))


def test_weights_are_those_of_a_weighted_regression() -> None:
    frame = trial().assign(w=lambda f: np.exp(f["a"]))
    row = experiment_effect(about(frame, {"w": "weight"})).frame.iloc[0]
    fit = smf.wls("y ~ t", frame.assign(t=(frame["arm"] == "new") * 1), weights=frame["w"]).fit(
        cov_type="HC2"
    )
    assert row["estimate"] == pytest.approx(fit.params["t"])
    assert row["std_error"] == pytest.approx(fit.bse["t"])


def test_rows_that_weigh_nothing_are_as_if_they_were_not_there() -> None:
    """They counted as rows, in the degrees of freedom and in the sizes in standard deviations."""
    frame = trial(60, seed=2).assign(other=lambda f: 2 * f["y"] + f["a"])
    none = np.arange(60) % 3 == 0
    spoilt = frame.assign(w=np.where(none, 0.0, 0.7), y=frame["y"] + 20 * none)
    asked = {"covariates": ("a",), "strata": ("cell",), "other_outcomes": ("other",)}
    weighted = about(spoilt, {"w": "weight"}, **asked)
    without = about(frame[~none].reset_index(drop=True), **asked)
    for method in (experiment_effect, multiple_outcomes, minimal_detectable_effect,
                   sequential_peeking):  # fmt: skip
        found, expected = method(weighted), method(without)
        pd.testing.assert_frame_equal(found.frame, expected.frame)
        assert "20 rows weigh 0 and are left out." in found.notes


def test_sizes_in_standard_deviations_are_those_of_the_population_weighted_to() -> None:
    """A row that stands for three is three rows."""
    frame = trial(3_000, seed=4)
    times = np.where(frame["cell"] == "south", 3, 1)
    frame["y"] *= np.where(frame["cell"] == "south", 4.0, 1.0)
    copies = about(frame.loc[frame.index.repeat(times)].reset_index(drop=True))
    weighted = about(frame.assign(w=times), {"w": "weight"})
    one, two = (multiple_outcomes(question).frame.iloc[0] for question in (weighted, copies))
    assert one["estimate"] == pytest.approx(two["estimate"])
    assert one["in_sd"] == pytest.approx(two["in_sd"], rel=1e-3)
    found, expected = (
        minimal_detectable_effect(question).frame.iloc[0] for question in (weighted, copies)
    )
    unit, of_copies = (row["detectable"] / row["in_sd"] for row in (found, expected))
    assert unit == pytest.approx(of_copies, rel=1e-3)


def test_three_arms_are_each_compared_with_the_control() -> None:
    frame = trial(600).assign(arm=np.array(["old", "new", "newer"])[np.arange(600) % 3])
    frame["y"] += 5 * (frame["arm"] == "newer")
    found = experiment_effect(about(frame))
    assert found.frame["contrast"].tolist() == ["new vs old", "newer vs old"]
    alone = experiment_effect(about(frame[frame["arm"] != "newer"]))
    assert found.frame["estimate"].iloc[0] == pytest.approx(alone.frame["estimate"].iloc[0])
    assert found.frame["std_error"].iloc[0] == pytest.approx(alone.frame["std_error"].iloc[0])
    assert "newer vs old changes y" in found.summary


def test_outcomes_that_are_missing_unevenly_are_warned_of() -> None:
    frame = trial()
    frame.loc[(frame["arm"] == "new") & (frame["a"] > 0), "y"] = np.nan
    notes = experiment_effect(about(frame)).notes
    assert any(n.startswith("Warning:") and "the arms lose rows unevenly" in n for n in notes)


def test_a_copy_of_a_covariate_changes_nothing() -> None:
    frame = trial().assign(b=lambda f: 3 * f["a"] + 1)
    one, two = (experiment_effect(about(frame, covariates=c)).frame for c in (("a",), ("a", "b")))
    assert one["estimate"].tolist() == pytest.approx(two["estimate"].tolist())
    assert one["std_error"].tolist() == pytest.approx(two["std_error"].tolist())


def test_too_many_covariates_and_empty_strata_are_refused() -> None:
    rng = np.random.default_rng(0)
    frame = trial(30).assign(**{f"x{k}": rng.normal(size=30) for k in range(8)})
    with pytest.raises(NotApplicable, match="8 columns are to be adjusted for"):
        experiment_effect(about(frame, covariates=tuple(f"x{k}" for k in range(8))))
    frame = trial().assign(cell=lambda f: np.arange(len(f)) // 3)
    with pytest.raises(NotApplicable, match="strata hold fewer than two rows"):
        experiment_effect(about(frame, strata=("cell",)))
