"""
Targets: what can be asked for by name, for every model and condition of the study.

    snakemake --cores 2 figure_cultural_map
    snakemake --cores 2 figures

A single file is asked for by its path, such as
results/demo/smollm2-135m/base/figures/cultural_map.pdf. To draw a figure again although
nothing changed, name its rule: snakemake --cores 2 figure_cultural_map -R draw_cultural_map

REQUIRED INPUTS:

    everything that the other rule files make

OUTPUTS:

    none of their own
"""


rule figure_cultural_map:
    """Personas and countries on the Inglehart-Welzel map."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/cultural_map.pdf"),
    localrule: True


rule figure_design_null_map:
    """Where the personas' configurations alone lie on the map, with no LLM at all."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/design_null_map.pdf"),
    localrule: True


rule figure_adherence_heat:
    """Which level personas answer, by the level they were configured with."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/adherence_heat.pdf"),
    localrule: True


rule figure_iw_recovery:
    """Where personas answer on each axis, against where they were configured."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/iw_recovery.pdf"),
    localrule: True


rule figure_iw_constraint:
    """How tied the ten answers of personas are to each other."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/iw_constraint.pdf"),
    localrule: True


rule figure_weighted_maps:
    """The map of personas under each scheme of weights."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/weighted_maps.pdf"),
    localrule: True


rule figure_alignment_heat:
    """EMD above its floor by group and question."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/alignment_heat.pdf"),
    localrule: True


rule figure_alignment_baselines:
    """Alignment of personas beside uniform, majority, pooled and floor."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/alignment_baselines.pdf"),
    localrule: True


rule figure_poststrat_gain:
    """What weighting the personas to a country gains."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/poststrat_gain.pdf"),
    localrule: True


rule figure_alignment_threshold_curve:
    """Share of questions answered up to a distance from humans."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/alignment_threshold_curve.pdf"),
    localrule: True


rule figure_quantile_curve:
    """How far the nearest and the farthest answers lie from humans."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/quantile_curve.pdf"),
    localrule: True


rule figure_group_geometry:
    """Whether persona groups lie to each other as human groups do."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/group_geometry.pdf"),
    localrule: True


rule figure_wave_drift:
    """How countries moved between waves, and personas weighted to them."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/wave_drift.pdf"),
    localrule: True


rule figure_mft_profiles:
    """Moral foundations of personas beside the means of 19 countries."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/mft_profiles.pdf"),
    localrule: True


rule figure_mft_effects:
    """What each cultural level adds to each moral foundation."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/mft_effects.pdf"),
    localrule: True


rule figure_mft_shapley:
    """Which variable moves which foundation, as shares of the variance."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/mft_shapley.pdf"),
    localrule: True


rule figure_mft_invariance:
    """How far each variable moves each foundation, against human margins."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/mft_invariance.pdf"),
    localrule: True


rule figure_human_vs_persona_slopes:
    """Foundations along the axes of the cultural map, in countries and personas."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/human_vs_persona_slopes.pdf"),
    localrule: True


rule figure_oracle_vs_measured:
    """The LLM's ratings of levels against their measured effects."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/oracle_vs_measured.pdf"),
    localrule: True


rule figure_demographics:
    """Who the personas say they are, beside known human shares."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/demographics.pdf"),
    localrule: True


rule interactive_map:
    """Personas and countries on the map, to point at and to filter, on one HTML page."""
    input:
        every_condition("results/{study}/{model}/{condition}/figures/interactive_map.html"),
    localrule: True


rule figures:
    """Every figure."""
    input:
        every_condition(
            "results/{study}/{model}/{condition}/figures/{figure}.{suffix}",
            figure=FIGURES,
            suffix=["pdf", "png", "csv"],
        ),
    localrule: True


rule tables:
    """Every table of results, as CSV and Markdown."""
    input:
        every_condition(
            "results/{study}/{model}/{condition}/tables/{table}.{suffix}",
            table=TABLES,
            suffix=["csv", "md"],
        ),
    localrule: True


rule report:
    """The report of every model and condition, one HTML page each."""
    input:
        every_condition("results/{study}/{model}/{condition}/report.html"),
    localrule: True


rule summary:
    """The closing summary: what was asked, what it cost, the headline numbers."""
    input:
        expand("results/{study}/summary.txt", study=config["study"]),
    localrule: True
