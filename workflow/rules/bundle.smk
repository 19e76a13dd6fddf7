"""
Bundle: what is to be published of a study, in one folder. Answers given elsewhere, and other studies
that are laid beside it, are theirs to publish.
"""

# Tables of results are those that the reports show, predicted ones too; personas, biographies and
# answers are those that were asked.
BUNDLED_RUNS = [
    replace(run, lenses=READ.removeprefix(NAME).removeprefix("/"))
    for run in PLAN.own_runs
    if run.is_asked
]
# of models that are asked: all of them have the same
BUNDLED = PLAN.tables(PLAN.asked_models[0]) if BUNDLED_RUNS else {}


rule write_bundle:
    """Tables, answers, data dictionary, card, metadata and checksums, to be published."""
    input:
        tables=bundled_files,
        instruments=INSTRUMENT_FILES,
        models=[f"config/models/{model}.yaml" for model in MODELS],
        space=config["persona_space"],
        reference=[
            file
            for file in (config["reference"] | PUBLISHED_MAP).values()
            if file.endswith(".csv")
        ],
        config="results/{study}/config.json",
        licence="LICENSE",
        citation="CITATION.cff",
    output:
        bundle=directory("results/{study}/bundle"),
    log:
        "results/{study}/logs/write_bundle.log",
    benchmark:
        "results/{study}/benchmarks/write_bundle.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        code=code("reporting.bundle"),
        runs=[run.json() for run in BUNDLED_RUNS],
        tables=[*BUNDLED, *COMPARED_TABLES],
    shell:
        "python -m valuescape.reporting.bundle --study {wildcards.study} --runs {params.runs:q} "
        "--tables {params.tables:q} --instruments {input.instruments:q} --models {input.models:q} "
        "--space {input.space:q} --reference {input.reference:q} --config {input.config:q} "
        "--licence {input.licence:q} --citation {input.citation:q} --bundle {output.bundle:q} "
        ">{log:q} 2>&1"
