"""Mode single: shares and the chosen option, from log-probabilities."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from made_up_plan import IDS, ask
from valuescape.asking.elicitation.single import chosen_option


def test_the_most_probable_option_is_the_first_of_equals():
    assert chosen_option(np.array([0.2, 0.4, 0.4]), "modal", seed=1) == 1


def test_a_drawn_option_follows_the_shares_and_its_seed_alone():
    shares = np.array([0.2, 0.5, 0.3])
    drawn = [chosen_option(shares, "drawn", seed) for seed in range(2000)]
    # three standard deviations of a share of 0.5 among 2,000 are 0.034
    assert np.bincount(drawn) / 2000 == pytest.approx(shares, abs=0.034)
    assert drawn[:50] == [chosen_option(shares, "drawn", seed) for seed in range(50)]


def test_calibration_asks_each_question_once_more_whoever_is_asked():
    raw, engine = ask("single")
    assert engine.usage.n_requests == 17 * len(IDS)
    calibrated, engine = ask("single", scoring="calibrated")
    assert engine.usage.n_requests == 17 * len(IDS) + 17
    for key, answer in calibrated.items():
        null_prompt = np.exp(engine.log_shares(None, answer.question, len(answer.shares)))
        expected = raw[key].shares / null_prompt
        assert answer.shares == pytest.approx(expected / expected.sum())
        assert answer.mass == raw[key].mass


def test_a_mode_that_reads_probabilities_counts_babble_as_malformed_and_asks_once():
    answers, engine = ask("single", babble=0.2, attempts=3)
    statuses = Counter(answer.status for answer in answers.values())
    assert set(statuses) == {"valid", "malformed"}
    assert engine.usage.n_requests == len(answers)
