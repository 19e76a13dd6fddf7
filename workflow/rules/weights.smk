"""
Weights: how much each persona must count for the personas to stand for the humans of the world.

REQUIRED INPUTS:

    personas    = results/{study}/personas.parquet
    space       = config["persona_space"]
    prevalence  = config["reference"]["prevalence"]
    respondents = results/{study}/survey/respondents.parquet, where config["survey"] names a file

OUTPUTS:

    weights     = results/{study}/weights/world.parquet
    diagnostics = results/{study}/weights/diagnostics.parquet
"""


rule fit_weights:
    """Weights that make the personas stand for the world, in every scheme that the data allow."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        prevalence=config["reference"]["prevalence"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        code=code(
            "weights",
            "documents",
            "raking",
            "reference",
            "resampling",
            "semi_relaxed",
            "space",
            "survey_tables",
            "tables",
            "weight_diagnostics",
            "weight_schemes",
            "weight_tables",
            "weight_targets",
        ),
    output:
        weights="results/{study}/weights/world.parquet",
        diagnostics="results/{study}/weights/diagnostics.parquet",
    log:
        "results/{study}/logs/fit_weights.log",
    benchmark:
        "results/{study}/benchmarks/fit_weights.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
    shell:
        r"""
        python -m valuescape.weights \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --prevalence {input.prevalence:q} \
            --respondents {input.respondents:q} \
            --seed {params.seed:q} \
            --weights {output.weights:q} \
            --diagnostics {output.diagnostics:q} \
            >{log:q} 2>&1
        """
