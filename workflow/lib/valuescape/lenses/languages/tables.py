"""Tables of the lens languages: columns, dtypes, keys, and their place in the report."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table
from valuescape.lenses.languages.contrasts import FLOORS

ALL = "all"
"""In a column `item`: all questions of an instrument; in `country`: all countries."""
FLOOR_COLUMNS = {f"floor_{kind}": pl.Float64 for kind in FLOORS}
_CONTRAST = {
    "condition": pl.String,
    "twin": pl.String,
    "contrast": pl.String,
    "cell": pl.String,
    "language": pl.String,
    "demographics_told": pl.Boolean,
    "model_knows": pl.Boolean,
}
_CORRELATION = (-1.0, 1.0)
READ_CONTRAST = (
    "contrast language: the condition against its English twin, in all else alike. cell: what is "
    "in the language: the question, what the persona is told, both, or, where it is told nothing, "
    "nobody. contrast demographics: told age, sex, country and the like or not, in one language. "
    "replicate, option order, wording: floors, by the same estimator; the largest of those "
    "under which personas are told the same counts. model knows: whether the model's file lists "
    "the language; where not, the numbers test the code and say nothing of languages. remark: "
    "what is missing, and why."
)


def without_floors(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are no floors themselves."""
    return frame.filter(~pl.col("contrast").is_in(FLOORS))


def vector_and_length(shift: pl.DataFrame) -> pl.DataFrame:
    """Return LANGUAGE_SHIFT as the report prints it: without the places the arrows start from."""
    return shift.filter(~pl.col("measure").str.starts_with("from_")).drop("items")


def foundations_and_totals(items: pl.DataFrame) -> pl.DataFrame:
    """Return LANGUAGE_ITEMS as the report prints it: scales and whole instruments, no floors."""
    return without_floors(items).filter(pl.col("unit") != "question")


def without_questions(interviews: pl.DataFrame) -> pl.DataFrame:
    """Return INTERVIEW_LANGUAGES as the report prints it: without single questions."""
    return interviews.filter(~pl.col("measure").str.contains(r"^Q\d"))


LANGUAGE_SHIFT = Table(
    "language_shift",
    {
        **_CONTRAST,
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        **FLOOR_COLUMNS,
        "beyond_floors": pl.Boolean,
        "n_personas": pl.Int64,
        "items": pl.String,
        "remark": pl.String,
    },
    ("condition", "twin", "measure"),
    path="{model}/languages/shift.parquet",
    title="How far personas move on the cultural map when they are asked in another language",
    section="languages",
    note=(
        "Paired displacement of the same personas, in map units, over the indicators that both "
        f"conditions were asked. {READ_CONTRAST} self expression, secular: the mean vector; "
        "length: its length (interval: the vector's 95 % region, so it covers 0 where the vector "
        "does); mean length: mean over personas of their own; share beyond floor: of personas who "
        "move farther than 95 in 100 do in the largest floor; rank correlation: over personas, "
        "between the two conditions, and its floors are the smallest. beyond floors: by more than "
        "both intervals explain, of all floors that are known. Intervals are over configurations, "
        "not over translations: another translation moves personas by its own."
    ),
    excerpt=vector_and_length,
    needs="languages",
    of="asked",
)
"""`items` are the indicators behind a displacement, joined by blanks. Rows `from_...`: where the
personas of the twin lie in the mean, for the figure; null where an indicator is missing.
"""

LANGUAGE_ITEMS = Table(
    "language_items",
    {
        **_CONTRAST,
        "instrument": pl.String,
        "unit": pl.String,
        "item": pl.String,
        "shift": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "z_shift": pl.Float64,
        "z_ci_low": pl.Float64,
        "z_ci_high": pl.Float64,
        "emd": pl.Float64,
        "emd_ci_low": pl.Float64,
        "emd_ci_high": pl.Float64,
        **FLOOR_COLUMNS,
        "beyond_floors": pl.Boolean,
        "correlation": pl.Float64,
        "correlation_raw": pl.Float64,
        "valid_share": pl.Float64,
        "valid_share_twin": pl.Float64,
        "refused_share": pl.Float64,
        "refused_share_twin": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("condition", "twin", "instrument", "unit", "item"),
    {
        "emd": SHARE,
        "correlation": _CORRELATION,
        "correlation_raw": _CORRELATION,
        **dict.fromkeys(
            ("valid_share", "valid_share_twin", "refused_share", "refused_share_twin"), SHARE
        ),
    },
    path="{model}/languages/items.parquet",
    title="What a language moves: questions, foundations, valid answers and refusals",
    section="languages",
    note=(
        f"{READ_CONTRAST} shift: of the mean answer, on a scale from 0 (least option) to 1; z "
        "shift: the same in SDs of the answers of personas to that question; emd: between the "
        "answers of all personas in the two conditions, with its floors. Of many questions a few "
        "pass their floors by chance. correlation: over personas, by rank, or for all questions "
        "together of answers z-scored within question. correlation raw: of all answers to all "
        "questions pooled as they are; it is inflated, because questions differ in their means "
        "whoever answers, and must not be read as agreement."
    ),
    folded=True,
    excerpt=foundations_and_totals,
    needs="languages",
    of="asked",
)
"""`unit`: question; foundation (its score, 1 to 5, laid on 0 to 1; its floors are of the size of
its shift); scale (of another instrument); or all (the questions of an instrument that both
conditions were asked; `emd` is their mean). A question that one side was not asked has a row, and a
remark that says so. Shares of outcomes are of the answers asked for.
"""

SPOKEN, ELSEWHERE, INTERACTION = "where spoken", "elsewhere", "interaction"
"""In a column `country`: means over the countries where a language is spoken and over all others,
and the difference of the two.
"""

LANGUAGE_ALIGNMENT = Table(
    "language_alignment",
    {
        **_CONTRAST,
        "measure": pl.String,
        "country": pl.String,
        "in_language": pl.Float64,
        "in_english": pl.Float64,
        "difference": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        **FLOOR_COLUMNS,
        "beyond_floors": pl.Boolean,
        "n_countries": pl.Int64,
        "n_personas": pl.Int64,
        "n_questions": pl.Int64,
        "remark": pl.String,
    },
    ("condition", "twin", "measure", "country"),
    path="{model}/languages/alignment.parquet",
    title="Alignment with the humans of countries where a language is spoken, in it and in English",
    section="languages",
    note=(
        "Alignment (1 - EMD, mean over the questions that both conditions were asked) of personas "
        "with the humans of a country, under the condition and under its English twin. Personas "
        "who are told a country are compared with its humans; those who are told none, all of "
        "them with each country. where spoken: mean over the countries where the language is "
        "official and most people speak it; elsewhere: over all others; interaction: the "
        "difference between the two. A language that brings out the values of its speakers has an "
        "interaction above its floors; one that only makes answers more or less like anybody's "
        "has none. correlation within question: of the means of personas and of humans over "
        "countries, z-scored within question; correlation raw: of all means pooled as they are, "
        "which is high whoever answers. Intervals are over configurations and respondents; "
        "countries are not drawn. floors: of the size of the difference."
    ),
    needs="languages",
    of="asked",
)

INTERVIEW_LANGUAGES = Table(
    "interview_languages",
    {
        "country": pl.String,
        "language": pl.String,
        "measure": pl.String,
        "from_language": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "floor": pl.Float64,
        "n": pl.Int64,
        "n_from": pl.Int64,
        "remark": pl.String,
    },
    ("country", "language", "measure"),
    path="survey/interview_languages.parquet",
    title="How humans of one country differ by the language of their interview",
    section="languages",
    note=(
        "From the user's survey file, weighted: people who were interviewed in a language against "
        "those in the country's most frequent one. self expression, secular, length: the "
        "difference of their mean places, in map units, to be set beside the shift of personas; "
        "emd: mean over the questions of the distance between their answers, with the floor that "
        "chance leaves between as many people; a question: the difference of mean answers, on a "
        "scale from 0 to 1. People are not assigned to languages: they differ in region, descent "
        "and schooling, so this is no effect of a language. Intervals are over respondents."
    ),
    excerpt=without_questions,
    folded=True,
    needs="languages survey.wvs7",
    of="asked",
)
"""`measure`: self_expression, secular, length, emd, or the id of a question. `n`, `n_from`: people
behind it in the two languages (of `emd`: the fewest of a question)."""
