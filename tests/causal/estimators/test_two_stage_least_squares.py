"""Two-stage least squares against linearmodels, published figures and known effects."""

import causaldata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linearmodels.iv import IV2SLS, IVGMM

from causal import CausalQuestion, two_stage_least_squares
from causal.estimators._anderson_rubin import confidence_set
from causal.estimators.two_stage_least_squares import two_stages
from causal.instrumental import instrumental
from tests.causal.truths import nhefs, varied
from workbench import Dataset
from workbench.errors import NotApplicable

CARD = ("exper", "black", "south", "married", "smsa")


def card(**asked: object) -> CausalQuestion:
    """Schooling and wages (Card 1995), the complete rows."""
    table = causaldata.close_college.load_pandas().data.dropna().reset_index(drop=True)
    given = {"treatment": "educ", "outcome": "lwage", "instruments": ["nearc4"],
             "confounders": CARD, "estimand": "LATE"}  # fmt: skip
    return CausalQuestion(Dataset.of(table), **(given | asked))  # type: ignore[arg-type]


def moved(rows: int, seed: int, *, strength: float = 1.0, effect: float = 2.0) -> pd.DataFrame:
    """A confounded amount t, two instruments, a covariate x of everything; groups of ten."""
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=(2, rows))
    z, v = rng.normal(size=(2, rows))
    t = strength * (z + 0.5 * v) + x + u + rng.normal(size=rows)
    y = effect * t + x + 2 * u + rng.normal(size=rows) * (1 + 0.5 * np.abs(z))
    group = np.arange(rows) // 10
    return pd.DataFrame({"z": z, "v": v, "x": x, "t": t, "y": y, "g": group,
                         "w": rng.uniform(0.5, 2, rows)})  # fmt: skip


def about(frame: pd.DataFrame, roles: dict | None = None, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "instruments": ["z", "v"], "confounders": ["x"],
             "estimand": "LATE"}  # fmt: skip
    data = Dataset.of(frame).with_roles(roles or {})
    return CausalQuestion(data, **(given | asked))  # type: ignore[arg-type]


def test_schooling_is_cards() -> None:
    result = two_stage_least_squares(card(), interval="Wald")
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(0.1242, abs=5e-5)
    assert row["std_error"] == pytest.approx(0.0499, abs=0.001)
    assert any("classical first-stage F 15.77" in note for note in result.notes)
    assert any("Least squares with the same covariates gives 0.07117" in n for n in result.notes)


@pytest.mark.parametrize("errors", ["robust", "clustered"])
def test_it_is_linearmodels(errors: str) -> None:
    frame = moved(400, seed=1)
    roles = {"w": "weight"} | ({"g": "group"} if errors == "clustered" else {"g": "ignore"})
    result = two_stage_least_squares(about(frame, roles), interval="Wald")
    one = frame.assign(one=1.0)
    given = {"clusters": one["g"]} if errors == "clustered" else {}
    fit = IV2SLS(one["y"], one[["one", "x"]], one[["t"]], one[["z", "v"]], weights=one["w"]).fit(
        cov_type=errors, debiased=True, **given
    )
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(fit.params["t"], rel=1e-8)
    assert row["std_error"] == pytest.approx(fit.std_errors["t"], rel=1e-8)


@pytest.mark.parametrize("direct", [0.0, 0.3])
def test_disagreement_is_hansens_j(direct: float) -> None:
    frame = moved(600, seed=2).assign(one=1.0)
    frame["y"] += direct * frame["v"]  # v reaches the outcome by another way
    fit = IVGMM(frame["y"], frame[["one", "x"]], frame[["t"]], frame[["z", "v"]]).fit(
        cov_type="robust"
    )
    result = two_stage_least_squares(about(frame, {"g": "ignore", "w": "ignore"}))
    (note,) = [n for n in result.notes if "Hansen" in n]
    assert float(note.split("p = ")[1].split()[0]) == pytest.approx(fit.j_stat.pval, abs=2e-3)


def test_a_weak_instrument_has_an_open_set() -> None:
    """Hernán & Robins, section 16.2: cigarettes' price is too weak an instrument."""
    table = causaldata.nhefs_complete.load_pandas().data
    table = table[table["price82"].notna()].reset_index(drop=True)
    table = table.assign(high=(table["price82"] >= 1.5).astype(int))
    result = two_stage_least_squares(
        CausalQuestion(Dataset.of(table), treatment="qsmk", outcome="wt82_71",
                       instruments=["high"], estimand="LATE")
    )  # fmt: skip
    row = result.frame.iloc[0]
    assert row["estimate"] == pytest.approx(2.3963, abs=1e-4)
    assert (row["conf_low"], row["conf_high"]) == (-np.inf, np.inf)
    assert any("Anderson-Rubin set is" in note for note in result.notes)
    assert "−∞ to ∞" in result.summary
    # The book's classical error gives -36 to 41; robust it is a little longer.
    (note,) = [n for n in result.notes if "standard errors would be" in n]
    assert "-41.42 to 46.21" in note.replace("−", "-")
    bars = result.figure().data[0].error_x
    assert np.isfinite(bars.array).all()


@pytest.mark.parametrize("strength", [0.05, 1.0])
def test_the_default_interval_covers_however_weak(strength: float) -> None:
    inside = []
    for seed in range(300):
        frame = moved(250, seed, strength=strength)
        fit = two_stages(instrumental(about(frame[["z", "x", "t", "y"]], instruments=["z"])))
        inside.append(any(low <= 2 <= high for low, high in fit.confidence_set().pieces))
    assert 0.92 <= np.mean(inside) <= 0.98


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 3]))
def test_the_set_is_where_the_test_does_not_reject(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(2 * k, 2 * k)) / 3
    spread = root @ root.T + 0.05 * np.eye(2 * k)
    on_y, on_t = rng.normal(size=(2, k)) * 2
    most = {1: 3.841459, 2: 5.991465, 3: 7.814728}[k]
    start = float(on_t @ on_y / (on_t @ on_t))
    found = confidence_set(on_y, on_t, spread, start=start, step=0.7)
    for b in np.r_[np.linspace(-8, 8, 161), -1e6, 1e6]:
        both = np.hstack([np.eye(k), -b * np.eye(k)])
        slopes = on_y - b * on_t
        statistic = slopes @ np.linalg.solve(both @ spread @ both.T, slopes)
        if abs(statistic - most) > 0.02:
            inside = any(low <= b <= high for low, high in found.pieces)
            assert inside == (statistic <= most)


def test_a_yes_no_treatment_answers_for_the_compliers() -> None:
    rng = np.random.default_rng(3)
    n = 40_000
    kind = rng.choice(["never", "complier", "always"], n, p=[0.3, 0.5, 0.2])
    z = rng.integers(0, 2, n)
    t = np.where(kind == "always", 1, np.where(kind == "complier", z, 0))
    effect = np.where(kind == "complier", 3.0, -2.0)
    y = effect * t + 2.0 * (kind == "always") + rng.normal(size=n)
    frame = pd.DataFrame({"z": z, "t": np.where(t == 1, "yes", "no"), "y": y})
    row = two_stage_least_squares(about(frame, instruments=["z"], confounders=[])).frame.iloc[0]
    assert row["conf_low"] < 3 < row["conf_high"]
    back = two_stage_least_squares(
        about(frame, instruments=["z"], confounders=[], contrast=("yes", "no"))
    ).frame.iloc[0]
    assert back["conf_low"] == pytest.approx(-row["conf_high"])


def test_a_graph_gives_the_instruments_and_what_to_adjust_for() -> None:
    frame = moved(2_000, seed=4)
    graph = "digraph { u [latent]; u -> t; u -> y; z -> t; v -> t; x -> t; x -> y; t -> y }"
    asked = {"instruments": (), "confounders": (), "graph": graph}
    result = two_stage_least_squares(about(frame, {"g": "ignore", "w": "ignore"}, **asked))
    same = two_stage_least_squares(
        about(frame, {"g": "ignore", "w": "ignore"}, instruments=["v", "z"])
    )
    assert result.frame["estimate"].iloc[0] == pytest.approx(same.frame["estimate"].iloc[0])


def test_a_conditional_instrument_is_adjusted_for_what_it_needs() -> None:
    frame = moved(4_000, seed=5)
    frame["z"] += frame["x"]  # x now confounds instrument and outcome
    frame["t"] += frame["x"]
    graph = "digraph { u [latent]; u -> t; u -> y; x -> z; z -> t; x -> t; x -> y; t -> y }"
    table = frame[["z", "x", "t", "y"]]
    result = two_stage_least_squares(about(table, instruments=(), confounders=(), graph=graph))
    same = two_stage_least_squares(about(table, instruments=["z"]))
    assert result.frame["estimate"].iloc[0] == pytest.approx(same.frame["estimate"].iloc[0])
    assert "given x" in result.notes[0]


def test_what_it_cannot_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="does not answer for everyone"):
        two_stage_least_squares(card(estimand="ATE"))
    with pytest.raises(NotApplicable, match="No instrument is named"):
        two_stage_least_squares(nhefs(estimand="LATE"))
    frame = varied(200, seed=0).assign(z=lambda f: 2 * f["x"] + 1)
    with pytest.raises(NotApplicable, match="determine the instrument z"):
        two_stage_least_squares(
            CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", instruments=["z"],
                           confounders=["x"], estimand="LATE")
        )  # fmt: skip
