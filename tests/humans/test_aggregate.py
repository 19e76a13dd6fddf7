"""Aggregate: the public tables made anew from a survey file, against counting by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import public_tables
import survey_fixture
from survey_cuts import COUNTRIES, PROBE, SPACE, cut_wvs7, made_up
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.reference import carried_provenance
from valuescape.humans import aggregate, distributions, published
from valuescape.humans import tables as human_tables
from valuescape.study.instruments import read_instrument

COUNTRY, NUMBER = "Canada", 124


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the folder of tables made from a SYNTHETIC survey, its rows, and the cut of it."""
    folder = tmp_path_factory.mktemp("aggregate")
    survey = survey_fixture.write(made_up("wvs7"), folder / "SYNTHETIC_wvs7.csv")
    aggregate.main(survey=survey, space=SPACE, instrument=PROBE, countries=COUNTRIES, folder=folder)
    people = cut_wvs7(survey, folder / "respondents.parquet")
    rows = {name: made_up("wvs7")[name].to_numpy() for name in made_up("wvs7").columns}
    return SimpleNamespace(folder=folder, rows=rows, people=people)


def test_shares_of_a_country_are_those_counted_by_hand(made):
    here = made.rows["B_COUNTRY"] == NUMBER
    answers, weight = made.rows["Q46"][here], made.rows["W_WEIGHT"][here]
    valid = answers > 0
    for name, of_each in (("", np.ones(len(weight))), ("_weighted", weight)):
        table = published.read_country_distributions(
            made.folder / f"wvs7_country_distributions{name}.csv"
        )
        found = table.filter(country=COUNTRY, question="Q46").sort("code")
        expected = [
            100 * of_each[answers == code].sum() / of_each[valid].sum() for code in (1, 2, 3, 4)
        ]
        assert found["share_percent"].to_list() == pytest.approx(expected, abs=0.005)
    answered = published.read_answered(made.folder / "wvs7_n.csv").filter(
        country=COUNTRY, question="Q46"
    )
    assert answered["n"].item() == valid.sum()
    kish = weight[valid].sum() ** 2 / (weight[valid] ** 2).sum()
    assert answered["n_effective"].item() == pytest.approx(kish, abs=0.05)


def test_margins_and_groups_are_those_counted_by_hand(made):
    rows = made.rows
    here = rows["B_COUNTRY"] == NUMBER
    educated = here & np.isin(rows["Q275"], range(9))
    margins = published.read_country_margins(made.folder / "wvs7_country_margins.csv").filter(
        country=COUNTRY
    )
    by_category = {row["category"]: row for row in margins.iter_rows(named=True)}
    upper = by_category["Upper to Post Secondary"]
    assert upper["n"] == educated.sum()
    assert upper["share_percent"] == pytest.approx(
        100 * (educated & np.isin(rows["Q275"], (3, 4, 5))).sum() / educated.sum(), abs=0.005
    )
    # the fillers of Q279 and Q281 are 1 and 2: all of them work, none as a clerk
    assert set(margins.filter(attribute="occupation")["category"]) == {
        "Professionals + Technicians and associate professionals", "Managers",
    }  # fmt: skip
    assert by_category["45-59"]["share_percent"] == pytest.approx(
        100 * (here & (rows["Q262"] >= 45) & (rows["Q262"] < 60)).sum()
        / (here & (rows["Q262"] >= 18)).sum(), abs=0.005
    )  # fmt: skip

    women = here & (rows["Q260"] == 2)
    asked = women & np.isin(rows["Q121"], range(1, 6))
    by_group = published.read_question_by_group(
        made.folder / "wvs7_country_question_by_group.parquet"
    )
    found = by_group.filter(country=COUNTRY, question="Q121", category="female").sort("code")
    assert found["n"].unique().item() == asked.sum()
    assert found["share_percent"].to_list() == pytest.approx(
        [100 * (asked & (rows["Q121"] == code)).sum() / asked.sum() for code in range(1, 6)],
        abs=0.005,
    )
    assert by_group["n"].min() == aggregate.LEAST_ANSWERS


def test_pairs_of_levels_are_those_counted_by_hand(made):
    here = made.rows["B_COUNTRY"] == NUMBER
    happy, god = made.rows["Q46"][here], made.rows["Q164"][here]
    both = (happy > 0) & (god > 0)
    joint = published.read_indicator_joint(made.folder / "wvs7_indicator_joint.parquet")
    cell = joint.filter(
        country=COUNTRY, ivs_a="A008", codes_a="2", ivs_b="F063", codes_b="9 10"
    ).row(0, named=True)
    assert cell["n"] == both.sum()
    expected = ((happy == 2) & (god >= 9)).sum() / both.sum()
    assert cell["share"] == pytest.approx(expected, abs=5e-6)
    pairs = joint.group_by("country", "ivs_a", "ivs_b").agg(pl.col("share").sum())
    assert np.allclose(pairs["share"], 1, atol=2e-4)
    assert pairs.filter(country=published.ALL).height == 45
    # Egypt was not asked of homosexuality
    assert pairs.filter(country="Egypt").height == 36


def test_waves_are_those_counted_by_hand(tmp_path):
    rows = made_up("trend")
    trend = survey_fixture.write(rows, tmp_path / "SYNTHETIC_trend.csv")
    aggregate.main(trend=trend, space=SPACE, instrument=PROBE, countries=COUNTRIES, folder=tmp_path)
    waves = published.read_waves(tmp_path / "iw_waves.csv")
    assert set(waves["wave"]) == {5, 6, 7}
    number = rows.filter(pl.col("s002vs") == 6)["S003"][0]
    names = published.read_countries(COUNTRIES).select("iso_numeric", "country").iter_rows()
    country = dict(names)[number]
    here = rows.filter(pl.col("S003") == number, pl.col("s002vs") == 6)
    pride = here["G006"].to_numpy()
    graded = pride[(pride >= 1) & (pride <= 4)]  # 5: of another nationality
    found = waves.filter(country=country, wave=6).row(0, named=True)
    assert found["G006"] == pytest.approx(graded.mean(), abs=5e-5)
    assert found["year"] == 2012
    shares = published.read_waves_distributions(tmp_path / "iw_waves_distributions.csv")
    assert set(shares["wave"]) == {5, 6}
    cell = shares.filter(country=country, wave=6, ivs="G006", code=1).row(0, named=True)
    assert cell["n"] == len(graded)
    assert cell["share_percent"] == pytest.approx(100 * (graded == 1).mean(), abs=0.005)
    everyone = shares.filter(country=published.ALL, wave=5, ivs="A165")
    in_wave = rows.filter(pl.col("s002vs") == 5)["A165"]
    assert everyone["n"].unique().item() == (in_wave > 0).sum()
    with pytest.raises(UserError, match="no survey file"):
        aggregate.main(space=SPACE, instrument=PROBE, countries=COUNTRIES, folder=tmp_path)


def test_a_study_on_ones_own_tables_reads_what_single_respondents_say(made):
    """With these tables named at `reference:`, and the survey's own marks on what follows."""
    own = {
        name: made.folder / path.name
        for name, path in public_tables.HUMANS.items()
        if name != "countries"
    }
    instrument = read_instrument(PROBE)
    alike = made.people.with_columns(weight=pl.lit(1.0))
    for fields in (["country"], ["continent", "settlement", "education"], ["country", "sex"]):
        output = made.folder / "humans.parquet"
        distributions.main(
            **own, countries=COUNTRIES, instrument=PROBE, grouping=fields, humans=output
        )
        assert "SYNTHETIC" in tables.provenance(output)["wvs7 version"]
        name = distributions.grouping_name(fields)
        found = tables.read(output, human_tables.HUMANS).filter(grouping=name)
        expected = distributions.respondents_answers(alike, instrument, fields).filter(
            grouping=name
        )
        both = found.join(expected, on=["group", "question", "option"], suffix="_single")
        assert both.height == found.height
        assert both.height >= expected.filter(pl.col("n_respondents") >= 30).height > 500
        # shares are printed with two decimals of a per cent, ten options may be off together
        assert (both["share"] - both["share_single"]).abs().max() < 5e-4
    assert carried_provenance(own["distributions"])["wvs7 file"] == "SYNTHETIC_wvs7.csv"
