"""
Report: tables for readers, one page for each model and condition with every number, figure, caption
and source, and the closing summary of the whole study.
"""

REPORTS = [f"results/{READ}/{model}/{name}/report.html" for model, name in PLAN.places()]


rule render_tables:
    """The tables of a section, each as CSV with its source in a text, and as Markdown."""
    input:
        tables=lambda wildcards: [
            f"results/{{study}}/{table.path}" for table in tables_of_section(wildcards).values()
        ],
    output:
        folder=directory("results/{study}/{model}/{condition}/tables/{section}"),
    log:
        "results/{study}/logs/render_tables/{model}/{condition}/{section}.log",
    benchmark:
        "results/{study}/benchmarks/render_tables/{model}/{condition}/{section}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("reporting.rendered_tables"),
        names=lambda wildcards: list(tables_of_section(wildcards)),
    shell:
        "python -m valuescape.reporting.rendered_tables {params.files} --names {params.names} "
        ">{log:q} 2>&1"


rule write_config:
    """The study's configuration as it was merged, without what has no influence on results."""
    output:
        config="results/{study}/config.json",
    log:
        "results/{study}/logs/write_config.log",
    benchmark:
        "results/{study}/benchmarks/write_config.tsv"
    localrule: True
    conda:
        "../../envs/controller.conda.yaml"
    params:
        config=json.dumps(
            {key: config[key] for key in sorted(config) if key not in WITHOUT_INFLUENCE},
            indent=2,
        ),
    shell:
        r"printf '%s\n' {params.config:q} >{output.config:q} 2>{log:q}"


rule write_report:
    """Every number, figure and source of a model and condition, in one HTML page."""
    input:
        tables=lambda wildcards: [
            f"results/{{study}}/{table.path}"
            for table in PLAN.tables(wildcards.model, wildcards.condition).values()
        ],
        biographies=gathered_biographies,
        figures=lambda wildcards: [
            f"results/{{study}}/{{model}}/{{condition}}/figures/{name}.png"
            for name in PLAN.figures(wildcards.model, wildcards.condition)
            if name in DRAWN
        ],
        stats=stats_of_condition,
        config="results/{study}/config.json",
        instruments=INSTRUMENT_FILES,
        reference=list((config["reference"] | MAP).values()),
        prompts=[
            *config["prompts"].values(),
            *config["oracle"]["wordings"],
            config["oracle"]["instrument"],
            config["persona_space"],
            config["biography_fields"],
        ],
        translations=language_files,
    output:
        report=report(
            "results/{study}/{model}/{condition}/report.html",
            category="Report",
            labels={"model": "{model}", "condition": "{condition}"},
        ),
    log:
        "results/{study}/logs/write_report/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/write_report/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("reporting.report"),
    shell:
        "python -m valuescape.reporting.report {params.files} --study {wildcards.study} "
        "--model {wildcards.model} --condition {wildcards.condition} >{log:q} 2>&1"


rule write_summary:
    """The closing summary of the study."""
    input:
        map_summary=everywhere("map_summary"),
        alignment_summary=everywhere("alignment_summary"),
        alignment_scores=everywhere("alignment_scores"),
        discrimination=everywhere("discrimination"),
        oracle_agreement=everywhere("oracle_agreement"),
        validity=everywhere("validity"),
        robustness=everywhere("robustness"),
        surface_quantities=everywhere("surface_quantities"),
        stats=[
            *expand(
                [STATS_OF_BIOGRAPHIES, STATS_OF_RESPONSES],
                model=PLAN.asked_models,
                biographies=BIOGRAPHIES,
                condition=ASKED,
                shard=SHARDS,
            ),
            *stats_of_judge(PLAN.asked_models),
        ],
        figures=of_every(DRAWN.values(), "results/{study}/{model}/{condition}/figures/{name}.pdf"),
        reports=REPORTS,
    output:
        summary="results/{study}/summary.txt",
    log:
        "results/{study}/logs/write_summary.log",
    benchmark:
        "results/{study}/benchmarks/write_summary.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("reporting.summary"),
        projection=json.dumps(config["projection"], sort_keys=True),
    shell:
        "python -m valuescape.reporting.summary {params.files} --study {wildcards.study} "
        "--projection {params.projection:q} >{log:q} 2>&1"
