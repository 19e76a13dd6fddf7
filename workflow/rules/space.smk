"""
Persona space: the personas that take part, each with its level of every cultural variable, and, where
the study assigns them, its demographics.
"""

# A design has its personas from the space alone or from respondents; both make the same table.
if n_drawn(config["design"]):

    ruleorder: sample_respondents > enumerate_personas

else:

    ruleorder: enumerate_personas > sample_respondents


rule enumerate_personas:
    """The personas of the study's design, each with its level of every cultural variable."""
    input:
        space=config["persona_space"],
        second_stage=config["second_stage"] or [],
    output:
        personas="results/{study}/personas.parquet",
    log:
        "results/{study}/logs/enumerate_personas.log",
    benchmark:
        "results/{study}/benchmarks/enumerate_personas.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("study.designs"),
        design=design_options(config),
    shell:
        "python -m valuescape.study.designs {params.files} --design {params.design} >{log:q} 2>&1"


rule sample_respondents:
    """The personas of a design that draws them from respondents of the user's survey file."""
    input:
        space=config["persona_space"],
        respondents="results/{study}/survey/respondents.parquet",
    output:
        personas="results/{study}/personas.parquet",
    log:
        "results/{study}/logs/sample_respondents.log",
    benchmark:
        "results/{study}/benchmarks/sample_respondents.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("humans.respondent_design"),
        design=config["design"],
        seed=config["seed"],
    shell:
        "python -m valuescape.humans.respondent_design {params.files} --design {params.design} "
        "--seed {params.seed} >{log:q} 2>&1"


rule assign_demographics:
    """Country, settlement, sex, age and education of every persona, drawn by design."""
    input:
        personas="results/{study}/personas.parquet",
        margins=config["reference"]["margins"],
        countries=config["reference"]["countries"],
    output:
        demographics="results/{study}/demographics.parquet",
    log:
        "results/{study}/logs/assign_demographics.log",
    benchmark:
        "results/{study}/benchmarks/assign_demographics.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("study.demographics"),
        drawn=config["assigned_countries"],
        seed=config["seed"],
    shell:
        "python -m valuescape.study.demographics {params.files} --drawn {params.drawn} "
        "--seed {params.seed} >{log:q} 2>&1"
