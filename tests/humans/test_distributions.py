"""Humans: shares by country, pooled by respondents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import public_tables
import survey_fixture
from made_up_answers import instrument, question
from survey_cuts import cut_wvs7
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.humans import distributions as humans
from valuescape.humans import tables as human_tables
from valuescape.study.check import PUBLIC_GROUPINGS
from valuescape.study.instruments import read_instrument

INSTRUMENT = Path(__file__).parents[2] / "config/instruments/wvb_probe.yaml"
ASKED = instrument(question("Q1", (1, 2, 3)), question("Q122", (0, 1, 2)))
COUNTRIES = pl.DataFrame({"country": ["A", "B", "C"], "continent": ["North", "North", "South"]})
RESPONDENTS = pl.DataFrame({"country": ["A", "B", "C"], "n": [300, 100, 601]})
ANSWERED = pl.DataFrame({"question": ["Q1"], "country": ["C"], "n": [600]})


def distributions(**changed: float) -> pl.DataFrame:
    rows = [
        ("Q1", "A", 1, 60.0), ("Q1", "A", 2, 40.0),
        ("Q1", "B", 1, 20.0), ("Q1", "B", 3, 80.0),
        ("Q1", "C", 2, changed.get("C", 100.0)),
        ("Q122", "A", 0, 25.0), ("Q122", "A", 2, 75.0),
        ("Q999", "A", 1, 100.0),
    ]  # fmt: skip
    schema = {"question": pl.String, "country": pl.String, "code": pl.Int8, "share_percent": float}
    return pl.DataFrame(rows, schema=schema, orient="row")


def shares(found: pl.DataFrame, group: str, asked: str) -> list[float]:
    rows = found.filter((pl.col("group") == group) & (pl.col("question") == asked))
    return rows.sort("option")["share"].to_list()


def test_countries_are_pooled_by_their_respondents():
    found = humans.human_answers(distributions(), ANSWERED, RESPONDENTS, COUNTRIES, ASKED)
    tables.check(found, human_tables.HUMANS, "made up")
    assert shares(found, "A", "Q1") == pytest.approx([0.6, 0.4, 0.0])
    # 300 of A and 100 of B: (180 + 20) / 400, 120 / 400, 80 / 400
    assert shares(found, "North", "Q1") == pytest.approx([0.5, 0.3, 0.2])
    # with 600 of C: 200, 120 + 600, 80 of 1000
    assert shares(found, "all", "Q1") == pytest.approx([0.2, 0.72, 0.08])
    assert shares(found, "all", "Q122") == pytest.approx([0.25, 0.0, 0.75])
    everyone = found.filter(pl.col("grouping") == "all").unique("question").sort("question")
    assert everyone["n_respondents"].to_list() == [1000.0, 300.0]
    assert everyone["n_countries"].to_list() == [3, 1]


def test_public_groupings_are_made_of_public_tables(tmp_path):
    """Each grouping that the config allows without a survey file; pooled, it is the whole again."""
    output = tmp_path / "humans.parquet"
    for fields in PUBLIC_GROUPINGS:
        humans.main(
            **public_tables.HUMANS, instrument=INSTRUMENT, grouping=list(fields), humans=output
        )
        found = tables.read(output, human_tables.HUMANS)
        groups = found.filter(grouping=humans.grouping_name(fields))
        sums = groups.group_by("group", "question").agg(pl.col("share").sum())
        assert np.allclose(sums["share"], 1)
        if set(fields) <= set(humans.PLACES):
            continue
        # Q121 is known of all 66 populations: pooled over groups as over countries, but for those
        # without the attribute and groups of fewer than 30
        counted = groups.filter(question="Q121")
        share = (counted["share"] * counted["n_respondents"]).sum()
        everyone = found.filter(grouping="all", question="Q121")
        by_option = counted.group_by("option").agg(
            (pl.col("share") * pl.col("n_respondents")).sum() / share
        )
        both = everyone.join(by_option, on="option", suffix="_groups")
        assert both["share"].to_list() == pytest.approx(both["share_groups"].to_list(), abs=0.004)
        assert 0.93 < share / everyone["n_respondents"][0] <= 1


def test_a_continent_that_was_not_asked_has_no_row():
    found = humans.human_answers(distributions(), ANSWERED, RESPONDENTS, COUNTRIES, ASKED)
    assert shares(found, "South", "Q122") == []


def test_wrong_distributions_are_refused():
    with pytest.raises(UserError, match=r"C, Q1: the shares sum to 97\.00"):
        humans.human_answers(distributions(C=97.0), ANSWERED, RESPONDENTS, COUNTRIES, ASKED)
    two, other = (instrument(question(name, (1, 2))) for name in ("Q1", "X"))
    with pytest.raises(UserError, match="Q1: code 3 is no option"):
        humans.human_answers(distributions(), ANSWERED, RESPONDENTS, COUNTRIES, two)
    with pytest.raises(UserError, match="'C' has answers but no number"):
        humans.human_answers(distributions(), ANSWERED, RESPONDENTS.head(2), COUNTRIES, ASKED)
    with pytest.raises(UserError, match="'C' has answers but stands not among"):
        humans.human_answers(distributions(), ANSWERED, RESPONDENTS, COUNTRIES.head(2), ASKED)
    with pytest.raises(UserError, match="no question"):
        humans.human_answers(distributions(), ANSWERED, RESPONDENTS, COUNTRIES, other)


def test_public_aggregates_of_the_probe(tmp_path):
    output = tmp_path / "humans.parquet"
    humans.main(
        **public_tables.HUMANS,
        instrument=INSTRUMENT,
        grouping=["continent"],
        humans=output,
    )
    found = tables.read(output, human_tables.HUMANS)
    probe = read_instrument(INSTRUMENT)
    assert set(found["question"]) == {q.id for q in probe.questions}
    by_cell = found.group_by("grouping", "group", "question").agg(
        pl.col("share").sum(), pl.len(), pl.col("option").n_unique().alias("options")
    )
    assert np.allclose(by_cell["share"], 1)
    n_options = by_cell["question"].replace_strict(
        {q.id: q.n_options for q in probe.questions}, return_dtype=pl.UInt32
    )
    assert by_cell["options"].equals(n_options)
    cells = by_cell.group_by("grouping").len().sort("grouping").rows()
    assert cells == [("all", 36), ("continent", 216), ("country", 2065)]


@pytest.mark.long
def test_planted_group_effects_come_back_in_the_46_groups(tmp_path):
    """Group shares of a large file are those that the generator planted, by country and group."""
    frame = survey_fixture.wvs7(9000, seed=3)
    found = cut_wvs7(
        survey_fixture.write(frame, tmp_path / "SYNTHETIC.csv"), tmp_path / "large.parquet"
    )
    fields = ["continent", "settlement", "education"]
    probe = read_instrument(INSTRUMENT)
    table = humans.respondents_answers(found, probe, fields)
    tables.check(table, human_tables.HUMANS, "of respondents")
    groups = table.filter(pl.col("grouping") == "continent+settlement+education")
    assert groups["group"].n_unique() == 46
    assert "Oceania / rural / Lower Secondary" not in groups["group"]
    # everybody is counted, and not five of each cell
    everyone = found.drop_nulls(fields)
    asked = groups.filter(pl.col("question") == "Q106").unique("group")
    assert asked["n_respondents"].sum() == everyone["Q106"].drop_nulls().len()
    assert (asked["n_effective"] < asked["n_respondents"]).all()

    country, question = "Japan", "Q106"
    own = humans.respondents_answers(found, probe, ["country", "settlement", "education"])
    z = []
    for settlement in survey_fixture.SETTLEMENT:
        for education in survey_fixture.EDUCATION:
            planted = survey_fixture.expected_shares(question, country, settlement, education)
            here = own.filter(
                (pl.col("group") == f"{country} / {settlement} / {education}")
                & (pl.col("question") == question)
            ).sort("option")
            p, n = here["share"].to_numpy(), here["n_effective"][0]
            values = here["option"].to_numpy()
            sd = np.sqrt(planted @ values**2 - (planted @ values) ** 2)
            z.append((p @ values - planted @ values) / (sd / np.sqrt(n)))
    assert np.abs(z).max() < 3.5
    # and the planted effect itself is far from nothing
    low, high = (
        survey_fixture.expected_shares(question, country, settlement, education)
        for settlement, education in (("rural", survey_fixture.EDUCATION[0]), ("urban", "Tertiary"))
    )
    assert np.arange(10) @ (high - low) > 2


def test_shares_are_weighted_and_kish_tells_how_many_that_is_worth():
    probe = read_instrument(INSTRUMENT)
    rows = pl.DataFrame(
        {"country": ["A", "A", "B"], "continent": ["North"] * 3, "sex": ["male", "male", None],
         "weight": [3.0, 1.0, 2.0]}
    ).with_columns(
        pl.Series(q.id, [q.options[0].value, q.options[-1].value, None], dtype=pl.Int8)
        for q in probe.questions
    )  # fmt: skip
    found = humans.respondents_answers(rows, probe, ["continent", "sex"])
    here = found.filter((pl.col("group") == "North / male") & (pl.col("question") == "Q57"))
    assert here["share"].to_list() == [0.75, 0.25]
    assert here.row(0, named=True)["n_effective"] == pytest.approx(16 / 10)  # 4^2 / (9 + 1)
    assert here.row(0, named=True)["n_respondents"] == 2
    # nobody of B answered, and the third has no sex: no group of theirs
    assert found["n_countries"].unique().to_list() == [1]
    assert "B" not in found["group"]
