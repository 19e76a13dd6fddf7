"""
Quality of the moral scores: whether items of a foundation hang together, whether personas say yes
to everything, and how much of a score is the configuration at all.

REQUIRED INPUTS:

    responses     = results/{study}/{model}/{condition}/responses/mfq2.parquet
    inverted      = results/{study}/{model}/{condition}/responses/mfq2_inverted.parquet, where
                    config["instruments"] has it
    scores        = results/{study}/{model}/{condition}/morality/scores.parquet
    norms         = config["reference"]["norms"]

OUTPUTS:

    reliability   = results/{study}/{model}/{condition}/morality/reliability.parquet
    constraint    = results/{study}/{model}/{condition}/morality/constraint.parquet
    gstudy        = results/{study}/{model}/{condition}/morality/gstudy.parquet
    acquiescence  = results/{study}/{model}/{condition}/morality/acquiescence.parquet
"""


rule check_scales:
    """Reliability of the foundation scores, and how far one dimension decides them."""
    input:
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
        norms=config["reference"]["norms"],
        code=code(
            "scale_quality",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "moral_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        reliability="results/{study}/{model}/{condition}/morality/reliability.parquet",
        constraint="results/{study}/{model}/{condition}/morality/constraint.parquet",
    log:
        "results/{study}/logs/check_scales/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/check_scales/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.reliability \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --norms {input.norms:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --reliability {output.reliability:q} \
            --constraint {output.constraint:q} \
            >{log:q} 2>&1
        """


rule study_generalisability:
    """What of a foundation score is configuration, biography, answer and option order."""
    input:
        scores=lambda wildcards: moral_scores(
            wildcards, [wildcards.condition, *differ_in(wildcards, *FACETS)]
        ),
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
        code=code(
            "gstudy",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "moral_tables",
            "resampling",
            "space",
            "tables",
            "variance_components",
        ),
    output:
        gstudy="results/{study}/{model}/{condition}/morality/gstudy.parquet",
    log:
        "results/{study}/logs/study_generalisability/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/study_generalisability/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        conditions=lambda wildcards: json.dumps(
            [
                {facet: CONDITIONS[name][facet] for facet in FACETS}
                for name in [wildcards.condition, *differ_in(wildcards, *FACETS)]
            ]
        ),
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.gstudy \
            --scores {input.scores:q} \
            --conditions {params.conditions:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --output {output.gstudy:q} \
            >{log:q} 2>&1
        """


rule measure_acquiescence:
    """Whether personas say yes to moral statements and to their negations."""
    input:
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
        inverted=branch(
            "mfq2_inverted" in config["instruments"],
            then="results/{study}/{model}/{condition}/responses/mfq2_inverted.parquet",
            otherwise=[],
        ),
        inverted_instrument="config/instruments/mfq2_inverted.yaml",
        code=code(
            "acquiescence",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_effects",
            "moral_tables",
            "moral_variation",
            "morality",
            "oracle_agreement",
            "oracle_stability",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        acquiescence="results/{study}/{model}/{condition}/morality/acquiescence.parquet",
    log:
        "results/{study}/logs/measure_acquiescence/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_acquiescence/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.acquiescence \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --inverted {input.inverted:q} \
            --inverted-instrument {input.inverted_instrument:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --output {output.acquiescence:q} \
            >{log:q} 2>&1
        """
