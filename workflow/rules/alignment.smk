"""
Alignment: how far the answers of personas lie from those of humans of the same group, beside
what a uniform answerer, the majority, everybody else, other conditions of the study and another
draw of the humans reach.

REQUIRED INPUTS:

    responses   = results/{study}/{model}/{condition}/responses/wvb_probe.parquet
    biographies = results/{study}/{model}/biographies.parquet
    humans      = results/{study}/humans.parquet

OUTPUTS:

    counts      = results/{study}/{model}/{condition}/alignment/counts.parquet
    cells       = results/{study}/{model}/{condition}/alignment/cells.parquet
    summary     = results/{study}/{model}/{condition}/alignment/summary.parquet
    scores      = results/{study}/{model}/{condition}/alignment/scores.parquet
    dispersion  = results/{study}/{model}/{condition}/alignment/dispersion.parquet
    thresholds  = results/{study}/{model}/{condition}/alignment/thresholds.parquet
    quantiles   = results/{study}/{model}/{condition}/alignment/quantiles.parquet
    and of groups against groups
    discrimination, order, worth, geometry, positions (alignment/*.parquet)
"""


rule measure_alignment:
    """EMD between personas and humans by group and question, with floor and baselines."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        biographies=gathered_biographies,
        humans="results/{study}/humans.parquet",
        countries=config["reference"]["countries"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        others=lambda wildcards: probe_responses(told_less(wildcards).values()),
        alike=lambda wildcards: probe_responses(told_alike(wildcards)),
        code=code(
            "alignment",
            "alignment_aggregates",
            "alignment_baselines",
            "alignment_bias",
            "alignment_cells",
            "alignment_curves",
            "alignment_inputs",
            "alignment_summary",
            "alignment_tables",
            "answer_distributions",
            "answers",
            "documents",
            "emd",
            "human_clusters",
            "humans",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "location_dispersion",
            "reference",
            "resampling",
            "space",
            "survey_tables",
            "tables",
        ),
    output:
        counts="results/{study}/{model}/{condition}/alignment/counts.parquet",
        cells="results/{study}/{model}/{condition}/alignment/cells.parquet",
        summary="results/{study}/{model}/{condition}/alignment/summary.parquet",
        scores="results/{study}/{model}/{condition}/alignment/scores.parquet",
        dispersion="results/{study}/{model}/{condition}/alignment/dispersion.parquet",
        thresholds="results/{study}/{model}/{condition}/alignment/thresholds.parquet",
        quantiles="results/{study}/{model}/{condition}/alignment/quantiles.parquet",
    log:
        "results/{study}/logs/measure_alignment/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_alignment/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        grouping=config["grouping"],
        told=lambda wildcards: CONDITIONS[wildcards.condition].get("told", "both"),
        other_told=lambda wildcards: list(told_less(wildcards)),
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.alignment.measure \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --biographies {input.biographies:q} \
            --humans {input.humans:q} \
            --countries {input.countries:q} \
            --respondents {input.respondents:q} \
            --grouping {params.grouping:q} \
            --told {params.told:q} \
            --other-told {params.other_told:q} \
            --others {input.others:q} \
            --alike {input.alike:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --counts {output.counts:q} \
            --cells {output.cells:q} \
            --summary {output.summary:q} \
            --scores {output.scores:q} \
            --dispersion {output.dispersion:q} \
            --thresholds {output.thresholds:q} \
            --quantiles {output.quantiles:q} \
            >{log:q} 2>&1
        """


rule transport_answers:
    """Whether answers go together as in humans; needs single respondents of the user's file."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        biographies="results/{study}/{model}/biographies.parquet",
        respondents="results/{study}/survey/respondents.parquet",
        code=code(
            "joint_transport",
            "alignment_tables",
            "answer_distributions",
            "answers",
            "documents",
            "humans",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "reference",
            "resampling",
            "space",
            "survey_tables",
            "tables",
        ),
    output:
        table="results/{study}/{model}/{condition}/alignment/joint_transport.parquet",
    log:
        "results/{study}/logs/transport_answers/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/transport_answers/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        grouping=config["grouping"],
        answers=answers_read,
        seed=config["seed"],
    shell:
        r"""
        python -m valuescape.lenses.alignment.joint_transport \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --biographies {input.biographies:q} \
            --respondents {input.respondents:q} \
            --grouping {params.grouping:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --output {output.table:q} \
            >{log:q} 2>&1
        """


rule compare_groups:
    """Whether personas tell groups apart, and as humans differ."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        biographies="results/{study}/{model}/biographies.parquet",
        humans="results/{study}/humans.parquet",
        countries=config["reference"]["countries"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        code=code(
            "group_comparison",
            "alignment_baselines",
            "alignment_inputs",
            "alignment_tables",
            "answer_distributions",
            "answers",
            "discrimination",
            "documents",
            "emd",
            "group_geometry",
            "human_clusters",
            "human_worth",
            "humans",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "location_dispersion",
            "reference",
            "resampling",
            "space",
            "survey_tables",
            "tables",
        ),
    output:
        discrimination="results/{study}/{model}/{condition}/alignment/discrimination.parquet",
        order="results/{study}/{model}/{condition}/alignment/question_order.parquet",
        worth="results/{study}/{model}/{condition}/alignment/human_worth.parquet",
        geometry="results/{study}/{model}/{condition}/alignment/group_geometry.parquet",
        positions="results/{study}/{model}/{condition}/alignment/group_positions.parquet",
    log:
        "results/{study}/logs/compare_groups/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_groups/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        grouping=config["grouping"],
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.alignment.compare_groups \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --biographies {input.biographies:q} \
            --humans {input.humans:q} \
            --countries {input.countries:q} \
            --respondents {input.respondents:q} \
            --grouping {params.grouping:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --discrimination {output.discrimination:q} \
            --order {output.order:q} \
            --worth {output.worth:q} \
            --geometry {output.geometry:q} \
            --positions {output.positions:q} \
            >{log:q} 2>&1
        """
