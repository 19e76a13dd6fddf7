"""Inputs: scores are means of their scale's items; personas and scores belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.morality.inputs import foundation_scores, read_norms, read_scored
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"
IDS = np.arange(0, 50, 10, dtype=np.uint32)


@pytest.fixture
def personas(tmp_path):
    space = read_space(SPACE_FILE)
    names = [variable.name for variable in space.variables]
    columns = dict(zip(names, space.levels_of(IDS).T, strict=True))
    frame = pl.DataFrame({"persona_id": IDS, **columns})
    tables.write(frame, tmp_path / "personas", study_tables.PERSONAS, {})
    return tmp_path / "personas"


def write_scores(path: Path, ids, care: float | None) -> Path:
    scores = {name: pl.Series([3.0] * len(ids)) for name in FOUNDATIONS}
    scores["care"] = pl.Series([care] * len(ids), dtype=pl.Float64)
    frame = pl.DataFrame({"persona_id": ids, **scores})
    tables.write(frame, path, moral_tables.FOUNDATION_SCORES, {})
    return path


def test_scores_stand_in_the_order_of_their_files(personas, tmp_path):
    files = [write_scores(tmp_path / f"{care}", IDS, care) for care in (2.0, None, 4.0)]
    read = read_scored(SPACE_FILE, personas, files)
    assert [scores.shape for scores in read.scores] == [(5, 6)] * 3
    assert [scores[0, 0] for scores in read.scores[::2]] == [2, 4]
    assert np.isnan(read.scores[1][:, 0]).all()
    assert read.membership.matrix.sum(axis=1).tolist() == [10] * 5


def test_scores_of_other_personas_are_refused(personas, tmp_path):
    other = write_scores(tmp_path / "other", IDS + 1, 3.0)
    with pytest.raises(UserError, match="other"):
        read_scored(SPACE_FILE, personas, [other])


def test_a_score_is_the_mean_of_its_six_items():
    asked = read_instrument(CONFIG / "instruments/mfq2.yaml")
    # the items of a foundation stand six apart: 1, 1.8, ..., 5 in each
    means = {q.id: np.full(2, 1 + 0.8 * (k // 6)) for k, q in enumerate(asked.questions)}
    answered = responses(
        asked,
        {q.id: probabilities_about(q, means[q.id]) for q in asked.questions},
        {"MFQ8": ["valid", "refused"]},
    )
    found = foundation_scores(answered, asked, "probabilities")
    assert found[0] == pytest.approx(np.full(6, 3.0))
    assert np.isnan(found[1]).tolist() == [name == "equality" for name in FOUNDATIONS]
    scales = {name: scale for name, scale in asked.scales.items() if name != "purity"}
    with pytest.raises(UserError, match="no scale of the foundation 'purity'"):
        foundation_scores(answered, replace(asked, scales=scales), "probabilities")


def test_norms_are_of_nineteen_countries():
    norms = read_norms(CONFIG / "reference/mfq2_country_norms.csv")
    assert norms.height == 19 * 6
    assert set(norms["foundation"]) == set(FOUNDATIONS)
