"""Edges of the map and of weights: what is not defined is null and said, and no command fails."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import made_up_survey as survey
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.cultural_map import (
    axis_recovery,
    nearest,
    positions,
    sensitivity,
    waves,
    weighted_positions,
)
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.weights import fit, poststratify
from valuescape.lenses.weights import tables as weight_tables
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[3] / "config"
REFERENCE = CONFIG / "reference"
IW = read_instrument(CONFIG / "instruments/iw.yaml")
PROBE = survey.PROBE


def refused(answers, questions):
    """Return answers with every one to some questions refused."""
    return answers.with_columns(
        *(pl.lit("refused").alias(f"{q}_status") for q in questions),
        *(
            pl.lit(None, answers.schema[name]).alias(name)
            for q in questions
            for name in answers.columns
            if name == q or name.startswith(f"{q}_p")
        ),
    )


def edge(name, ids, instrument):
    """Return the answers of personas at one edge."""
    if name == "constant":
        return survey.responses(ids, instrument, heed=False)
    answers = survey.responses(ids, instrument)
    names = [question.id for question in instrument.questions]
    return refused(answers, {"one refused": names[:1], "all refused": names}.get(name, []))


@pytest.fixture(scope="module")
def humans():
    return survey.human_answers(survey.six_countries(), PROBE)


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("one refused", 12), ("all refused", 12), ("constant", 12), ("one persona", 1),
        ("two personas", 2),
    ],
)  # fmt: skip
def test_every_command_ends_with_tables(tmp_path, humans, name, n):
    """Referee A4 of the map and of weights."""
    file = {key: tmp_path / f"{key}.parquet" for key in FILES}
    ids = designs.persona_ids(survey.SPACE, "oa144")[:: 144 // n][:n]
    given = {"space": CONFIG / "persona_space.yaml", "personas": file["personas"]}
    tables.write(
        designs.persona_table(survey.SPACE, ids), file["personas"], study_tables.PERSONAS, {}
    )
    for instrument, key in ((IW, "responses"), (PROBE, "probe")):
        tables.write(edge(name, ids, instrument), file[key], study_tables.RESPONSES, {})
    biographies = pl.DataFrame({"persona_id": ids}).with_columns(
        pl.lit("Japan" if column == "country" else None, dtype).alias(column)
        for column, dtype in study_tables.BIOGRAPHIES.columns.items()
        if column != "persona_id"
    )
    tables.write(biographies, file["biographies"], study_tables.BIOGRAPHIES, {})
    tables.write(humans, file["humans"], human_tables.HUMANS, {})
    drawn = {"readout": "probabilities", "seed": 1, "replicates": 20}
    asked = given | {"responses": file["responses"], "instrument": CONFIG / "instruments/iw.yaml"}
    of_map = {"projection": REFERENCE / "iw_projection.csv"}
    public = {
        "distributions": REFERENCE / "wvs7_country_distributions.csv",
        "joint": REFERENCE / "wvs7_indicator_joint.parquet",
        "countries": REFERENCE / "countries.csv",
    }
    centroids = {"centroids": REFERENCE / "iw_country_centroids.csv"}
    people = {"individuals": REFERENCE / "iw_individual_moments.csv"}
    # the countries down to C are enough
    lines = (REFERENCE / "iw_waves.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "waves.csv").write_text("".join(lines[:40]), encoding="utf-8")
    means = {"waves": tmp_path / "waves.csv"}

    positions.main(
        **asked, **of_map, **centroids, **people, **drawn, **pick(file, "biographies", "positions",
        "summary"),
    )  # fmt: skip
    placed = pick(file, "positions")
    axis_recovery.main(**asked, **drawn, **placed, **pick(file, "matrix", "levels", "axes"))
    nearest.main(
        **asked, **centroids, **drawn, **placed, pooled_positions=[file["positions"]],
        **pick(file, "nearest", "stated", "uncertainty"),
    )  # fmt: skip
    sensitivity.main(
        **asked, **of_map, **means, **drawn, fit="published",
        **pick(file, "sensitivity", "constraint"),
    )  # fmt: skip
    fit.main(**given, **public, **of_map, seed=1, **pick(file, "weights", "diagnostics"))
    weighted_positions.main(
        **asked, **of_map, **centroids, **drawn, **pick(file, "weights", "weighted_positions")
    )
    waves.main(
        **asked, **of_map, **means, **people, **drawn, distributions=public["distributions"],
        waves_distributions=REFERENCE / "iw_waves_distributions.csv",
        answered=REFERENCE / "wvs7_n.csv", **pick(file, "shifts", "drift"),
    )  # fmt: skip
    poststratify.main(
        **given, responses=file["probe"], instrument=CONFIG / "instruments/wvb_probe.yaml",
        **means, **public, **drawn, **pick(file, "humans"), summary=file["countries"],
        ranks=file["ranks"],
    )  # fmt: skip
    summary = tables.read(file["summary"], map_tables.MAP_SUMMARY)
    of = {(who, m): (e, low) for who, m, e, low, _ in summary.iter_rows()}
    lost = name.endswith("refused")
    assert (of["persona", "mean_secular"][0] is None) == lost
    assert ("not defined" in tables.provenance(file["summary"])) == lost
    if name != "two personas":
        assert of["persona", "correlation"] == (None, None)
    if name == "one persona":
        # one persona is no sample: a place, and no interval
        assert of["persona", "mean_secular"][1] is None
    drift = tables.read(file["drift"], map_tables.WAVE_DRIFT)
    if name == "constant":
        moved = drift.filter(predictor="persona", measure="correlation")
        assert moved["estimate"].is_null().all()
    if name == "all refused":
        assert drift.filter(pl.col("predictor").str.starts_with("persona")).is_empty()
        ranks = tables.read(file["ranks"], weight_tables.COUNTRY_RANKS)
        assert ranks.is_empty()


FILES = (
    "personas", "responses", "probe", "biographies", "humans", "positions", "summary", "matrix",
    "levels", "axes", "nearest", "stated", "uncertainty", "sensitivity", "constraint", "weights",
    "diagnostics", "weighted_positions", "shifts", "drift", "countries", "ranks",
)  # fmt: skip


def pick(files, *names):
    """Return some of the files by name."""
    return {name: files[name] for name in names}
