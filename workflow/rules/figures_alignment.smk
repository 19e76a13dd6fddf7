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


rule draw_alignment_threshold_curve:
    """Share of questions answered up to a distance from humans."""
    input:
        thresholds="results/{study}/{model}/{condition}/alignment/thresholds.parquet",
        code=code(
            "figures.alignment_threshold_curve",
            "alignment_tables",
            "figures.answerers",
            "figures.style",
            "lens_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/alignment_threshold_curve.pdf",
            caption="../report/alignment_threshold_curve.rst",
            category="Alignment",
            labels={
                "model": "{model}",
                "condition": "{condition}",
                "figure": "alignment_threshold_curve",
            },
        ),
        png="results/{study}/{model}/{condition}/figures/alignment_threshold_curve.png",
        csv="results/{study}/{model}/{condition}/figures/alignment_threshold_curve.csv",
    log:
        "results/{study}/logs/draw_alignment_threshold_curve/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_alignment_threshold_curve/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.alignment_threshold_curve \
            --thresholds {input.thresholds:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_quantile_curve:
    """How far the nearest and the farthest answers lie from humans."""
    input:
        quantiles="results/{study}/{model}/{condition}/alignment/quantiles.parquet",
        code=code(
            "figures.quantile_curve",
            "alignment_tables",
            "figures.answerers",
            "figures.style",
            "lens_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/quantile_curve.pdf",
            caption="../report/quantile_curve.rst",
            category="Alignment",
            labels={"model": "{model}", "condition": "{condition}", "figure": "quantile_curve"},
        ),
        png="results/{study}/{model}/{condition}/figures/quantile_curve.png",
        csv="results/{study}/{model}/{condition}/figures/quantile_curve.csv",
    log:
        "results/{study}/logs/draw_quantile_curve/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_quantile_curve/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.quantile_curve \
            --quantiles {input.quantiles:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_group_geometry:
    """Whether persona groups lie to each other as human groups do."""
    input:
        positions="results/{study}/{model}/{condition}/alignment/group_positions.parquet",
        geometry="results/{study}/{model}/{condition}/alignment/group_geometry.parquet",
        code=code(
            "figures.group_geometry",
            "alignment_tables",
            "figures.style",
            "lens_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/group_geometry.pdf",
            caption="../report/group_geometry.rst",
            category="Alignment",
            labels={"model": "{model}", "condition": "{condition}", "figure": "group_geometry"},
        ),
        png="results/{study}/{model}/{condition}/figures/group_geometry.png",
        csv="results/{study}/{model}/{condition}/figures/group_geometry.csv",
    log:
        "results/{study}/logs/draw_group_geometry/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_group_geometry/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.group_geometry \
            --positions {input.positions:q} \
            --geometry {input.geometry:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """
