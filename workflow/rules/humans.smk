"""
Humans: what people answered, as shares of the options of each question in each group.

REQUIRED INPUTS:

    distributions = config["reference"]["distributions"]
    respondents   = config["reference"]["respondents"]
    countries     = config["reference"]["countries"]
    instrument    = config/instruments/wvb_probe.yaml
    survey        = results/{study}/survey/respondents.parquet, if the config names survey.wvs7

OUTPUTS:

    humans        = results/{study}/humans.parquet
    coverage      = results/{study}/coverage.parquet
"""


rule read_humans:
    """The human reference: shares of each option by question and group."""
    input:
        distributions=config["reference"]["distributions"],
        respondents=config["reference"]["respondents"],
        countries=config["reference"]["countries"],
        instrument="config/instruments/wvb_probe.yaml",
        survey=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        code=code(
            "humans",
            "documents",
            "instruments",
            "lens_tables",
            "reference",
            "survey_tables",
            "tables",
        ),
    output:
        humans="results/{study}/humans.parquet",
    log:
        "results/{study}/logs/read_humans.log",
    benchmark:
        "results/{study}/benchmarks/read_humans.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        grouping=config["grouping"],
    shell:
        r"""
        python -m valuescape.humans.distributions \
            --distributions {input.distributions:q} \
            --respondents {input.respondents:q} \
            --countries {input.countries:q} \
            --instrument {input.instrument:q} \
            --grouping {params.grouping:q} \
            --survey {input.survey:q} \
            --output {output.humans:q} \
            >{log:q} 2>&1
        """


rule count_humans:
    """How many humans, of how many countries, stand behind each question and group."""
    input:
        humans="results/{study}/humans.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        code=code(
            "coverage",
            "answer_distributions",
            "answers",
            "documents",
            "emd",
            "humans",
            "instruments",
            "lens_tables",
            "reference",
            "survey_tables",
            "tables",
        ),
    output:
        coverage="results/{study}/coverage.parquet",
    log:
        "results/{study}/logs/count_humans.log",
    benchmark:
        "results/{study}/benchmarks/count_humans.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        grouping=config["grouping"],
    shell:
        r"""
        python -m valuescape.humans.coverage \
            --humans {input.humans:q} \
            --instrument {input.instrument:q} \
            --grouping {params.grouping:q} \
            --output {output.coverage:q} \
            >{log:q} 2>&1
        """
