"""The proposal takes the cheapest design whose intervals are as narrow as wanted."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_effects import cube
from planted_cube import planted
from valuescape.core.errors import UserError
from valuescape.lenses.comparison.costs import Cost
from valuescape.lenses.surface.cells import fit_scores
from valuescape.reporting.propose_design import (
    Pilot,
    gpu_hours,
    half_widths,
    proposal_lines,
    wanted_of,
)

SPACE = cube(3, 3, 3, 4, 4)  # 432 configurations
FITTING = ["oa144", "oa288", "random288", "full"]
PROJECTION = {
    "tokens_per_second": {"biographies": 1000.0, "responses": 2000.0},
    "requests_per_second": 100.0,
}
CORNERS = np.array([[-1.0, -1.0], [1.0, -1.0], [0.0, 1.0]])


@pytest.fixture(scope="module")
def pilot():
    rng = np.random.default_rng(1)
    ids = np.sort(rng.choice(SPACE.n_personas, 160, replace=False)).astype(np.uint32)
    points, moral = (
        np.column_stack([planted(SPACE, rng) for _ in range(count)]) for count in (2, 6)
    )
    cost = Cost("m", "responses base", answers_per_persona=10, n_answers=100, n_requests=100)
    cost.prompt_tokens = 360_000
    return Pilot(
        fit_scores(SPACE, ids, points[ids]), fit_scores(SPACE, ids, moral[ids]), CORNERS, 1, [cost]
    )


def test_the_whole_cube_leaves_no_error(pilot):
    found = half_widths(pilot, np.arange(SPACE.n_personas, dtype=np.uint32))
    assert found == {"map": 0.0, "hull": 0.0, "morality": 0.0}


def test_hours_follow_from_the_tokens_of_the_pilot(pilot):
    # 3,600 tokens an answer, 10 answers a persona, 2,000 tokens a second
    assert gpu_hours(pilot.costs, 200, PROJECTION) == pytest.approx(200 * 36_000 / 2000 / 3600)
    assert gpu_hours([], 200, PROJECTION) is None


@pytest.mark.parametrize(
    ("wanted", "design"), [({"map": 9.0}, "oa144"), ({"hull": 1e-9, "map": 9.0}, "full")]
)
def test_the_cheapest_design_that_is_sure_enough_is_proposed(pilot, wanted, design):
    lines = proposal_lines(pilot, wanted, PROJECTION)
    assert [line.split()[0] for line in lines[2:-1]] == FITTING
    assert lines[-1].startswith(f"design: {design} ")


@pytest.mark.parametrize("text", ["map", "map=0", "map=x", "mood=0.1"])
def test_a_half_width_that_is_none_is_refused(text):
    with pytest.raises(UserError, match="half-width") as caught:
        wanted_of([text])
    assert "morality" in caught.value.hint
