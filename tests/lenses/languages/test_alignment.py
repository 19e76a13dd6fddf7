"""Alignment: a language that brings out its speakers is told from one that changes everybody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from made_up_answers import instrument, question, responses
from made_up_languages import BASE, _InMemory
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.languages import alignment
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.languages.inputs import Answers
from valuescape.stats.emd import emd
from valuescape.stats.resampling import Draws

ASKED = instrument(*(question(f"Q{k}", range(1, 5)) for k in range(8)))
COUNTRIES = ["Chile", "Cyprus", "Japan", "Kenya", "Peru", "Turkey"]
SPOKEN = {"tr": {"Cyprus", "Turkey"}}
TURKISH = replace(BASE, name="tr", language="tr", readout="probabilities")
ENGLISH = replace(BASE, readout="probabilities")
AGAIN = replace(ENGLISH, name="again", replicate=1)
N = 180
DRAWS = Draws(100, 1)


def human_means():
    rng = np.random.default_rng(4)
    n = len(ASKED.questions)
    return rng.uniform(0.25, 0.75, n) + rng.uniform(-0.2, 0.2, (len(COUNTRIES), n))


def humans():
    rows = []
    for country, means in zip(COUNTRIES, human_means(), strict=True):
        for q, mean in zip(ASKED.questions, means, strict=True):
            shares = binom.pmf(np.arange(4), 3, mean)
            rows += [
                ("country", country, q.id, int(value), share, 1000.0, 1000.0, 1)
                for value, share in zip(q.values, shares, strict=True)
            ]
    schema = dict(human_tables.HUMANS.columns)
    return tables.check(pl.DataFrame(rows, schema=schema, orient="row"), human_tables.HUMANS, "")


class World:
    """Personas who live in these countries, and answer near the world's mean."""

    def __init__(self, nearer):
        self.nearer = nearer

    def answers(self, condition):
        """Return answers that lie a part of the way from the world's mean to one's country."""
        rng = np.random.default_rng([3, condition.replicate])
        country = np.arange(N) % len(COUNTRIES)
        world = human_means().mean(axis=0)
        part = np.array([self.nearer(condition, name) for name in COUNTRIES])[country, None]
        means = world + part * (human_means()[country] - world) + rng.normal(0, 0.03, (N, 8))
        shares = {
            q.id: binom.pmf(np.arange(4), 3, np.clip(means[:, [k]], 0, 1))
            for k, q in enumerate(ASKED.questions)
        }
        return Answers(condition, ASKED, responses(ASKED, shares))


def made(nearer, conditions=(ENGLISH, TURKISH, AGAIN), least=20):
    biographies = pl.DataFrame(
        {"persona_id": range(N), "country": [COUNTRIES[k % len(COUNTRIES)] for k in range(N)]}
    )
    countries = alignment.Countries({c.name: biographies for c in conditions}, SPOKEN, least)
    gathered = _InMemory(list(conditions), [ASKED], {}, World(nearer))
    table = alignment.alignment_table(gathered, humans(), countries, None, DRAWS)
    tables.check(table, language_tables.LANGUAGE_ALIGNMENT, "the test")
    return {(row["measure"], row["country"]): row for row in table.iter_rows(named=True)}


def test_a_language_that_brings_out_its_speakers_has_an_interaction():
    def nearer(condition, country):
        return 0.9 if condition.language == "tr" and country in SPOKEN["tr"] else 0.1

    found = made(nearer)
    gain = found["alignment", "interaction"]
    assert gain["ci_low"] > gain["floor_replicate"]
    assert gain["beyond_floors"]
    assert found["alignment", "Turkey"]["difference"] > 0
    assert found["alignment", "where spoken"]["n_countries"] == 2
    elsewhere = found["alignment", "elsewhere"]
    assert elsewhere["n_countries"] == 4
    assert abs(elsewhere["difference"]) < 0.02
    assert gain["n_questions"] == 8
    assert gain["difference"] == pytest.approx(
        found["alignment", "where spoken"]["difference"] - elsewhere["difference"]
    )


def test_a_language_that_makes_all_more_alike_has_none():
    found = made(lambda condition, country: 0.9 if condition.language == "tr" else 0.1)
    assert found["alignment", "where spoken"]["ci_low"] > 0
    assert found["alignment", "elsewhere"]["ci_low"] > 0
    interaction = found["alignment", "interaction"]["difference"]
    assert abs(interaction) < 0.5 * found["alignment", "elsewhere"]["difference"]
    within = found["correlation_within_question", "all"]
    assert within["in_language"] > 0.8


def test_what_questions_differ_in_inflates_the_raw_correlation():
    # personas answer like the world: nothing is known of any country
    found = made(lambda condition, country: 0.0)
    assert found["correlation_raw", "all"]["in_english"] > 0.6
    assert abs(found["correlation_within_question", "all"]["in_english"]) < 0.3


def test_one_country_by_hand():
    found = made(lambda condition, country: 0.0)
    own = World(lambda condition, country: 0.0).answers(ENGLISH)
    rows = np.arange(N) % len(COUNTRIES) == COUNTRIES.index("Turkey")
    apart = []
    for k, q in enumerate(ASKED.questions):
        people = binom.pmf(np.arange(4), 3, human_means()[COUNTRIES.index("Turkey"), k])
        apart.append(emd(own.shares(q)[rows].mean(axis=0), people, np.full(3, 1 / 3)))
    by_hand = 1 - np.mean(apart)
    assert found["alignment", "Turkey"]["in_english"] == pytest.approx(by_hand)


def test_personas_who_are_told_no_country_are_compared_with_all():
    untold = [replace(each, context=("configuration",)) for each in (ENGLISH, TURKISH)]
    found = made(lambda condition, country: 0.5, untold)
    assert found["alignment", "Turkey"]["n_personas"] == N
    assert found["alignment", "Turkey"]["in_english"] is not None
    within = found["correlation_within_question", "all"]
    assert within["difference"] is None
    assert alignment.TOLD_NO_COUNTRY in within["remark"]
    assert found["correlation_raw", "all"]["difference"] is not None


def test_too_few_personas_or_no_humans_are_said():
    found = made(lambda condition, country: 0.5, least=31)
    row = found["alignment", "where spoken"]
    assert row["difference"] is None
    assert "too few countries with 31 personas" in row["remark"]
    nowhere = replace(TURKISH, language="xx")
    found = made(lambda condition, country: 0.5, (ENGLISH, nowhere))
    assert alignment.NOT_SPOKEN in found["alignment", "interaction"]["remark"]
    assert found["alignment", "elsewhere"]["difference"] is not None


def test_where_a_language_is_spoken():
    spoken = pl.DataFrame({"country": ["Austria", "Chile", "Turkey", "Cyprus"],
                           "language": ["de-AT", "es", "tr", "tr"],
                           "speakers_percent": [97.0, 100.0, 93.0, 24.0]})  # fmt: skip
    told = {"Austria": "de", "Turkey": "tr", "Kenya": "en"}
    assert alignment.where_spoken(spoken, told, "de") == {"Austria"}
    assert alignment.where_spoken(spoken, told, "de-AT") == {"Austria"}
    assert alignment.where_spoken(spoken, told, "auto") == {"Austria", "Turkey"}
    assert alignment.where_spoken(spoken, told, "tr") == {"Turkey"}
    assert alignment.where_spoken(spoken, told, "zh") == set()
