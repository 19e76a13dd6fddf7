"""
Figures: each drawn from tables alone, with the numbers that it shows as CSV. What is drawn, from what, and
with which caption stands in workflow/lib/valuescape/figures/catalogue.py, one entry a figure.
"""


rule draw_figure:
    """One figure of the catalogue."""
    input:
        inputs=figure_inputs,
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/{figure}.pdf",
            caption="../report/figure.rst",
            category=lambda wildcards: SECTIONS[FIGURES[wildcards.figure].section].heading,
            labels={"model": "{model}", "condition": "{condition}", "figure": "{figure}"},
        ),
        png="results/{study}/{model}/{condition}/figures/{figure}.png",
        csv="results/{study}/{model}/{condition}/figures/{figure}.csv",
        source="results/{study}/{model}/{condition}/figures/{figure}.source.txt",
    log:
        "results/{study}/logs/draw_figure/{model}/{condition}/{figure}.log",
    benchmark:
        "results/{study}/benchmarks/draw_figure/{model}/{condition}/{figure}.tsv"
    # drawn as soon as it can be: what needs no model before anything is asked
    priority: 1
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code_drawing,
        caption=lambda wildcards, input: FIGURES[wildcards.figure].caption,
    shell:
        "VALUESCAPE_TERMINAL=3 python -m valuescape.figures.draw {params.files} "
        "--figure {wildcards.figure} 3>&2 >{log:q} 2>&1"


rule write_interactive_map:
    """Personas and countries on the map, to point at and to filter, on one HTML page."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        biographies=gathered_biographies,
        space=config["persona_space"],
        centroids=MAP["centroids"],
    output:
        html=report(
            "results/{study}/{model}/{condition}/figures/interactive_map.html",
            caption="../report/figure.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "interactive_map"},
        ),
    log:
        "results/{study}/logs/write_interactive_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/write_interactive_map/{model}/{condition}.tsv"
    # drawn as soon as it can be: what needs no model before anything is asked
    priority: 1
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("figures.interactive_map"),
        caption=lambda wildcards, input: FIGURES["interactive_map"].caption,
    shell:
        "python -m valuescape.figures.interactive_map {params.files} >{log:q} 2>&1"
