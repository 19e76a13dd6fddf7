"""
Targets: what can be asked for by name, for every model and condition of the study.

    snakemake --cores 2 figure_cultural_map
    snakemake --cores 2 figures

A single file is asked for by its path, such as
results/demo/smollm2-135m/base/figures/cultural_map.pdf. To draw a figure again although nothing
changed: snakemake --cores 2 figure_cultural_map -R draw_figure
"""

PLACE = "results/{study}/{model}/{condition}"

for figure in FIGURES.values():

    rule:
        name:
            f"figure_{figure.name}"
        input:
            of_every([figure], f"{PLACE}/figures/{{name}}.{figure.suffixes[0]}"),
        localrule: True

    # what `snakemake --list` says of it
    workflow.get_rule(f"figure_{figure.name}").docstring = figure.shows


for figure in COMPARED_FIGURES.values():

    rule:
        name:
            f"figure_{figure.name}"
        input:
            f"results/{NAME}/comparison/figures/{figure.name}.pdf",
        localrule: True

    workflow.get_rule(f"figure_{figure.name}").docstring = figure.shows


rule figures:
    """Every figure."""
    input:
        *(
            of_every([figure], *(f"{PLACE}/figures/{{name}}.{each}" for each in figure.suffixes))
            for figure in FIGURES.values()
        ),
    localrule: True


rule tables:
    """Every table of results, as CSV and Markdown."""
    input:
        [
            f"results/{READ}/{model}/{condition}/tables/{section}"
            for model, condition in PLAN.places()
            for section in PLAN.sections(model, condition)
        ],
    localrule: True


rule report:
    """The report of every model and condition, one HTML page each."""
    input:
        REPORTS,
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
