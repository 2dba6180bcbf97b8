import pytest

from workbench.figures import escape, new_figure, number


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


def test_names_are_inert():
    assert escape("<b>x</b> $a$") == "&lt;b&gt;x&lt;/b&gt; &#36;a&#36;"
    assert len(escape("a" * 500)) == 60


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
