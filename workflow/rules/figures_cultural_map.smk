"""
Figures of the cultural map, and the page on which it can be explored.
Each rule draws one figure from tables alone, and writes the numbers that it shows as CSV.

REQUIRED INPUTS:

    tables      = results/{study}/{model}/{condition}/map/*.parquet
    personas    = results/{study}/personas.parquet
    biographies = results/{study}/{model}/biographies.parquet

OUTPUTS:

    pdf, png, csv = results/{study}/{model}/{condition}/figures/{figure}.*
    html          = results/{study}/{model}/{condition}/figures/interactive_map.html
"""


rule draw_cultural_map:
    """Personas and countries on the Inglehart-Welzel map."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        summary="results/{study}/{model}/{condition}/map/summary.parquet",
        uncertainty="results/{study}/{model}/{condition}/map/uncertainty.parquet",
        centroids=MAP["centroids"],
        code=code(
            "figures.cultural_map",
            "figures.country_map",
            "figures.style",
            "lens_tables",
            "map_tables",
            "reference",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/cultural_map.pdf",
            caption="../report/cultural_map.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "cultural_map"},
        ),
        png="results/{study}/{model}/{condition}/figures/cultural_map.png",
        csv="results/{study}/{model}/{condition}/figures/cultural_map.csv",
    log:
        "results/{study}/logs/draw_cultural_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_cultural_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.cultural_map \
            --positions {input.positions:q} \
            --summary {input.summary:q} \
            --uncertainty {input.uncertainty:q} \
            --centroids {input.centroids:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_design_null_map:
    """Where the personas' configurations alone lie on the map, with no LLM at all."""
    input:
        space=config["persona_space"],
        projection=MAP["projection"],
        centroids=MAP["centroids"],
        code=code(
            "figures.design_null_map",
            "answers",
            "cultural_map",
            "documents",
            "figures.country_map",
            "figures.style",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "reference",
            "resampling",
            "space",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/design_null_map.pdf",
            caption="../report/design_null_map.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "design_null_map"},
        ),
        png="results/{study}/{model}/{condition}/figures/design_null_map.png",
        csv="results/{study}/{model}/{condition}/figures/design_null_map.csv",
    log:
        "results/{study}/logs/draw_design_null_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_design_null_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.design_null_map \
            --space {input.space:q} \
            --projection {input.projection:q} \
            --centroids {input.centroids:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_adherence_heat:
    """Which level personas answer, by the level they were configured with."""
    input:
        matrix="results/{study}/{model}/{condition}/map/recovery_matrix.parquet",
        recovery="results/{study}/{model}/{condition}/map/recovery.parquet",
        adherence="results/{study}/{model}/{condition}/quality/adherence.parquet",
        space=config["persona_space"],
        code=code(
            "figures.adherence_heat",
            "documents",
            "figures.labels",
            "figures.style",
            "lens_tables",
            "map_tables",
            "space",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/adherence_heat.pdf",
            caption="../report/adherence_heat.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "adherence_heat"},
        ),
        png="results/{study}/{model}/{condition}/figures/adherence_heat.png",
        csv="results/{study}/{model}/{condition}/figures/adherence_heat.csv",
    log:
        "results/{study}/logs/draw_adherence_heat/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_adherence_heat/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.adherence_heat \
            --matrix {input.matrix:q} \
            --recovery {input.recovery:q} \
            --adherence {input.adherence:q} \
            --space {input.space:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_iw_recovery:
    """Where personas answer on each axis, against where they were configured."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        recovery="results/{study}/{model}/{condition}/map/axes.parquet",
        code=code(
            "figures.iw_recovery",
            "figures.country_map",
            "figures.style",
            "lens_tables",
            "map_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/iw_recovery.pdf",
            caption="../report/iw_recovery.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "iw_recovery"},
        ),
        png="results/{study}/{model}/{condition}/figures/iw_recovery.png",
        csv="results/{study}/{model}/{condition}/figures/iw_recovery.csv",
    log:
        "results/{study}/logs/draw_iw_recovery/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_iw_recovery/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.iw_recovery \
            --positions {input.positions:q} \
            --recovery {input.recovery:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_iw_constraint:
    """How tied the ten answers of personas are to each other."""
    input:
        constraint="results/{study}/{model}/{condition}/map/constraint.parquet",
        code=code(
            "figures.iw_constraint",
            "figures.style",
            "lens_tables",
            "map_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/iw_constraint.pdf",
            caption="../report/iw_constraint.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "iw_constraint"},
        ),
        png="results/{study}/{model}/{condition}/figures/iw_constraint.png",
        csv="results/{study}/{model}/{condition}/figures/iw_constraint.csv",
    log:
        "results/{study}/logs/draw_iw_constraint/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_iw_constraint/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.iw_constraint \
            --constraint {input.constraint:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_weighted_maps:
    """The map of personas under each scheme of weights."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        weights="results/{study}/weights/world.parquet",
        summary="results/{study}/{model}/{condition}/map/weighted_positions.parquet",
        centroids=MAP["centroids"],
        code=code(
            "figures.weighted_maps",
            "figures.country_map",
            "figures.style",
            "lens_tables",
            "map_tables",
            "reference",
            "tables",
            "weight_tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/weighted_maps.pdf",
            caption="../report/weighted_maps.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "weighted_maps"},
        ),
        png="results/{study}/{model}/{condition}/figures/weighted_maps.png",
        csv="results/{study}/{model}/{condition}/figures/weighted_maps.csv",
    log:
        "results/{study}/logs/draw_weighted_maps/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_weighted_maps/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.weighted_maps \
            --positions {input.positions:q} \
            --weights {input.weights:q} \
            --summary {input.summary:q} \
            --centroids {input.centroids:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule write_interactive_map:
    """Personas and countries on the map, to point at and to filter, on one HTML page."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        biographies=gathered_biographies,
        space=config["persona_space"],
        centroids=MAP["centroids"],
        code=code(
            "figures.interactive_map",
            "documents",
            "figures.country_map",
            "figures.labels",
            "figures.style",
            "lens_tables",
            "reference",
            "space",
            "tables",
            "wording",
        ),
        template="workflow/lib/valuescape/templates/interactive_map.html.j2",
    output:
        html=report(
            "results/{study}/{model}/{condition}/figures/interactive_map.html",
            caption="../report/interactive_map.rst",
            category="Cultural map",
            labels={"model": "{model}", "condition": "{condition}", "figure": "interactive_map"},
        ),
    log:
        "results/{study}/logs/write_interactive_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/write_interactive_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.interactive_map \
            --positions {input.positions:q} \
            --biographies {input.biographies:q} \
            --space {input.space:q} \
            --centroids {input.centroids:q} \
            --html {output.html:q} \
            >{log:q} 2>&1
        """
