"""
Targets: what can be asked for by name, for every model and condition of the study.

    snakemake --cores 2 figure_cultural_map
    snakemake --cores 2 figures

A single file is asked for by its path, such as
results/demo/smollm2-135m/base/figures/cultural_map.pdf. To draw a figure again although nothing
changed: snakemake --cores 2 figure_cultural_map -R draw_figure
"""

for figure in FIGURES.values():

    rule:
        name:
            f"figure_{figure.name}"
        input:
            every_condition(
                f"results/{{study}}/{{model}}/{{condition}}/figures/{figure.name}.{figure.suffixes[0]}",
                of=drawn_for(figure.name),
            ),
        localrule: True

    # what `snakemake --list` says of it
    workflow.get_rule(f"figure_{figure.name}").docstring = figure.shows


for figure in COMPARED_FIGURES.values():

    rule:
        name:
            f"figure_{figure.name}"
        input:
            f"results/{config['study']}/comparison/figures/{figure.name}.pdf",
        localrule: True

    workflow.get_rule(f"figure_{figure.name}").docstring = figure.shows


rule figures:
    """Every figure."""
    input:
        *(
            every_condition(
                f"results/{{study}}/{{model}}/{{condition}}/figures/{figure.name}.{{suffix}}",
                of=drawn_for(figure.name),
                suffix=figure.suffixes,
            )
            for figure in FIGURES.values()
        ),
    localrule: True


rule tables:
    """Every table of results, as CSV and Markdown."""
    input:
        every_condition("results/{study}/{model}/{condition}/tables/{section}", section=sections_of),
    localrule: True


rule report:
    """The report of every model and condition, one HTML page each."""
    input:
        every_condition("results/{study}/{model}/{condition}/report.html"),
    localrule: True


rule summary:
    """The closing summary: what was asked, what it cost, the headline numbers."""
    input:
        expand("results/{study}/summary.txt", study=READ),
    localrule: True


rule comparison:
    """All models and conditions beside each other: a page, its figures and tables."""
    input:
        expand("results/{study}/comparison.html", study=READ),
        expand(
            "results/{study}/comparison/figures/{figure}.{suffix}",
            study=READ,
            figure=COMPARED_FIGURES,
            suffix=["pdf", "csv"],
        ),
        expand("results/{study}/comparison/tables", study=READ),
    localrule: True


rule bundle:
    """What is to be published: tables, answers, data dictionary, card, metadata, checksums."""
    input:
        expand("results/{study}/bundle", study=READ),
    localrule: True
