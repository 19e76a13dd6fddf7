"""What the lens reads: answers by condition, floors first, and what a model knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_up_answers import instrument, question, responses
from made_up_languages import BASE
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.lenses.languages.contrasts import find_contrasts
from valuescape.lenses.languages.inputs import (
    Answers,
    Gathered,
    common_questions,
    knows,
    said_of_model,
)
from valuescape.study import tables as study_tables
from valuescape.study.conditions import BY_COUNTRY

ASKED = instrument(question("Q1", [1, 2, 3]), question("Q2", [1, 2]))
SHARES = {
    "Q1": np.array([[0.2, 0.3, 0.5], [1, 0, 0]]),
    "Q2": np.array([[0.5, 0.5], [0, 1]]),
}
TURKISH = replace(BASE, name="tr", language="tr")
AGAIN = replace(BASE, name="again", replicate=1)


def answers(condition, statuses=None):
    return Answers(condition, ASKED, responses(ASKED, SHARES, statuses or {}))


def test_means_and_outcomes_by_hand():
    told = answers(replace(BASE, readout="probabilities"), {"Q2": ["refused", "valid"]})
    means = told.values(ASKED.questions)
    assert means[:, 0] == pytest.approx([0.2 + 0.6 + 1.5, 1])
    assert np.isnan(means[0, 1])
    assert means[1, 1] == 2
    assert told.share_of("refused", ASKED.questions) == 0.25
    assert told.values([]).shape == (2, 0)


def test_a_question_that_a_language_lacks_is_not_asked_and_counts_for_nothing():
    lacking = answers(TURKISH, {"Q2": ["not_asked"] * 2})
    assert [each.id for each in lacking.asked] == ["Q1"]
    assert common_questions(answers(BASE), lacking) == ASKED.questions[:1]
    assert lacking.share_of("valid", ASKED.questions) == 1
    assert np.isnan(lacking.share_of("valid", ASKED.questions[1:]))


@pytest.mark.parametrize(
    ("language", "names", "known"),
    [
        ("tr", None, None), ("tr", ["en", "tr"], True), ("tr", ["en"], False),
        (BY_COUNTRY, ["en"], False), (BY_COUNTRY, ["en", "sw"], True),
    ],
)  # fmt: skip
def test_a_model_knows_what_its_file_names(language, names, known):
    context = "auto" if language == BY_COUNTRY else "en"
    other = replace(
        BASE, name="other", context_language=context, language="tr" if context == "en" else "en"
    )
    (contrast,) = find_contrasts([BASE, other])
    assert contrast.language == language
    assert knows(contrast, names) is known
    said = {"languages not known to the model": language} if known is False else {}
    assert said_of_model([contrast], names) == said


def gathered(folder, of_turkish):
    conditions, paths = [BASE, TURKISH, AGAIN], []
    for condition in conditions:
        paths.append(folder / f"{condition.name}.parquet")
        frame = of_turkish if condition is TURKISH else answers(condition).responses
        tables.write(frame, paths[-1], study_tables.RESPONSES, {})
    return Gathered.of(conditions, [ASKED], paths)


def test_floors_come_before_what_is_compared_with_them(tmp_path):
    found = list(gathered(tmp_path, answers(TURKISH).responses).pairs(ASKED))
    kinds = [(contrast.kind, one.condition, other.condition) for contrast, one, other in found]
    assert kinds == [("replicate", AGAIN, BASE), ("language", TURKISH, BASE)]


def test_conditions_of_different_personas_are_refused(tmp_path):
    few = answers(TURKISH).responses.head(1)
    with pytest.raises(UserError, match="tr and base"):
        list(gathered(tmp_path, few).pairs(ASKED))
