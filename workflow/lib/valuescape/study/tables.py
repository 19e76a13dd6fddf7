"""Tables that pass from stage to stage: personas, demographics, biographies, responses, oracle."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

PERSONAS = Table("personas", {"persona_id": pl.UInt32}, ("persona_id",), further=True)
"""One row a configuration; beside the id one Int8 column a variable: its level, from 0."""

DEMOGRAPHICS = Table(
    "demographics",
    {
        "persona_id": pl.UInt32,
        "country": pl.String,
        "continent": pl.String,
        "settlement": pl.String,
        "sex": pl.String,
        "age": pl.Int16,
        "education": pl.String,
    },
    ("persona_id",),
)
"""Who each persona is by design, in a study that assigns it."""

BIOGRAPHIES = Table(
    "biographies",
    {
        "persona_id": pl.UInt32,
        "status": pl.String,
        "name": pl.String,
        "age": pl.Int16,
        "sex": pl.String,
        "country": pl.String,
        "continent": pl.String,
        "settlement": pl.String,
        "education": pl.String,
        "occupation": pl.String,
        "household": pl.String,
        "religion": pl.String,
        "biography": pl.String,
        "n_tokens": pl.Int32,
        "attempts": pl.UInt8,
        "stated_age": pl.Int16,
        "stated_sex": pl.String,
        "stated_country": pl.String,
        "stated_settlement": pl.String,
        "stated_education": pl.String,
    },
    ("persona_id",),
)
"""Who each persona is: every lens reads it here. Status is one of `answers.expected.STATUSES`;
unless valid, what was to be written is null. Where a study assigns demographics, age, sex, country,
continent, settlement and education are those assigned, whatever the status; what the biography
states of them stands under ``stated_``, which is null in a study that leaves them to the writer.
`attempts` is how often the biography was asked for."""

RESPONSES = Table("responses", {"persona_id": pl.UInt32}, ("persona_id",), further=True)
"""For each question Q of the instrument: ``Q`` (Int8, the chosen option's value, null unless
valid), ``Q_status`` (String), ``Q_attempts`` (UInt8, how often it was asked for), ``Q_mass``
(Float32, probability that fell on any option) and ``Q_p1`` .. ``Q_pK`` (UInt16, option
probabilities in survey order, in 1e-4); the last two are null in a mode without probabilities. So
for an indicator that is derived from other answers (`answers.derived`), without a mass.
"""

CONSISTENCY = Table(
    "consistency",
    {
        "persona_id": pl.UInt32,
        "reader": pl.String,
        "n_contradictions": pl.Int8,
        "contradictions": pl.String,
        "weight": pl.Float64,
    },
    ("persona_id",),
)
"""How many of a persona's variables its biography contradicts, as read by the judge where it read
the biography, else by the classifier; `weight`: the sum of the probabilities of what it shows
instead. 0 of a persona without a valid biography.
"""
PREFLIGHT = Table(
    "preflight",
    {
        "model": pl.String,
        "stage": pl.String,
        "n_personas": pl.Int64,
        "n_asked": pl.Int64,
        "valid_share": pl.Float64,
        "option_mass": pl.Float64,
        "n_in_order": pl.Int64,
        "n_pairs": pl.Int64,
        "tokens_in": pl.Float64,
        "tokens_out": pl.Float64,
        "seconds": pl.Float64,
        "hours": pl.Float64,
        "shards": pl.Int64,
        "cost": pl.Float64,
        "currency": pl.String,
        "reason": pl.String,
    },
    ("model", "stage"),
    ranges={"valid_share": SHARE, "option_mass": (0.0, 1.001)},
)
"""What a try of a model says of the study. `stage`: biographies, a condition, or judge, of which
`n_personas` are the biographies that it reads. `n_in_order` of
`n_pairs` variables: the two extreme personas answer in the configured order. `tokens_in`,
`tokens_out`, `seconds`: an answer. `hours`, `shards`, `cost`: projected to `n_personas`. `reason`:
why it does not pass; empty if it does."""

EXTERNAL_ANSWERS = Table(
    "external_answers",
    {
        "instrument": pl.String,
        "question": pl.String,
        "valid": pl.Int64,
        "clipped": pl.Int64,
        "out_of_range": pl.Int64,
        "malformed": pl.Int64,
        "not_answered": pl.Int64,
    },
    ("instrument", "question"),
    path="{model}/{condition}/external_answers.parquet",
    title="What was read from the file of answers given elsewhere",
    section="validity",
    note=(
        "Answers by question of the file. valid: an option; clipped: off the scale, counted as the "
        "nearest option; out of range: off the scale, dropped; malformed: no option and no number; "
        "not answered: an empty cell. What the file does not hold was not asked."
    ),
    folded=True,
    of="external",
)
"""Every answer of the file accounted for; only clipped ones are counted as valid elsewhere, too."""

ORACLE = Table(
    "oracle",
    {
        "variable": pl.String,
        "level": pl.Int8,
        "foundation": pl.String,
        "wording": pl.String,
        "draw": pl.String,
        "rating": pl.Float64,
    },
    ("variable", "level", "foundation", "wording", "draw"),
    path="{model}/oracle.parquet",
    title="The oracle's ratings of cultural levels (1 to 5)",
    section="morality",
)
"""`wording`: the prompt file's stem. `draw`: ``expected``, the mean of the option values under
the option probabilities, or ``drawn_1``, ``drawn_2`` ...: one option drawn from them, with a seed.
"""
