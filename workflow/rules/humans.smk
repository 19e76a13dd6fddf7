"""
Humans: what people answered, as shares of the options of each question in each group.

REQUIRED INPUTS:

    distributions = config["reference"]["distributions"]
    respondents   = config["reference"]["respondents"]
    countries     = config["reference"]["countries"]
    instrument    = config/instruments/wvb_probe.yaml

OUTPUTS:

    humans        = results/{study}/humans.parquet
"""


rule read_humans:
    """The human reference: shares of each option by question and group."""
    input:
        distributions=config["reference"]["distributions"],
        respondents=config["reference"]["respondents"],
        countries=config["reference"]["countries"],
        instrument="config/instruments/wvb_probe.yaml",
        code=code("humans", "documents", "instruments", "lens_tables", "reference", "tables"),
    output:
        humans="results/{study}/humans.parquet",
    log:
        "results/{study}/logs/read_humans.log",
    benchmark:
        "results/{study}/benchmarks/read_humans.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.humans \
            --distributions {input.distributions:q} \
            --respondents {input.respondents:q} \
            --countries {input.countries:q} \
            --instrument {input.instrument:q} \
            --output {output.humans:q} \
            >{log:q} 2>&1
        """
