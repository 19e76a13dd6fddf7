"""Colours of the map stay apart for eyes that lack one kind of cone, or shapes tell them apart."""

from __future__ import annotations

import numpy as np
import pytest

from colour_vision import DEFICIENCIES, distances, lab, rgb, seen
from valuescape.figures import country_map, cultural_map, map_constraint, style, weighted_maps

# Well above 2.3, below which two patches are one colour to most eyes.
APART = 10.0
LINES = {
    "persona": style.BLUE,
    "design": style.BLACK,
    **{name: look[0] for name, look in cultural_map.UNCERTAINTIES.items()},
}
OBJECTS = {name: look[0] for name, look in map_constraint.LOOKS.items()}


def test_simulation_by_hand():
    for name, matrix in DEFICIENCIES.items():
        # Grey stays grey.
        assert matrix.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)
        assert seen(np.full(3, 0.5), name) == pytest.approx(np.full(3, 0.5), abs=1e-4)
    assert lab(np.ones(3)) == pytest.approx([100, 0, 0], abs=1e-3)
    # sRGB red, by the tables of Lindbloom.
    assert lab(rgb("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    # Red and a green of the same lightness: one colour under deuteranopia, two to other eyes.
    pair = {"red": "#C04000", "green": "#6A7000"}
    [deutan], [normal] = distances(pair, "deuteranopia").values(), distances(pair).values()
    assert deutan < normal / 3


@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
@pytest.mark.parametrize("colours", [LINES, OBJECTS], ids=["lines", "objects"])
def test_colours_of_lines_and_objects_stay_apart(colours, deficiency):
    assert min(distances(colours, deficiency).values()) > APART


@pytest.mark.parametrize("deficiency", [None, *DEFICIENCIES])
def test_regions_stay_apart_by_colour_and_always_by_shape(deficiency):
    colours = {region: look[0] for region, look in country_map.REGIONS.items()}
    assert min(distances(colours, deficiency).values()) > APART
    markers = [look[1] for look in (*country_map.REGIONS.values(), country_map.OTHER_REGION)]
    assert len(set(markers)) == len(markers)


def test_nothing_on_the_map_is_distinguished_by_colour_alone():
    lines = ["-", *country_map.LINES.values(), *(u[1] for u in cultural_map.UNCERTAINTIES.values())]
    assert len(set(lines)) == len(lines)
    looks = weighted_maps.LOOKS.values()
    assert len({(line, marker) for _, line, marker in looks}) == len(weighted_maps.LOOKS)
