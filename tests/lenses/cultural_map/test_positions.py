"""Cultural map: the frozen projection, the design's own cloud, the summary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.clouds import Place, summarise_cloud
from valuescape.lenses.cultural_map.positions import (
    Projection,
    design_positions,
    join_positions,
    main,
    midpoint_position,
    read_projection,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
INSTRUMENT_FILE = CONFIG / "instruments/iw.yaml"
PROJECTION_FILE = CONFIG / "reference/iw_projection.csv"
CENTROIDS_FILE = CONFIG / "reference/iw_country_centroids.csv"


@pytest.fixture(scope="module")
def space():
    return read_space(SPACE_FILE)


@pytest.fixture(scope="module")
def projection():
    return read_projection(PROJECTION_FILE)


@pytest.fixture(scope="module")
def centroids():
    return read_reference(CENTROIDS_FILE, dict.fromkeys(AXES, pl.Float64)).to_numpy()


def test_projection_by_hand():
    flat = Projection(
        ("A", "B"), np.array([[0.5, 0.0], [-1.0, 2.0]]), np.array([1.0, 2.0]), np.array([2.0, 1.0])
    )
    # A = 5 is 2 SDs up, B = 3 is 1 SD up: scores 2 * 0.5 - 1 = 0 and 0 + 2 = 2
    found = flat.positions(np.array([[3.0, 9.0, 5.0]]), ["B", "C", "A"], "the test")
    assert found == pytest.approx(np.array([[0.038, 1.61 * 2 - 0.1]]))
    with pytest.raises(UserError, match="the test has no indicator 'B'"):
        flat.positions(np.array([[3.0]]), ["A"], "the test")


def test_signs_of_the_axes(projection):
    weight = dict(zip(projection.codes, projection.weights, strict=True))
    assert weight["F118"][0] > 0  # justifying homosexuality is self-expression
    assert weight["F063"][1] < 0  # God's importance is traditional


def test_design_alone_makes_the_known_cloud(space, projection, centroids):
    whole = design_positions(space, space.levels_of(np.arange(space.n_personas)), projection)
    midpoint = midpoint_position(read_instrument(INSTRUMENT_FILE), projection)
    assert midpoint == pytest.approx([0.19, 1.84], abs=0.005)
    place = Place(centroids, midpoint)
    expected = {
        "n": 93_312, "mean_self_expression": 0.19, "mean_secular": 1.84,
        "sd_self_expression": 1.67, "sd_secular": 1.81, "correlation": -0.45,
        "hull_share": 0.262, "distance_from_midpoint": 0.0,
    }  # fmt: skip
    for _, measure, estimate, low, high in summarise_cloud("design", whole, place):
        assert estimate == pytest.approx(expected[measure], abs=0.005)
        assert (low, high) == (None, None)
    countries = {m: e for _, m, e, *_ in summarise_cloud("country", centroids, place)}
    assert countries["correlation"] == pytest.approx(0.41, abs=0.005)


def test_persona_without_an_answer_has_no_place():
    places = np.array([[1.0, 2.0], [np.nan, np.nan]])
    countries = pl.DataFrame(
        {"persona_id": [3, 8], "country": ["Japan", None]},
        schema={"persona_id": pl.UInt32, "country": pl.String},
    )
    found = join_positions(pl.Series([3, 8], dtype=pl.UInt32), places * 2, places, countries)
    tables.check(found, map_tables.POSITIONS, "the test")
    assert found.rows() == [(3, 2.0, 4.0, 1.0, 2.0, "Japan"), (8, None, None, None, None, None)]


def test_personas_who_answer_as_configured_lie_where_they_were_configured(space, tmp_path):
    instrument = read_instrument(INSTRUMENT_FILE)
    ids = np.arange(0, space.n_personas, 997, dtype=np.uint32)
    levels = space.levels_of(ids)
    configured = dict(zip((v.ivs for v in space.variables), space.values_of(levels).T, strict=True))
    answered = responses(
        instrument,
        {q.id: probabilities_about(q, configured[q.id]) for q in instrument.questions},
        persona_ids=ids,
    )
    names = [v.name for v in space.variables]
    personas = pl.DataFrame({"persona_id": ids, **dict(zip(names, levels.T, strict=True))})
    biographies = pl.DataFrame({"persona_id": ids}).with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in study_tables.BIOGRAPHIES.columns.items()
        if name != "persona_id"
    )
    for name, frame, table in (
        ("personas", personas, study_tables.PERSONAS),
        ("responses", answered, study_tables.RESPONSES),
        ("biographies", biographies, study_tables.BIOGRAPHIES),
    ):
        tables.write(frame, tmp_path / name, table, {"engine": "synthetic", "from": name})
    files = ("personas", "responses", "biographies", "positions", "summary")
    main(
        space=SPACE_FILE,
        instrument=INSTRUMENT_FILE,
        projection=PROJECTION_FILE,
        centroids=CENTROIDS_FILE,
        individuals=CENTROIDS_FILE.with_name("iw_individual_moments.csv"),
        **{name: tmp_path / name for name in files},
        readout="probabilities",
        seed=1,
        replicates=20,
    )
    found = tables.read(tmp_path / "positions", map_tables.POSITIONS)
    for axis in AXES:
        assert found[axis].to_numpy() == pytest.approx(found[f"design_{axis}"].to_numpy(), abs=1e-3)
    assert tables.provenance(tmp_path / "summary")["engine"] == "synthetic"
    summary = tables.read(tmp_path / "summary", map_tables.MAP_SUMMARY)
    of = {(who, measure): (e, low) for who, measure, e, low, _ in summary.iter_rows()}
    # whoever answers as configured has one answer: read either way, the spread is the same
    for axis in AXES:
        sds = [of[who, f"sd_{axis}"][0] for who in ("persona", "persona_drawn")]
        assert sds[1] == pytest.approx(sds[0], rel=0.02)
    assert of["human", "hull_share"][0] == pytest.approx(0.345, abs=0.001)
    assert ("country", "hull_share") not in of


INDICATORS = {
    "A008": "Q46", "A165": "Q57", "E018": "Q45", "E025": "Q209", "F063": "Q164", "F118": "Q182",
    "F120": "Q184", "G006": "Q254",
}  # fmt: skip


def test_countries_from_public_answers_lie_where_they_are_published(projection):
    """Mean answers of wave 7, projected, against centroids fitted by others on waves 5 to 7.

    Places are linear in the answers, and so is the index in the shares of its parts:
    Y003 = P(Q8) + P(Q14) - P(Q15) - P(Q17).
    """
    folder = PROJECTION_FILE.parent
    shares = pl.read_csv(folder / "wvs7_country_distributions.csv", comment_prefix="#")
    shares = shares.filter(~((pl.col("question") == "Q254") & (pl.col("code") == 5)))

    def mean(question, codes=None):
        value = pl.col("code") if codes is None else pl.col("code").is_in(codes).cast(pl.Float64)
        share = pl.col("share_percent")
        rows = shares.filter(pl.col("question") == question)
        found = rows.group_by("country").agg((value * share).sum() / share.sum())
        return dict(found.rows())

    of = {code: mean(question) for code, question in INDICATORS.items()}
    parts = {f"Q{n}": mean(f"Q{n}", [1]) for n in (8, 14, 15, 17)}
    of["Y003"] = {
        c: parts["Q8"][c] + parts["Q14"][c] - parts["Q15"][c] - parts["Q17"][c]
        for c in set.intersection(*map(set, parts.values()))
    }
    of["Y002"] = mean("Y002")
    published = pl.read_csv(CENTROIDS_FILE, comment_prefix="#")
    countries = [c for c in published["country"] if all(c in each for each in of.values())]
    assert len(countries) == 25  # pride is public for few
    values = np.array([[of[code][c] for code in projection.codes] for c in countries])
    found = projection.positions(values, projection.codes, "the test")
    places = published.filter(pl.col("country").is_in(countries)).select(AXES).to_numpy()
    # One wave, unweighted, against three waves, weighted: rich countries have become more secular.
    # Two makings of one map differ by 0.29 and 0.20 (REIMPLEMENTATIONS_RMS).
    rms = np.sqrt(np.mean((found - places) ** 2, axis=0))
    assert rms == pytest.approx([0.257, 0.356], abs=0.005)
