"""External people: groups from the answers' file or another, in the study's words."""

from __future__ import annotations

import polars as pl
import pytest
import yaml

from small_study import CONFIG, SPACE
from valuescape.answers.expected import NOT_ASKED
from valuescape.asking import external_answers, external_people
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

FILES = {
    "space": SPACE, "fields": CONFIG / "biography.yaml",
    "countries": CONFIG / "reference/countries.csv",
}  # fmt: skip


def taken(folder, frame, **mapping):
    """Return who gave these answers, as table BIOGRAPHIES."""
    answers, file = folder / "answers.tsv", folder / "elsewhere.yaml"
    frame.write_csv(answers, separator="\t")
    entry = {
        "name": "elsewhere", "title": "Elsewhere", "engine": "external", "licence": "none",
        "source": {"answers": str(answers)}, "mapping": mapping,
    }  # fmt: skip
    file.write_text(yaml.safe_dump(entry), encoding="utf-8")
    outputs = {name: folder / name for name in ("respondents", "biographies", "oracle")}
    external_people.main(file=file, answers=answers, **FILES, **outputs)
    return tables.read(outputs["biographies"], study_tables.BIOGRAPHIES)


def asked(folder, instrument):
    """Return the answers to an instrument, and the account of them."""
    external_answers.main(
        file=folder / "elsewhere.yaml", answers=folder / "answers.tsv", space=SPACE,
        instruments=[CONFIG / f"instruments/{instrument}.yaml"],
        responses=[folder / "responses"], account=folder / "account",
    )  # fmt: skip
    found = tables.read(folder / "responses", study_tables.RESPONSES)
    return found, tables.read(folder / "account", study_tables.EXTERNAL_ANSWERS)


def test_answers_shaped_as_those_of_worldvaluesbench(tmp_path):
    """QUESTION_ID, PARTICIPANT_ID, SCORE; the groups stand in the benchmark's sample."""
    scores = pl.DataFrame(
        {
            "QUESTION_ID": ["Q1", "Q2", "Q1", "Q122", "Q999"],
            "PARTICIPANT_ID": [156070594, 156070594, 586070648, 410070706, 410070706],
            "SCORE": [1, 2, 9, 0, 1],
        }
    )
    sample = pl.DataFrame(
        {
            "Question": ["Q1", "Q2", "Q1", "Q122"],
            "Continent": ["Asia", "Asia", "Europe", "Africa"],
            "Urban / Rural": ["Urban", "Urban", "Rural", "Rural"],
            "Education": ["Tertiary", "Tertiary", "Primary or No Education", "Lower Secondary"],
            "D_INTERVIEW": [156070594, 156070594, 586070648, 410070706],
        }
    )
    sample.write_csv(tmp_path / "samples.tsv", separator="\t")
    found = taken(
        tmp_path, scores, respondent="PARTICIPANT_ID", question="QUESTION_ID", answer="SCORE",
        people={"file": str(tmp_path / "samples.tsv"), "key": "D_INTERVIEW"},
        fields={"continent": "Continent", "settlement": "Urban / Rural", "education": "Education"},
    )  # fmt: skip
    n = read_space(SPACE).n_personas
    assert found["persona_id"].to_list() == [n, n + 1, n + 2]
    assert found["continent"].to_list() == ["Asia", "Europe", "Africa"]
    assert found["settlement"].to_list() == ["urban", "rural", "rural"]
    assert set(found["status"]) == {NOT_ASKED}
    answers, account = asked(tmp_path, "wvb_probe")
    assert answers["Q1"].to_list() == [1, None, None]
    assert answers["Q1_status"].to_list() == ["valid", "out_of_range", NOT_ASKED]
    assert answers["Q122"].to_list() == [None, None, 0]
    assert answers["Q122_p1"].to_list() == [None, None, 10_000]
    assert account.height == 3
    assert account.select("valid", "out_of_range").sum().row(0) == (3, 1)


def test_answers_shaped_as_an_export_of_edsl(tmp_path):
    """A row an agent: answer.<question_name> holds an option's text, agent.<trait> a trait."""
    frame = pl.DataFrame(
        {
            "agent.agent_name": ["Agent_0", "Agent_1"],
            "agent.country": ["Germany", "Brazil"],
            "agent.age": [31, 60],
            "model.model": ["gpt-4o", "gpt-4o"],
            "answer.Q1": ["Very important", "Not at all important"],
            "answer.Q2": ["Rather important", None],
        }
    )
    found = taken(
        tmp_path, frame, respondent="agent.agent_name", answer="answer.{question}",
        fields={"country": "agent.country", "age": "agent.age"},
    )  # fmt: skip
    assert found["continent"].to_list() == ["Europe", "South America"]
    assert found["age"].to_list() == [31, 60]
    answers, account = asked(tmp_path, "wvb_probe")
    assert answers["Q1"].to_list() == [1, 4]
    assert answers["Q2_status"].to_list() == ["valid", "malformed"]
    assert account["not_answered"].to_list() == [0, 1]


def test_answers_shaped_as_those_of_qstn(tmp_path):
    """A row a question: questionnaire_name, questionnaire_item_id, and answer or option columns."""
    frame = pl.DataFrame(
        {
            "questionnaire_name": ["a", "a", "b"],
            "questionnaire_item_id": ["Q1", "Q2", "Q1"],
            "question": ["..."] * 3,
            "1": [0.7, 0.1, None],
            "2": [0.1, 0.2, None],
            "3": [0.1, 0.3, None],
            "4": [0.1, 0.4, None],
        }
    )
    taken(
        tmp_path, frame, respondent="questionnaire_name", question="questionnaire_item_id",
        probability="{code}",
    )  # fmt: skip
    answers, _ = asked(tmp_path, "wvb_probe")
    assert answers["Q1"].to_list() == [1, None]
    assert answers.select("Q2_p1", "Q2_p4").row(0) == (1000, 4000)
    assert answers["Q1_status"].to_list() == ["valid", "malformed"]


def one(**columns):
    """Return a row with an answer, and what else is given."""
    return pl.DataFrame({"id": ["a"], "Q1": [1]} | columns)


MAPPING = {"respondent": "id", "answer": "{question}"}


def test_words_are_the_studys_or_said_to_stand_for_one(tmp_path):
    frame = one(edu=["Bachelor"])
    with pytest.raises(
        UserError, match=r"line 2, column 'edu': 'Bachelor' is no education"
    ) as told:
        taken(tmp_path, frame, **MAPPING, fields={"education": "edu"})
    assert "values: {education: {Bachelor: ...}}" in told.value.hint
    values = {"education": {"Bachelor": "Tertiary"}}
    found = taken(tmp_path, frame, **MAPPING, fields={"education": "edu"}, values=values)
    assert found["education"].to_list() == ["Tertiary"]


def test_a_respondent_is_one_person(tmp_path):
    frame = pl.concat([one(sex=["male"]), one(sex=["female"])])
    with pytest.raises(UserError, match=r"line 3, column 'sex': 'a' has the sex 'female', and"):
        taken(tmp_path, frame, **MAPPING, fields={"sex": "sex"})


def test_an_age_is_a_number_of_years(tmp_path):
    with pytest.raises(UserError, match="line 2, column 'years': 'old' is no age in years"):
        taken(tmp_path, one(years=["old"]), **MAPPING, fields={"age": "years"})


def test_nobody_rated_a_level(tmp_path):
    taken(tmp_path, one(), **MAPPING)
    rated = tables.read(tmp_path / "oracle", study_tables.ORACLE)
    assert rated["rating"].null_count() == rated.height == 32 * 6
