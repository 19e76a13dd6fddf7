"""Survey files: the same tables from every format, sentinels never counted, mistakes told."""

from __future__ import annotations

import zipfile

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import survey_fixture
from survey_cuts import PROBE, cut_trend, cut_wvs7
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.humans import codes as survey_codes
from valuescape.humans import distributions as humans
from valuescape.humans import tables as human_tables
from valuescape.study.instruments import read_instrument

FORMATS = ("csv", "sav", "dta", "zip")
CUT = {"wvs7": cut_wvs7, "trend": cut_trend}


@pytest.fixture(scope="module")
def made():
    return {"wvs7": survey_fixture.wvs7(2500), "trend": survey_fixture.trend(3200)}


@pytest.mark.parametrize("survey", ["wvs7", "trend"])
def test_every_format_gives_the_same_table(survey, made, tmp_path):
    found = []
    for suffix in FORMATS:
        path = survey_fixture.write(made[survey], tmp_path / f"SYNTHETIC_{survey}.{suffix}")
        output = tmp_path / f"{suffix}.parquet"
        found.append(CUT[survey](path, output))
        kept = tables.provenance(output)
        assert kept[f"{survey} file"] == path.name
        assert kept[f"{survey} rows"] == str(made[survey].height)
        assert len(kept[f"{survey} sha256"]) == 64
        assert "SYNTHETIC" in kept[f"{survey} version"]
    for other in found[1:]:
        assert_frame_equal(found[0], other, check_exact=True)
    assert found[0].height > 2000


def few(frame: pl.DataFrame, survey: str, **cells: list) -> pl.DataFrame:
    """Return as many rows as the cells given, of which nothing else is missing."""
    n = len(next(iter(cells.values())))
    plain = {
        "wvs7": {"B_COUNTRY": 356, "Q275": 2, "W_WEIGHT": 1.0},
        "trend": {"s002vs": 7, "S020": 2019},
    }
    rows = frame.head(n).with_columns(pl.lit(v).alias(k) for k, v in plain[survey].items())
    return rows.with_columns(pl.Series(name, values) for name, values in cells.items())


def test_codes_of_the_survey_are_read_as_its_codebook_says(made, tmp_path):
    rows = few(
        made["wvs7"], "wvs7",
        Q275=[0, 2, 4, 7, 8, -2], H_URBRURAL=[1, 2, 1, -5, 2, 1], Q260=[1, 2, 1, 2, -2, 1],
        Q262=[18, 90, -1, 40, 40, 40],
        Q122=[0, 1, 2, -1, -4, -5], Q254=[1, 4, 5, -1, 2, 3],
        Q154=[1, 2, 1, 3, -1, 4], Q155=[3, 4, 2, 2, 2, -3],
        Q8=[2, 1, 1, 2, 1, -1], Q14=[2, 1, 1, 2, 2, 1], Q15=[1, 2, 1, 1, 2, 1],
        Q17=[1, 2, 1, 2, 2, 1],
        W_WEIGHT=[1.0, 0.5, 2.0, 1.0, 1.0, 1.0],
    )  # fmt: skip
    found = cut_wvs7(
        survey_fixture.write(rows, tmp_path / "SYNTHETIC.csv"), tmp_path / "few.parquet"
    )
    columns = found.to_dict(as_series=False)
    assert columns["country"] == ["India"] * 6
    assert columns["continent"] == ["Asia"] * 6
    assert columns["education"] == [
        "Primary or No Education", "Lower Secondary", "Upper to Post Secondary",
        "Tertiary",  # ISCED 7, a master, which WorldValuesBench loses
        "Tertiary", None,
    ]  # fmt: skip
    assert columns["settlement"] == ["urban", "rural", "urban", None, "rural", "urban"]
    assert columns["sex"] == ["male", "female", "male", "female", None, "male"]
    assert columns["age"] == [18, 90, None, 40, 40, 40]
    assert columns["Q122"] == [0, 1, 2, None, None, None]  # 0 is an answer
    assert columns["pride"] == [0, 3, None, None, 1, 2]  # 5: of another nationality
    # {1, 3} materialist, {2, 4} post-materialist, one of each mixed
    assert columns["postmaterialism"] == [0, 2, 1, 1, None, None]
    # -2, 2, 0, -1, 1: below, above and at the middle
    assert columns["autonomy"] == [0, 2, 1, 0, 2, None]


def test_autonomy_below_nought_is_an_answer_and_evs_follows_from_its_parts(made, tmp_path):
    rows = few(
        made["trend"], "trend",
        Y003=[-2, -1, 0, 2, -3, -5, -3], A029=[0, 0, 0, 1, 1, -1, 0], A039=[0, 0, 0, 1, 1, 1, 0],
        A040=[1, 1, 0, 0, 0, 0, 1], A042=[1, 0, 0, 0, 0, 0, 1], Y002=[1, 2, 3, -4, -4, 1, 1],
        E003=[1, 1, 2, 2, -1, 1, 1], E004=[3, 2, 4, 4, 4, 3, 3], G006=[1, 5, 4, -2, 1, 1, 1],
        s002vs=[5, 6, 7, 7, 7, 5, 4],
    )  # fmt: skip
    found = cut_trend(
        survey_fixture.write(rows, tmp_path / "SYNTHETIC.sav"), tmp_path / "few.parquet"
    ).to_dict(as_series=False)
    assert found["wave"] == [5, 6, 7, 7, 7, 5]  # wave 4 is left out
    assert found["Y003"] == [-2, -1, 0, 2, 2, None]
    assert found["autonomy"] == [0, 0, 1, 2, 2, None]
    assert found["Y002"] == [1, 2, 3, 3, None, 1]
    assert found["G006"] == [1, None, 4, None, 1, 1]


def test_no_missing_code_is_ever_counted(made, tmp_path):
    frame = made["wvs7"]
    found = cut_wvs7(
        survey_fixture.write(frame, tmp_path / "SYNTHETIC.zip"), tmp_path / "all.parquet"
    )
    for question in read_instrument(PROBE).questions:
        values = frame[question.id].to_numpy()
        assert (values < 0).any()
        assert found[question.id].null_count() == (values < 0).sum()
        assert found[question.id].drop_nulls().to_list() == values[values >= 0].tolist()


def test_planted_group_effects_come_back_in_the_46_groups(tmp_path):
    """Group shares of a large file are those that the generator planted, by country and group."""
    frame = survey_fixture.wvs7(9000, seed=3)
    found = cut_wvs7(
        survey_fixture.write(frame, tmp_path / "SYNTHETIC.csv"), tmp_path / "large.parquet"
    )
    fields = ["continent", "settlement", "education"]
    probe = read_instrument(PROBE)
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
    probe = read_instrument(PROBE)
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


def test_respondents_without_a_weight_are_left_out_and_told(made, tmp_path, caplog):
    rows = few(made["wvs7"], "wvs7", W_WEIGHT=[1.0, 0.0, -4.0, 0.5])
    path = survey_fixture.write(rows, tmp_path / "SYNTHETIC.dta")
    found = cut_wvs7(path, tmp_path / "few.parquet")
    assert found["respondent_id"].to_list() == [0, 3]
    assert "left out: 2 respondents without a weight" in caplog.text


@pytest.mark.parametrize(
    ("survey", "cells", "message", "hint"),
    [
        ("wvs7", {"A_WAVE": [7, 6]}, r"column 'A_WAVE', respondent 2: 6, not 7", "WVS wave 7"),
        ("wvs7", {"Q46": [1, 9]}, r"column 'Q46', respondent 2: 9 is none of its codes", "1 to 4"),
        ("wvs7", {"Q46": ["1", "often"]}, r"'Q46', respondent 2: 'often' is no number", "codes"),
        ("wvs7", {"B_COUNTRY": [4, 8]}, r"'B_COUNTRY', respondent 1: 4 is no", "countries.csv"),
        ("wvs7", {"W_WEIGHT": [1.0, -0.3]}, r"respondent 2: a weight of -0.3", "above 0"),
        ("wvs7", {"W_WEIGHT": [0.0, 0.0]}, r"'W_WEIGHT' holds no weight", "official"),
        ("wvs7", {"Q262": [18.5, 20]}, r"respondent 1: 18.5 is none of its codes", "-5 to -1"),
        ("trend", {"s002vs": [4, 3]}, r"no respondent of waves 5 to 7 in column 'S002VS'", "1981"),
        ("trend", {"Y003": [3, 0]}, r"'Y003', respondent 1: 3 is none of its codes", "-2 to 2"),
        ("trend", {"S003": [999, 8]}, r"'S003', respondent 1: 999 is no known", "countries"),
    ],
)  # fmt: skip
def test_what_no_codebook_knows_is_told(survey, cells, message, hint, made, tmp_path):
    path = tmp_path / "SYNTHETIC.csv"
    survey_fixture.write(few(made[survey], survey, **cells), path)
    output = tmp_path / "cut.parquet"
    with pytest.raises(UserError, match=message) as caught:
        CUT[survey](path, output)
    assert str(path) in caught.value.message
    assert hint in caught.value.hint
    assert not list(tmp_path.glob("*.parquet*"))
    assert not list(tmp_path.glob(".*"))


def test_a_file_of_another_survey_is_told(made, tmp_path):
    wvs7 = survey_fixture.write(made["wvs7"], tmp_path / "SYNTHETIC_wvs7.sav")
    with pytest.raises(UserError, match="no column 'S003', nor 10 more that are needed"):
        cut_trend(wvs7, tmp_path / "cut.parquet")
    trend = survey_fixture.write(made["trend"], tmp_path / "SYNTHETIC_trend.dta")
    with pytest.raises(UserError, match="no column 'A_WAVE'"):
        cut_wvs7(trend, tmp_path / "cut.parquet")
    no_index = made["trend"].drop("Y003", "A042")
    path = survey_fixture.write(no_index, tmp_path / "SYNTHETIC_index.zip")
    with pytest.raises(UserError, match="neither a column 'Y003' nor its parts A029"):
        cut_trend(path, tmp_path / "cut.parquet")


@pytest.mark.parametrize(("n", "members"), [(0, ["read.me"]), (2, ["a.csv", "b.sav"])])
def test_a_zip_holds_one_survey_file(n, members, tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    with pytest.raises(UserError, match=f"holds {n} survey files instead of one"):
        cut_wvs7(path, tmp_path / "cut.parquet")


def test_an_index_by_the_definitions_of_the_survey():
    aims = [pl.Series([1, 1, 2, None]), pl.Series([3, 2, 4, 1])]
    assert survey_codes.postmaterialism(*aims).to_list() == [1, 2, 3, None]
    qualities = [pl.Series(q) for q in ([1, 2], [1, 2], [2, 1], [2, 1])]
    assert survey_codes.autonomy(*qualities).to_list() == [2, -2]
