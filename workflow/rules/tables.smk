"""
Tables: the results of lenses and quality checks as CSV and Markdown, for reading and citing.

REQUIRED INPUTS:

    table = a file of TABLES in common.smk

OUTPUTS:

    csv   = results/{study}/{model}/{condition}/tables/{table}.csv
    md    = results/{study}/{model}/{condition}/tables/{table}.md
"""


rule render_table:
    """One table of results, as CSV and Markdown."""
    input:
        table=lambda wildcards: TABLES[wildcards.table].format(**wildcards),
        code=code(
            "rendered_tables",
            "alignment_tables",
            "lens_tables",
            "map_tables",
            "moral_tables",
            "survey_tables",
            "tables",
            "weight_tables",
            "wording",
        ),
    output:
        csv="results/{study}/{model}/{condition}/tables/{table}.csv",
        md="results/{study}/{model}/{condition}/tables/{table}.md",
    log:
        "results/{study}/logs/render_table/{model}/{condition}/{table}.log",
    benchmark:
        "results/{study}/benchmarks/render_table/{model}/{condition}/{table}.tsv"
    wildcard_constraints:
        table=any_of(TABLES),
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.reporting.rendered_tables \
            --table {input.table:q} \
            --name {wildcards.table:q} \
            --csv {output.csv:q} \
            --md {output.md:q} \
            >{log:q} 2>&1
        """
