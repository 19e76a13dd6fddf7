"""Derived indicators: the survey's rules, against tables written by hand and the survey's own."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import responses
from valuescape.answers.derived import with_derived
from valuescape.answers.expected import expected_values, probabilities
from valuescape.humans import codes
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[2] / "config"
IW = read_instrument(CONFIG / "instruments/iw.yaml")
ASKED = dataclasses.replace(IW, questions=IW.asked, parts=())
AIMS, QUALITIES = (1, 2, 3, 4), ("Q8", "Q14", "Q15", "Q17")
# Inglehart's four-item index by hand, first aim down, second aim across: 1 order, 2 more say,
# 3 prices, 4 free speech; materialist 1, mixed 2, post-materialist 3.
INGLEHART = {1: {2: 2, 3: 1, 4: 2}, 2: {1: 2, 3: 2, 4: 3}, 3: {1: 1, 2: 2, 4: 2},
             4: {1: 2, 2: 3, 3: 2}}  # fmt: skip


def shares_of(**chosen: int | list[float]) -> dict[str, list[float]]:
    """Return a distribution a question: that given, all on the option given, or even."""
    found = {}
    for question in IW.asked:
        given = chosen.get(question.id, [1 / question.n_options] * question.n_options)
        found[question.id] = (
            given if isinstance(given, list) else (question.values == given).astype(float).tolist()
        )
    return found


def derived(*personas: dict[str, list[float]], **statuses: list[str]) -> pl.DataFrame:
    """Return the responses of personas that answer so."""
    shares = {q.id: np.array([each[q.id] for each in personas]) for q in IW.asked}
    return with_derived(responses(ASKED, shares, statuses), IW)


def test_postmaterialism_follows_inglehart_for_every_pair_of_aims():
    pairs = [(first, second) for first in AIMS for second in INGLEHART[first]]
    found = derived(*(shares_of(Q154=a, **{f"Q155after{a}": b}) for a, b in pairs))
    expected = [INGLEHART[a][b] for a, b in pairs]
    assert found["Y002"].to_list() == expected
    assert probabilities(found, IW.question("Y002"), "probabilities") @ [1, 2, 3] == pytest.approx(
        expected
    )
    columns = (pl.Series([pair[k] for pair in pairs]) for k in (0, 1))
    assert codes.postmaterialism(*columns).to_list() == expected  # as for humans


def test_autonomy_follows_the_survey_for_every_set_of_qualities():
    sets = list(itertools.product((1, 2), repeat=4))
    found = derived(*(shares_of(**dict(zip(QUALITIES, each, strict=True))) for each in sets))
    expected = [(a == 1) + (b == 1) - (c == 1) - (d == 1) for a, b, c, d in sets]
    assert found["Y003"].to_list() == expected
    columns = [pl.Series(each) for each in zip(*sets, strict=True)]
    assert codes.autonomy(*columns).to_list() == expected
    values = probabilities(found, IW.question("Y003"), "probabilities") @ [-2, -1, 0, 1, 2]
    assert values == pytest.approx(expected)


def test_the_distribution_of_an_indicator_sums_over_all_answers():
    rng = np.random.default_rng(1)
    random = {q.id: rng.dirichlet(np.ones(q.n_options)).tolist() for q in IW.asked}
    found = derived(random)
    aims = np.zeros(3)
    for first in AIMS:
        for place, second in enumerate(sorted(INGLEHART[first])):
            aims[INGLEHART[first][second] - 1] += (
                random["Q154"][first - 1] * random[f"Q155after{first}"][place]
            )
    index = np.zeros(5)
    for each in itertools.product((1, 2), repeat=4):
        chance = np.prod([random[q][k - 1] for q, k in zip(QUALITIES, each, strict=True)])
        index[2 + (each[0] == 1) + (each[1] == 1) - (each[2] == 1) - (each[3] == 1)] += chance
    for name, expected in (("Y002", aims), ("Y003", index)):
        shares = probabilities(found, IW.question(name), "probabilities")[0]
        assert shares == pytest.approx(expected, abs=4e-4)  # kept in 1e-4


def test_aims_at_random_give_the_mixed_type_two_times_in_three():
    found = derived(shares_of())
    shares = probabilities(found, IW.question("Y002"), "probabilities")[0]
    assert shares == pytest.approx([1 / 6, 2 / 3, 1 / 6], abs=3e-4)


def test_a_second_aim_counts_only_after_its_first():
    chosen = shares_of(Q154=1, Q155after1=3)
    found = derived(
        chosen, chosen, chosen,
        Q155after1=["valid", "valid", "refused"], Q155after4=["valid", "malformed", "valid"],
    )  # fmt: skip
    assert found["Y002_status"].to_list() == ["valid", "valid", "refused"]
    assert found["Y002"].to_list() == [1, 1, None]
    assert found["Y002_p1"].to_list() == [10_000, 10_000, None]
    assert found["Y003_status"].to_list() == ["valid"] * 3


def test_an_unanswered_part_leaves_no_indicator_and_says_why():
    found = derived(shares_of(), shares_of(), Q154=["truncated", "valid"], Q15=["valid", "refused"])
    assert found["Y002_status"].to_list() == ["truncated", "valid"]
    assert found["Y003_status"].to_list() == ["valid", "refused"]
    assert np.isnan(expected_values(found, IW, "probabilities")[0, 8])


def test_a_mode_without_probabilities_gives_the_index_alone():
    whole = responses(ASKED, {q: np.array([s]) for q, s in shares_of(Q154=4, Q155after4=2).items()})
    blank = [name for name in whole.columns if "_p" in name or name.endswith("_mass")]
    written = whole.with_columns(pl.lit(None, whole.schema[name]).alias(name) for name in blank)
    found = with_derived(written, IW)
    assert found["Y002"].to_list() == [3]
    assert found.select("Y002_p1", "Y002_mass").row(0) == (None, None)


def test_lenses_read_the_ten_indicators_of_the_map():
    found = derived(shares_of(), shares_of())
    assert expected_values(found, IW, "probabilities").shape == (2, 10)


@pytest.mark.parametrize("index", ["Y002", "Y003"])
def test_the_rule_turns_the_answers_of_humans_into_their_index(index):
    """A mean needs the margins of the parts alone, and these are public beside the index."""
    file = CONFIG / "reference/wvs7_country_distributions.csv"
    shares = pl.read_csv(file, comment_prefix="#").with_columns(pl.col("share_percent") / 100)
    rule = IW.question(index).rule
    # humans are asked for the second aim once: all branches say together which answers count
    counted = {(t.question.partition("after")[0], code, t.points)
               for t in rule.terms for code in t.codes}  # fmt: skip
    added = pl.DataFrame(list(counted), schema=["question", "code", "points"], orient="row")
    by_rule = (
        shares.join(added, on=["question", "code"])
        .group_by("country")
        .agg(mean=rule.start + (pl.col("share_percent") * pl.col("points")).sum(),
             n=pl.struct("question", "code").n_unique())
        .filter(n=added.height)
    )  # fmt: skip
    own = (
        shares.filter(question=index)
        .group_by("country")
        .agg(index=(pl.col("share_percent") * pl.col("code")).sum())
        .join(by_rule, on="country")
    )
    assert own.height > 20
    # who answers one part and not the other is in the margins, and not in the index
    assert (own["mean"] - own["index"]).abs().max() < 0.03
    assert (own["mean"] - own["index"]).abs().median() < 0.005
