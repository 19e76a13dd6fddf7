"""
Survey: the user's own survey files, read once and cut to what the lenses read. Only where the
config names them; the files, and what is cut from them, may not be passed on.

REQUIRED INPUTS:

    wvs7        = config["survey"]["wvs7"]
    trend       = config["survey"]["trend"]
    space       = config["persona_space"]
    instrument  = config/instruments/wvb_probe.yaml
    countries   = config["reference"]["countries"]

OUTPUTS:

    respondents = results/{study}/survey/respondents.parquet
    indicators  = results/{study}/survey/indicators.parquet
"""


rule cut_respondents:
    """Single respondents of WVS wave 7, from the user's file."""
    input:
        survey=config["survey"]["wvs7"] or "<no file: survey.wvs7 of the config is null>",
        space=config["persona_space"],
        instrument="config/instruments/wvb_probe.yaml",
        countries=config["reference"]["countries"],
        code=code(
            "respondents",
            "documents",
            "instruments",
            "reference",
            "space",
            "survey_codes",
            "survey_files",
            "survey_tables",
            "tables",
        ),
    output:
        respondents="results/{study}/survey/respondents.parquet",
    log:
        "results/{study}/logs/cut_respondents.log",
    benchmark:
        "results/{study}/benchmarks/cut_respondents.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.humans.respondents \
            --survey {input.survey:q} \
            --space {input.space:q} \
            --instrument {input.instrument:q} \
            --countries {input.countries:q} \
            --output {output.respondents:q} \
            >{log:q} 2>&1
        """


rule cut_indicators:
    """The map's ten indicators in waves 5 to 7, from the user's trend file."""
    input:
        survey=config["survey"]["trend"] or "<no file: survey.trend of the config is null>",
        space=config["persona_space"],
        countries=config["reference"]["countries"],
        code=code(
            "indicators",
            "documents",
            "reference",
            "space",
            "survey_codes",
            "survey_files",
            "survey_tables",
            "tables",
        ),
    output:
        indicators="results/{study}/survey/indicators.parquet",
    log:
        "results/{study}/logs/cut_indicators.log",
    benchmark:
        "results/{study}/benchmarks/cut_indicators.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.humans.indicators \
            --survey {input.survey:q} \
            --space {input.space:q} \
            --countries {input.countries:q} \
            --output {output.indicators:q} \
            >{log:q} 2>&1
        """
