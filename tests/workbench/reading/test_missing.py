import pytest

from workbench import read
from workbench.reading.missing import NUMBER_MARKERS, TEXT_MARKERS


def column(*cells: str):
    """A file with a column x of these cells."""
    lines = [f'{i},"{cell}"' for i, cell in enumerate(cells)]
    return read("\n".join(["row,x", *lines, ""]).encode())


@pytest.mark.parametrize("marker", sorted(NUMBER_MARKERS))
def test_among_numbers_every_usual_marker_is_missing(marker):
    data = column("1.5", marker, "2.5", f" {marker} ")
    assert data.kinds["x"] == "number"
    assert data.frame["x"].isna().tolist() == [False, True, False, True]


@pytest.mark.parametrize("marker", sorted(TEXT_MARKERS))
def test_among_texts_only_what_is_never_a_value_is_missing(marker):
    data = column("red", marker, "blue", f" {marker} ")
    assert data.frame["x"].isna().tolist() == [False, True, False, True]
    assert any("taken as missing in 'x' (2)" in note for note in data.notes)


@pytest.mark.parametrize("level", ["None", "none", "-", "."])
def test_none_is_a_level_among_texts(level):
    data = column("brick", level, "stone", level)
    assert data.frame["x"].tolist() == ["brick", level, "stone", level]


def test_na_is_a_country_among_countries():
    codes = ["DE", "FR", "IT", "ES", "PT", "KR", "JP", "US", "ZA", "BW", "NA"]
    assert column(*codes).frame["x"].tolist() == codes
    assert column("DE", "FR", "NA").frame["x"].isna().sum() == 1


def test_each_marker_is_counted_by_column():
    data = read(b"a,b,c\n1,x,NA\n?,?,3\nNA,y,\n2,?,4\n")
    assert "'?' was taken as missing in 'a' (1) and 'b' (2)." in data.notes
    assert "'NA' was taken as missing in 'a' (1) and 'c' (1)." in data.notes
    assert "Empty cells were taken as missing in 'c' (1)." in data.notes


def test_a_column_without_values_is_kept():
    data = column("", " ", "NA")
    assert data.frame["x"].isna().all()


def test_blanks_around_texts_are_removed_and_said():
    data = column(" State-gov", "Private ", "Private")
    assert data.frame["x"].tolist() == ["State-gov", "Private", "Private"]
    assert "Blanks around the values of 'x' were removed." in data.notes


def test_none_as_a_level_is_kept_and_told():
    data = read(b"veneer,garage,price\nNone,?,1\nBrick,a,2\nNone,b,None\n")
    assert data.frame["veneer"].tolist() == ["None", "Brick", "None"]
    told = [note for note in data.notes if "stayed a value" in note]
    assert told == [
        "'None' stayed a value in 'veneer' (2); if it means that there is none, name it (missing)."
    ]
    assert "'None' was taken as missing in 'price' (1)." in data.notes
