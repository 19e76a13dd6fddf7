"""
Cultural map: where personas lie on the two Inglehart-Welzel axes, beside the countries and beside
where their configurations alone lie. The axes are those of MAP in common.smk.
"""


rule map_personas:
    """Positions of personas on the cultural map, by their answers and by design."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        biographies=gathered_biographies,
        projection=MAP["projection"],
        centroids=MAP["centroids"],
        individuals=INDIVIDUALS,
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
        files=files,
        code=code("lenses.cultural_map.positions"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.positions {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule check_manipulation:
    """Whether personas answer as configured, level by level and on the map."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
    output:
        matrix="results/{study}/{model}/{condition}/map/manipulation_check_matrix.parquet",
        levels="results/{study}/{model}/{condition}/map/manipulation_check_levels.parquet",
        axes="results/{study}/{model}/{condition}/map/manipulation_check_axes.parquet",
    log:
        "results/{study}/logs/check_manipulation/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/check_manipulation/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.cultural_map.axis_recovery"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.axis_recovery {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule locate_personas:
    """Whom personas lie nearest to, and how sure their mean place is."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        centroids=MAP["centroids"],
        pooled_positions=in_conditions("map/positions.parquet", same_context),
        draws=if_surveyed("trend", "results/{study}/survey/map/draws.parquet"),
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
        files=files,
        code=code("lenses.cultural_map.nearest"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.nearest {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule vary_map:
    """How far other makings of the map move the personas, and how tied their answers are."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        projection=MAP["projection"],
        waves=config["reference"]["waves"],
        variants=if_surveyed("trend", "results/{study}/survey/map/variants.parquet"),
        agreement=if_surveyed("trend", "results/{study}/survey/map/agreement.parquet"),
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
        files=files,
        code=code("lenses.cultural_map.sensitivity"),
        fit=config["projection_from"],
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.sensitivity {params.files} --fit {params.fit} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule weigh_map:
    """Where personas lie on the map under each scheme of weights."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        weights="results/{study}/weights/world.parquet",
        projection=MAP["projection"],
        centroids=MAP["centroids"],
    output:
        weighted_positions="results/{study}/{model}/{condition}/map/weighted_positions.parquet",
    log:
        "results/{study}/logs/weigh_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/weigh_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.cultural_map.weighted_positions"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.weighted_positions {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule compare_index_forms:
    """The map with its two indices asked as the survey does, and in one question each."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        condensed=branch(
            "iw_condensed" in config["instruments"],
            then="results/{study}/{model}/{condition}/responses/iw_condensed.parquet",
            otherwise=[],
        ),
        condensed_instrument="config/instruments/iw_condensed.yaml",
        projection=MAP["projection"],
    output:
        index_forms="results/{study}/{model}/{condition}/map/index_forms.parquet",
    log:
        "results/{study}/logs/compare_index_forms/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_index_forms/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.cultural_map.index_forms"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.index_forms {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"
