"""
Survey: the user's own survey files, cut once to what the lenses read.
"""


rule cut_respondents:
    """Single respondents of WVS wave 7, from the user's file."""
    input:
        survey=config["survey"]["wvs7"] or "<no file: survey.wvs7 of the config is null>",
        space=config["persona_space"],
        instrument="config/instruments/wvb_probe.yaml",
        countries=config["reference"]["countries"],
        distributions=config["reference"]["distributions"],
    output:
        respondents="results/{study}/survey/respondents.parquet",
    log:
        "results/{study}/logs/cut_respondents.log",
    benchmark:
        "results/{study}/benchmarks/cut_respondents.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("humans.respondents"),
    shell:
        "VALUESCAPE_TERMINAL=3 python -m valuescape.humans.respondents {params.files} 3>&2 "
        ">{log:q} 2>&1"


rule cut_indicators:
    """The map's ten indicators in waves 5 to 7, from the user's trend file."""
    input:
        survey=config["survey"]["trend"] or "<no file: survey.trend of the config is null>",
        space=config["persona_space"],
        countries=config["reference"]["countries"],
    output:
        indicators="results/{study}/survey/indicators.parquet",
    log:
        "results/{study}/logs/cut_indicators.log",
    benchmark:
        "results/{study}/benchmarks/cut_indicators.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("humans.indicators"),
    shell:
        "python -m valuescape.humans.indicators {params.files} >{log:q} 2>&1"


rule place_individuals:
    """How the people of the user's file of WVS wave 7 scatter on the map, by country."""
    input:
        survey=config["survey"]["wvs7"] or "<no file: survey.wvs7 of the config is null>",
        space=config["persona_space"],
        instrument="config/instruments/wvb_probe.yaml",
        countries=config["reference"]["countries"],
        projection=MAP["projection"],
        centroids=MAP["centroids"],
    output:
        individuals="results/{study}/survey/individual_moments.csv",
    log:
        "results/{study}/logs/place_individuals.log",
    benchmark:
        "results/{study}/benchmarks/place_individuals.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.cultural_map.individuals"),
    shell:
        "python -m valuescape.lenses.cultural_map.individuals {params.files} >{log:q} 2>&1"
