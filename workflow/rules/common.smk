"""
Common: names of what a study consists of, what wildcards may be, and functions of them.
"""

import json
import re
import shlex
import time
from dataclasses import replace
from types import SimpleNamespace

import yaml
from valuescape.cluster import watch
from valuescape.core.source_files import digest, source_files
from valuescape.core.tables import Table
from valuescape.lenses.languages.contrasts import compared_conditions
from valuescape.reporting.catalogue import OF_PERSONAS, SECTIONS
from valuescape.reporting.plan import WITHOUT_INFLUENCE, Plan, design_options
from valuescape.study.comparable import (
    answered_in,
    asked_for,
    baseline_conditions,
    compared_modes,
    generalised_conditions,
    in_forward_order,
    in_reversed_order,
    other_replicates,
    pooled_conditions,
    same_context,
    specified_conditions,
    with_pooled_conditions,
)
from valuescape.study.conditions import biographies_name
from valuescape.study.designs import n_drawn
from valuescape.study.languages import files_read
from valuescape.study.shards import shard_names

STARTED = time.time()
MODELS = {
    model: yaml.safe_load(Path(f"config/models/{model}.yaml").read_text(encoding="utf-8"))
    for model in config["models"]
}
# Of which models and conditions each table and figure is made; its module says what decides that.
PLAN = Plan(config, MODELS)
CONDITIONS = PLAN.conditions
COMPARED_IN_LANGUAGES = compared_conditions(CONDITIONS.values())
SHARDS = shard_names(config["shards"])
INSTRUMENT_FILES = [f"config/instruments/{name}.yaml" for name in config["instruments"]]

# What lenses read stands under another name of the study where it is predicted (surface.smk): every
# configuration, beside what was asked. What asks the model knows the study by its own name alone.
NAME = config["study"]
READ = f"{NAME}/surface" if config["answers"] == "surface" else NAME

ASKED = [name for name, each in CONDITIONS.items() if each.is_asked]

# Looked up once a condition, and not once a shard.
LANGUAGE_FILES = {
    name: [str(file) for file in files_read(each, config["instruments"])]
    for name, each in CONDITIONS.items()
}

# The biographies of the study, and what is added to its seed to write them.
BIOGRAPHIES = {
    biographies_name(number): number
    for number in sorted({0, *(condition.biography_replicate for condition in CONDITIONS.values())})
}

# What one job of the engine cost: every shard of the biographies and of the responses.
STATS_OF_BIOGRAPHIES = f"results/{NAME}/{{model}}/{{biographies}}/{{shard}}.json"
STATS_OF_JUDGE = f"results/{NAME}/{{model}}/{{biographies}}/judge.json"
STATS_OF_RESPONSES = f"results/{NAME}/{{model}}/{{condition}}/responses/{{shard}}.json"

# The map in use: the published one, or the one refitted to the user's EVS/WVS file.
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

# A bootstrap's seed and how often it draws, as options of a command.
BOOTSTRAP = f"--seed {config['seed']} --replicates {config['bootstrap_replicates']}"

try:
    RUNS = PLAN.runs
except UserError as error:
    sys.exit(f"Error: {error}")
TABLES, FIGURES = PLAN.tables(), PLAN.figures()
DRAWN = {name: figure for name, figure in FIGURES.items() if "pdf" in figure.suffixes}
COMPARED_TABLES, COMPARED_FIGURES = PLAN.comparison_tables(), PLAN.comparison_figures()


def any_of(names):
    """Return the pattern of a wildcard that can be one of these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


wildcard_constraints:
    study=any_of(dict.fromkeys([NAME, READ])),
    model=any_of(MODELS),
    condition=any_of(CONDITIONS),
    instrument=any_of(config["instruments"]),
    shard=f"[0-9]{{4}}-of-{config['shards']:04}",
    biographies=any_of(BIOGRAPHIES),
    figure=any_of(DRAWN),
    section=any_of(SECTIONS),
    compared_figure=any_of(COMPARED_FIGURES),


def files(wildcards, input, output):
    """Return the options of a command: every named input and output that it takes by name.

    A file `cells` becomes `--cells F`. Snakemake compares no parameter that is a function of
    `input`: the files themselves are compared.
    """
    options = []
    for name, value in [*input.items(), *output.items()]:
        # what a command finds by the names in its condition, what is only waited for
        if name not in ("demanded", "languages"):
            options += [
                f"--{name.replace('_', '-')}",
                *([value] if isinstance(value, str) else value),
            ]
    return shlex.join(options)


def code(command):
    """Return a digest of the source that a command runs, for `params.code`; it follows from imports.

    Snakemake compares parameters: an edited module runs again what runs it, a new or moved checkout
    runs nothing. As inputs these would be three of four files that a plan looks at.
    """
    return digest(source_files(command))


def code_asking(command):
    """Return the same for a command that asks a model: the source of that model's engine, too."""
    return lambda wildcards: digest(source_files(command, MODELS[wildcards.model]["engine"]))


def code_drawing(wildcards):
    """Return the same for one figure; the catalogue only names what is drawn."""
    own = source_files(f"figures.{figure_of(wildcards).name}")
    return digest(own + source_files("figures.draw", without=("figures.catalogue",)))


def figure_of(wildcards):
    """Return the entry of a figure, of a model and condition or of the study."""
    if "figure" in wildcards.keys():
        return FIGURES[wildcards.figure]
    return COMPARED_FIGURES[wildcards.compared_figure]


def figure_inputs(wildcards):
    """Return the files that a figure reads, in the order of its entry in the catalogue."""
    return [
        f"results/{{study}}/{read.path}" if isinstance(read, Table) else FIGURE_FILES[read]
        for read in figure_of(wildcards).inputs.values()
    ]


def worker(wildcards, input):
    """Return the interpreter of the model's environment.

    The path of an interpreter determines no answer, so that an environment may move without any
    job running again: taking `input`, it is not compared.
    """
    return config["pythons"][MODELS[wildcards.model]["environment"]]


def limits(valid=config["stop_below"]["valid"], option_mass=config["stop_below"]["option_mass"]):
    """Return how often answers are kept and when a job gives up, as options of a command that asks.

    They determine no answer and, as a function of `input`, are not compared.
    """
    options = (
        f"--flush-rows {config['checkpoint']['rows']} "
        f"--flush-seconds {config['checkpoint']['seconds']} "
        f"--least-valid {valid} --least-mass {option_mass}"
    )
    return lambda wildcards, input: options


def gpus(wildcards):
    """Return how many GPUs a job of the model's engine takes; its weights may lie on several."""
    model = MODELS[wildcards.model]
    if model["environment"] != "inference-gpu":
        return 0
    return int(model.get("settings", {}).get("tensor_parallel_size", 1))


def of_every(entries, *patterns):
    """Return files of tables or figures, for every model and condition that they are made of."""
    found = [
        pattern.format(study=READ, model=model, condition=condition, name=entry.name)
        for model, condition in PLAN.places()
        for entry in entries
        if PLAN.makes(entry, model, condition)
        for pattern in patterns
    ]
    return list(dict.fromkeys(found))


def everywhere(name):
    """Return the files of one table of results, none if this study does not make it."""
    found = [each for each in TABLES.values() if each.name == name]
    return [file for each in found for file in of_every([each], f"results/{{study}}/{each.path}")]


def tables_of_section(wildcards):
    """Return by name the tables of a section that are made of a model and condition."""
    made = PLAN.tables(wildcards.model, wildcards.condition)
    return {name: each for name, each in made.items() if each.section == wildcards.section}


def language_files(wildcards):
    """Return the files of the languages and of the wording that a condition is asked in."""
    return LANGUAGE_FILES[wildcards.condition]


def answering(wildcards):
    """Return the table of those whose answers a model's are."""
    if PLAN.respondents[wildcards.model] == "asked":
        return "results/{study}/personas.parquet"
    return "results/{study}/{model}/respondents.parquet"


def asked_people(wildcards):
    """Return the table of those who were asked, whatever lenses read of the others."""
    return answering(wildcards).replace("{study}", NAME)


def of_configured(*files):
    """Return files on the study's personas, none if other respondents answer for the model."""
    return lambda wildcards: [] if PLAN.respondents[wildcards.model] == "other" else [*files]


def external_file(key):
    """Return the file of answers given elsewhere, or of the people who gave them, if any."""

    def file(wildcards):
        model = MODELS[wildcards.model]
        named = {
            "answers": model["source"]["answers"],
            "people": model["mapping"].get("people", {}).get("file"),
        }[key]
        return [str(Path(named).expanduser())] if named else []

    return file


def condition(wildcards):
    """Return the condition as one object, in JSON."""
    return PLAN.condition_of(wildcards.model, wildcards.condition).json()


def condition_asked(wildcards):
    """Return what of the condition determines an answer; what lenses read of it does not."""
    return CONDITIONS[wildcards.condition].as_asked().json()


def readout(wildcards):
    """Return what the lenses read of a response under a condition."""
    return CONDITIONS[wildcards.condition].readout


def if_surveyed(file, *tables):
    """Return tables cut from a survey file of the user's own, none if the config names no such file."""
    return list(tables) if config["survey"][file] else []


def if_demanded(wildcards):
    """Return what says that a model passed its preflight, if the study demands it."""
    file = f"results/{{study}}/preflight/{wildcards.model}/passed.txt"
    return [file] if config["preflight"] == "required" else []


def if_assigned(*tables):
    """Return tables of demographics by design, none if those who write the biographies decide."""
    return list(tables) if config["demographics"] == "assigned" else []


def beside(find, wildcards):
    """Return the names of the conditions that a function of `study.comparable` finds beside one."""
    return find(CONDITIONS[wildcards.condition], PLAN.answered(wildcards.model))


def in_conditions(path, find, instruments=()):
    """Return a function of wildcards: a file, or one an instrument, under each condition found."""
    return lambda wildcards: [
        f"results/{wildcards.study}/{wildcards.model}/{name}/"
        + path.format(**{**wildcards, "instrument": instrument})
        for instrument in instruments or [wildcards.get("instrument")]
        for name in beside(find, wildcards)
    ]


def json_of(find):
    """Return a function of wildcards: the conditions found, each as one object in JSON."""
    return lambda wildcards: [CONDITIONS[name].json() for name in beside(find, wildcards)]


def stats_of_responses(find):
    """Return a function of wildcards: what it cost to ask the conditions found, shard by shard."""
    return lambda wildcards: [
        f"results/{NAME}/{wildcards.model}/{asked}/responses/{shard}.json"
        for name in beside(find, wildcards)
        for asked in asked_for(CONDITIONS[name], PLAN.answered(wildcards.model))
        for shard in SHARDS
    ]


def stats_of_condition(wildcards):
    """Return what it cost to write and judge the biographies and to ask a condition, by shard."""
    if PLAN.respondents[wildcards.model] != "asked":
        return []
    biographies = expand(
        STATS_OF_BIOGRAPHIES, model=wildcards.model, biographies=BIOGRAPHIES, shard=SHARDS
    )
    responses = stats_of_responses(answered_in)(wildcards)
    return [*biographies, *stats_of_judge([wildcards.model]), *responses]


def stats_of_judge(models):
    """Return what it cost to judge the biographies of models, none if the study has no judge."""
    return if_judged(*expand(STATS_OF_JUDGE, model=models, biographies=BIOGRAPHIES))


def if_made(name):
    """Return a table as a named output, nothing if this study does not make it."""
    return {name: f"results/{{study}}/{TABLES[name].path}"} if name in TABLES else {}


def in_languages(path, **further):
    """Return a file of the model under each condition that is compared by language."""
    names = [each.name for each in COMPARED_IN_LANGUAGES]
    whole = f"results/{{{{study}}}}/{{{{model}}}}/{{condition}}/{path}"
    return expand(whole, condition=names, **further)


def biographies_told(wildcards):
    """Return the name of the biographies that a condition tells."""
    told = PLAN.condition_of(wildcards.model, wildcards.condition)
    return biographies_name(told.biography_replicate)


def biographies_shard(wildcards):
    """Return the shard of the biographies that a condition tells."""
    return f"results/{{study}}/{{model}}/{biographies_told(wildcards)}/{{shard}}.parquet"


def gathered_biographies(wildcards):
    """Return the table of the biographies that a condition tells."""
    return f"results/{{study}}/{{model}}/{biographies_told(wildcards)}.parquet"


def if_judged(*made):
    """Return files of what a judge says of biographies, none if the study has no judge."""
    return list(made) if config["judge"]["biographies"] else []


def judge_model(wildcards):
    """Return the wildcards of the model that judges, for what is asked of a model's name."""
    return SimpleNamespace(model=PLAN.judge_of(wildcards.model))


def judgements(wildcards):
    """Return the table of what the judge says of a condition's biographies, if the study has one."""
    if PLAN.respondents[wildcards.model] != "asked":
        return []
    return if_judged(f"results/{NAME}/{{model}}/{biographies_told(wildcards)}/judge.parquet")


def asked_biographies(wildcards):
    """Return the table of the biographies that a condition tells, of the asked personas alone."""
    return gathered_biographies(wildcards).replace("{study}", NAME)


def bundled_files(wildcards):
    """Return the tables of results, and of single personas, that a bundle is made of."""
    entries = [*BUNDLED.values(), *COMPARED_TABLES.values(), *OF_PERSONAS]
    found = [str(run.table(entry)) for run in BUNDLED_RUNS for entry in entries]
    for run in BUNDLED_RUNS:
        found += [str(run.personas), str(run.biographies)]
        asked = PLAN.instruments(run.condition.name)
        found += [str(run.responses.with_name(f"{name}.parquet")) for name in asked]
    return list(dict.fromkeys(found))


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
