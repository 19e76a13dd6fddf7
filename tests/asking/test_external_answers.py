"""External answers: codes, texts, probabilities; what is off the scale; equal to a native study."""

from __future__ import annotations

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from made_up_answers import question
from small_study import CONFIG, SPACE, SmallStudy
from valuescape.asking import external_answers, external_people
from valuescape.asking.external import External, Respondents
from valuescape.asking.external_answers import ACCOUNTED, read_codes, read_question, read_shares
from valuescape.core import tables
from valuescape.core.documents import read_yaml
from valuescape.core.errors import UserError
from valuescape.humans import distributions
from valuescape.lenses.alignment import measure as alignment
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.groups import Least
from valuescape.lenses.cultural_map import positions
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import measure as morality
from valuescape.lenses.morality import tables as moral_tables
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument

NAMES = ("iw", "wvb_probe", "mfq2")
MODEL = {
    "name": "elsewhere", "title": "Elsewhere", "engine": "external", "licence": "none",
}  # fmt: skip
ASKED = question("Q1", [1, 2, 3, 4])


def external(tmp_path, frame, **mapping):
    """Return the model file of these answers, and the rows."""
    entry = {**MODEL, "source": {"answers": str(tmp_path / "answers.csv")}, "mapping": mapping}
    file = tmp_path / "elsewhere.yaml"
    file.write_text(yaml.safe_dump(entry, sort_keys=False), encoding="utf-8")
    rows = pl.DataFrame(frame).with_row_index("line", offset=2)
    return External(read_yaml(file), tmp_path / "answers.csv"), rows


def codes(tmp_path, given, asked=ASKED, **mapping):
    """Return what is read of these answers."""
    mapping = {"respondent": "who", "answer": "{question}"} | mapping
    model, rows = external(tmp_path, {asked.id: pl.Series(given, dtype=pl.String)}, **mapping)
    return read_codes(asked, model, rows, asked.id)


def test_what_is_off_the_scale_is_dropped_or_clipped_and_counted(tmp_path):
    given = ["1", "4.0", "0", "-5", "7", "2.4", None, "no idea", "4", "2"]
    found, status, counts = codes(tmp_path, given)
    assert (
        status.tolist() == ["valid"] * 2 + ["out_of_range"] * 4 + ["malformed"] * 2 + ["valid"] * 2
    )
    assert found[[0, 1, 8, 9]].tolist() == [1, 4, 4, 2]
    assert [counts[name] for name in ACCOUNTED] == [4, 0, 4, 1, 1]
    found, status, counts = codes(tmp_path, given, off_scale="clip")
    assert found[2:6].tolist() == [1, 1, 4, 2]
    assert [counts[name] for name in ACCOUNTED] == [4, 4, 0, 1, 1]


@given(
    given=st.lists(st.sampled_from(["1", "4", "9", "-1", "", "maybe", "what 4"]), min_size=1),
    off_scale=st.sampled_from(["drop", "clip"]),
)
def test_every_answer_is_accounted_for_once(tmp_path_factory, given, off_scale):
    given = [*given, *["2"] * len(given)]
    texts = [each or None for each in given]
    _, status, counts = codes(tmp_path_factory.mktemp("x"), texts, off_scale=off_scale)
    assert sum(counts[name] for name in ACCOUNTED) == len(given) == len(status)
    assert (status == "valid").sum() == counts["valid"] + counts["clipped"]


def test_texts_of_options_are_codes_and_others_are_recoded(tmp_path):
    asked = read_instrument(CONFIG / "instruments/wvb_probe.yaml").question("Q1")
    found, *_ = codes(tmp_path, ["Very important", "not at all IMPORTANT", "3", "meh"], asked,
                      recode={"Q1": {"meh": 2}})  # fmt: skip
    assert found.tolist() == [1, 4, 3, 2]


def test_texts_that_are_no_options_name_line_column_and_options(tmp_path):
    with pytest.raises(UserError, match=r"line 3, column 'Q1': 'agree' is no answer to Q1") as told:
        codes(tmp_path, ["1", "agree", "strongly agree"])
    assert "recode: {Q1" in told.value.hint


def test_shares_sum_to_one_and_keep_their_mass():
    rows = pl.DataFrame(
        {"a": [".2", "0.5", "1", "-.1", None, "x"], "b": ["0.3", None, "1", "1", None, "1"]}
    )
    shares, mass, status, counts = read_shares(rows, ["a", "b"])
    assert status.tolist() == ["valid"] * 2 + ["malformed"] * 4
    assert shares[0].tolist() == pytest.approx([0.4, 0.6])
    assert mass[:2].tolist() == pytest.approx([0.5, 0.5])
    assert [counts[name] for name in ACCOUNTED] == [2, 0, 0, 3, 1]


def test_two_answers_of_one_respondent_are_refused_with_both_lines(tmp_path):
    frame = {"who": ["a", "b", "a"], "q": ["Q1"] * 3, "score": ["1", "2", "1"]}
    model, rows = external(tmp_path, frame, respondent="who", question="q", answer="score")
    who = Respondents(pl.Series([0, 1], dtype=pl.UInt32).to_numpy(), ["a", "b"])
    with pytest.raises(UserError, match=r"lines 2 and 4: two answers of 'a' to Q1"):
        read_question(ASKED, model, rows, who)


def test_a_question_with_some_options_columns_is_refused(tmp_path):
    frame = {"who": ["a"], "Q1_p1": ["1"], "Q1_p2": ["0"]}
    model, rows = external(tmp_path, frame, respondent="who", probability="{question}_p{code}")
    who = Respondents(pl.Series([0], dtype=pl.UInt32).to_numpy(), ["a"])
    with pytest.raises(UserError, match=r"Q1 has a column 'Q1_p1' and none 'Q1_p3'"):
        read_question(ASKED, model, rows, who)


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    """Return a small study of the synthetic respondent: eight personas, three instruments."""
    study = SmallStudy(tmp_path_factory.mktemp("native"))
    study.begin(CONFIG / "models/synthetic.yaml", "handful")
    study.write()
    study.gather([study.written()], study.folder / "biographies.parquet")
    shards = [study.folder / f"shard-{name}.parquet" for name in NAMES]
    study.ask(Condition("base"), NAMES, shards, study.folder / "parts")
    for name, shard in zip(NAMES, shards, strict=True):
        study.gather([shard], study.folder / f"{name}.parquet", name)
    return study


def exported(native):
    """Return the native answers and demographics as somebody would hand them on, side by side."""
    frame = tables.read(native.folder / "biographies.parquet", study_tables.BIOGRAPHIES).select(
        "persona_id", "age", "country", "settlement", "education", "sex"
    )
    for name in NAMES:
        answers = tables.read(native.folder / f"{name}.parquet", study_tables.RESPONSES)
        for asked in read_instrument(CONFIG / f"instruments/{name}.yaml").asked:
            valid = answers[f"{asked.id}_status"] == "valid"
            frame = frame.with_columns(
                pl.when(valid)
                .then(answers[f"{asked.id}_p{k}"] / 10_000)
                .alias(f"{asked.id}={option.value}")
                for k, option in enumerate(asked.options, start=1)
            )
    # an index that follows from answers beside it is computed, whatever its own columns hold
    frame = frame.with_columns(pl.lit(0.5).alias("Y003=1"))
    return frame.sample(fraction=1, shuffle=True, seed=3)


@pytest.fixture(scope="module", params=["csv", "parquet"])
def taken(request, native, tmp_path_factory):
    """Return the folder of the tables that come from the exported answers."""
    folder = tmp_path_factory.mktemp("taken")
    file = folder / f"answers.{request.param}"
    frame = exported(native)
    frame.write_csv(file) if request.param == "csv" else frame.write_parquet(file)
    fields = ("age", "country", "settlement", "education", "sex")
    mapping = {
        "persona": "persona_id", "probability": "{question}={code}",
        "fields": dict(zip(fields, fields, strict=True)),
    }  # fmt: skip
    model = folder / "elsewhere.yaml"
    entry = {**MODEL, "source": {"answers": str(file)}, "mapping": mapping}
    model.write_text(yaml.safe_dump(entry), encoding="utf-8")
    external_people.main(
        file=model, answers=file, space=SPACE, fields=CONFIG / "biography.yaml",
        countries=CONFIG / "reference/countries.csv", personas=native.personas,
        respondents=folder / "personas.parquet", biographies=folder / "biographies.parquet",
        oracle=folder / "oracle.parquet",
    )  # fmt: skip
    external_answers.main(
        file=model, answers=file, space=SPACE, personas=native.personas,
        instruments=[CONFIG / f"instruments/{name}.yaml" for name in NAMES],
        responses=[folder / f"{name}.parquet" for name in NAMES],
        account=folder / "account.parquet",
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def humans(tmp_path_factory):
    """Return the published answers of humans, by continent."""
    path = tmp_path_factory.mktemp("humans") / "humans.parquet"
    files = {
        "distributions": "wvs7_country_distributions.csv",
        "answered": "wvs7_n.csv",
        "question_by_group": "wvs7_country_question_by_group.parquet",
        "group_distributions": "wvs7_group_distributions.csv",
        "respondents": "wvs7_respondents.csv",
        "countries": "countries.csv",
    }
    distributions.main(
        **{name: CONFIG / "reference" / file for name, file in files.items()},
        instrument=CONFIG / "instruments/wvb_probe.yaml",
        grouping=["continent"],
        humans=path,
    )
    return path


def lens_tables(folder, oracle, humans):
    """Return map positions, alignment cells and foundation scores."""
    out = folder / "lenses"
    reference = CONFIG / "reference"
    common = {"space": SPACE, "seed": 1, "replicates": 20}
    personas, biographies = folder / "personas.parquet", folder / "biographies.parquet"
    positions.main(
        **common, personas=personas, biographies=biographies,
        responses=folder / "iw.parquet", instrument=CONFIG / "instruments/iw.yaml",
        projection=reference / "iw_projection.csv", readout="probabilities",
        centroids=reference / "iw_country_centroids.csv",
        individuals=reference / "iw_individual_moments.csv",
        positions=out / "positions", summary=out / "map",
    )  # fmt: skip
    made = {
        name: out / name
        for name in ("counts", "cells", "groups", "summary", "scores", "measures", "dispersion",
                     "thresholds", "quantiles")
    }  # fmt: skip
    alignment.main(
        **common, biographies=biographies, responses=folder / "wvb_probe.parquet",
        instrument=CONFIG / "instruments/wvb_probe.yaml", humans=humans,
        countries=reference / "countries.csv", baseline_responses=[], pooled_responses=[],
        grouping=["continent"], least=Least(30, 2, 1), condition=Condition("base"),
        baseline_conditions=[], **made,
    )  # fmt: skip
    names = ("foundations", "drawn_scores", "effects", "profiles", "agreement", "stability")
    paths = [out / name for name in names]
    morality.main(
        **common, personas=personas, responses=folder / "mfq2.parquet", replicate_responses=[],
        instrument=CONFIG / "instruments/mfq2.yaml", oracle=oracle,
        norms=reference / "mfq2_country_norms.csv", readout="probabilities", scores=paths[0],
        drawn_scores=paths[1], effects=paths[2], profiles=paths[3], oracle_agreement=paths[4],
        oracle_stability=paths[5],
    )  # fmt: skip
    return {
        "positions": tables.read(out / "positions", map_tables.POSITIONS),
        "map summary": tables.read(out / "map", map_tables.MAP_SUMMARY),
        "cells": tables.read(made["cells"], alignment_tables.ALIGNMENT_CELLS),
        "summary": tables.read(made["summary"], alignment_tables.ALIGNMENT_SUMMARY),
        "scores": tables.read(paths[0], moral_tables.FOUNDATION_SCORES),
        "profiles": tables.read(paths[3], moral_tables.FOUNDATION_PROFILES),
    }


def test_answers_of_elsewhere_equal_to_a_native_study_give_equal_tables(native, taken, humans):
    for name in NAMES:
        here = tables.read(native.folder / f"{name}.parquet", study_tables.RESPONSES)
        there = tables.read(taken / f"{name}.parquet", study_tables.RESPONSES)
        # of options that are equally likely to 1e-4 either may be noted as chosen
        kept = [name for name in here.columns if name.endswith("_status") or "_p" in name]
        assert here.select(kept).equals(there.select(kept))
    if taken.joinpath("answers.parquet").exists():
        return  # the same responses give the same tables
    theirs = lens_tables(taken, taken / "oracle.parquet", humans)
    for name, table in lens_tables(native.folder, taken / "oracle.parquet", humans).items():
        assert table.height, name
        columns = [column for column in table.columns if column != "option_mass"]
        assert table.select(columns).equals(theirs[name].select(columns)), name
