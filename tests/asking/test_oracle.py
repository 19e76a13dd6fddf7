"""Oracle: every level is rated for every foundation, outside of any persona."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from scipy.stats import spearmanr
from statsmodels.stats.anova import anova_lm

from valuescape.asking import oracle
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.progress import Progress
from valuescape.engine import Chosen, prepare
from valuescape.lenses.morality.oracle_agreement import (
    mean_ratings,
    oracle_ratings,
    rank_correlation,
)
from valuescape.lenses.morality.oracle_stability import intraclass, stability_table
from valuescape.stats.level_effects import membership
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
    template = Template(CONFIG / "prompts/oracle.md", answer_sections(model.answer))
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
    ratings = dict(found.filter(foundation="care").select("reading", "rating").iter_rows())
    assert ratings.pop("expected") == pytest.approx(4.0)  # 1/4 x 1 + 3/4 x 5
    assert set(ratings) == {"drawn_1", "drawn_2", "drawn_3"}
    assert set(ratings.values()) <= {1.0, 5.0}


def test_drawn_ratings_follow_the_probabilities_and_their_seed():
    shares, values = np.array([0.2, 0.0, 0.8]), np.array([0.0, 5.0, 10.0])
    drawn = oracle.readings(shares, values, range(2000))
    assert drawn == oracle.readings(shares, values, range(2000))
    assert drawn.pop("expected") == pytest.approx(8.0)
    assert np.mean(list(drawn.values())) == pytest.approx(8.0, abs=0.3)
    assert set(oracle.readings(np.full(3, np.nan), values, [1]).values()) == {None}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("foundation: purity", "foundation: care", "2 questions on 'care', not one"),
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
        oracle.read_scale(changed)


def test_the_command_writes_what_was_planted_in_every_wording(tmp_path, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)  # the model file names the planted effects from here
    model, output = tmp_path / "model.json", tmp_path / "oracle.parquet"
    prepare.main(["--model", "config/models/synthetic.yaml", "--output", str(model)])
    common = ["--space", "config/persona_space.yaml", "--model", str(model), "--seed", "1"]
    prompts = [f"config/prompts/{name}.md" for name in ("oracle", "oracle_expected")]
    scale = ["--scale", "config/instruments/oracle.yaml", "--seeds", "2"]
    oracle.main([*common, "--wordings", *prompts, *scale, "--output", str(output)])
    found = tables.read(output, study_tables.ORACLE)
    assert found.height == 32 * 6 * 2 * 3
    rows = mean_ratings(found).rows_by_key(["variable", "level", "foundation"])
    assert len(rows) == 32 * 6
    assert rows["god", 3, "purity"] == [pytest.approx((1 + 4 * (0.5 + 0.15),))]
    assert rows["god", 3, "care"] == [pytest.approx((3.0,))]
    assert tables.provenance(output)["engine"] == "synthetic"
    with pytest.raises(UserError, match="same file name"):
        oracle.main([*common, "--wordings", *prompts[:1] * 2, *scale, "--output", str(output)])


def test_ties_are_not_broken_by_rounding():
    exact = np.array([1.0, 1.0, 2.0, 2.0, 3.0])
    noisy = exact + np.array([1, -1, 1, -1, 0]) * 1e-14
    effects = np.array([0.0, 1.0, 1.0, 2.0, 5.0])
    expected = spearmanr(exact, effects).statistic
    assert rank_correlation(noisy, effects) == pytest.approx(expected)


def test_agreement_of_raters_is_that_of_shrout_and_fleiss():
    # Their Table 2: six targets by four judges; ICC(3,1) = .71, ICC(3,4) = .91
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    found = intraclass(ratings.T.astype(float))
    assert (found.single, found.mean) == pytest.approx((0.7148, 0.9093), abs=1e-4)
    # the interval as the psychometrics library pingouin 0.7 gives it
    assert (found.ci_low, found.ci_high) == pytest.approx((0.34, 0.95), abs=0.005)
    frame = pd.DataFrame(
        [(i, j, float(y)) for i, row in enumerate(ratings) for j, y in enumerate(row)],
        columns=["target", "judge", "y"],
    )
    mean_square = anova_lm(smf.ols("y ~ C(target) + C(judge)", frame).fit())["mean_sq"]
    between, error = mean_square["C(target)"], mean_square["Residual"]
    assert found.single == pytest.approx((between - error) / (between + 3 * error))


def test_stability_tells_opinion_from_luck():
    rng = np.random.default_rng(2)
    levels = membership(SPACE, SPACE.levels_of([0]))
    opinion = rng.normal(3, 1, (32, 6))
    rows = [
        (levels.variables[v], int(k), foundation, wording, reading, rating)
        for column, (v, k) in enumerate(zip(levels.variable, levels.level, strict=True))
        for f, foundation in enumerate(FOUNDATIONS)
        for wording, shift in (("one", 0.0), ("two", 0.5))
        for reading, noise in (("expected", 0.0), ("drawn_1", 1.0), ("drawn_2", 1.0))
        for rating in [opinion[column, f] + shift + rng.normal(0, noise)]
    ]
    table = pl.DataFrame(rows, schema=dict(study_tables.ORACLE.columns), orient="row")
    measured = oracle_ratings(table, levels)
    found = stability_table(table, levels, measured)
    by = {(row["over"], row["foundation"]): row for row in found.iter_rows(named=True)}
    assert by["wordings", "all"]["icc_single"] == pytest.approx(1)
    assert by["wordings", "care"]["least_pearson"] == pytest.approx(1)
    # opinion and luck have the same variance
    luck = by["seeds", "all"]
    assert luck["ci_low"] < 0.5 < luck["ci_high"]
    assert luck["icc_single"] == pytest.approx(0.5, abs=0.1)
    assert luck["icc_mean"] == pytest.approx(2 / 3, abs=0.1)
    assert (luck["n_raters"], luck["n_targets"]) == (2, 2 * 192)
    alone = stability_table(table.filter(wording="one", reading="expected"), levels, measured)
    assert alone["over"].unique().to_list() == ["wordings"]
    assert alone["icc_single"].null_count() == 7
