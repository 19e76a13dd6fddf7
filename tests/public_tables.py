"""The public tables of humans, named as the inputs of the commands that read them."""

from __future__ import annotations

from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "config/reference"
HUMANS = {
    "distributions": REFERENCE / "wvs7_country_distributions.csv",
    "answered": REFERENCE / "wvs7_n.csv",
    "question_by_group": REFERENCE / "wvs7_country_question_by_group.parquet",
    "group_distributions": REFERENCE / "wvs7_group_distributions.csv",
    "respondents": REFERENCE / "wvs7_respondents.csv",
    "countries": REFERENCE / "countries.csv",
}
"""What `humans.distributions` reads without a survey file."""
