"""
Map refit: the cultural map refitted to the user's own EVS/WVS file, where the config names one.
"""


rule refit_map:
    """The map refitted to the user's EVS/WVS file, beside the published one."""
    input:
        space=config["persona_space"],
        indicators="results/{study}/survey/indicators.parquet",
        projection=PUBLISHED_MAP["projection"],
        centroids=PUBLISHED_MAP["centroids"],
        countries=config["reference"]["countries"],
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
        files=files,
        code=code("lenses.cultural_map.refit"),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.refit {params.files} {params.bootstrap} "
        ">{log:q} 2>&1"
