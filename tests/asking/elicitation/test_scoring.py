"""Scoring: the shares that follow from log-probabilities, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.asking.elicitation.scoring import scored
from valuescape.asking.job import option_shares
from valuescape.core.errors import UserError


def test_scorings_by_hand():
    said, null_prompt = np.log([0.2, 0.1, 0.1]), np.log([0.4, 0.1, 0.05])
    assert option_shares(scored(said, "raw"))[0] == pytest.approx([0.5, 0.25, 0.25])
    # square roots of the second and third: 0.2, 0.316, 0.316
    by_length = option_shares(scored(said, "length_normalised", (1, 2, 2)))[0]
    assert by_length == pytest.approx(np.array([0.2, 0.1**0.5, 0.1**0.5]) / 0.83246, abs=1e-5)
    # 0.2 / 0.4, 0.1 / 0.1, 0.1 / 0.05
    calibrated = option_shares(scored(said, "calibrated", null_prompt=null_prompt))[0]
    assert calibrated == pytest.approx(np.array([0.5, 1.0, 2.0]) / 3.5)


@pytest.mark.parametrize("scoring", ["length_normalised", "calibrated"])
def test_a_scoring_that_lacks_what_it_needs_is_refused(scoring):
    with pytest.raises(UserError, match=f"scoring {scoring}: "):
        scored(np.log([0.5, 0.5]), scoring)
