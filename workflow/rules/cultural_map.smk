"""
Cultural map: where personas stand on the two Inglehart-Welzel axes, beside the countries and
beside where their configuration alone would put them.

REQUIRED INPUTS:

    responses   = results/{study}/{model}/{condition}/responses/iw.parquet
    biographies = results/{study}/{model}/biographies.parquet
    weights     = results/{study}/weights/world.parquet
    scores      = results/{study}/{model}/{condition}/morality/scores.parquet
    personas    = results/{study}/personas.parquet
    space       = config["persona_space"]
    projection  = MAP["projection"] of common.smk
    centroids   = MAP["centroids"] of common.smk


OUTPUTS:

    positions   = results/{study}/{model}/{condition}/map/positions.parquet
    summary     = results/{study}/{model}/{condition}/map/summary.parquet
    matrix, recovery, axes
                = results/{study}/{model}/{condition}/map/{recovery_matrix,recovery,axes}.parquet
    nearest, stated, uncertainty
                = results/{study}/{model}/{condition}/map/*.parquet
    sensitivity, constraint
                = results/{study}/{model}/{condition}/map/*.parquet
    weighted, extremes
                = results/{study}/{model}/{condition}/map/{weighted_positions,extremes}.parquet
"""


rule map_personas:
    """Positions of personas on the cultural map, by their answers and by design."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        biographies=gathered_biographies,
        projection=MAP["projection"],
        centroids=MAP["centroids"],
        code=code(
            "cultural_map",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        summary="results/{study}/{model}/{condition}/map/summary.parquet",
    log:
        "results/{study}/logs/map_personas/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/map_personas/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.positions \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --biographies {input.biographies:q} \
            --projection {input.projection:q} \
            --centroids {input.centroids:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --positions {output.positions:q} \
            --summary {output.summary:q} \
            >{log:q} 2>&1
        """


rule measure_recovery:
    """Whether personas answer as configured, level by level and on the map."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        code=code(
            "map_recovery",
            "answers",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_recovery",
            "map_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        matrix="results/{study}/{model}/{condition}/map/recovery_matrix.parquet",
        recovery="results/{study}/{model}/{condition}/map/recovery.parquet",
        axes="results/{study}/{model}/{condition}/map/axes.parquet",
    log:
        "results/{study}/logs/measure_recovery/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_recovery/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.axis_recovery \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --positions {input.positions:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --matrix {output.matrix:q} \
            --recovery {output.recovery:q} \
            --map {output.axes:q} \
            >{log:q} 2>&1
        """


rule locate_personas:
    """Whom personas lie nearest to, and how sure their mean place is."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        centroids=MAP["centroids"],
        alike=positions_told_alike,
        draws=MAP_DRAWS,
        code=code(
            "map_positions",
            "answers",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "map_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        nearest="results/{study}/{model}/{condition}/map/nearest.parquet",
        stated="results/{study}/{model}/{condition}/map/stated_country.parquet",
        uncertainty="results/{study}/{model}/{condition}/map/uncertainty.parquet",
    log:
        "results/{study}/logs/locate_personas/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/locate_personas/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.nearest \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --answers {params.answers:q} \
            --positions {input.positions:q} \
            --centroids {input.centroids:q} \
            --alike {input.alike:q} \
            --draws {input.draws:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --nearest {output.nearest:q} \
            --stated {output.stated:q} \
            --uncertainty {output.uncertainty:q} \
            >{log:q} 2>&1
        """


rule vary_map:
    """How far other makings of the map move the personas, and how tied their answers are."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        projection=MAP["projection"],
        variants=MAP_VARIANTS,
        agreement=MAP_AGREEMENT,
        code=code(
            "map_sensitivity",
            "answers",
            "constraint",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_recovery",
            "map_rotation",
            "map_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        sensitivity="results/{study}/{model}/{condition}/map/sensitivity.parquet",
        constraint="results/{study}/{model}/{condition}/map/constraint.parquet",
    log:
        "results/{study}/logs/vary_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/vary_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        fit=config["projection_from"],
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.sensitivity \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --projection {input.projection:q} \
            --fit {params.fit:q} \
            --variants {input.variants:q} \
            --agreement {input.agreement:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --sensitivity {output.sensitivity:q} \
            --constraint {output.constraint:q} \
            >{log:q} 2>&1
        """


rule weigh_map:
    """Where personas lie on the map under each scheme of weights."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        weights="results/{study}/weights/world.parquet",
        centroids=MAP["centroids"],
        code=code(
            "weighted_positions",
            "answers",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "map_positions",
            "map_tables",
            "reference",
            "resampling",
            "space",
            "tables",
            "weight_tables",
        ),
    output:
        weighted="results/{study}/{model}/{condition}/map/weighted_positions.parquet",
    log:
        "results/{study}/logs/weigh_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/weigh_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.weighted_positions \
            --positions {input.positions:q} \
            --weights {input.weights:q} \
            --centroids {input.centroids:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --output {output.weighted:q} \
            >{log:q} 2>&1
        """


rule describe_extremes:
    """Extreme configurations, on the map and in the moral lens, beside all personas."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        code=code(
            "extremes",
            "answers",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "map_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        extremes="results/{study}/{model}/{condition}/map/extremes.parquet",
    log:
        "results/{study}/logs/describe_extremes/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/describe_extremes/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.extremes \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --positions {input.positions:q} \
            --scores {input.scores:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --output {output.extremes:q} \
            >{log:q} 2>&1
        """
