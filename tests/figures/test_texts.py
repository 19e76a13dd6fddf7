"""Texts of figures: titles of any length and script stay on the page; what does not fit fails."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from itertools import combinations

import polars as pl
import pytest

from drawn_figures import DRAWN, boxes, inputs_of, overlaps
from valuescape.core.errors import UserError
from valuescape.figures import style
from valuescape.figures.draw import call_with

OF_SPACE = [name for name, figure in DRAWN.items() if "space" in figure.inputs.values()]
TITLES = {
    "short": "x",
    "long": "How far one agrees that greater respect for authority is a good thing, on the whole",
    "mathematics": "$x^2$ and {y} of $z",
}


def with_titles(inputs, title):
    """Return inputs in which every title and wording of the persona space is another text."""
    space = inputs["space"]
    variables = tuple(
        dataclasses.replace(
            variable,
            title=f"{title} {number}",
            levels=tuple(
                dataclasses.replace(level, wording=f"{title} {position}")
                for position, level in enumerate(variable.levels)
            ),
        )
        for number, variable in enumerate(space.variables)
    )
    return inputs | {"space": dataclasses.replace(space, variables=variables)}


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("name", OF_SPACE)
def test_titles_of_a_persona_space_stay_apart_and_on_the_page(name, title):
    module = import_module(f"valuescape.figures.{name}")
    figure = call_with(module.draw, with_titles(inputs_of(name, 144), TITLES[title]))
    found = boxes(figure)
    for text, box in found:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    assert [(a, b) for (a, one), (b, two) in combinations(found, 2) if overlaps(one, two)] == []
    drawn = [axes for axes in figure.axes if axes.axison]
    assert all(min(axes.get_position().size) > 0.01 for axes in drawn)


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
