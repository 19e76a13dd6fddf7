"""Public tables of humans: each read by its reader, and traced to its source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.humans import published

REFERENCE = Path(__file__).parents[2] / "config/reference"
TABLES = {
    "countries.csv": published.read_countries,
    "wvs7_country_distributions.csv": published.read_country_distributions,
    "wvs7_country_distributions_weighted.csv": published.read_country_distributions,
    "wvs7_country_bins.csv": published.read_country_bins,
    "wvs7_n.csv": published.read_answered,
    "wvs7_country_margins.csv": published.read_country_margins,
    "wvs7_country_question_by_group.parquet": published.read_question_by_group,
    "wvs7_group_distributions.csv": published.read_group_distributions,
    "wvs7_indicator_joint.parquet": published.read_indicator_joint,
    "iw_individual_moments.csv": published.read_individual_moments,
    "iw_waves.csv": published.read_waves,
    "iw_waves_distributions.csv": published.read_waves_distributions,
}


def sources() -> set[str]:
    names = ("source", "kind", "repository", "licence_file", "survey_version")
    found = read_reference(REFERENCE / "wvs7_sources.csv", dict.fromkeys(names, pl.String))
    return set(found["source"])


@pytest.mark.parametrize("name", TABLES)
def test_every_number_is_traced_to_its_source(name: str) -> None:
    table = TABLES[name](REFERENCE / name)
    assert table.height > 30
    if "source" in table.columns:
        named = {each for cell in table["source"].unique() for each in cell.split("+")}
        assert named - {"wvs7_country_distributions.csv"} <= sources()


def test_a14_countries_have_a_population_and_respondents_are_counts() -> None:
    countries = published.read_countries(REFERENCE / "countries.csv")
    assert countries.filter(pl.col("population").is_null())["country"].to_list() == [
        "Northern Cyprus"
    ]
    of = dict(countries.select("country", "population").iter_rows())
    assert of["India"] == 1_422_026_528
    assert of["Great Britain"] + of["Northern Ireland"] == 67_623_566  # the United Kingdom
    n_asked = {"country": pl.String, "n": pl.Int64}
    asked = read_reference(REFERENCE / "wvs7_respondents.csv", n_asked)
    assert asked.height == 66
    assert asked["n"].min() == 447
    # four fifths of eight billion
    assert sum(of[country] for country in asked["country"]) == pytest.approx(6.42e9, rel=1e-3)


def read(name: str) -> pl.DataFrame:
    return TABLES[name](REFERENCE / name)


def of_source(name: str, *sources: str) -> pl.DataFrame:
    return read(name).filter(pl.col("source").is_in(sources))


def test_distributions_of_two_sources_agree_where_they_overlap() -> None:
    """Shares of the aggregates of others against bins, groups and means counted from microdata."""
    public = of_source("wvs7_country_distributions.csv", "SimLLMCultureDist", "MENAValues")
    # every group of a country by sex together is the country
    by_sex = read("wvs7_country_question_by_group.parquet").filter(attribute="sex")
    heads = pl.col("share_percent") * pl.col("n")
    whole = by_sex.group_by("question", "country", "code").agg(
        share=heads.sum() / pl.col("n").sum(), n=pl.col("n").sum()
    )
    both = public.join(whole, on=["question", "country", "code"])
    known = read("wvs7_n.csv").select("question", "country", valid="n")
    both = both.join(known, on=["question", "country"]).filter(pl.col("n") == pl.col("valid"))
    assert both.select("question", "country").n_unique() > 700
    assert (both["share"] - both["share_percent"]).abs().max() <= 0.1 + 0.005  # of rounding
    # two bins, counted by others
    bins = read("wvs7_country_bins.csv").filter(weight="unweighted", check="checked")
    shares = read("wvs7_country_distributions.csv").join(bins, on=["question", "country"])
    within = shares.filter(
        pl.col("codes").str.split(" ").list.contains(pl.col("code").cast(pl.String)),
        pl.col("question") != "Q254",
    )
    summed = within.group_by("question", "country").agg(
        pl.col("share_percent").sum(), pl.col("share_percent_right").first()
    )
    assert summed.height > 900
    assert (summed["share_percent"] - summed["share_percent_right"]).abs().max() <= 0.1


def test_autonomy_keeps_its_values_below_zero() -> None:
    """Files of version 6-0-0 have lost -1 and -2 of Y003, which are answers."""
    shares = read("wvs7_country_distributions.csv").filter(question="Y003")
    assert shares["country"].n_unique() == 22
    below = shares.filter(pl.col("code") < 0).group_by("country").agg(pl.col("share_percent").sum())
    assert below.height == 22
    assert below["share_percent"].min() > 1
    # the mean of the index is that of its four parts
    mentioned = read("wvs7_country_distributions.csv").filter(pl.col("code") == 1)
    part = {
        question: dict(
            mentioned.filter(question=question).select("country", "share_percent").rows()
        )
        for question in ("Q8", "Q14", "Q15", "Q17")
    }
    for country in ("India", "Mexico", "Nigeria"):
        rows = shares.filter(country=country)
        mean = (rows["code"] * rows["share_percent"]).sum()
        expected = part["Q8"][country] + part["Q14"][country]
        expected -= part["Q15"][country] + part["Q17"][country]
        assert mean == pytest.approx(expected, abs=0.5)


def test_great_britain_and_northern_ireland_stay_apart() -> None:
    for name in TABLES:
        table = read(name)
        if "country" in table.columns:
            assert "United Kingdom" not in table["country"]
    n = read("wvs7_n.csv").group_by("country").agg(pl.col("n").max())
    assert n.filter(country="Great Britain")["n"].item() <= 2609
    assert n.filter(country="Northern Ireland")["n"].item() <= 447
    # national files of Great Britain alone say the same
    own = of_source("wvs7_country_question_by_group.parquet", "SOC2069-QUANT (GB v5.0)")
    assert own["country"].unique().to_list() == ["Great Britain"]


def test_another_nationality_is_no_grade_of_pride_but_in_the_base_of_the_bins() -> None:
    pride = read("wvs7_country_distributions.csv").filter(question="Q254")
    assert set(pride["code"]) == {1, 2, 3, 4}
    proud = pride.filter(pl.col("country") == "Andorra", pl.col("code") <= 2)
    of_all = read("wvs7_country_bins.csv").filter(
        question="Q254", country="Andorra", weight="unweighted"
    )
    # 48 of 100 in Andorra are of another nationality
    foreign = 1 - of_all["share_percent"].item() / proud["share_percent"].sum()
    assert foreign == pytest.approx(0.48, abs=0.05)


def test_a_constant_weight_changes_nothing_and_others_no_share_by_seven_points() -> None:
    key = ["question", "country", "code"]
    both = read("wvs7_country_distributions.csv").join(
        read("wvs7_country_distributions_weighted.csv"), on=key
    )
    moved = both.with_columns(off=(pl.col("share_percent") - pl.col("share_percent_right")).abs())
    constant = (
        "Andorra", "Bangladesh", "Colombia", "Iraq", "Morocco", "Netherlands", "New Zealand",
        "Tajikistan", "Turkey", "Venezuela", "Zimbabwe",
    )  # fmt: skip
    alike = moved.filter(pl.col("country").is_in(constant))
    assert alike["country"].n_unique() == len(constant)
    assert alike["off"].max() < 0.02
    assert 5 < moved["off"].max() < 7


def test_weighted_bins_leave_out_countries_that_their_source_confuses() -> None:
    weighted = read("wvs7_country_bins.csv").filter(weight="W_WEIGHT")
    confused = {"Great Britain", "Northern Ireland", "Nicaragua"}
    assert not confused & set(weighted["country"])


def test_groups_are_large_enough_and_those_of_worldvaluesbench() -> None:
    groups = read("wvs7_group_distributions.csv")
    assert groups.select("continent", "settlement", "education").n_unique() == 47
    assert groups["question"].n_unique() == 17
    assert groups["n"].min() >= 30
    assert read("wvs7_country_question_by_group.parquet")["n"].min() >= 30
    # the continents are those of the table of countries, and all 66 populations take part
    assert groups.group_by("continent").agg(pl.col("n_countries").max())["n_countries"].sum() == 66


def test_pairs_of_indicators_sum_to_their_margins() -> None:
    joint = read("wvs7_indicator_joint.parquet")
    shares = dict(
        read("wvs7_country_distributions.csv")
        .filter(question="Q57", code=1)
        .select("country", "share_percent")
        .iter_rows()
    )
    trusting = (
        joint.filter(ivs_a="A008", ivs_b="A165", codes_b="1")
        .group_by("country")
        .agg(pl.col("share").sum())
        .filter(pl.col("country") != published.ALL)
    )
    assert trusting.height == 22
    for country, share in trusting.iter_rows():
        assert 100 * share == pytest.approx(shares[country], abs=1)
    asked = joint.group_by("country").agg(pl.struct("ivs_a", "ivs_b").n_unique().alias("pairs"))
    few = asked.filter(pl.col("pairs") < 45)
    assert set(few["country"]) == {"Iraq", "Tajikistan"}
    assert set(few["pairs"]) == {36}


def test_means_of_wave_7_are_those_of_the_distributions() -> None:
    waves = read("iw_waves.csv")
    shares = read("wvs7_country_distributions.csv").filter(question="Q46")
    mean = shares.group_by("country").agg(
        mean=(pl.col("code") * pl.col("share_percent")).sum() / pl.col("share_percent").sum()
    )
    both = waves.filter(wave=7).drop_nulls("A008").join(mean, on="country")
    assert both.height == 65
    assert (both["A008"] - both["mean"]).abs().max() < 1e-3
    # projected, they lie where others have put their countries, which is no proof of each mean
    frozen = pl.read_csv(REFERENCE / "iw_projection.csv", comment_prefix="#")
    centroids = pl.read_csv(REFERENCE / "iw_country_centroids.csv", comment_prefix="#")
    placed = waves.drop_nulls(frozen["ivs"].to_list()).join(centroids, on="country")
    assert placed["country"].n_unique() == 73
    z = placed.select(frozen["ivs"].to_list()).to_numpy() - frozen["mean"].to_numpy()
    for axis in ("self_expression", "secular"):
        place = z / frozen["sd"].to_numpy() @ frozen[f"weight_{axis}"].to_numpy()
        assert np.corrcoef(place, placed[axis].to_numpy())[0, 1] > 0.9
    # three indicators by answer have the same means
    by_answer = read("iw_waves_distributions.csv")
    means = by_answer.group_by("ivs", "country", "wave").agg(
        mean=(pl.col("code") * pl.col("share_percent")).sum() / pl.col("share_percent").sum()
    )
    for ivs in ("A008", "A165", "G006"):
        both = means.filter(ivs=ivs).join(waves, on=["country", "wave"]).drop_nulls(ivs)
        assert both.height > 5
        assert (both["mean"] - both[ivs]).abs().max() < 0.025


def test_a16_centroids_are_unweighted_means_of_people_with_all_ten_answers() -> None:
    """In countries whose only wave is the seventh."""
    moments = read("iw_individual_moments.csv").filter(weight=published.UNWEIGHTED)
    for country in ("Bangladesh", "Venezuela"):
        row = moments.filter(country=country).row(0, named=True)
        for axis in ("self_expression", "secular"):
            assert row[f"mean_{axis}"] == pytest.approx(row[f"centroid_{axis}"], abs=1e-4)


def test_a_cell_that_is_no_number_is_told_even_where_cells_may_be_empty(tmp_path: Path) -> None:
    broken = tmp_path / "wvs7_n.csv"
    broken.write_text(
        "question,country,n,n_effective,source\nQ1,Chile,1000,,x\nQ2,Chile,9,many,x\n"
    )
    with pytest.raises(UserError, match="row 2, column 'n_effective': 'many' is no Float64"):
        published.read_answered(broken)
