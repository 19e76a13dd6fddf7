"""
Space: which personas of the persona space take part.

REQUIRED INPUTS:

    space    = config["persona_space"]

OUTPUTS:

    personas = results/{study}/personas.parquet
"""


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
        python -m valuescape.designs \
            --space {input.space:q} \
            --design {params.design:q} \
            --output {output.personas:q} \
            >{log:q} 2>&1
        """
