"""
Weights: how much each persona must count for the personas to stand for the humans of the world.

REQUIRED INPUTS:

    personas    = results/{study}/personas.parquet
    space       = config["persona_space"]
    prevalence  = config["reference"]["prevalence"]
    respondents = results/{study}/survey/respondents.parquet, where config["survey"] names a file

    responses   = results/{study}/{model}/{condition}/responses/wvb_probe.parquet
    humans      = results/{study}/humans.parquet
    indicators  = results/{study}/survey/indicators.parquet, where config["survey"] names a trend file

OUTPUTS:

    weights     = results/{study}/weights/world.parquet
    diagnostics = results/{study}/weights/diagnostics.parquet
    summary     = results/{study}/{model}/{condition}/weights/countries.parquet
    ranks       = results/{study}/{model}/{condition}/weights/country_ranks.parquet
    shifts      = results/{study}/{model}/{condition}/weights/wave_shifts.parquet
    drift       = results/{study}/{model}/{condition}/weights/wave_drift.parquet
    agreement   = results/{study}/{model}/{condition}/weights/respondent_personas.parquet
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
        python -m valuescape.lenses.weights.fit \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --prevalence {input.prevalence:q} \
            --respondents {input.respondents:q} \
            --seed {params.seed:q} \
            --weights {output.weights:q} \
            --diagnostics {output.diagnostics:q} \
            >{log:q} 2>&1
        """


rule poststratify:
    """Personas weighted to each country against its people, beside wrong weights and humans."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        humans="results/{study}/humans.parquet",
        distributions=config["reference"]["distributions"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        code=code(
            "poststratification",
            "alignment_aggregates",
            "answer_distributions",
            "answers",
            "country_ranks",
            "country_weights",
            "documents",
            "emd",
            "human_surface",
            "humans",
            "instruments",
            "lens_inputs",
            "lens_tables",
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
        summary="results/{study}/{model}/{condition}/weights/countries.parquet",
        ranks="results/{study}/{model}/{condition}/weights/country_ranks.parquet",
    log:
        "results/{study}/logs/poststratify/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/poststratify/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.weights.poststratify \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --humans {input.humans:q} \
            --distributions {input.distributions:q} \
            --respondents {input.respondents:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --summary {output.summary:q} \
            --ranks {output.ranks:q} \
            >{log:q} 2>&1
        """


rule follow_waves:
    """How countries moved from wave to wave, and personas weighted to them."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        indicators="results/{study}/survey/indicators.parquet",
        projection=MAP["projection"],
        code=code(
            "waves",
            "answers",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "raking",
            "reference",
            "resampling",
            "semi_relaxed",
            "space",
            "survey_tables",
            "tables",
            "wave_drift",
            "weight_diagnostics",
            "weight_schemes",
            "weight_tables",
            "weight_targets",
        ),
    output:
        shifts="results/{study}/{model}/{condition}/weights/wave_shifts.parquet",
        drift="results/{study}/{model}/{condition}/weights/wave_drift.parquet",
    log:
        "results/{study}/logs/follow_waves/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/follow_waves/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.waves \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --indicators {input.indicators:q} \
            --projection {input.projection:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --shifts {output.shifts:q} \
            --drift {output.drift:q} \
            >{log:q} 2>&1
        """


rule compare_respondents:
    """Personas against the very respondents whose configuration they have."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        respondents="results/{study}/survey/respondents.parquet",
        code=code(
            "respondent_personas",
            "alignment_aggregates",
            "answers",
            "documents",
            "emd",
            "instruments",
            "lens_inputs",
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
        agreement="results/{study}/{model}/{condition}/weights/respondent_personas.parquet",
    log:
        "results/{study}/logs/compare_respondents/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_respondents/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.weights.respondent_personas \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --respondents {input.respondents:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --output {output.agreement:q} \
            >{log:q} 2>&1
        """
