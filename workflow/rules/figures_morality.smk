"""
Figures of the moral foundations.
Each rule draws one figure from tables alone, and writes the numbers that it shows as CSV.

REQUIRED INPUTS:

    tables = results/{study}/{model}/{condition}/morality/*.parquet
    oracle = results/{study}/{model}/oracle.parquet

OUTPUTS:

    pdf, png, csv = results/{study}/{model}/{condition}/figures/{figure}.*
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
            "instruments",
            "lens_tables",
            "oracle_agreement",
            "resampling",
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
