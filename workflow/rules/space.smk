"""
Space: which personas of the persona space take part.

REQUIRED INPUTS:

    space       = config["persona_space"]
    respondents = results/{study}/survey/respondents.parquet, where the design draws from them

OUTPUTS:

    personas    = results/{study}/personas.parquet
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
        code=code("designs", "documents", "space", "tables"),
    output:
        personas="results/{study}/personas.parquet",
    log:
        "results/{study}/logs/enumerate_personas.log",
    benchmark:
        "results/{study}/benchmarks/enumerate_personas.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        design=config["design"],
    shell:
        r"""
        python -m valuescape.study.designs \
            --space {input.space:q} \
            --design {params.design:q} \
            --output {output.personas:q} \
            >{log:q} 2>&1
        """


rule sample_respondents:
    """The personas of a design that draws them from respondents of the user's survey file."""
    input:
        space=config["persona_space"],
        respondents="results/{study}/survey/respondents.parquet",
        code=code(
            "respondent_design",
            "designs",
            "documents",
            "raking",
            "reference",
            "resampling",
            "space",
            "survey_tables",
            "tables",
            "weight_targets",
        ),
    output:
        personas="results/{study}/personas.parquet",
    log:
        "results/{study}/logs/sample_respondents.log",
    benchmark:
        "results/{study}/benchmarks/sample_respondents.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        design=config["design"],
        seed=config["seed"],
    shell:
        r"""
        python -m valuescape.humans.respondent_design \
            --space {input.space:q} \
            --respondents {input.respondents:q} \
            --design {params.design:q} \
            --seed {params.seed:q} \
            --output {output.personas:q} \
            >{log:q} 2>&1
        """
