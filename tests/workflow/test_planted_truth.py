"""What was planted comes back: the whole workflow, from personas to lens tables, with a respondent
whose every answer is known.

The expected numbers are computed here from the planted effects, the config files and scipy, not
with the code under test. Only rounding stands between: option probabilities are kept in 1e-4, so
each is up to 5e-5 off, and a mean of K options at distances d from the middle of its scale up to
5e-5 x sum |d|: 3e-4 on the five points of the MFQ-2, 1.3e-3 on a scale of ten points.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from scipy.stats import binom, wasserstein_distance

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).parents[2]
PLANTED = yaml.safe_load((ROOT / "tests/data/planted_effects.yaml").read_text(encoding="utf-8"))
SPACE = yaml.safe_load((ROOT / "config/persona_space.yaml").read_text(encoding="utf-8"))
LEVELS = {variable["name"]: len(variable["levels"]) for variable in SPACE["variables"]}
WITHOUT_EFFECTS = {name for name, effects in PLANTED["foundations"].items() if not effects}
ON_FIVE_POINTS = 3e-4
ON_TEN_POINTS = 1.3e-3


@pytest.fixture(scope="module")
def results(failed_then_finished) -> Path:
    return failed_then_finished.checkout.path / "results/test"


@pytest.fixture(scope="module")
def base(results) -> Path:
    return results / "synthetic/base"


def planted_effect(foundation: str, variable: str, level: int) -> float:
    """Return the effect of a level in scale points: four lie between 1 and 5."""
    return 4 * PLANTED["foundations"][foundation].get(variable, [0] * LEVELS[variable])[level]


def test_all_planted_level_effects_come_back(base):
    effects = pl.read_parquet(base / "morality/effects.parquet")
    assert effects.height == 32 * 6
    keys = effects.select("foundation", "variable", "level").iter_rows()
    expected = np.array([planted_effect(*key) for key in keys])
    # a difference of two means, each within the rounding
    assert effects["effect"].to_numpy() == pytest.approx(expected, abs=2 * ON_FIVE_POINTS)
    largest = np.abs(expected) > 0.1  # scale points
    assert (
        effects["ci_low"].to_numpy()[largest] * effects["ci_high"].to_numpy()[largest] > 0
    ).all()


def test_the_mean_of_every_foundation_is_the_planted_one(base):
    profiles = pl.read_parquet(base / "morality/profiles.parquet")
    expected = [1 + 4 * PLANTED["base"]] * 6
    assert profiles["persona_mean"].to_list() == pytest.approx(expected, abs=ON_FIVE_POINTS)


def test_the_variance_is_that_of_the_planted_effects(base):
    shares = pl.read_parquet(base / "morality/anova_shares.parquet").filter(
        ~pl.col("foundation").is_in(WITHOUT_EFFECTS), measure="first_order"
    )
    for variable, foundation, share in shares["variable", "foundation", "share"].iter_rows():
        effects = PLANTED["foundations"][foundation]
        # levels are balanced and effects sum to zero: the variance is the mean square
        variances = {name: np.mean(np.square(values)) for name, values in effects.items()}
        expected = variances.get(variable, 0) / sum(variances.values())
        assert share == pytest.approx(expected, abs=0.01), (variable, foundation)


def test_the_oracle_agrees_but_for_rounding(base):
    agreement = pl.read_parquet(base / "morality/oracle_agreement.parquet")
    for row in agreement.iter_rows(named=True):
        if row["foundation"] in WITHOUT_EFFECTS:
            assert row["pearson"] is None
            continue
        for measure in ("pearson", "slope", "r2_personas", "r2_additive_ceiling"):
            assert row[measure] == pytest.approx(1, abs=0.002), (row["foundation"], measure)


def test_the_oracle_says_the_same_in_every_wording(base):
    stable = pl.read_parquet(base / "morality/oracle_stability.parquet").filter(over="wordings")
    for row in stable.iter_rows(named=True):
        found = None if row["foundation"] in WITHOUT_EFFECTS else pytest.approx(1)
        assert row["icc_single"] == found
        assert row["n_raters"] == 3


def test_the_core_variables_are_those_with_planted_effects(results):
    core = pl.read_parquet(results / "core_variables.parquet").filter(foundation="all")
    planted = {name for effects in PLANTED["foundations"].values() for name in effects}
    first = core.filter(pl.col("rank") <= len(planted))
    assert set(first["variable"]) == planted
    assert set(core.filter(pl.col("share") > 0.01)["variable"]) == planted
    assert set(core["n_settings"]) == {1}


def test_what_was_not_asked_says_what_it_needs(base):
    parts = pl.read_parquet(base / "robustness/gstudy.parquet")
    assert parts.filter(component="g_coefficient")["estimate"].null_count() == 6
    assert parts.filter(component="answer")["remark"].str.starts_with("needs conditions").all()
    yes = pl.read_parquet(base / "morality/acquiescence.parquet").filter(measure="acquiescence")
    assert yes["estimate"].null_count() == 7
    assert yes["remark"].str.starts_with("needs the instrument").all()


def configured(results: Path) -> dict[str, np.ndarray]:
    """Return the survey value that each persona is configured to, by indicator."""
    personas = pl.read_parquet(results / "personas.parquet")
    return {
        variable["ivs"]: np.array([level["value"] for level in variable["levels"]], dtype=float)[
            personas[variable["name"]].to_numpy()
        ]
        for variable in SPACE["variables"]
    }


def shift(ivs: str, own: np.ndarray) -> float:
    """Return by how much every answer to an indicator is moved, on the survey's scale."""
    return float(PLANTED["shifts"].get(ivs, 0.0) * (own.max() - own.min()))


def test_a_planted_shift_on_the_map_lies_within_its_interval(base):
    projection = pl.read_csv(ROOT / "config/reference/iw_projection.csv", comment_prefix="#")
    scales = {
        variable["ivs"]: np.array([level["value"] for level in variable["levels"]], dtype=float)
        for variable in SPACE["variables"]
    }
    told, moved = np.zeros(2), np.zeros(2)
    for row in projection.iter_rows(named=True):
        # Levels lie evenly about the middle of their scale, and so do answers about it.
        own = scales[row["ivs"]]
        middle = (own.min() + own.max()) / 2
        weights = np.array([1.81 * row["weight_self_expression"], 1.61 * row["weight_secular"]])
        told += weights * (middle - row["mean"]) / row["sd"]
        moved += weights * shift(row["ivs"], own) / row["sd"]
    summary = pl.read_parquet(base / "map/summary.parquet").filter(object="persona")
    of = {row["measure"]: row for row in summary.iter_rows(named=True)}
    assert np.hypot(*moved) > 0.5
    origin = np.array([0.038, -0.1])
    for axis, centre, step in zip(
        ("self_expression", "secular"), told + origin, moved, strict=True
    ):
        row = of[f"mean_{axis}"]
        assert row["ci_low"] < centre + step < row["ci_high"]
        # ... and where the configurations alone lie does not.
        assert not row["ci_low"] < centre < row["ci_high"]
    recovery = pl.read_parquet(base / "map/manipulation_check_axes.parquet")
    flag = recovery.filter(measure="midpoint_flag")["estimate"].item()
    assert flag == 0


def test_every_persona_lies_where_its_planted_answers_put_it(results, base):
    projection = pl.read_csv(ROOT / "config/reference/iw_projection.csv", comment_prefix="#")
    values = configured(results)
    scores = np.zeros((2, 144))
    for row in projection.iter_rows(named=True):
        own = values[row["ivs"]]
        middle = (own.min() + own.max()) / 2
        answered = middle + PLANTED["slope"] * (own - middle) + shift(row["ivs"], own)
        weights = np.array([[row["weight_self_expression"]], [row["weight_secular"]]])
        scores += weights * (answered - row["mean"]) / row["sd"]
    expected = np.array([[1.81], [1.61]]) * scores + np.array([[0.038], [-0.1]])
    positions = pl.read_parquet(base / "map/positions.parquet")
    found = positions.select("self_expression", "secular").to_numpy().T
    # ten indicators, each off by up to 1.3e-3 / sd of 0.4 to 3.3, under weights of 0.5 at most
    assert found == pytest.approx(expected, abs=5e-3)


def test_every_indicator_follows_its_configuration_with_the_planted_slope(base):
    adherence = pl.read_parquet(base / "quality/manipulation_check.parquet")
    assert sorted(adherence["variable"]) == sorted(LEVELS)
    assert adherence["slope"].to_list() == pytest.approx([PLANTED["slope"]] * 10, abs=ON_TEN_POINTS)
    assert adherence["correlation"].to_list() == pytest.approx([1.0] * 10, abs=1e-5)
    assert adherence["top_above_bottom"].to_list() == [1.0] * 10


def test_every_continent_lies_as_far_from_humans_as_planted(results, base):
    humans = pl.read_parquet(results / "humans.parquet").filter(grouping="continent")
    shares = humans.rows_by_key(["group", "question"], named=True)
    cells = pl.read_parquet(base / "alignment/cells.parquet").filter(pl.col("group") != "all")
    assert set(cells["group"]) == set(PLANTED["continents"])
    assert set(cells["group", "question"].iter_rows()) == set(shares)
    for group, question, emd in cells["group", "question", "emd"].iter_rows():
        human = sorted(shares[group, question], key=lambda row: row["option"])
        options = np.array([row["option"] for row in human], dtype=float)
        steps = len(options) - 1
        mean = PLANTED["base"] + PLANTED["continents"][group]
        distance = wasserstein_distance(
            options,
            options,
            binom.pmf(np.arange(steps + 1), steps, mean),
            [row["share"] for row in human],
        )
        # the rounding of up to ten shares adds up in the cumulative distribution
        assert emd == pytest.approx(distance / np.ptp(options), abs=5e-4), (group, question)


def test_every_answer_is_accounted_for(base):
    validity = pl.read_parquet(base / "quality/validity.parquet")
    assert set(validity["stage"]) == {"biographies", "iw", "iw_condensed", "wvb_probe", "mfq2"}
    assert (validity["asked"] == 144).all()
    assert (validity["valid"] == 144).all()
    assert validity["option_mass"].drop_nulls().to_list() == pytest.approx([1.0] * 91)
