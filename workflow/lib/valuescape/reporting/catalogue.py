"""Catalogue of results: the sections of the report, and every table that a study makes.

A table is one entry in the `tables` module of its room, a figure one in `figures.catalogue`. From
them follow what is rendered, where it stands in the report, and what Snakemake is asked to make.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from valuescape.core.tables import Table
from valuescape.humans import tables as human_tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.comparison import tables as comparison_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.scales import tables as scale_tables
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.weights import tables as weight_tables
from valuescape.study import tables as study_tables

ROOMS = (
    human_tables,
    map_tables,
    alignment_tables,
    weight_tables,
    moral_tables,
    robustness_tables,
    scale_tables,
    language_tables,
    study_tables,
    quality_tables,
    comparison_tables,
    surface_tables,
)


LENS_READS = {"map": "iw", "alignment": "wvb_probe", "morality": "mfq2"}
"""By the folder of a lens, which is its section of the report too, what it reads the answers to."""


class Section(NamedTuple):
    """A section of the report: its heading, and what opens it."""

    heading: str
    text: str


SECTIONS = {
    "map": Section(
        "Cultural map",
        "The axes are frozen on human surveys and personas are projected onto them; nothing is "
        "fitted to the personas. The first figure asks no model at all and is what any other must "
        "be read against.",
    ),
    "alignment": Section(
        "Alignment with human answers",
        "EMD is the earth mover's distance between the answers of personas and of humans of the "
        "same group to the same question, from 0 (same) to 1 (all at opposite ends). Alignment is "
        "1 - EMD. Three of the 36 questions are among those that configured the personas and two "
        "more nearly so: question sets of 33 and 31 leave them out.",
    ),
    "weights": Section(
        "Personas weighted as humans",
        "A study asks every configuration alike; people are not spread like that. Here personas "
        "count as much as humans like them do, in the world or in a country.",
    ),
    "morality": Section(
        "Morality",
        "Scores of the six moral foundations, what each cultural level adds to them, whether they "
        "can be trusted, and whether the model's own ratings of the levels (the oracle) predict "
        "them.",
    ),
    "robustness": Section(
        "Robustness: how far results hang on how personas were asked, and on which",
        "The same personas asked in other words, with the options in the other order, in another "
        "mode, or again; and the personas at the ends of the design, or derived from respondents. "
        "A number that changes with the words tells of the words. docs/robustness.md says how to "
        "read each table.",
    ),
    "languages": Section(
        "Languages",
        "The same personas asked, or told who they are, in another language, beside their English "
        "twins: the same context, mode, option order and replicate. What a language moves stands "
        "beside what another replicate, another option order and another wording of one language "
        "move. Humans, too, answer differently in a foreign language, so no shift is not the human "
        "baseline. Questions that a language lacks are compared in neither.",
    ),
    "scales": Section(
        "Other questionnaires",
        "Questionnaires that the study asks beside those of the sections above, scored by the "
        "scales that they declare.",
    ),
    "surface": Section(
        "From the asked personas to all configurations",
        "Only some configurations were asked. A response surface, main effects and interactions of "
        "two variables, predicts the others; every section above reads the asked and the predicted "
        "answers together. How far that can be trusted stands here.",
    ),
    "personas": Section(
        "Who the personas say they are",
        "None of it was prescribed by the configuration: it is what the model wrote.",
    ),
    "validity": Section(
        "Validity: every answer accounted for",
        "Lenses read valid answers only. Nothing is dropped silently or asked again until it fits.",
    ),
}
"""By the key that the entries of tables and figures name, in the order of the report."""

OF_PERSONAS = (map_tables.POSITIONS, moral_tables.FOUNDATION_SCORES)
"""Tables with a row a persona that a bundle holds beside the tables of results."""

OF_STUDY = comparison_tables.SECTION
"""The section of what is made once a study and stands on its page of comparison."""


def result_tables() -> tuple[Table, ...]:
    """Return every table of results of a model and condition, in the order of the rooms.

    Returns
    -------
    tuple of Table
        Those with a title that the report shows.
    """
    return tuple(entry for entry in _titled() if entry.section != OF_STUDY)


def comparison_result_tables() -> tuple[Table, ...]:
    """Return every table that lays models and conditions beside each other, one a study."""
    return tuple(entry for entry in _titled() if entry.section == OF_STUDY)


def _titled() -> list[Table]:
    """Return every table with a title.

    Raises
    ------
    ValueError
        If two have the same name or path, or one names no section.
    """
    found = [
        entry
        for room in ROOMS
        for entry in vars(room).values()
        if isinstance(entry, Table) and entry.title
    ]
    for key in ("name", "path"):
        (most, times), *_ = Counter(getattr(entry, key) for entry in found).most_common(1)
        if times > 1:
            msg = f"{times} tables have the {key} {most!r}"
            raise ValueError(msg)
    known = [*SECTIONS, OF_STUDY]
    for entry in found:
        if entry.section not in known:
            msg = f"{entry.name} is of section {entry.section!r}, which is none of {known}"
            raise ValueError(msg)
    return found
