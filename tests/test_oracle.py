"""Oracle: every level is rated for every foundation, outside of any persona."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from valuescape import oracle, tables
from valuescape.engine import Chosen, prepare
from valuescape.instruments import FOUNDATIONS, read_instrument
from valuescape.models import read_model
from valuescape.phrasing import Phrasing, answer_sections
from valuescape.progress import Progress
from valuescape.space import read_space
from valuescape.templates import Template

CONFIG = Path(__file__).parents[1] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
ORACLE = read_instrument(CONFIG / "instruments/oracle.yaml")


@pytest.fixture(scope="module")
def asked():
    model = read_model(CONFIG / "models/smollm2-135m.yaml")
    template = Template(CONFIG / "prompts/oracle.md", answer_sections(model.answer))
    return list(oracle.requests(SPACE, ORACLE, Phrasing(template, model.answer), ()))


def test_every_level_is_asked_once_about_every_foundation(asked):
    keys = [
        (v.name, k, f) for v in SPACE.variables for k in range(len(v.levels)) for f in FOUNDATIONS
    ]
    assert [request.key for request in asked] == keys
    assert len({request.prompt.text for request in asked}) == 32 * 6


def test_the_prompt_by_hand(asked):
    wording, sentence = SPACE.variables[0].levels[0].wording, ORACLE.question("care").text
    assert asked[0].prompt.text == (
        "You judge how the views of people go together.\n\n"
        f'Interviewer: This is true of a person: "{wording}" How well does this sentence fit the '
        f'same person: "{sentence}"\nYou:'
    )
    assert asked[0].options == (
        " Not at all",
        " A little",
        " Moderately",
        " Quite well",
        " Very well",
    )


class Decided:
    """An engine that gives the highest option three quarters, the lowest one, of half its mass."""

    def choose(self, requests):
        for request in requests:
            yield Chosen(request.key, np.array([np.log(0.125), *[-np.inf] * 3, np.log(0.375)]))


def test_a_rating_by_hand(asked):
    found = oracle.ratings(Decided(), iter(asked[:2]), ORACLE, Progress("oracle", 2, "ratings"))
    assert found.columns == list(tables.ORACLE.columns)
    assert found["rating"].to_list() == pytest.approx([4.0, 4.0])  # 1/4 x 1 + 3/4 x 5


def test_the_command_writes_what_was_planted(tmp_path, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)  # the model file names the planted effects from here
    model, output = tmp_path / "model.json", tmp_path / "oracle.parquet"
    prepare.main(["--model", "config/models/synthetic.yaml", "--output", str(model)])
    common = ["--space", "config/persona_space.yaml", "--model", str(model), "--seed", "1"]
    files = [
        "--prompt",
        "config/prompts/oracle.md",
        "--instrument",
        "config/instruments/oracle.yaml",
    ]
    oracle.main([*common, *files, "--output", str(output)])
    rows = tables.read(output, tables.ORACLE).rows_by_key(["variable", "level", "foundation"])
    assert len(rows) == 32 * 6
    assert rows["god", 3, "purity"] == [pytest.approx((1 + 4 * (0.5 + 0.15),))]
    assert rows["god", 3, "care"] == [pytest.approx((3.0,))]
    assert tables.provenance(output)["engine"] == "synthetic"
