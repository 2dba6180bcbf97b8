"""Korean, French, German and plain text in every encoding a spreadsheet writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, ParameterError, read

KOREAN = ("이름,도시,나이", "김철수,서울,29", "이영희,부산 해운대구,31", "박뷁똠,전주,40")
FRENCH = ("prénom,ville,âge", "Hélène,Besançon,29", "Françoise,Nîmes,31", "Noël,Orléans,40")
GERMAN = ("Name,Straße,Alter", "Jörg Müller,Königsstraße,29", "Änne,Überweg,31", "Öz,Äußere,40")
PLAIN = ("name,city,age", "Ann,Paris,29", "Bob,London,31", "Cy,Rome,40")

UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
CASES = [
    *((text, encoding) for text in (KOREAN, FRENCH, GERMAN, PLAIN) for encoding in UNICODE[:3]),
    *((text, "utf-32") for text in (KOREAN, FRENCH)),
    *((text, encoding) for text in (PLAIN, FRENCH) for encoding in UNICODE[3:5]),
    (KOREAN, "utf-16-le"),
    (KOREAN, "cp949"),
    (KOREAN[:3], "euc-kr"),
    (FRENCH, "cp1252"),
    (GERMAN, "cp1252"),
    (GERMAN, "latin-1"),
]


@pytest.mark.parametrize(("lines", "encoding"), CASES)
def test_every_language_is_read_back_from_every_encoding(lines, encoding):
    content = "\r\n".join(lines) + "\r\n"
    data = read(content.encode(encoding))
    assert list(data.columns) == lines[0].split(",")
    found = [",".join(map(str, row)) for row in data.frame.itertuples(index=False)]
    assert found == list(lines[1:])
    assert any(note.startswith("The text is encoded as") for note in data.notes)


@pytest.mark.parametrize("encoding", ["cp949", "utf-8", "utf-16", "cp1252"])
def test_the_encoding_can_be_named(encoding):
    lines = KOREAN if encoding != "cp1252" else FRENCH
    data = read("\n".join(lines).encode(encoding), encoding=encoding)
    assert list(data.columns) == lines[0].split(",")


@given(words=st.lists(st.text("가나다라마바사아자차카타파하서울부산", min_size=1), min_size=3))
def test_korean_words_are_korean_in_cp949(words):
    content = "단어,수\n" + "".join(f"{word},{i}\n" for i, word in enumerate(words))
    data = read(content.encode("cp949"))
    assert data.frame["단어"].tolist() == words


@given(
    words=st.lists(st.from_regex(r"[a-z]{1,3}[éèêàçüöäßñ][a-z]{1,3}", fullmatch=True), min_size=3)
)
def test_accented_words_are_western_in_cp1252(words):
    content = "mot,n\n" + "".join(f"{word},{i}\n" for i, word in enumerate(words))
    data = read(content.encode("cp1252"))
    assert data.frame["mot"].tolist() == words


def test_a_degree_sign_does_not_make_a_file_korean():
    data = read("place,warmth in °C\nOslo,3\nRome,20\n".encode("cp1252"))
    assert data.columns == ("place", "warmth in °C")


def test_a_few_broken_letters_are_counted_not_fatal():
    content = ("이름,수\n" + "서울특별시,1\n" * 100).encode("cp949") + b"\xbc,2\n"
    data = read(content)
    assert data.frame["이름"].iloc[0] == "서울특별시"
    assert any("could not be read" in note and "line 102" in note for note in data.notes)


def test_an_alphabet_that_cannot_be_told_is_not_guessed():
    content = "имя,город\n" + "Александр,Москва\nСветлана,Санкт-Петербург\n" * 5
    with pytest.raises(DataError, match="encoding") as caught:
        read(content.encode("cp1251"))
    assert "cp1251" in caught.value.hint
    assert read(content.encode("cp1251"), encoding="cp1251").columns == ("имя", "город")


def test_a_wrong_encoding_is_refused_with_the_byte():
    with pytest.raises(DataError, match=r"is not utf-8: byte 0 \(0xc0"):
        read("이름,수\n가,1\n".encode("cp949"), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["no-such", "zlib", "rot13"])
def test_only_text_encodings_exist(encoding):
    with pytest.raises(ParameterError, match="not a text encoding"):
        read(b"a,b\n1,2\n", encoding=encoding)


def test_korean_signs_of_money_do_not_hide_korean():
    content = "값\n￦1\n￦2\n￦3\n".encode("cp949")
    data = read(content)
    assert data.frame["값"].tolist() == [1, 2, 3]
