"""Individuals: the people of a SYNTHETIC survey on the map, against placing them by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import survey_fixture
from survey_cuts import COUNTRIES, PROBE, SPACE, made_up
from valuescape.core.reference import carried_provenance
from valuescape.humans import published
from valuescape.lenses.cultural_map import individuals

REFERENCE = COUNTRIES.parent
MAP = {
    "projection": REFERENCE / "iw_projection.csv",
    "centroids": REFERENCE / "iw_country_centroids.csv",
}
QUESTIONS = {
    "A008": "Q46", "A165": "Q57", "E018": "Q45", "E025": "Q209", "F063": "Q164", "F118": "Q182",
    "F120": "Q184", "G006": "Q254",
}  # fmt: skip


def places_by_hand(rows: pl.DataFrame) -> np.ndarray:
    """Return the places of those with all ten answers."""
    parts = [*QUESTIONS.values(), "Q154", "Q155", "Q8", "Q14", "Q15", "Q17"]
    known = rows.filter(pl.all_horizontal(pl.col(parts) > 0), pl.col("Q254") < 5)
    answers = {ivs: known[name].to_numpy().astype(float) for ivs, name in QUESTIONS.items()}
    aims = [np.isin(known[name].to_numpy(), (2, 4)) for name in ("Q154", "Q155")]
    answers["Y002"] = 1.0 + aims[0] + aims[1]
    named = [known[name].to_numpy() == 1 for name in ("Q8", "Q14", "Q15", "Q17")]
    answers["Y003"] = named[0] * 1.0 + named[1] - named[2] - named[3]
    frozen = pl.read_csv(MAP["projection"], comment_prefix="#")
    x, y = np.full((2, known.height), [[0.038], [-0.1]])
    for row in frozen.iter_rows(named=True):
        standard = (answers[row["ivs"]] - row["mean"]) / row["sd"]
        x = x + 1.81 * row["weight_self_expression"] * standard
        y = y + 1.61 * row["weight_secular"] * standard
    return np.column_stack([x, y])


def test_a_survey_without_one_of_the_ten_has_no_scatter(tmp_path):
    rows = made_up("wvs7").with_columns(Q182=pl.lit(-4, pl.Int32)).head(300)
    survey = survey_fixture.write(rows, tmp_path / "SYNTHETIC_wvs7.csv")
    output = tmp_path / "individual_moments.csv"
    individuals.main(
        survey=survey, space=SPACE, instrument=PROBE, countries=COUNTRIES, **MAP, individuals=output
    )
    found = published.read_individual_moments(output)
    assert found["country"].to_list() == [published.ALL, published.WITHIN]
    assert found["n"].to_list() == [0, 0]
    assert found["sd_secular"].null_count() == 2


def test_people_scatter_as_when_placed_by_hand(tmp_path):
    rows = made_up("wvs7")
    survey = survey_fixture.write(rows, tmp_path / "SYNTHETIC_wvs7.csv")
    output = tmp_path / "individual_moments.csv"
    individuals.main(
        survey=survey, space=SPACE, instrument=PROBE, countries=COUNTRIES, **MAP, individuals=output
    )
    found = published.read_individual_moments(output)
    assert "SYNTHETIC" in carried_provenance(output)["wvs7 version"]
    places = places_by_hand(rows.filter(pl.col("B_COUNTRY") == 124))
    canada = found.filter(country="Canada", weight=published.UNWEIGHTED).row(0, named=True)
    assert canada["n"] == len(places) > 50
    for column, axis in enumerate(("self_expression", "secular")):
        assert canada[f"mean_{axis}"] == pytest.approx(places[:, column].mean(), abs=5e-5)
        assert canada[f"sd_{axis}"] == pytest.approx(places[:, column].std(), abs=5e-5)
    expected = np.corrcoef(places.T)[0, 1]
    assert canada["correlation"] == pytest.approx(expected, abs=5e-5)
    # Egypt was not asked one of the ten
    assert "Egypt" not in found["country"]
    weighted = found.filter(country="Canada", weight=published.WEIGHTED).row(0, named=True)
    assert weighted["mean_secular"] != canada["mean_secular"]
    # within countries there is less of everything than among all
    pooled = found.filter(pl.col("country").is_in([published.ALL, published.WITHIN]))
    spread = dict(pooled.select("country", "sd_secular").iter_rows())
    assert spread[published.WITHIN] < spread[published.ALL]
