"""
Weights: how much each persona must count for the personas to stand for the world's people, or a
country's; and what weighting gains.
"""


rule fit_weights:
    """Weights that make the personas stand for the world, in every scheme that the data allow."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        distributions=config["reference"]["distributions"],
        joint=config["reference"]["indicator_joint"],
        countries=config["reference"]["countries"],
        projection=config["reference"]["projection"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
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
        files=files,
        code=code("lenses.weights.fit"),
        seed=config["seed"],
    shell:
        "python -m valuescape.lenses.weights.fit {params.files} --seed {params.seed} >{log:q} 2>&1"


rule poststratify:
    """Personas weighted to each country against its people, beside wrong weights and humans."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        humans="results/{study}/humans.parquet",
        distributions=config["reference"]["distributions"],
        joint=config["reference"]["indicator_joint"],
        waves=config["reference"]["waves"],
        countries=config["reference"]["countries"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
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
        files=files,
        code=code("lenses.weights.poststratify"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.weights.poststratify {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule follow_waves:
    """How countries moved from wave to wave, and personas weighted to them."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/iw.parquet",
        instrument="config/instruments/iw.yaml",
        projection=MAP["projection"],
        indicators=if_surveyed("trend", "results/{study}/survey/indicators.parquet"),
        waves=config["reference"]["waves"],
        waves_distributions=config["reference"]["waves_distributions"],
        distributions=config["reference"]["distributions"],
        answered=config["reference"]["answered"],
        individuals=INDIVIDUALS,
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
        files=files,
        code=code("lenses.cultural_map.waves"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.cultural_map.waves {params.files} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"


rule compare_respondents:
    """Personas against the very respondents whose configuration they have."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        respondents="results/{study}/survey/respondents.parquet",
    output:
        agreement="results/{study}/{model}/{condition}/weights/respondent_personas.parquet",
    log:
        "results/{study}/logs/compare_respondents/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_respondents/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.weights.respondent_personas"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.weights.respondent_personas {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"
