"""
Common: names of what a study consists of, what wildcards may be, and functions of them.
"""

import json
import re
import shlex
import time
from dataclasses import replace

import yaml
from valuescape.cluster import watch
from valuescape.core.source_files import source_files
from valuescape.core.tables import Table
from valuescape.figures import catalogue as figure_catalogue
from valuescape.lenses.alignment.tables import BASELINE_CONDITIONS
from valuescape.reporting.catalogue import SECTIONS, is_made, result_tables
from valuescape.study.conditions import FACETS, Condition, biographies_name
from valuescape.study.designs import n_drawn
from valuescape.study.shards import shard_names

STARTED = time.time()
MODELS = {
    model: yaml.safe_load(Path(f"config/models/{model}.yaml").read_text(encoding="utf-8"))
    for model in config["models"]
}
CONDITIONS = {entry["name"]: Condition.of(entry, config) for entry in config["conditions"]}
SHARDS = shard_names(config["shards"])
INSTRUMENT_FILES = [f"config/instruments/{name}.yaml" for name in config["instruments"]]

# What lenses read stands under another name of the study where it is predicted (surface.smk): every
# configuration, beside what was asked. What asks the model knows the study by its own name alone.
ASKED = config["study"]
READ = f"{ASKED}/surface" if config["answers"] == "surface" else ASKED

# The biographies of the study, and what is added to its seed to write them.
BIOGRAPHIES = {
    biographies_name(number): number
    for number in sorted({0, *(condition.biography_replicate for condition in CONDITIONS.values())})
}

# What one job of the engine cost: every shard of the biographies and of the responses.
STATS = [
    f"results/{ASKED}/{{model}}/{{biographies}}/{{shard}}.json",
    f"results/{ASKED}/{{model}}/{{condition}}/responses/{{shard}}.json",
]

# The map in use: the published one, or the one refitted to the user's EVS/WVS file.
TREND = config["survey"]["trend"]
PUBLISHED_MAP = {
    "projection": config["reference"]["projection"],
    "centroids": config["reference"]["centroids"],
}
REFITTED_MAP = {name: f"results/{{study}}/survey/map/{name}.csv" for name in PUBLISHED_MAP}
MAP = REFITTED_MAP if config["projection_from"] == "refit" else PUBLISHED_MAP

# How single people scatter on the map: the public table, or counted from the user's file.
INDIVIDUALS = (
    "results/{study}/survey/individual_moments.csv"
    if config["survey"]["wvs7"]
    else config["reference"]["individual_moments"]
)

# What figures read beside tables of results, by the keys of the catalogue of figures.
FIGURE_FILES = {
    "space": config["persona_space"],
    "wvb_probe": "config/instruments/wvb_probe.yaml",
    "norms": config["reference"]["norms"],
} | MAP

# These say where and how fast a study runs, not what it finds.
KEYS_WITHOUT_INFLUENCE = ("checkpoint", "projection", "pythons", "reask", "stop_below", "threads")


FIGURES = {
    figure.name: figure for figure in figure_catalogue.FIGURES if is_made(figure.needs, config)
}
DRAWN = [name for name, figure in FIGURES.items() if "pdf" in figure.suffixes]
TABLES = {table.name: table for table in result_tables() if is_made(table.needs, config)}


def any_of(names):
    """Return the pattern of a wildcard that can be one of these names and nothing else."""
    return "|".join(re.escape(name) for name in names)


wildcard_constraints:
    study=any_of(dict.fromkeys([ASKED, READ])),
    model=any_of(MODELS),
    condition=any_of(CONDITIONS),
    instrument=any_of(config["instruments"]),
    shard=any_of(SHARDS),
    biographies=any_of(BIOGRAPHIES),
    figure=any_of(DRAWN),
    table=any_of(TABLES),


def files(wildcards, input, output):
    """Return the options of a command: every named input and output but the source code.

    A file `cells` becomes `--cells F`. Snakemake compares no parameter that is a function of
    `input`: the files themselves are compared.
    """
    options = []
    for name, value in [*input.items(), *output.items()]:
        if name != "code":
            options += [
                f"--{name.replace('_', '-')}",
                *([value] if isinstance(value, str) else value),
            ]
    return shlex.join(options)


def code(command):
    """Return the source files that a command runs, for `input.code`; they follow from imports."""
    return source_files(command)


def code_asking(command):
    """Return the same for a command that asks a model: the files of that model's engine, too."""
    return lambda wildcards: source_files(command, MODELS[wildcards.model]["engine"])


def code_drawing(wildcards):
    """Return the source files that draw one figure; the catalogue only names what is drawn."""
    own = source_files(f"figures.{wildcards.figure}")
    return sorted({*own, *source_files("figures.draw", without=("figures.catalogue",))})


def figure_inputs(wildcards):
    """Return the files that a figure reads, in the order of its entry in the catalogue."""
    return [
        f"results/{{study}}/{read.path}" if isinstance(read, Table) else FIGURE_FILES[read]
        for read in FIGURES[wildcards.figure].inputs.values()
    ]


def worker(wildcards, input):
    """Return the interpreter of the model's environment.

    The path of an interpreter determines no answer, so that an environment may move without any
    job running again: taking `input`, it is not compared.
    """
    return config["pythons"][MODELS[wildcards.model]["environment"]]


def flush_rows(wildcards, input):
    """Return how many finished rows make a part; taking `input`, it is not compared either."""
    return config["checkpoint"]["rows"]


def flush_seconds(wildcards, input):
    """Return how long a finished row waits for its part at most; not compared either."""
    return config["checkpoint"]["seconds"]


def least_valid(wildcards, input):
    """Return the share of valid answers under which a shard stops; not compared either."""
    return config["stop_below"]["valid"]


def least_mass(wildcards, input):
    """Return the option mass under which a shard stops; not compared either."""
    return config["stop_below"]["option_mass"]


def gpus(wildcards):
    """Return how many GPUs a job of the model's engine takes; its weights may lie on several."""
    model = MODELS[wildcards.model]
    if model["environment"] != "inference-gpu":
        return 0
    return int(model.get("settings", {}).get("tensor_parallel_size", 1))


def every_condition(*patterns, **further):
    """Return the files of patterns for every model and condition of the study, none twice."""
    found = expand(patterns, study=READ, model=MODELS, condition=CONDITIONS, **further)
    return list(dict.fromkeys(found))


def design_asked():
    """Return the personas that are asked, as options of a command: a seed only where any is drawn."""
    design, holdout = config["design"], config["holdout"]
    drawn = f" --seed {config['seed']}" if holdout or design.startswith("random") else ""
    return design + (f" --holdout {holdout}" if holdout else "") + drawn


def condition(wildcards):
    """Return the condition as one object, in JSON."""
    return CONDITIONS[wildcards.condition].json()


def condition_asked(wildcards):
    """Return what of the condition determines an answer; what lenses read of it does not."""
    this = CONDITIONS[wildcards.condition]
    read = "drawn" if this.chosen_option == "drawn" else "modal"
    return replace(this, readout=read if this.has_probabilities else "drawn").json()


def readout(wildcards):
    """Return what the lenses read of a response under a condition."""
    return CONDITIONS[wildcards.condition].readout


def if_surveyed(file, *tables):
    """Return tables cut from a survey file of the user's own, none if the config names no such file."""
    return list(tables) if config["survey"][file] else []


def if_assigned(*tables):
    """Return tables of demographics by design, none if those who write the biographies decide."""
    return list(tables) if config["demographics"] == "assigned" else []


def differ_in(wildcards, *keys):
    """Return the other conditions that differ from this one in these keys alone."""
    this = CONDITIONS[wildcards.condition]
    return [
        name
        for name, other in CONDITIONS.items()
        if other != this
        and replace(this, **{key: getattr(other, key) for key in ("name", *keys)}) == other
    ]


def same_in(wildcards, *keys):
    """Return the conditions, this one among them, that have the same under these keys."""
    this = CONDITIONS[wildcards.condition]
    return [
        name
        for name, each in CONDITIONS.items()
        if all(getattr(each, key) == getattr(this, key) for key in keys)
    ]


def with_culture():
    """Return the conditions that tell personas their culture; all, if none does."""
    found = [
        name
        for name, each in CONDITIONS.items()
        if {"configuration", "biography"} & {*each.context}
    ]
    return found or list(CONDITIONS)


def baseline_conditions(wildcards):
    """Return the conditions that are baselines of this one: they tell a persona less, and else differ in nothing."""
    return [
        name
        for name in differ_in(wildcards, "context")
        if CONDITIONS[name].context in BASELINE_CONDITIONS
    ]


def pooled_conditions(wildcards):
    """Return the other conditions that tell personas the same and are read in the same way."""
    same = same_in(wildcards, "context", "mode", "readout")
    return [name for name in same if name != wildcards.condition]


def with_pooled_conditions(wildcards):
    """Return this condition and those that are pooled with it."""
    return [wildcards.condition, *pooled_conditions(wildcards)]


def same_context(wildcards):
    """Return the conditions, this one among them, that tell personas the same."""
    return same_in(wildcards, "context")


def other_replicates(wildcards):
    """Return the other conditions that differ from this one in their replicate alone."""
    return differ_in(wildcards, "replicate")


def generalised_conditions(wildcards):
    """Return this condition and those that differ from it in facets of a study of generalisability."""
    return [wildcards.condition, *differ_in(wildcards, *FACETS)]


def in_conditions(path, conditions):
    """Return a function of wildcards: a file of the model under each of the conditions."""
    return lambda wildcards: [
        f"results/{wildcards.study}/{wildcards.model}/{name}/{path}"
        for name in conditions(wildcards)
    ]


def json_of(conditions):
    """Return a function of wildcards: these conditions, each as one object in JSON."""
    return lambda wildcards: [CONDITIONS[name].json() for name in conditions(wildcards)]


def biographies_told(wildcards):
    """Return the name of the biographies that a condition tells."""
    return biographies_name(CONDITIONS[wildcards.condition].biography_replicate)


def biographies_shard(wildcards):
    """Return the shard of the biographies that a condition tells."""
    return f"results/{{study}}/{{model}}/{biographies_told(wildcards)}/{{shard}}.parquet"


def gathered_biographies(wildcards):
    """Return the table of the biographies that a condition tells."""
    return f"results/{{study}}/{{model}}/{biographies_told(wildcards)}.parquet"


def asked_biographies(wildcards):
    """Return the table of the biographies that a condition tells, of the asked personas alone."""
    return gathered_biographies(wildcards).replace("{study}", ASKED)


def begin_on_slurm():
    """Look before jobs are submitted to Slurm; a mistake is told and ends the run."""
    try:
        watch.begin(workflow.executor_settings, config["study"])
    except UserError as error:
        sys.exit(f"Error: {error}")


def print_summary():
    """Print the closing summary, if it was made in this run."""
    summary = Path("results", READ, "summary.txt")
    if summary.is_file() and summary.stat().st_mtime >= STARTED:
        print(summary.read_text(encoding="utf-8"), file=sys.stderr)
