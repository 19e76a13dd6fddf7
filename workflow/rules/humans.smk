"""
Humans: what people answered, by group; and how many of them stand behind each number.
"""


rule read_humans:
    """The human reference: shares of each option by question and group."""
    input:
        distributions=config["reference"]["distributions"],
        answered=config["reference"]["answered"],
        question_by_group=config["reference"]["question_by_group"],
        group_distributions=config["reference"]["group_distributions"],
        respondents=config["reference"]["respondents"],
        countries=config["reference"]["countries"],
        instrument="config/instruments/wvb_probe.yaml",
        survey=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
    output:
        humans="results/{study}/humans.parquet",
    log:
        "results/{study}/logs/read_humans.log",
    benchmark:
        "results/{study}/benchmarks/read_humans.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("humans.distributions"),
        grouping=config["grouping"],
    shell:
        "python -m valuescape.humans.distributions {params.files} --grouping {params.grouping:q} "
        ">{log:q} 2>&1"


rule count_humans:
    """How many humans, of how many countries, stand behind each question and group."""
    input:
        humans="results/{study}/humans.parquet",
        instrument="config/instruments/wvb_probe.yaml",
    output:
        coverage="results/{study}/coverage.parquet",
    log:
        "results/{study}/logs/count_humans.log",
    benchmark:
        "results/{study}/benchmarks/count_humans.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("humans.coverage"),
        grouping=config["grouping"],
        least=config["least"]["humans"],
    shell:
        "python -m valuescape.humans.coverage {params.files} --grouping {params.grouping:q} "
        "--least {params.least} >{log:q} 2>&1"
