"""External answers: the mapping of a model file, and whose the answers are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import yaml

from small_study import CONFIG, SPACE
from valuescape.asking.external import (
    external_errors,
    keyed,
    read_external,
    read_rows,
    respondents_of,
)
from valuescape.core.errors import UserError
from valuescape.study.check import check_config
from valuescape.study.designs import persona_table
from valuescape.study.space import read_space

ROOT = CONFIG.parent
LEVELS = read_space(SPACE)
LONG = {"respondent": "id", "question": "item", "answer": "score"}


def model_file(folder, answers="answers.csv", **mapping):
    """Return a model file with this mapping."""
    entry = {
        "name": "elsewhere", "title": "Elsewhere", "engine": "external", "licence": "none",
        "source": {"answers": str(folder / answers)}, "mapping": mapping,
    }  # fmt: skip
    file = folder / "elsewhere.yaml"
    file.write_text(yaml.safe_dump(entry, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"answer": "{question}"}, r"line 7: mapping names none of persona, configuration"),
        (LONG | {"persona": "id"}, r"names persona and respondent of persona, .*, not one"),
        ({"respondent": "id", "question": "q"}, "names neither of answer and probability"),
        (LONG | {"probability": "{code}"}, "names answer and probability"),
        ({"respondent": "id", "answer": "score"}, r"answer names no \{question\}, and there is no"),
        (LONG | {"answer": "{question}"}, "the column of the question, and questions side by side"),
        (LONG | {"scores": "score"}, "unknown key 'scores'"),
        (LONG | {"off_scale": "keep"}, "'off_scale' is 'keep', not one of drop, clip"),
        ({"respondent": "id", "question": "q", "probability": "p"}, "not of the form"),
    ],
)
def test_a_mapping_says_each_thing_once(tmp_path, mapping, told):
    with pytest.raises(UserError, match=told):
        read_external(model_file(tmp_path, **mapping))


def test_a_model_without_a_mapping_is_told(tmp_path):
    file = tmp_path / "elsewhere.yaml"
    entry = {"name": "elsewhere", "title": "E", "engine": "external", "licence": "n", "source": {}}
    file.write_text(yaml.safe_dump(entry), encoding="utf-8")
    with pytest.raises(UserError, match="the key 'mapping' is missing"):
        read_external(file)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, r"elsewhere.yaml, line 6: there is no file .*answers.csv"),
        (b"id,item\n1,Q1,3\n", r"answers.csv: cannot be read as .csv"),
        (b"id,item\n\xff,Q1\n", r"answers.csv: cannot be read as .csv"),
        (b"id;item;score\na;Q1;3\n", r"answers.csv, line 1: cells are parted by ';', not ','"),
        ("id,item,score\na,Q1,3\n".encode("utf-16"), "answers.csv, line 1: is no text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path, content, told):
    if content is not None:
        (tmp_path / "answers.csv").write_bytes(content)
    external = read_external(model_file(tmp_path, **LONG))
    with pytest.raises(UserError, match=told):
        read_rows(external.answers, external)


def test_another_kind_of_file_is_told_what_can_be_read(tmp_path):
    (tmp_path / "answers.xlsx").touch()
    external = read_external(model_file(tmp_path, "answers.xlsx", **LONG))
    with pytest.raises(UserError, match=r"ends in .xlsx, not in .csv, .tsv or .parquet"):
        read_rows(external.answers, external)


def test_files_of_three_kinds_hold_the_same(tmp_path):
    frame = pl.DataFrame({"id": [7, 8], "item": ["Q1", "Q2"], "score": [3.0, None]})
    found = []
    for name in ("answers.csv", "answers.tsv", "answers.parquet"):
        path = tmp_path / name
        if name.endswith("parquet"):
            frame.write_parquet(path)
        else:
            frame.write_csv(path, separator="\t" if name.endswith("tsv") else ",")
        external = read_external(model_file(tmp_path, name, **LONG))
        found.append(read_rows(path, external))
    assert found[0].equals(found[1])
    assert found[0]["line"].to_list() == [2, 3]
    assert found[0].drop("line").equals(found[2].drop("line"))


def study(tmp_path, **mapping):
    """Return a study with one model of answers given elsewhere, and its folder."""
    for name in ("instruments", "reference", "persona_space.yaml"):
        target = tmp_path / "config" / name
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            target.symlink_to(CONFIG / name)
    (tmp_path / "config/models").mkdir(exist_ok=True)
    (tmp_path / "answers.csv").write_text("id,item,score\na,Q1,3\n", encoding="utf-8")
    file = model_file(tmp_path, **mapping)
    file.rename(tmp_path / "config/models/elsewhere.yaml")
    config = yaml.safe_load((CONFIG / "demo.yaml").read_text(encoding="utf-8"))
    return config | {"models": ["elsewhere"]}


@pytest.mark.parametrize(
    ("mapping", "told", "hint"),
    [
        (LONG, None, None),
        (LONG | {"answer": "scor"}, "answers.csv has no column 'scor'", "did you mean 'score'?"),
        (LONG | {"fields": {"sex": "gender"}}, "has no column 'gender'", "known are"),
        (LONG | {"questions": {"Q999": "x"}}, "has a question 'Q999'", "did you mean"),
        (LONG | {"recode": {"Q1a": {"a": 1}}}, "has a question 'Q1a'", "did you mean"),
        (LONG | {"condition": "bas"}, "the study has no condition 'bas'", "did you mean 'base'?"),
        (
            {"respondent": "id", "answer": "answer.{question}"},
            r"has no column like 'answer.\{question\}' for any question",
            "known are",
        ),
        (
            {"configuration": {"trust": "id", "nope": "id"}, "question": "item", "answer": "score"},
            "the persona space has no variable 'nope'",
            "known are",
        ),
    ],
)
def test_what_a_mapping_names_is_looked_for_before_anything_runs(tmp_path, mapping, told, hint):
    errors = list(external_errors(study(tmp_path, **mapping), tmp_path))
    if told is None:
        assert not errors
        return
    with pytest.raises(UserError, match=told):
        raise errors[0]
    assert hint in errors[0].hint


def test_no_surface_is_predicted_from_a_file(tmp_path):
    [error] = external_errors(study(tmp_path, **LONG) | {"answers": "surface"}, tmp_path)
    assert "predicts from what it asked, not from a file" in error.message
    assert "elsewhere.yaml" in error.message


def test_answers_given_elsewhere_judge_nothing(tmp_path):
    config = study(tmp_path, **LONG) | {"judge": {"biographies": 4, "model": "elsewhere"}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    with pytest.raises(UserError, match=r"study.yaml, line \d+: judge.model: .* given elsewhere"):
        check_config(config, [tmp_path / "study.yaml"], tmp_path)


def test_a_configuration_is_read_by_its_survey_codes(tmp_path):
    ids = np.array([0, 17, LEVELS.n_personas - 1], dtype=np.uint32)
    levels = LEVELS.levels_of(ids)
    columns = {
        variable.name: [str(variable.levels[level].codes[0]) for level in levels[:, place]]
        for place, variable in enumerate(LEVELS.variables)
    }
    names = [variable.name for variable in LEVELS.variables]
    mapping = {"configuration": dict(zip(names, names, strict=True)), "answer": "{question}"}
    external = read_external(model_file(tmp_path, **mapping))
    rows = pl.DataFrame(columns).with_row_index("line", offset=2)
    assert keyed(rows, external, LEVELS)["who"].to_list() == [str(each) for each in ids.tolist()]
    broken = rows.with_columns(pl.lit("99").alias(names[3]))
    with pytest.raises(UserError, match=rf"line 2, column '{names[3]}': '99' is no survey code of"):
        keyed(broken, external, LEVELS)


def test_rows_say_whose_answer_they_hold(tmp_path):
    external = read_external(model_file(tmp_path, persona="id", answer="{question}"))
    rows = pl.DataFrame({"line": [2, 3], "id": ["3.0", None]})
    with pytest.raises(UserError, match="line 3: column 'id' is empty"):
        keyed(rows, external, LEVELS)
    with pytest.raises(UserError, match="line 2, column 'id': 'anna' is no persona_id"):
        keyed(pl.DataFrame({"line": [2], "id": ["anna"]}), external, LEVELS)
    assert keyed(rows[:1], external, LEVELS)["who"].to_list() == ["3"]


def test_personas_are_the_studys_and_others_are_numbered_beyond_them(tmp_path):
    external = read_external(model_file(tmp_path, persona="id", answer="{question}"))
    personas = persona_table(LEVELS, np.array([3, 5], dtype=np.uint32))
    rows = pl.DataFrame({"who": ["5", "9", "9"]})
    found = respondents_of(rows, external, LEVELS, personas)
    assert (found.ids.tolist(), found.keys, found.ignored) == ([3, 5], ["3", "5"], 2)
    with pytest.raises(UserError, match="none of the 1 personas takes part in the study"):
        respondents_of(rows[1:], external, LEVELS, personas)
    others = respondents_of(rows, external, LEVELS, None)
    assert others.ids.tolist() == [LEVELS.n_personas, LEVELS.n_personas + 1]
    # no configuration is ever read from such a number
    with pytest.raises(UserError, match="is not in 0"):
        LEVELS.levels_of(others.ids)
