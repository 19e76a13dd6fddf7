"""
External: answers that were given elsewhere, as the tables of a model that was asked.
"""

EXTERNAL = [name for name in MODELS if name not in PLAN.asked_models]


# The tables of such a model are not gathered from shards.
ruleorder: take_external_people > gather_biographies
ruleorder: take_external_people > ask_oracle
ruleorder: take_external_answers > gather_responses


rule take_external_people:
    """Whose the answers of a file are, and what is known of them."""
    input:
        file="config/models/{model}.yaml",
        answers=external_file("answers"),
        people=external_file("people"),
        space=config["persona_space"],
        fields=config["biography_fields"],
        countries=config["reference"]["countries"],
        personas=of_configured("results/{study}/personas.parquet"),
        demographics=of_configured(*if_assigned("results/{study}/demographics.parquet")),
    output:
        respondents="results/{study}/{model}/respondents.parquet",
        biographies="results/{study}/{model}/biographies.parquet",
        oracle="results/{study}/{model}/oracle.parquet",
    log:
        "results/{study}/logs/take_external_people/{model}.log",
    benchmark:
        "results/{study}/benchmarks/take_external_people/{model}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
        model=any_of(EXTERNAL),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("asking.external_people"),
    shell:
        "python -m valuescape.asking.external_people {params.files} >{log:q} 2>&1"


rule take_external_answers:
    """The answers of a file to every instrument of the study, each accounted for."""
    input:
        file="config/models/{model}.yaml",
        answers=external_file("answers"),
        space=config["persona_space"],
        instruments=INSTRUMENT_FILES,
        personas=of_configured("results/{study}/personas.parquet"),
    output:
        responses=expand(
            "results/{{study}}/{{model}}/{{condition}}/responses/{instrument}.parquet",
            instrument=config["instruments"],
        ),
        account="results/{study}/{model}/{condition}/external_answers.parquet",
    log:
        "results/{study}/logs/take_external_answers/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/take_external_answers/{model}/{condition}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
        model=any_of(EXTERNAL),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("asking.external_answers"),
    shell:
        "python -m valuescape.asking.external_answers {params.files} >{log:q} 2>&1"
