"""
Figures of who the personas say they are.
Each rule draws one figure from tables alone, and writes the numbers that it shows as CSV.

REQUIRED INPUTS:

    demographics = results/{study}/{model}/{condition}/quality/demographics.parquet

OUTPUTS:

    pdf, png, csv = results/{study}/{model}/{condition}/figures/{figure}.*
"""


rule draw_demographics:
    """Who the personas say they are, beside known human shares."""
    input:
        demographics="results/{study}/{model}/{condition}/quality/demographics.parquet",
        code=code("figures.demographics", "figures.style", "lens_tables", "tables", "wording"),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/demographics.pdf",
            caption="../report/demographics.rst",
            category="Quality",
            labels={"model": "{model}", "condition": "{condition}", "figure": "demographics"},
        ),
        png="results/{study}/{model}/{condition}/figures/demographics.png",
        csv="results/{study}/{model}/{condition}/figures/demographics.csv",
    log:
        "results/{study}/logs/draw_demographics/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_demographics/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.demographics \
            --demographics {input.demographics:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """
