"""Oracle: every level is rated for every foundation, outside of any persona."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from valuescape.asking import oracle
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.progress import Progress
from valuescape.engine import Chosen, prepare
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument
from valuescape.study.models import read_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
ORACLE = read_instrument(CONFIG / "instruments/oracle.yaml")


@pytest.fixture(scope="module")
def asked():
    model = read_model(CONFIG / "models/smollm2-135m.yaml")
    template = Template(CONFIG / "prompts/oracle.md", ["persona", *answer_sections(model.answer)])
    return list(oracle.requests(SPACE, ORACLE, {"oracle": Phrasing(template, model.answer)}, ()))


def test_every_level_is_asked_once_about_every_foundation(asked):
    keys = [
        ("oracle", v.name, k, f)
        for v in SPACE.variables
        for k in range(len(v.levels))
        for f in FOUNDATIONS
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
    progress = Progress("oracle", 2, "ratings")
    found = oracle.ratings(Decided(), iter(asked[:2]), ORACLE, [1, 2, 3], progress)
    assert found.columns == list(study_tables.ORACLE.columns)
    ratings = dict(found.filter(foundation="care").select("draw", "rating").iter_rows())
    assert ratings.pop("expected") == pytest.approx(4.0)  # 1/4 x 1 + 3/4 x 5
    assert set(ratings) == {"drawn_1", "drawn_2", "drawn_3"}
    assert set(ratings.values()) <= {1.0, 5.0}


def test_drawn_ratings_follow_the_probabilities_and_their_seed():
    shares, values = np.array([0.2, 0.0, 0.8]), np.array([0.0, 5.0, 10.0])
    drawn = oracle.drawn_ratings(shares, values, range(2000))
    assert drawn == oracle.drawn_ratings(shares, values, range(2000))
    assert drawn.pop("expected") == pytest.approx(8.0)
    assert np.mean(list(drawn.values())) == pytest.approx(8.0, abs=0.3)
    assert set(oracle.drawn_ratings(np.full(3, np.nan), values, [1]).values()) == {None}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("purity: {items: [purity]}", "purity: {items: [care]}", "0 questions on 'purity', not one"),
     ("text: It matters most to me to keep body and soul clean and holy.\n    options: *fit",
      "text: Clean.\n    options: [{value: 0, label: 'No'}, {value: 1, label: 'Yes'}]",
      "different options")],
)  # fmt: skip
def test_a_scale_that_gives_no_comparable_ratings_is_refused(tmp_path, old, new, message):
    text = (CONFIG / "instruments/oracle.yaml").read_text(encoding="utf-8")
    assert old in text
    changed = tmp_path / "oracle.yaml"
    changed.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        oracle.read_sentences(changed)


def test_the_command_writes_what_was_planted_in_every_wording(tmp_path, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)  # the model file names the planted effects from here
    model, output = tmp_path / "model.json", tmp_path / "oracle.parquet"
    prepare.main(file=Path("config/models/synthetic.yaml"), model=model, step="fetch")
    prompts = [Path(f"config/prompts/{name}.md") for name in ("oracle", "oracle_expected")]
    given = {
        "space": Path("config/persona_space.yaml"),
        "model": model,
        "instrument": Path("config/instruments/oracle.yaml"),
        "draws": 2,
        "seed": 1,
        "oracle": output,
    }
    oracle.main(**given, wordings=prompts)
    found = tables.read(output, study_tables.ORACLE)
    assert found.height == 32 * 6 * 2 * 3
    expected = found.filter(draw="expected", wording="oracle")
    key = ("variable", "level", "foundation")
    ratings = {row[:-1]: row[-1] for row in expected.select(*key, "rating").iter_rows()}
    assert len(ratings) == 32 * 6
    assert ratings["god", 3, "purity"] == pytest.approx(1 + 4 * (0.5 + 0.15))
    assert ratings["god", 3, "care"] == pytest.approx(3.0)
    assert tables.provenance(output)["engine"] == "synthetic"
    with pytest.raises(UserError, match="same file name"):
        oracle.main(**given, wordings=prompts[:1] * 2)
