"""Real tables, where they lie beside the project: what must be understood of each."""

from pathlib import Path

import pytest

from workbench import findings, read

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FILES = sorted(FOLDER.glob("*.csv")) if FOLDER.is_dir() else []

#: Rows and columns of each file, counted by others.
SHAPES = {
    "adult_census_income": (32561, 15),
    "ames_housing": (2930, 74),
    "bike_sharing_day": (731, 16),
    "bike_sharing_hour": (17379, 17),
    "california_housing": (20640, 10),
    "card1995_schooling": (3010, 34),
    "chicago_l_ridership": (5698, 50),
    "credit_scoring": (4454, 14),
    "did_card_krueger_njmin": (820, 14),
    "did_mpdta_staggered": (2500, 6),
    "german_credit": (1000, 21),
    "glass": (214, 11),
    "hillstrom_email": (64000, 12),
    "hpc_jobs": (4331, 8),
    "ihdp_rep1": (747, 30),
    "its_causalimpact_google": (91, 4),
    "its_deaths_england_wales": (197, 7),
    "iv_ajr2001": (64, 31),
    "kr_drunk_driving_cp949": (12021, 8),
    "kr_drunk_driving_utf8bom": (12021, 8),
    "lalonde_cps_controls": (15992, 11),
    "lalonde_nsw": (722, 10),
    "lalonde_nsw_dw": (445, 11),
    "lalonde_psid_controls": (2490, 11),
    "nhefs": (1629, 67),
    "penguins": (344, 8),
    "penguins_raw": (344, 17),
    "rd_us_senate": (1390, 8),
    "sc_california_prop99": (31, 40),
    "telco_churn": (7043, 21),
    "titanic": (891, 12),
    "wine_quality_red": (1599, 12),
    "wine_quality_white": (4898, 12),
}
#: file: {column: (kind, missing cells)}
UNDERSTOOD = {
    "adult_census_income": {
        "workclass": ("category", 1836),
        "native-country": ("category", 583),
        "fnlwgt": ("number", 0),
    },
    "ames_housing": {"Mas_Vnr_Type": ("category", 0), "Misc_Feature": ("category", 0)},
    "bike_sharing_day": {"instant": ("identifier", 0), "dteday": ("date", 0)},
    "bike_sharing_hour": {"instant": ("identifier", 0), "dteday": ("date", 0)},
    "california_housing": {"total_bedrooms": ("number", 207)},
    "chicago_l_ridership": {"date": ("date", 0)},
    "credit_scoring": {"Income": ("number", 381), "Home": ("category", 6)},
    "german_credit": {"other_debtors": ("category", 0)},
    "glass": {"Id": ("identifier", 0), "Type": ("number", 0)},
    "its_deaths_england_wales": {"pre": ("boolean", 0), "date": ("date", 0)},
    "kr_drunk_driving_cp949": {
        "관할경찰서": ("category", 0),
        "측정일시": ("date", 0),
        "알콜농도": ("number", 457),
        "나이": ("number", 4),
    },
    "nhefs": {"seqn": ("identifier", 0), "wt82_71": ("number", 63)},
    "penguins": {"sex": ("category", 11), "body_mass_g": ("number", 2)},
    "penguins_raw": {"Date Egg": ("date", 0), "Individual ID": ("text", 0)},
    "rd_us_senate": {"vote": ("number", 93)},
    "sc_california_prop99": {"Year": ("number", 0)},
    "telco_churn": {"TotalCharges": ("number", 11), "customerID": ("identifier", 0)},
    "titanic": {
        "PassengerId": ("identifier", 0),
        "Name": ("text", 0),
        "Cabin": ("text", 687),
        "Age": ("number", 177),
    },
    "wine_quality_red": {"fixed acidity": ("number", 0), "quality": ("number", 0)},
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_tables_are_understood(path):
    data = read(path)
    if path.stem in SHAPES:
        assert data.frame.shape == SHAPES[path.stem]
    for column, (kind, missing) in UNDERSTOOD.get(path.stem, {}).items():
        assert data.kinds[column] == kind
        assert data.frame[column].isna().sum() == missing


#: file: target, and what has to be found with it: (code, column)
TRAPS = {
    "bike_sharing_day": ("cnt", ("target-is-a-sum", "registered")),
    "bike_sharing_hour": ("cnt", ("target-is-a-sum", "registered")),
    "california_housing": ("median_house_value", ("capped-target", "median_house_value")),
    "adult_census_income": ("income", ("weight-ignored", "fnlwgt")),
    "card1995_schooling": ("lwage", ("target-leakage", "wage")),
    "titanic": ("Survived", ("repeated-groups", "Ticket")),
}
#: file: what has to be said of it
TOLD = {
    "adult_census_income": "'?' was taken as missing in 'workclass' (1,836)",
    "ames_housing": "'None' stayed a value in 'Mas_Vnr_Type' (1,775)",
    "glass": "'Id' numbers or names each row uniquely",
    "kr_drunk_driving_cp949": "CP949 (Korean)",
    "telco_churn": "Empty cells were taken as missing in 'TotalCharges' (11)",
    "titanic": "'PassengerId' numbers or names each row uniquely",
}


@pytest.mark.parametrize("path", [p for p in FILES if p.stem in TRAPS], ids=lambda p: p.stem)
def test_known_traps_are_found(path):
    target, (code, column) = TRAPS[path.stem]
    table = findings(read(path, target=target)).frame
    found = table[table["code"].eq(code) & ~table["severity"].isin(["clear", "skipped"])]
    assert column in ", ".join(found["columns"]).split(", ")


@pytest.mark.parametrize("path", [p for p in FILES if p.stem in TOLD], ids=lambda p: p.stem)
def test_known_quirks_are_told(path):
    assert any(TOLD[path.stem] in note for note in read(path).notes)


BOTH = [p for p in FILES if p.stem.startswith("kr_drunk_driving")]


@pytest.mark.parametrize("path", BOTH[:1] if len(BOTH) == 2 else [], ids=lambda path: path.stem)
def test_the_korean_table_is_the_same_in_both_encodings(path):
    first, second = (read(p, name="same") for p in BOTH)
    assert first.fingerprint == second.fingerprint
