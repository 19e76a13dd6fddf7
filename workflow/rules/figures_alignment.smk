"""
Figures of the alignment with human answers.
Each rule draws one figure from tables alone, and writes the numbers that it shows as CSV.

REQUIRED INPUTS:

    tables = results/{study}/{model}/{condition}/alignment/*.parquet

OUTPUTS:

    pdf, png, csv = results/{study}/{model}/{condition}/figures/{figure}.*
"""


rule draw_alignment_heat:
    """EMD above its floor by group and question."""
    input:
        cells="results/{study}/{model}/{condition}/alignment/cells.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        code=code(
            "figures.alignment_heat",
            "documents",
            "figures.labels",
            "figures.style",
            "instruments",
            "lens_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/alignment_heat.pdf",
            caption="../report/alignment_heat.rst",
            category="Alignment",
            labels={"model": "{model}", "condition": "{condition}", "figure": "alignment_heat"},
        ),
        png="results/{study}/{model}/{condition}/figures/alignment_heat.png",
        csv="results/{study}/{model}/{condition}/figures/alignment_heat.csv",
    log:
        "results/{study}/logs/draw_alignment_heat/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_alignment_heat/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.alignment_heat \
            --cells {input.cells:q} \
            --instrument {input.instrument:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_alignment_baselines:
    """Alignment of personas beside uniform, majority, pooled and floor."""
    input:
        summary="results/{study}/{model}/{condition}/alignment/summary.parquet",
        cells="results/{study}/{model}/{condition}/alignment/cells.parquet",
        code=code(
            "figures.alignment_baselines", "figures.style", "lens_tables", "tables", "wording"
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/alignment_baselines.pdf",
            caption="../report/alignment_baselines.rst",
            category="Alignment",
            labels={
                "model": "{model}",
                "condition": "{condition}",
                "figure": "alignment_baselines",
            },
        ),
        png="results/{study}/{model}/{condition}/figures/alignment_baselines.png",
        csv="results/{study}/{model}/{condition}/figures/alignment_baselines.csv",
    log:
        "results/{study}/logs/draw_alignment_baselines/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_alignment_baselines/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.alignment_baselines \
            --summary {input.summary:q} \
            --cells {input.cells:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """
