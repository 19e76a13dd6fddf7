"""
Figures: one rule a figure, each drawn from tables alone. Every rule writes the figure as PDF
and PNG and the numbers that it shows as CSV. Asked for by path, or by name for all models and
conditions: the targets in targets.smk.

REQUIRED INPUTS:

    positions, summary           = results/{study}/{model}/{condition}/map/*.parquet
    cells, summary               = results/{study}/{model}/{condition}/alignment/*.parquet
    scores, effects, profiles,
    agreement                    = results/{study}/{model}/{condition}/morality/*.parquet
    oracle                       = results/{study}/{model}/oracle.parquet
    demographics                 = results/{study}/{model}/{condition}/quality/demographics.parquet

OUTPUTS:

    pdf, png, csv                = results/{study}/{model}/{condition}/figures/{figure}.*
    html                         = results/{study}/{model}/{condition}/figures/interactive_map.html
"""


rule draw_cultural_map:
    """Personas and countries on the Inglehart-Welzel map."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        summary="results/{study}/{model}/{condition}/map/summary.parquet",
        centroids=config["reference"]["centroids"],
        code=code(
            "figures.cultural_map",
            "figures.country_map",
            "figures.style",
            "lens_tables",
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
        projection=config["reference"]["projection"],
        centroids=config["reference"]["centroids"],
        code=code(
            "figures.design_null_map",
            "answers",
            "cultural_map",
            "documents",
            "figures.country_map",
            "figures.style",
            "instruments",
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


rule draw_mft_profiles:
    """Moral foundations of personas beside the means of 19 countries."""
    input:
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        profiles="results/{study}/{model}/{condition}/morality/profiles.parquet",
        norms=config["reference"]["norms"],
        code=code(
            "figures.mft_profiles",
            "figures.style",
            "lens_tables",
            "reference",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/mft_profiles.pdf",
            caption="../report/mft_profiles.rst",
            category="Morality",
            labels={"model": "{model}", "condition": "{condition}", "figure": "mft_profiles"},
        ),
        png="results/{study}/{model}/{condition}/figures/mft_profiles.png",
        csv="results/{study}/{model}/{condition}/figures/mft_profiles.csv",
    log:
        "results/{study}/logs/draw_mft_profiles/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_mft_profiles/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.mft_profiles \
            --scores {input.scores:q} \
            --profiles {input.profiles:q} \
            --norms {input.norms:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_mft_effects:
    """What each cultural level adds to each moral foundation."""
    input:
        effects="results/{study}/{model}/{condition}/morality/effects.parquet",
        space=config["persona_space"],
        code=code(
            "figures.mft_effects",
            "documents",
            "figures.labels",
            "figures.style",
            "lens_tables",
            "space",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/mft_effects.pdf",
            caption="../report/mft_effects.rst",
            category="Morality",
            labels={"model": "{model}", "condition": "{condition}", "figure": "mft_effects"},
        ),
        png="results/{study}/{model}/{condition}/figures/mft_effects.png",
        csv="results/{study}/{model}/{condition}/figures/mft_effects.csv",
    log:
        "results/{study}/logs/draw_mft_effects/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_mft_effects/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.mft_effects \
            --effects {input.effects:q} \
            --space {input.space:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_mft_shapley:
    """Which cultural variable moves which moral foundation, as shares of the variance."""
    input:
        shares="results/{study}/{model}/{condition}/morality/anova_shares.parquet",
        space=config["persona_space"],
        code=code(
            "figures.mft_shapley",
            "documents",
            "figures.labels",
            "figures.style",
            "lens_tables",
            "moral_tables",
            "space",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/mft_shapley.pdf",
            caption="../report/mft_shapley.rst",
            category="Morality",
            labels={"model": "{model}", "condition": "{condition}", "figure": "mft_shapley"},
        ),
        png="results/{study}/{model}/{condition}/figures/mft_shapley.png",
        csv="results/{study}/{model}/{condition}/figures/mft_shapley.csv",
    log:
        "results/{study}/logs/draw_mft_shapley/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_mft_shapley/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.mft_shapley \
            --shares {input.shares:q} \
            --space {input.space:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_mft_invariance:
    """How far each variable moves each foundation, against human margins."""
    input:
        invariance="results/{study}/{model}/{condition}/morality/invariance.parquet",
        space=config["persona_space"],
        code=code(
            "figures.mft_invariance",
            "documents",
            "figures.labels",
            "figures.style",
            "lens_tables",
            "moral_tables",
            "space",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/mft_invariance.pdf",
            caption="../report/mft_invariance.rst",
            category="Morality",
            labels={"model": "{model}", "condition": "{condition}", "figure": "mft_invariance"},
        ),
        png="results/{study}/{model}/{condition}/figures/mft_invariance.png",
        csv="results/{study}/{model}/{condition}/figures/mft_invariance.csv",
    log:
        "results/{study}/logs/draw_mft_invariance/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_mft_invariance/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.mft_invariance \
            --invariance {input.invariance:q} \
            --space {input.space:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_human_vs_persona_slopes:
    """Foundations along the axes of the cultural map, in countries and personas."""
    input:
        slopes="results/{study}/{model}/{condition}/morality/moral_slopes.parquet",
        code=code(
            "figures.human_vs_persona_slopes",
            "figures.style",
            "lens_tables",
            "moral_tables",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/human_vs_persona_slopes.pdf",
            caption="../report/human_vs_persona_slopes.rst",
            category="Morality",
            labels={
                "model": "{model}",
                "condition": "{condition}",
                "figure": "human_vs_persona_slopes",
            },
        ),
        png="results/{study}/{model}/{condition}/figures/human_vs_persona_slopes.png",
        csv="results/{study}/{model}/{condition}/figures/human_vs_persona_slopes.csv",
    log:
        "results/{study}/logs/draw_human_vs_persona_slopes/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_human_vs_persona_slopes/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.human_vs_persona_slopes \
            --slopes {input.slopes:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
        """


rule draw_oracle_vs_measured:
    """The LLM's ratings of levels against their measured effects."""
    input:
        oracle="results/{study}/{model}/oracle.parquet",
        effects="results/{study}/{model}/{condition}/morality/effects.parquet",
        agreement="results/{study}/{model}/{condition}/morality/oracle_agreement.parquet",
        space=config["persona_space"],
        code=code(
            "figures.oracle_vs_measured",
            "documents",
            "figures.labels",
            "figures.style",
            "lens_tables",
            "space",
            "tables",
            "wording",
        ),
    output:
        pdf=report(
            "results/{study}/{model}/{condition}/figures/oracle_vs_measured.pdf",
            caption="../report/oracle_vs_measured.rst",
            category="Morality",
            labels={
                "model": "{model}",
                "condition": "{condition}",
                "figure": "oracle_vs_measured",
            },
        ),
        png="results/{study}/{model}/{condition}/figures/oracle_vs_measured.png",
        csv="results/{study}/{model}/{condition}/figures/oracle_vs_measured.csv",
    log:
        "results/{study}/logs/draw_oracle_vs_measured/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/draw_oracle_vs_measured/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.figures.oracle_vs_measured \
            --oracle {input.oracle:q} \
            --effects {input.effects:q} \
            --agreement {input.agreement:q} \
            --space {input.space:q} \
            --pdf {output.pdf:q} \
            --png {output.png:q} \
            --csv {output.csv:q} \
            >{log:q} 2>&1
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


rule write_interactive_map:
    """Personas and countries on the map, to point at and to filter, on one HTML page."""
    input:
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        biographies="results/{study}/{model}/biographies.parquet",
        space=config["persona_space"],
        centroids=config["reference"]["centroids"],
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
