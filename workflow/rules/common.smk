"""
Common: names of what a study consists of, what wildcards may be, and functions of them.
"""

import json
import re
import time

import yaml
from valuescape import slurm_run
from valuescape.study.conditions import Condition
from valuescape.study.designs import n_drawn
from valuescape.study.shards import shard_names

STARTED = time.time()
MODELS = {
    model: yaml.safe_load(Path(f"config/models/{model}.yaml").read_text(encoding="utf-8"))
    for model in config["models"]
}
CONDITIONS = {condition["name"]: condition for condition in config["conditions"]}
# What the same persona may be asked again in: the facets of a study of generalisability.
FACETS = ("biographies", "option_order", "replicate")
# Without a condition that tells personas their culture there is nothing to rank.
WITH_CULTURE = [
    name
    for name, condition in CONDITIONS.items()
    if condition["told"] not in ("nothing", "demographics")
] or list(CONDITIONS)
SHARDS = shard_names(config["shards"])
INSTRUMENT_FILES = [f"config/instruments/{name}.yaml" for name in config["instruments"]]

# The biographies of the study, and what is added to its seed to write them.
WRITINGS = {
    f"biographies_{number}" if number else "biographies": number
    for number in sorted({0, *(condition["biographies"] for condition in CONDITIONS.values())})
}

# What one job of the engine cost: every shard of the biographies and of the responses.
STATS = [
    "results/{study}/{model}/{writing}/{shard}.json",
    "results/{study}/{model}/{condition}/responses/{shard}.json",
]

# The map in use: the published one, or the one refitted to the user's EVS/WVS file.
TREND = config["survey"]["trend"]
PUBLISHED_MAP = {
    "projection": config["reference"]["projection"],
    "centroids": config["reference"]["centroids"],
}
REFITTED_MAP = {name: f"results/{{study}}/survey/map/{name}.csv" for name in PUBLISHED_MAP}
MAP = REFITTED_MAP if config["projection_from"] == "refit" else PUBLISHED_MAP
# What a refit tells beside: other ways of fitting, and refits to respondents drawn anew.
MAP_VARIANTS = ["results/{study}/survey/map/variants.parquet"] if TREND else []
MAP_AGREEMENT = ["results/{study}/survey/map/agreement.parquet"] if TREND else []
MAP_DRAWS = ["results/{study}/survey/map/draws.parquet"] if TREND else []

# The tables that a reader gets as CSV and Markdown.
TABLES = {
    "coverage": "results/{study}/coverage.parquet",
    "map_summary": "results/{study}/{model}/{condition}/map/summary.parquet",
    "recovery_matrix": "results/{study}/{model}/{condition}/map/recovery_matrix.parquet",
    "recovery": "results/{study}/{model}/{condition}/map/recovery.parquet",
    "map_recovery": "results/{study}/{model}/{condition}/map/axes.parquet",
    "nearest": "results/{study}/{model}/{condition}/map/nearest.parquet",
    "stated_country": "results/{study}/{model}/{condition}/map/stated_country.parquet",
    "map_uncertainty": "results/{study}/{model}/{condition}/map/uncertainty.parquet",
    "map_sensitivity": "results/{study}/{model}/{condition}/map/sensitivity.parquet",
    "map_constraint": "results/{study}/{model}/{condition}/map/constraint.parquet",
    "weighted_positions": "results/{study}/{model}/{condition}/map/weighted_positions.parquet",
    "extremes": "results/{study}/{model}/{condition}/map/extremes.parquet",
    "alignment_cells": "results/{study}/{model}/{condition}/alignment/cells.parquet",
    "alignment_summary": "results/{study}/{model}/{condition}/alignment/summary.parquet",
    "alignment_scores": "results/{study}/{model}/{condition}/alignment/scores.parquet",
    "dispersion": "results/{study}/{model}/{condition}/alignment/dispersion.parquet",
    "thresholds": "results/{study}/{model}/{condition}/alignment/thresholds.parquet",
    "quantiles": "results/{study}/{model}/{condition}/alignment/quantiles.parquet",
    "discrimination": "results/{study}/{model}/{condition}/alignment/discrimination.parquet",
    "question_order": "results/{study}/{model}/{condition}/alignment/question_order.parquet",
    "human_worth": "results/{study}/{model}/{condition}/alignment/human_worth.parquet",
    "group_geometry": "results/{study}/{model}/{condition}/alignment/group_geometry.parquet",
    "group_positions": "results/{study}/{model}/{condition}/alignment/group_positions.parquet",
    "effects": "results/{study}/{model}/{condition}/morality/effects.parquet",
    "shares": "results/{study}/{model}/{condition}/morality/shares.parquet",
    "profiles": "results/{study}/{model}/{condition}/morality/profiles.parquet",
    "oracle_agreement": "results/{study}/{model}/{condition}/morality/oracle_agreement.parquet",
    "oracle_stability": "results/{study}/{model}/{condition}/morality/oracle_stability.parquet",
    "anova_shares": "results/{study}/{model}/{condition}/morality/anova_shares.parquet",
    "anova_orders": "results/{study}/{model}/{condition}/morality/anova_orders.parquet",
    "anova_pairs": "results/{study}/{model}/{condition}/morality/anova_pairs.parquet",
    "trends": "results/{study}/{model}/{condition}/morality/trends.parquet",
    "invariance": "results/{study}/{model}/{condition}/morality/invariance.parquet",
    "foundation_variation": (
        "results/{study}/{model}/{condition}/morality/foundation_variation.parquet"
    ),
    "country_fit": "results/{study}/{model}/{condition}/morality/country_fit.parquet",
    "culture_fit": "results/{study}/{model}/{condition}/morality/culture_fit.parquet",
    "moral_slopes": "results/{study}/{model}/{condition}/morality/moral_slopes.parquet",
    "country_morality": "results/{study}/{model}/{condition}/morality/country_morality.parquet",
    "reliability": "results/{study}/{model}/{condition}/morality/reliability.parquet",
    "constraint": "results/{study}/{model}/{condition}/morality/constraint.parquet",
    "gstudy": "results/{study}/{model}/{condition}/morality/gstudy.parquet",
    "acquiescence": "results/{study}/{model}/{condition}/morality/acquiescence.parquet",
    "core_variables": "results/{study}/core_variables.parquet",
    "oracle": "results/{study}/{model}/oracle.parquet",
    "demographics": "results/{study}/{model}/{condition}/quality/demographics.parquet",
    "validity": "results/{study}/{model}/{condition}/quality/validity.parquet",
    "adherence": "results/{study}/{model}/{condition}/quality/adherence.parquet",
    "weights_diagnostics": "results/{study}/weights/diagnostics.parquet",
    "poststratification": "results/{study}/{model}/{condition}/weights/countries.parquet",
    "country_ranks": "results/{study}/{model}/{condition}/weights/country_ranks.parquet",
}
if config["survey"]["wvs7"]:
    TABLES["joint_transport"] = (
        "results/{study}/{model}/{condition}/alignment/joint_transport.parquet"
    )
    TABLES["respondent_personas"] = (
        "results/{study}/{model}/{condition}/weights/respondent_personas.parquet"
    )
if TREND:
    TABLES["map_refit"] = "results/{study}/survey/map/agreement.parquet"
    TABLES["wave_shifts"] = "results/{study}/{model}/{condition}/weights/wave_shifts.parquet"
    TABLES["wave_drift"] = "results/{study}/{model}/{condition}/weights/wave_drift.parquet"

# The figures, in the order of the report.
FIGURES = [
    "design_null_map",
    "cultural_map",
    "adherence_heat",
    "iw_recovery",
    "iw_constraint",
    "weighted_maps",
    "alignment_heat",
    "alignment_baselines",
    "alignment_threshold_curve",
    "quantile_curve",
    "group_geometry",
    "poststrat_gain",
    "mft_profiles",
    "mft_effects",
    "mft_shapley",
    "mft_invariance",
    "human_vs_persona_slopes",
    "oracle_vs_measured",
    "demographics",
]
if TREND:
    FIGURES.append("wave_drift")

# What each engine is made of, beside what all of them share. An edited stand-in does not ask
# an LLM again.
ENGINE_MODULES = {
    "vllm": [
        "engine.vllm_engine",
        "engine.forced_tokens",
        "engine.harmony",
        "engine.token_tree",
    ],
    "endpoint": [
        "engine.endpoint",
        "engine.connection",
        "engine.harmony",
        "engine.served",
        "engine.token_tree",
    ],
    "synthetic": ["engine.synthetic"],
}

# What a condition may tell a persona to be a baseline of conditions that tell more.
TOLD_BASELINES = ("nothing", "demographics", "configuration")

# These say where and how fast a study runs, not what it finds.
KEYS_WITHOUT_INFLUENCE = ("checkpoint", "projection", "pythons", "threads")


def any_of(names):
    """Return the pattern of a wildcard that can be one of these names and nothing else."""
    return "|".join(re.escape(name) for name in names)


wildcard_constraints:
    study=any_of([config["study"]]),
    model=any_of(MODELS),
    condition=any_of(CONDITIONS),
    instrument=any_of(config["instruments"]),
    shard=any_of(SHARDS),
    writing=any_of(WRITINGS),


def code(*modules):
    """Return the source files of modules of the package, for `input.code`.

    Snakemake compares input files by content: a new checkout runs nothing again, an edited
    module runs again what names it here. tests/test_house_rules.py holds the names to the
    imports. The paths are relative, so that a moved checkout has the same inputs.
    """
    return [f"workflow/lib/valuescape/{module.replace('.', '/')}.py" for module in modules]


def engine_code(wildcards):
    """Return the source files of the one engine that the model runs in, for `input.engine`."""
    return code(*ENGINE_MODULES[MODELS[wildcards.model]["engine"]])


def worker(wildcards, input):
    """Return the interpreter of the model's environment.

    The path of an interpreter determines no answer. Snakemake does not compare parameters of
    functions that take `input`, so that an environment may move without any job running again.
    """
    return config["pythons"][MODELS[wildcards.model]["environment"]]


def flush_rows(wildcards, input):
    """Return how many finished rows make a part; taking `input`, it is not compared either."""
    return config["checkpoint"]["rows"]


def flush_seconds(wildcards, input):
    """Return how long a finished row waits for its part at most; not compared either."""
    return config["checkpoint"]["seconds"]


def gpus(wildcards):
    """Return how many GPUs a job of the model's engine takes; its weights may lie on several."""
    model = MODELS[wildcards.model]
    if model["environment"] != "inference-gpu":
        return 0
    return int(model.get("settings", {}).get("tensor_parallel_size", 1))


def every_condition(*patterns, **further):
    """Return the files of patterns for every model and condition of the study, none twice."""
    files = expand(patterns, study=config["study"], model=MODELS, condition=CONDITIONS, **further)
    return list(dict.fromkeys(files))


def asked(wildcards):
    """Return what of a condition determines an answer; what lenses read of it does not."""
    condition = Condition.read({**CONDITIONS[wildcards.condition], "attempts": config["attempts"]})
    return json.dumps(condition.determining(), sort_keys=True)


def answers_read(wildcards):
    """Return what the lenses read under a condition: probabilities, or chosen options."""
    return CONDITIONS[wildcards.condition].get("answers", config["answers"])


def if_surveyed(file, *tables):
    """Return tables cut from a survey file of the user's own, none if the config names no such file."""
    return list(tables) if config["survey"][file] else []


def differ_in(wildcards, *keys):
    """Return the other conditions that differ from this one in these keys alone."""
    this = CONDITIONS[wildcards.condition]
    return [
        name
        for name, other in CONDITIONS.items()
        if name != wildcards.condition
        and this | {key: other[key] for key in ("name", *keys)} == other
    ]


def moral_scores(wildcards, conditions):
    """Return the foundation scores of the model under these conditions."""
    pattern = "results/{study}/{model}/{condition}/morality/scores.parquet"
    return expand(pattern, study=wildcards.study, model=wildcards.model, condition=conditions)


def written_biographies(wildcards):
    """Return the name of the biographies that a condition tells: all of one writing."""
    number = CONDITIONS[wildcards.condition]["biographies"]
    return f"biographies_{number}" if number else "biographies"


def same_in(wildcards, *keys):
    """Return the conditions, this one among them, that have the same under these keys."""
    this = CONDITIONS[wildcards.condition]
    return [
        name
        for name, each in CONDITIONS.items()
        if all(each.get(key) == this.get(key) for key in keys)
    ]


def told_alike(wildcards):
    """Return the other conditions that tell personas the same and are read alike."""
    alike = same_in(wildcards, "told", "mode", "answers")
    return [name for name in alike if name != wildcards.condition]


def positions_told_alike(wildcards):
    """Return the positions under every condition that tells personas the same as this one."""
    return expand(
        "results/{{study}}/{{model}}/{condition}/map/positions.parquet",
        condition=same_in(wildcards, "told"),
    )


def gathered_biographies(wildcards):
    """Return the table of the biographies that a condition tells."""
    writing = written_biographies(wildcards)
    return f"results/{wildcards.study}/{wildcards.model}/{writing}.parquet"


def told_less(wildcards):
    """Return the conditions that are baselines of this one, by what they tell a persona.

    They differ from it in that alone.
    """
    own = CONDITIONS[wildcards.condition]
    return {
        each["told"]: name
        for name, each in CONDITIONS.items()
        if each.get("told") in TOLD_BASELINES
        and each["told"] != own.get("told")
        and own | each == own | {"name": name, "told": each["told"]}
    }


def probe_responses(conditions):
    """Return the responses to the questions of the WVS under conditions."""
    return [
        f"results/{{study}}/{{model}}/{name}/responses/wvb_probe.parquet" for name in conditions
    ]


def begin_on_slurm():
    """Look before jobs are submitted to Slurm; a mistake is told and ends the run."""
    try:
        slurm_run.begin(workflow.executor_settings, config["study"])
    except UserError as error:
        sys.exit(f"Error: {error}")


def print_summary():
    """Print the closing summary, if it was made in this run."""
    summary = Path("results", config["study"], "summary.txt")
    if summary.is_file() and summary.stat().st_mtime >= STARTED:
        print(summary.read_text(encoding="utf-8"), file=sys.stderr)
