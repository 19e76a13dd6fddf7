"""
Map refit: the axes of the cultural map, fitted anew to the user's EVS/WVS file, beside the
published ones.

REQUIRED INPUTS:

    indicators  = results/{study}/survey/indicators.parquet
    projection  = config["reference"]["projection"]
    centroids   = config["reference"]["centroids"]
    countries   = config["reference"]["countries"]
    space       = config["persona_space"]

OUTPUTS:

    refit       = results/{study}/survey/map/projection.csv
    means       = results/{study}/survey/map/centroids.csv
    agreement, variants, draws
                = results/{study}/survey/map/*.parquet
"""


rule refit_map:
    """The map refitted to the user's EVS/WVS file, beside the published one."""
    input:
        space=config["persona_space"],
        indicators="results/{study}/survey/indicators.parquet",
        projection=PUBLISHED_MAP["projection"],
        centroids=PUBLISHED_MAP["centroids"],
        countries=config["reference"]["countries"],
        code=code(
            "map_refit",
            "answers",
            "cultural_map",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "map_instrument",
            "map_rotation",
            "map_tables",
            "polychoric",
            "reference",
            "resampling",
            "space",
            "survey_tables",
            "tables",
        ),
    output:
        refit=REFITTED_MAP["projection"],
        means=REFITTED_MAP["centroids"],
        agreement="results/{study}/survey/map/agreement.parquet",
        variants="results/{study}/survey/map/variants.parquet",
        draws="results/{study}/survey/map/draws.parquet",
    log:
        "results/{study}/logs/refit_map.log",
    benchmark:
        "results/{study}/benchmarks/refit_map.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.cultural_map.refit \
            --space {input.space:q} \
            --indicators {input.indicators:q} \
            --projection {input.projection:q} \
            --centroids {input.centroids:q} \
            --countries {input.countries:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --refit {output.refit:q} \
            --means {output.means:q} \
            --agreement {output.agreement:q} \
            --variants {output.variants:q} \
            --draws {output.draws:q} \
            >{log:q} 2>&1
        """
