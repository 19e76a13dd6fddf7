"""
Alignment: how far the answers of personas lie from those of humans of the same group, beside
what a uniform answerer, the majority, everybody else and another draw of the humans reach.

REQUIRED INPUTS:

    responses   = results/{study}/{model}/{condition}/responses/wvb_probe.parquet
    biographies = results/{study}/{model}/biographies.parquet
    humans      = results/{study}/humans.parquet

OUTPUTS:

    counts      = results/{study}/{model}/{condition}/alignment/counts.parquet
    cells       = results/{study}/{model}/{condition}/alignment/cells.parquet
    summary     = results/{study}/{model}/{condition}/alignment/summary.parquet
"""


rule measure_alignment:
    """EMD between personas and humans by group and question, with floor and baselines."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        biographies=gathered_biographies,
        humans="results/{study}/humans.parquet",
        code=code(
            "alignment",
            "answer_distributions",
            "answers",
            "documents",
            "emd",
            "humans",
            "instruments",
            "lens_tables",
            "reference",
            "resampling",
            "survey_tables",
            "tables",
        ),
    output:
        counts="results/{study}/{model}/{condition}/alignment/counts.parquet",
        cells="results/{study}/{model}/{condition}/alignment/cells.parquet",
        summary="results/{study}/{model}/{condition}/alignment/summary.parquet",
    log:
        "results/{study}/logs/measure_alignment/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_alignment/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.alignment \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --biographies {input.biographies:q} \
            --humans {input.humans:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --counts {output.counts:q} \
            --cells {output.cells:q} \
            --summary {output.summary:q} \
            >{log:q} 2>&1
        """
