import pytest

from workbench.figures import escape, new_figure, number, numbers_alike


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (1234567.8, "1,234,568"),
        (0.123456, "0.1235"),
        (-12.5, "−12.5"),
        (1e-7, "1e−07"),
        (3e9, "3e+09"),
        (float("nan"), "missing"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, words):
    assert number(value) == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((-140.5, -31.27, 0.0347), ["−140.50", "−31.27", "0.03"]),
        ((0.0123, -0.4), ["0.012", "−0.400"]),
        ((12345.6, -0.4, 10), ["12,346", "0", "10"]),
        ((0.0, float("nan")), ["0.00", "missing"]),
        ((2e-9, 1e-9), ["2e−09", "1e−09"]),
        ((), []),
    ],
)
def test_numbers_below_one_another_have_the_same_decimals(values, words):
    assert numbers_alike(values) == words


def test_names_are_inert():
    assert escape("<b>x</b> $a$") == "&lt;b&gt;x&lt;/b&gt; &#36;a&#36;"
    assert len(escape("a" * 500)) == 60


def test_a_long_name_can_keep_its_end():
    assert escape("abcdefghij", 7, end=3) == "abc…hij"
    assert escape("abcdefg", 7, end=3) == "abcdefg"


def test_letters_that_are_wide_count_as_two():
    assert escape("서울특별시", 10) == "서울특별시"
    assert escape("서울특별시", 9) == "서울특별…"
    assert escape("서울특별시 강남구", 11, end=4) == "서울특…남구"


def test_a_long_axis_title_has_two_lines_and_stays_inert():
    figure = new_figure(
        x="SHAP value: change in " + "very long words " * 2 + "<b>$x$</b>", y="short"
    )
    first, second = figure.layout.xaxis.title.text.split("<br>")
    assert first.startswith("SHAP value: change in")
    assert second.endswith("&lt;b&gt;&#36;x&#36;&lt;/b&gt;")
    assert figure.layout.yaxis.title.text == "short"
    endless = new_figure(y="a " * 200).layout.yaxis.title.text.split("<br>")
    assert len(endless) == 2
    assert endless[1].endswith("…")
    assert new_figure().layout.xaxis.title.text == ""


def test_a_figure_does_not_depend_on_the_default_template():
    import plotly.io as pio

    before = pio.templates.default
    try:
        pio.templates.default = "plotly_dark"
        dark = new_figure(x="a").to_json()
        pio.templates.default = "none"
        assert new_figure(x="a").to_json() == dark
    finally:
        pio.templates.default = before
