"""Texts of figures: titles of any length and script stay on the page; what does not fit fails."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from itertools import combinations

import polars as pl
import pytest

from drawn_figures import DRAWN, boxes, inputs_of, overlaps
from valuescape.core.errors import UserError
from valuescape.core.tables import Table
from valuescape.figures import style
from valuescape.figures.draw import call_with

pytestmark = pytest.mark.drawing

OF_SPACE = [name for name, figure in DRAWN.items() if "space" in figure.inputs.values()]
TITLES = (
    "x",
    "How far one agrees that greater respect for authority is a good thing, on the whole",
    "$x^2$ and {y} of $z",
)


def with_titles(inputs):
    """Return inputs in which titles and wordings of the persona space are short, long or odd."""
    space = inputs["space"]
    variables = tuple(
        dataclasses.replace(
            variable,
            title=f"{TITLES[number % 3]} {number}",
            levels=tuple(
                dataclasses.replace(level, wording=f"{TITLES[number % 3]} {position}")
                for position, level in enumerate(variable.levels)
            ),
        )
        for number, variable in enumerate(space.variables)
    )
    return inputs | {"space": dataclasses.replace(space, variables=variables)}


@pytest.mark.parametrize("name", OF_SPACE)
def test_titles_of_a_persona_space_stay_apart_and_on_the_page(name):
    module = import_module(f"valuescape.figures.{name}")
    figure = call_with(module.draw, with_titles(inputs_of(name, 144)))
    figure.draw_without_rendering()
    found = boxes(figure)
    for text, box in found:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    assert [(a, b) for (a, one), (b, two) in combinations(found, 2) if overlaps(one, two)] == []
    panels = [axes for axes in figure.axes if axes.axison]
    assert all(min(axes.get_position().size) > 0.01 for axes in panels)


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_not_defined_is_drawn_empty(name):
    entry = DRAWN[name].inputs
    nothing = {
        parameter: frame.with_columns(pl.lit(None, pl.Float64).alias(column) for column in
                                      frame.select(pl.col(pl.Float64)).columns)
        if isinstance(entry[parameter], Table)
        else frame
        for parameter, frame in inputs_of(name, 144).items()
    }  # fmt: skip
    module = import_module(f"valuescape.figures.{name}")
    assert call_with(module.footer, nothing)
    call_with(module.plotted, nothing)
    call_with(module.draw, nothing).draw_without_rendering()  # a warning is an error here


@pytest.mark.parametrize(
    "title", ["$a$ {b} \\\\alpha", "Qwen " * 60, "\N{CJK UNIFIED IDEOGRAPH-81EA}" * 90]
)
@pytest.mark.filterwarnings("ignore:Glyph .* missing from")
def test_a_models_title_is_text_and_does_not_cut_the_footer(title):
    for width in (style.WIDTH_SINGLE, style.WIDTH_DOUBLE):
        figure = style.new_figure(width, 3.0)
        style.styled(style.sign)(figure, {"engine": "vllm", "model title": title}, "n = 1")
        [footer] = figure.findobj(lambda artist: artist.get_gid() == "footer")
        box = footer.get_window_extent()
        assert title[:3] in footer.get_text()
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= style.footer_height(width) * figure.dpi


def test_no_figure_reads_mathematics():
    figure = style.styled(lambda: style.new_figure(3.0, 3.0))()
    assert style.styled(lambda: figure.text(0, 0, "$x").get_parse_math())() is False


def test_a_layout_that_does_not_fit_fails_the_figure(tmp_path):
    def crowded():
        figure = style.new_figure(style.WIDTH_SINGLE, 1.0)
        figure.add_subplot().set_title("too high for so low a figure\n" * 20)
        return figure

    to = style.Targets(*(tmp_path / f"figure.{kind}" for kind in ("pdf", "png", "csv", "txt")))
    with pytest.raises(UserError, match="leave no room"):
        style.save(style.styled(crowded)(), pl.DataFrame(), to, {}, "n = 1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["alignment_threshold_curve", "quantile_curve"])
def test_a_panel_without_data_says_so(name):
    empty = {each: frame.clear() for each, frame in inputs_of(name, 144).items()}
    figure = call_with(import_module(f"valuescape.figures.{name}").draw, empty)
    style.note_empty(figure)
    told = [[text.get_text() for text in axes.texts] for axes in figure.axes if axes.axison]
    assert told == [[style.NOT_DEFINED]] * len(told)
