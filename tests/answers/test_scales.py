"""Scale scores: by hand, with a reversed item and an answer that is not valid."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from conftest import ROOT
from made_up_answers import responses as made_up_responses
from valuescape.answers.expected import expected_values
from valuescape.answers.scales import item_values, scale_scores
from valuescape.lenses.morality.inputs import foundation_scores
from valuescape.study.instruments import (
    FOUNDATIONS,
    Instrument,
    Option,
    Question,
    Scale,
    read_instrument,
)

OPTIONS = tuple(Option(value, str(value), str(value)) for value in (1, 2, 3, 4))
SMALL = Instrument(
    "small",
    "Small",
    "made up",
    "none",
    "",
    tuple(Question(code, code, OPTIONS) for code in ("A", "B", "C")),
    {"both": Scale("both", ("A", "B"), reversed=("B",)), "one": Scale("one", ("C",))},
)


def test_scores_by_hand():
    responses = pl.DataFrame(
        {
            "persona_id": [3, 5],
            "A": [4, 1],
            "A_status": ["valid", "valid"],
            "B": [1, 1],
            "B_status": ["valid", "valid"],
            "C": [2, None],
            "C_status": ["valid", "refused"],
        },
        schema_overrides={"persona_id": pl.UInt32, "C": pl.Int8},
    )
    scores = scale_scores(responses, SMALL, "modal")
    assert scores["persona_id"].to_list() == [3, 5]
    # B counts from the other end: 1 becomes 4
    assert scores["both"].to_list() == pytest.approx([4.0, 2.5])
    assert scores["one"].to_list() == [2.0, None]
    assert [scores.schema[name] for name in SMALL.scales] == [pl.Float64, pl.Float64]
    assert item_values(responses, SMALL, SMALL.scales["both"], "modal").tolist() == [[4, 4], [1, 4]]


def test_scores_of_the_mfq2_are_the_foundations_of_the_lens():
    asked, rng = read_instrument(ROOT / "config/instruments/mfq2.yaml"), np.random.default_rng(5)
    statuses = {"MFQ2": ["refused", *["valid"] * 19]}
    shares = {question.id: rng.dirichlet(np.ones(5), 20) for question in asked.questions}
    answered = made_up_responses(asked, shares, statuses)
    found = scale_scores(answered, asked, "probabilities").select(FOUNDATIONS).to_numpy()
    # the foundations alternate (Atari et al. 2023): item 1 is of care, item 7 again
    expected = expected_values(answered, asked, "probabilities").reshape(20, 6, 6).mean(axis=1)
    assert found == pytest.approx(expected, nan_ok=True, rel=1e-15)
    assert np.argwhere(np.isnan(found)).tolist() == [[0, FOUNDATIONS.index("equality")]]
    lens = foundation_scores(answered, asked, "probabilities")
    assert np.array_equal(lens, found, equal_nan=True)
