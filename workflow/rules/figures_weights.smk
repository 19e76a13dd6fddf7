"""
Figures of weighted personas.
Each rule draws one figure from tables alone, and writes the numbers that it shows as CSV.

REQUIRED INPUTS:

    tables = results/{study}/{model}/{condition}/weights/*.parquet

OUTPUTS:

    pdf, png, csv = results/{study}/{model}/{condition}/figures/{figure}.*
"""


rule draw_poststrat_gain:
    """What weighting the personas to a country gains."""
    input:
        summary="results/{study}/{model}/{condition}/weights/countries.parquet",
        code=code(
            "figures.poststrat_gain",
            "figures.style",
            "lens_tables",
            "tables",
            "weight_tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/poststrat_gain.pdf",
            caption="../report/poststrat_gain.rst",
            category="Weights",
            labels={"model": "{model}", "condition": "{condition}", "figure": "poststrat_gain"},
        ),
        png="results/{study}/{model}/{condition}/figures/poststrat_gain.png",
        csv="results/{study}/{model}/{condition}/figures/poststrat_gain.csv",
    log:
        "results/{study}/logs/draw_poststrat_gain/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_poststrat_gain/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.poststrat_gain \
            --summary {input.summary:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_wave_drift:
    """How countries moved between waves, and personas weighted to them."""
    input:
        shifts="results/{study}/{model}/{condition}/weights/wave_shifts.parquet",
        drift="results/{study}/{model}/{condition}/weights/wave_drift.parquet",
        code=code(
            "figures.wave_drift",
            "figures.style",
            "lens_tables",
            "tables",
            "weight_tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/wave_drift.pdf",
            caption="../report/wave_drift.rst",
            category="Weights",
            labels={"model": "{model}", "condition": "{condition}", "figure": "wave_drift"},
        ),
        png="results/{study}/{model}/{condition}/figures/wave_drift.png",
        csv="results/{study}/{model}/{condition}/figures/wave_drift.csv",
    log:
        "results/{study}/logs/draw_wave_drift/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_wave_drift/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.wave_drift \
            --shifts {input.shifts:q} \
            --drift {input.drift:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """
