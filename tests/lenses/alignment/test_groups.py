"""Groups: which cells count, why not, and which countries stand behind them."""

from __future__ import annotations

import numpy as np
import polars as pl

import made_up_groups as groups
from valuescape.answers.distributions import HumanAnswers, human_arrays
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.groups import (
    Least,
    countries_of_cells,
    group_table,
    named,
    names_of,
    reasons,
)

LEAST = Least.parse('{"humans": 30, "countries": 2, "personas": 20}')


def answers(n, countries):
    """Return the humans of one group with so many respondents and countries, by question."""
    shape = np.array([n], dtype=float), np.array([countries], dtype=float)
    return HumanAnswers(("Oceania",), np.full((1, len(n), 2), 0.5), shape[0], shape[0], shape[1])


def test_groups_have_a_least_number_of_personas_humans_and_countries():
    """Referee B12 and B8: 8 personas weighed as much as 31; one country is no continent."""
    humans = answers((1000, 1000, 29, 1000), (2, 2, 2, 1))
    n_personas = np.array([[20.0, 8.0, 50.0, 50.0]])
    assert reasons(n_personas, humans, LEAST, ["continent"]).tolist() == [
        [
            "",
            "personas: 8 of at least 20",
            "respondents: 29 of at least 30",
            "countries: 1 of at least 2",
        ]
    ]
    # within countries one country is all that there is
    assert reasons(n_personas, humans, LEAST, ["country", "sex"])[0, 3] == ""
    untold = reasons(n_personas, humans, LEAST, ["continent"], "persona is not told its country")
    assert set(untold[0]) == {"persona is not told its country"}


def test_groups_say_which_countries_they_rest_on():
    """Referee A2: Africa was Egypt, Libya, Morocco and Tunisia, and was not said to be."""
    four = ("Egypt", "Libya", "Morocco", "Tunisia")
    assert named("Africa", four, 4) == "Africa (Egypt, Libya, Morocco, Tunisia)"
    assert named("Asia", [f"country {k}" for k in range(24)], 24) == "Asia (24 countries)"
    assert named("Africa / urban", (), 8) == "Africa / urban (8 countries)"
    assert named("Japan", ("Japan",), 1) == "Japan"
    assert named("Japan / urban", ("Japan",), 1) == "Japan / urban"


def test_countries_by_group_and_question(tmp_path):
    groups.write_inputs(tmp_path)
    humans = tables.read(tmp_path / "humans.parquet", human_tables.HUMANS)
    countries = pl.read_csv(groups.CONFIG / "reference/countries.csv", comment_prefix="#")
    found = countries_of_cells(humans, countries, None, ["continent"])
    known = human_arrays(humans, "continent", groups.grid_of(groups.read_instrument(groups.PROBE)))
    row = known.groups.index("Oceania")
    assert found["Oceania", "Q46"] == ("Australia", "New Zealand")[: int(known.n_countries[row, 3])]
    assert len(found["all", "Q46"]) == known_countries(humans, "Q46")
    # a survey file tells single respondents: just those with an answer count
    respondents = pl.DataFrame(
        {"continent": ["Asia", "Asia", "Africa"], "country": ["Japan", "Iran", "Kenya"],
         "Q46": [1, None, 2]}
    )  # fmt: skip
    own = countries_of_cells(humans, countries, respondents, ["continent"])
    assert own == {
        ("Asia", "Q46"): ("Japan",),
        ("Africa", "Q46"): ("Kenya",),
        ("all", "Q46"): ("Japan", "Kenya"),
    }


def known_countries(humans, question):
    return humans.filter(grouping="country", question=question)["group"].n_unique()


def test_the_table_of_groups_by_hand():
    humans = answers((1000, 0, 400), (2, 0, 1))
    why = np.array([["", "respondents: 0 of at least 30", "countries: 1 of at least 2"]])
    countries = {("Oceania", "Q1"): ("Australia", "New Zealand")}
    assert names_of(humans, countries) == ["Oceania (Australia, New Zealand)"]
    table = group_table(humans, why, (np.array([24.0]), [""]), countries, ("Q1", "Q2", "Q3"))
    tables.check(table, alignment_tables.ALIGNMENT_GROUPS, "the test")
    row = table.row(0, named=True)
    assert row["countries"] == "Australia, New Zealand"
    assert (row["fewest_countries"], row["most_countries"]) == (1, 2)
    assert (row["fewest_respondents"], row["most_respondents"]) == (400, 1000)
    assert (row["questions_asked"], row["questions_counted"]) == (2, 1)
    assert row["left_out"] == "countries: 1 of at least 2 (questions: 1)"
