"""
Comparison: all models and conditions beside each other, and those of another study, named by
`compare_with`, too. Made once a study; a study of one model and one condition has nothing to compare,
and its page says so.
"""


rule compare_runs:
    """Headlines, map, alignment, foundations and cost of all runs, and what pairs differ by."""
    input:
        inputs=[str(file) for run in RUNS for file in run.files()],
        humans="results/{study}/humans.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        centroids=MAP["centroids"],
    output:
        headlines="results/{study}/comparison/headlines.parquet",
        differences_table="results/{study}/comparison/differences.parquet",
        positions="results/{study}/comparison/positions.parquet",
        alignment="results/{study}/comparison/alignment.parquet",
        foundations="results/{study}/comparison/foundations.parquet",
        costs="results/{study}/comparison/costs.parquet",
    log:
        "results/{study}/logs/compare_runs.log",
    benchmark:
        "results/{study}/benchmarks/compare_runs.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.comparison.measure"),
        runs=[run.json() for run in RUNS],
        grouping=config["grouping"],
        least=json.dumps(config["least"]),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.comparison.measure {params.files} --runs {params.runs:q} "
        "--grouping {params.grouping:q} --least {params.least:q} {params.bootstrap} >{log:q} 2>&1"


rule draw_comparison_figure:
    """One figure of the catalogue that is drawn once a study."""
    input:
        inputs=figure_inputs,
    output:
        pdf=report(
            "results/{study}/comparison/figures/{compared_figure}.pdf",
            caption="../report/figure.rst",
            category="Comparison",
            labels={"figure": "{compared_figure}"},
        ),
        png="results/{study}/comparison/figures/{compared_figure}.png",
        csv="results/{study}/comparison/figures/{compared_figure}.csv",
        source="results/{study}/comparison/figures/{compared_figure}.source.txt",
    log:
        "results/{study}/logs/draw_comparison_figure/{compared_figure}.log",
    benchmark:
        "results/{study}/benchmarks/draw_comparison_figure/{compared_figure}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code_drawing,
        caption=lambda wildcards, input: COMPARED_FIGURES[wildcards.compared_figure].caption,
    shell:
        "VALUESCAPE_TERMINAL=3 python -m valuescape.figures.draw {params.files} "
        "--figure {wildcards.compared_figure} 3>&2 >{log:q} 2>&1"


rule render_comparison_tables:
    """The tables of the comparison, each as CSV with its source in a text, and as Markdown."""
    input:
        tables=[f"results/{{study}}/{table.path}" for table in COMPARED_TABLES.values()],
    output:
        folder=directory("results/{study}/comparison/tables"),
    log:
        "results/{study}/logs/render_comparison_tables.log",
    benchmark:
        "results/{study}/benchmarks/render_comparison_tables.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("reporting.rendered_tables"),
        names=list(COMPARED_TABLES),
    shell:
        "python -m valuescape.reporting.rendered_tables {params.files} --names {params.names} "
        ">{log:q} 2>&1"


rule write_comparison:
    """All runs beside each other, in one HTML page."""
    input:
        tables=[f"results/{{study}}/{table.path}" for table in COMPARED_TABLES.values()],
        figures=[f"results/{{study}}/comparison/figures/{name}.png" for name in COMPARED_FIGURES],
    output:
        page=report("results/{study}/comparison.html", category="Comparison"),
    log:
        "results/{study}/logs/write_comparison.log",
    benchmark:
        "results/{study}/benchmarks/write_comparison.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("reporting.comparison"),
        runs=[run.json() for run in RUNS],
    shell:
        "python -m valuescape.reporting.comparison {params.files} --study {wildcards.study} "
        "--runs {params.runs:q} >{log:q} 2>&1"
