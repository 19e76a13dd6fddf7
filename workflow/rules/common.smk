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
from valuescape.core.source_files import source_files
from valuescape.core.tables import Table
from valuescape.figures import catalogue as figure_catalogue
from valuescape.lenses.alignment.tables import BASELINE_CONDITIONS
from valuescape.lenses.comparison.runs import other_runs, runs_of
from valuescape.lenses.languages.contrasts import compared_conditions
from valuescape.reporting.catalogue import (
    OF_PERSONAS,
    SECTIONS,
    comparison_result_tables,
    instruments_of,
    instruments_of_folder,
    is_made,
    result_tables,
)
from valuescape.study.conditions import FACETS, KEYS_OF_MODES, Condition, biographies_name
from valuescape.study.designs import n_drawn
from valuescape.study.languages import files_read, asks_instrument
from valuescape.study.shards import shard_names

STARTED = time.time()
MODELS = {
    model: yaml.safe_load(Path(f"config/models/{model}.yaml").read_text(encoding="utf-8"))
    for model in config["models"]
}
# Models that are not asked: their answers were given elsewhere.
EXTERNAL = [name for name, model in MODELS.items() if model["engine"] == "external"]
CONDITIONS = {entry["name"]: Condition.of(entry, config) for entry in config["conditions"]}
# Of these: whose the answers are, and the condition under which they stand.
ELSEWHERE = {
    name: (
        "other" if "respondent" in MODELS[name]["mapping"] else "configured",
        [MODELS[name]["mapping"].get("condition", next(iter(CONDITIONS)))],
    )
    for name in EXTERNAL
}
COMPARED_IN_LANGUAGES = compared_conditions(CONDITIONS.values())
SHARDS = shard_names(config["shards"])
INSTRUMENT_FILES = [f"config/instruments/{name}.yaml" for name in config["instruments"]]

# What lenses read stands under another name of the study where it is predicted (surface.smk): every
# configuration, beside what was asked. What asks the model knows the study by its own name alone.
NAME = config["study"]
READ = f"{NAME}/surface" if config["answers"] == "surface" else NAME

ASKED = [name for name, each in CONDITIONS.items() if each.is_asked]

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

# These say where and how fast a study runs, or what stands beside it, not what it finds.
KEYS_WITHOUT_INFLUENCE = (
    "checkpoint",
    "compare_with",
    "preflight",
    "projection",
    "pythons",
    "reask",
    "stop_below",
    "threads",
)


FIGURES = {
    figure.name: figure
    for figure in figure_catalogue.FIGURES
    if is_made(figure.needs, config) and not figure.of_study
}
DRAWN = [name for name, figure in FIGURES.items() if "pdf" in figure.suffixes]
# By condition, the instruments of which its language has nothing, so that their lenses have nothing.
NOT_ASKED = {
    name: {each for each in config["instruments"] if not asks_instrument(condition, each)}
    for name, condition in CONDITIONS.items()
}
NOT_ASKED_AT_ALL = set.intersection(*NOT_ASKED.values())
TABLES = {
    table.name: table
    for table in result_tables()
    if is_made(table.needs, config) and not instruments_of_folder(table.section) & NOT_ASKED_AT_ALL
}

# Every model under every condition, and those of another study beside it. What lays them beside each
# other is made once a study, and where there are two to compare.
OWN_RUNS = runs_of(config, f"results/{config['study']}", ELSEWHERE)
try:
    RUNS = OWN_RUNS + other_runs(config)
except UserError as error:
    sys.exit(f"Error: {error}")
COMPARED = len(RUNS) > 1
COMPARED_TABLES = {table.name: table for table in comparison_result_tables() if COMPARED}
COMPARED_FIGURES = {
    figure.name: figure for figure in figure_catalogue.FIGURES if figure.of_study and COMPARED
}


def any_of(names):
    """Return the pattern of a wildcard that can be one of these names and nothing else."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def respondents_of(model):
    """Return who answers for a model: asked personas, or configured or other ones of a file."""
    return ELSEWHERE[model][0] if model in ELSEWHERE else "asked"


def answered_conditions(model):
    """Return the conditions of the study under which a model has answers."""
    return ELSEWHERE[model][1] if model in ELSEWHERE else list(CONDITIONS)


def tables_of(model):
    """Return the tables that are made of a model."""
    kind = respondents_of(model)
    return [name for name, table in TABLES.items() if table.made_of(kind)]


def sections_of(model):
    """Return the sections of the report that have tables of a model."""
    return list(dict.fromkeys(TABLES[name].section for name in tables_of(model)))


def figures_of(model):
    """Return the figures that are drawn of a model: those whose tables are made."""
    kind = respondents_of(model)
    return [
        name
        for name, figure in FIGURES.items()
        if all(isinstance(read, str) or read.made_of(kind) for read in figure.inputs.values())
    ]


wildcard_constraints:
    study=any_of(dict.fromkeys([NAME, READ])),
    model=any_of(MODELS),
    condition=any_of(CONDITIONS),
    instrument=any_of(config["instruments"]),
    shard=any_of(SHARDS),
    biographies=any_of(BIOGRAPHIES),
    figure=any_of(DRAWN),
    section=any_of(SECTIONS),
    compared_figure=any_of(COMPARED_FIGURES),


def files(wildcards, input, output):
    """Return the options of a command: every named input and output but code and languages.

    A file `cells` becomes `--cells F`. Snakemake compares no parameter that is a function of
    `input`: the files themselves are compared.
    """
    options = []
    for name, value in [*input.items(), *output.items()]:
        # source code, what a command finds by the names in its condition, what is only waited for
        if name not in ("code", "demanded", "languages"):
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
    own = source_files(f"figures.{figure_of(wildcards).name}")
    return sorted({*own, *source_files("figures.draw", without=("figures.catalogue",))})


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


# By name, the instruments without which a figure or a table is not made.
NEEDED = {
    "tables": {name: instruments_of([table]) for name, table in TABLES.items()},
    "figures": {
        name: instruments_of(read for read in each.inputs.values() if isinstance(read, Table))
        for name, each in FIGURES.items()
    },
}


def asked_in(condition):
    """Return the names of the tables and of the figures that are made of a condition."""
    left_out = NOT_ASKED[condition]
    return {
        kind: [name for name, needed in those.items() if not needed & left_out]
        for kind, those in NEEDED.items()
    }


def tables_of_section(wildcards):
    """Return the names of the tables of a section that are made of a model and condition."""
    asked = asked_in(wildcards.condition)["tables"]
    return [
        name
        for name in tables_of(wildcards.model)
        if name in asked and TABLES[name].section == wildcards.section
    ]


def is_defined(path):
    """Return whether there is a file of a condition, whose language may lack an instrument."""
    parts = Path(path.removeprefix(f"results/{READ}/").removeprefix(f"results/{NAME}/")).parts
    left_out = NOT_ASKED.get(parts[1] if len(parts) > 2 else "", set())
    if not left_out:
        return True
    # rendered tables lie by sections, of which a lens has one
    folder, name = parts[-1 if parts[2] == "tables" else 2], parts[-1].partition(".")[0]
    needed = NEEDED.get(folder, {}).get(name) or instruments_of_folder(folder)
    return not needed & left_out


def drawn_of(model):
    """Return the figures of a model that are drawn as PDF and PNG."""
    return [name for name in figures_of(model) if name in DRAWN]


def every_condition(*patterns, of=lambda model: True, **further):
    """Return the files of patterns for every model and condition that has them, none twice.

    `of` says of which models; a further wildcard may be a function of the model.
    """
    found = [
        file
        for model in filter(of, MODELS)
        for file in expand(
            patterns,
            study=READ,
            model=model,
            condition=answered_conditions(model),
            **{key: each(model) if callable(each) else each for key, each in further.items()},
        )
    ]
    return [path for path in dict.fromkeys(found) if is_defined(path)]


def language_files(wildcards):
    """Return the files of the languages and of the wording that a condition is asked in."""
    return [
        str(file) for file in files_read(CONDITIONS[wildcards.condition], config["instruments"])
    ]


def made_for(name):
    """Return of which models a table is made, for `every_condition`."""
    return lambda model: name in tables_of(model)


def drawn_for(name):
    """Return of which models a figure is drawn, for `every_condition`."""
    return lambda model: name in figures_of(model)


def answering(wildcards):
    """Return the table of those whose answers a model's are."""
    own = f"results/{{study}}/{wildcards.model}/respondents.parquet"
    return own if wildcards.model in EXTERNAL else "results/{study}/personas.parquet"


def asked_people(wildcards):
    """Return the table of those who were asked, whatever lenses read of the others."""
    return answering(wildcards).replace("{study}", NAME)


def of_configured(*tables):
    """Return tables of the study's personas, none for a file of other respondents."""
    return lambda wildcards: [] if respondents_of(wildcards.model) == "other" else list(tables)


def space_known(wildcards):
    """Return the persona space, if it is known which of its personas answer."""
    return [] if respondents_of(wildcards.model) == "other" else [config["persona_space"]]


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


def design_asked():
    """Return the personas that are asked, as options of a command: a seed only where any is drawn."""
    design, holdout = config["design"], config["holdout"]
    drawn = f" --seed {config['seed']}" if holdout or design.startswith("random") else ""
    return design + (f" --holdout {holdout}" if holdout else "") + drawn


def condition(wildcards):
    """Return the condition as one object, in JSON; of answers given elsewhere, with groups as the file has them."""
    this = CONDITIONS[wildcards.condition]
    if wildcards.model in EXTERNAL:
        this = replace(this, context=("demographics", *this.context), biography_replicate=0)
    return this.json()


def condition_asked(wildcards):
    """Return what of the condition determines an answer; what lenses read of it does not."""
    this = CONDITIONS[wildcards.condition]
    read = "drawn" if this.chosen_option == "drawn" else "modal"
    return replace(this, readout=read if this.has_probabilities else "drawn").json()


def answered_in(condition):
    """Return the condition whose answers a condition reads: itself, unless it keeps only some."""
    return CONDITIONS[condition].answered_in(CONDITIONS.values()).name


def of_all_personas(path):
    """Return a function of wildcards: a file of the condition that a filtered one reads, all personas kept."""
    return (
        lambda wildcards: f"results/{{study}}/{{model}}/{answered_in(wildcards.condition)}/{path}"
    )


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


def differ_in(wildcards, *keys):
    """Return the other conditions that differ from this one in these keys alone.

    A mean of two conditions stands beside no condition that is asked: it would count them twice.
    """
    this = CONDITIONS[wildcards.condition]
    others = {name: CONDITIONS[name] for name in answered_conditions(wildcards.model)}
    return [
        name
        for name, other in others.items()
        if other != this
        and other.is_asked == this.is_asked
        and replace(this, **{key: getattr(other, key) for key in ("name", *keys)}) == other
    ]


def same_in(wildcards, *keys):
    """Return the conditions, this one among them, that have the same under these keys; no mean beside what is asked."""
    this = CONDITIONS[wildcards.condition]
    keys = ("only_consistent", *keys)
    return [
        name
        for name in answered_conditions(wildcards.model)
        if CONDITIONS[name].is_asked == this.is_asked
        and all(getattr(CONDITIONS[name], key) == getattr(this, key) for key in keys)
    ]


def with_culture():
    """Return models and conditions that ask of morality and tell personas their culture; all, if none does."""
    places = {
        f"{model}/{name}": model in EXTERNAL
        or bool({"configuration", "biography"} & {*CONDITIONS[name].context})
        for model in MODELS
        if respondents_of(model) != "other"
        for name in answered_conditions(model)
        if name in ASKED and "mfq2" not in NOT_ASKED[name]
    }
    return [place for place, told in places.items() if told] or list(places)


CULTURAL = with_culture()


def baseline_conditions(wildcards):
    """Return the conditions that are baselines of this one: they tell a persona less, and else differ in nothing."""
    return [
        name
        for name in differ_in(wildcards, "context")
        if CONDITIONS[name].context in BASELINE_CONDITIONS
    ]


def pooled_conditions(wildcards):
    """Return the other conditions that tell personas the same and are read in the same way."""
    same = same_in(wildcards, "context", "mode", "readout", "language", "context_language")
    return [name for name in same if name != wildcards.condition]


def with_pooled_conditions(wildcards):
    """Return this condition and those that are pooled with it."""
    return [wildcards.condition, *pooled_conditions(wildcards)]


def same_context(wildcards):
    """Return the conditions, this one among them, that tell personas the same in the same languages."""
    return same_in(wildcards, "context", "language", "context_language")


def other_replicates(wildcards):
    """Return the other conditions that differ from this one in their replicate alone."""
    return differ_in(wildcards, "replicate")


def generalised_conditions(wildcards):
    """Return this condition and those that differ from it in facets of a study of generalisability.

    What goes with another mode differs as well; in the same mode, nothing else may.
    """
    this = CONDITIONS[wildcards.condition]
    in_mode = differ_in(wildcards, *FACETS.values())
    return [
        wildcards.condition,
        *(
            name
            for name in differ_in(wildcards, *FACETS.values(), *KEYS_OF_MODES)
            if CONDITIONS[name].mode != this.mode or name in in_mode
        ),
    ]


def compared_modes(wildcards):
    """Return this condition and those that differ from it in their mode alone, with what goes with it."""
    this = CONDITIONS[wildcards.condition]
    found = differ_in(wildcards, *KEYS_OF_MODES)
    return [wildcards.condition, *(name for name in found if CONDITIONS[name].mode != this.mode)]


def specified_conditions(wildcards):
    """Return the conditions, this one among them, that ask the same personas in other ways; means of orders too."""
    return [
        name
        for name, each in CONDITIONS.items()
        if all(
            getattr(each, key) == getattr(CONDITIONS[wildcards.condition], key)
            for key in ("context", "language", "context_language")
        )
    ]


def in_order(order):
    """Return a function of wildcards: the condition that differs in its option order alone, or this one; none if only one order is asked."""

    def found(wildcards):
        this = CONDITIONS[wildcards.condition]
        pair = [this.in_order(each, CONDITIONS.values()) for each in ("forward", "reversed")]
        return [this.in_order(order, CONDITIONS.values())] if all(pair) else []

    return found


def asked_for(name):
    """Return the names of what is asked for a condition: itself, or what it is read from."""
    this, every = CONDITIONS[name], CONDITIONS.values()
    if this.is_asked:
        return [name]
    if this.only_consistent:
        return asked_for(answered_in(name))
    return [this.in_order(order, every) for order in ("forward", "reversed")]


def stats_of_responses(conditions):
    """Return a function of wildcards: what it cost to ask each of the conditions, shard by shard."""
    return lambda wildcards: [
        f"results/{NAME}/{wildcards.model}/{asked}/responses/{shard}.json"
        for name in conditions(wildcards)
        for asked in asked_for(name)
        for shard in SHARDS
    ]


def stats_of_condition(wildcards):
    """Return what it cost to write and judge the biographies and to ask a condition, shard by shard."""
    if wildcards.model in EXTERNAL:
        return []
    biographies = expand(
        STATS_OF_BIOGRAPHIES,
        study=wildcards.study,
        model=wildcards.model,
        biographies=BIOGRAPHIES,
        shard=SHARDS,
    )
    responses = stats_of_responses(lambda each: [each.condition])(wildcards)
    return [*biographies, *stats_of_judge([wildcards.model]), *responses]


def stats_of_judge(models):
    """Return what it cost to judge the biographies of models, none if the study has no judge."""
    return if_judged(*expand(STATS_OF_JUDGE, model=models, biographies=BIOGRAPHIES))


def if_made(name):
    """Return a table as a named output, nothing if this study does not make it."""
    return {name: f"results/{{study}}/{TABLES[name].path}"} if name in TABLES else {}


def in_conditions(path, conditions):
    """Return a function of wildcards: a file of the model under each of the conditions."""
    return lambda wildcards: [
        f"results/{wildcards.study}/{wildcards.model}/{name}/{path.format(**wildcards)}"
        for name in conditions(wildcards)
    ]


def in_languages(path, **further):
    """Return a file of the model under each condition that is compared by language."""
    names = [each.name for each in COMPARED_IN_LANGUAGES]
    whole = f"results/{{{{study}}}}/{{{{model}}}}/{{condition}}/{path}"
    return expand(whole, condition=names, **further)


def json_of(conditions):
    """Return a function of wildcards: these conditions, each as one object in JSON."""
    return lambda wildcards: [CONDITIONS[name].json() for name in conditions(wildcards)]


def biographies_told(wildcards):
    """Return the name of the biographies that a condition tells."""
    if wildcards.model in EXTERNAL:
        return biographies_name(0)
    return biographies_name(CONDITIONS[wildcards.condition].biography_replicate)


def biographies_shard(wildcards):
    """Return the shard of the biographies that a condition tells."""
    return f"results/{{study}}/{{model}}/{biographies_told(wildcards)}/{{shard}}.parquet"


def gathered_biographies(wildcards):
    """Return the table of the biographies that a condition tells."""
    return f"results/{{study}}/{{model}}/{biographies_told(wildcards)}.parquet"


def if_judged(*made):
    """Return files of what a judge says of biographies, none if the study has no judge."""
    return list(made) if config["judge"]["biographies"] else []


def judge_of(model):
    """Return the model that judges what a model wrote: the one named, or another, or itself."""
    others = [name for name in MODELS if name not in {model, *EXTERNAL}]
    return config["judge"]["model"] or (others or [model])[0]


def judge_model(wildcards):
    """Return the wildcards of the model that judges, for what is asked of a model's name."""
    return SimpleNamespace(model=judge_of(wildcards.model))


def judgements(wildcards):
    """Return the table of what the judge says of a condition's biographies, if the study has one."""
    if wildcards.model in EXTERNAL:
        return []
    return if_judged(f"results/{NAME}/{{model}}/{biographies_told(wildcards)}/judge.parquet")


def asked_biographies(wildcards):
    """Return the table of the biographies that a condition tells, of the asked personas alone."""
    return gathered_biographies(wildcards).replace("{study}", NAME)


def in_conditions_by_instrument(conditions):
    """Return a function of wildcards: the responses to each instrument, under each of the conditions."""
    return lambda wildcards: [
        f"results/{wildcards.study}/{wildcards.model}/{name}/responses/{instrument}.parquet"
        for instrument in config["instruments"]
        for name in conditions(wildcards)
    ]


def bundled_files(wildcards):
    """Return the tables of results, and of single personas, that a bundle is made of."""
    entries = [TABLES[name] for name in BUNDLED]
    entries += [*COMPARED_TABLES.values(), *OF_PERSONAS]
    found = [str(run.table(entry)) for run in BUNDLED_RUNS for entry in entries]
    for run in BUNDLED_RUNS:
        answers = run.responses.parent
        found += [str(run.personas), str(run.biographies)]
        asked = [
            name for name in config["instruments"] if name not in NOT_ASKED[run.condition.name]
        ]
        found += [str(answers / f"{name}.parquet") for name in asked]
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
