"""Plan: of which models and conditions of a study each table of results and each figure is made.

An entry of a table says all that decides it. It is made

- if the study has what the entry `needs`: words, all of which must hold: ``survey.wvs7`` or
  ``survey.trend``, a file of the user's; ``conditions.wording|mode``, conditions that differ in one
  of these keys; ``languages``, conditions in another language with their English twins;
  ``answers=surface``, a key's value; ``runs``, two or more models and conditions to compare;
- of a model, if whose answers it has are those that the entry is `of`;
- of a condition, if its language has the questionnaire that the lens reads, which follows from the
  folder that the table lies in.

A figure is drawn where all tables are made that it is drawn from.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from valuescape.core.tables import Respondents, Table
from valuescape.figures import catalogue as figure_catalogue
from valuescape.lenses.comparison.runs import Run, other_runs, runs_of
from valuescape.lenses.languages.contrasts import find_contrasts
from valuescape.reporting.catalogue import LENS_READS, comparison_result_tables, result_tables
from valuescape.study.conditions import Condition
from valuescape.study.languages import asks_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuescape.figures.catalogue import Figure

WITHOUT_INFLUENCE = (
    "checkpoint", "compare_with", "preflight", "projection", "pythons", "reask", "stop_below",
    "threads",
)  # fmt: skip
"""Keys that say where and how fast a study runs, or what stands beside it, not what it finds."""
CULTURE = {"configuration", "biography"}
"""Parts of a persona's context that tell it its culture."""


def instruments_of(entry: Table) -> frozenset[str]:
    """Return the instruments without which a table is not made for a condition.

    Parameters
    ----------
    entry : Table
        Of results.

    Returns
    -------
    frozenset of str
        Empty for tables of the whole study, and for those that say what became of each answer.
    """
    *_, folder, _ = ("", *entry.path.split("/"))
    if "{condition}" not in entry.path:
        return frozenset()
    if folder == "robustness":  # it stands on the results of all lenses
        return frozenset(LENS_READS.values())
    return frozenset(name for name in [LENS_READS.get(folder)] if name)


def design_options(config: Mapping[str, Any]) -> str:
    """Return who is asked, as options of the command that lists them: a seed if any are drawn."""
    design, holdout = str(config["design"]), config["holdout"]
    drawn = f" --seed {config['seed']}" if holdout or design.startswith("random") else ""
    return design + (f" --holdout {holdout}" if holdout else "") + drawn


class Plan:
    """What a study makes.

    Parameters
    ----------
    config : mapping
        The study, complete.
    models : mapping of str to mapping
        Its model files by name.

    Attributes
    ----------
    conditions : dict of str to Condition
        By name, in the study's order.
    respondents : dict of str to str
        By model, who answers.
    asked_models : list of str
        The models that are asked; the answers of others were given elsewhere.
    """

    def __init__(self, config: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> None:
        self._config = config
        self._models = models
        conditions = [Condition.of(entry, config) for entry in config["conditions"]]
        self.conditions = {condition.name: condition for condition in conditions}
        self.respondents = {name: _respondents_of(model) for name, model in models.items()}
        self.asked_models = [name for name, who in self.respondents.items() if who == "asked"]
        self._instruments = {
            name: [each for each in config["instruments"] if asks_instrument(condition, each)]
            for name, condition in self.conditions.items()
        }
        self._has: dict[str, bool] = {}

    @cached_property
    def own_runs(self) -> list[Run]:
        """Every model under every condition that all lenses have answers of."""
        elsewhere = {
            model: (who, [each.name for each in self.answered(model)])
            for model, who in self.respondents.items()
            if who != "asked"
        }
        return runs_of(self._config, f"results/{self._config['study']}", elsewhere)

    @cached_property
    def runs(self) -> list[Run]:
        """What is laid beside each other: own runs, and those of the studies of `compare_with`.

        A `UserError` tells if such a study lacks something.
        """
        return self.own_runs + other_runs(self._config)

    def answered(self, model: str) -> list[Condition]:
        """Return the conditions under which a model has answers."""
        if model in self.asked_models:
            return list(self.conditions.values())
        named = self._models[model]["mapping"].get("condition", next(iter(self.conditions)))
        return [self.conditions[named]]

    def places(self) -> list[tuple[str, str]]:
        """Return every model with every condition under which it has answers, by name."""
        return [(model, each.name) for model in self._models for each in self.answered(model)]

    def condition_of(self, model: str, name: str) -> Condition:
        """Return a condition as it is read of a model.

        Answers given elsewhere stand in groups as their file has them, with biographies that
        nobody wrote.
        """
        condition = self.conditions[name]
        if model in self.asked_models:
            return condition
        context = tuple(dict.fromkeys(("demographics", *condition.context)))
        return replace(condition, context=context, biography_replicate=0)

    def judge_of(self, model: str) -> str:
        """Return the model that judges what one wrote: the one named, or another, or itself."""
        others = [name for name in self.asked_models if name != model]
        return self._config["judge"]["model"] or (others or [model])[0]

    def sections(self, model: str, condition: str) -> list[str]:
        """Return the sections of the report that have tables of a model and condition."""
        return list(dict.fromkeys(each.section for each in self.tables(model, condition).values()))

    def instruments(self, condition: str) -> list[str]:
        """Return the instruments of which the language of a condition has anything."""
        return self._instruments[condition]

    def makes(self, entry: Table | Figure, model: str = "", condition: str = "") -> bool:
        """Return whether a table is made, or a figure drawn.

        Parameters
        ----------
        entry : Table or Figure
            Its entry.
        model, condition : str
            Of what; where one is empty, of any.

        Returns
        -------
        bool
            As the head of this module says.
        """
        if not isinstance(entry, Table):
            return all(self.makes(table, model, condition) for table in entry.tables)
        asked = [condition] if condition else self.conditions
        lacking = instruments_of(entry) & {*self._config["instruments"]}
        return (
            all(self.has(need) for need in entry.needs.split())
            and (not model or entry.made_of(self.respondents[model]))
            and any(lacking <= {*self._instruments[name]} for name in asked)
        )

    def tables(self, model: str = "", condition: str = "") -> dict[str, Table]:
        """Return by name the tables of results of a model and condition; of any, if empty."""
        return {t.name: t for t in result_tables() if self.makes(t, model, condition)}

    def figures(self, model: str = "", condition: str = "") -> dict[str, Figure]:
        """Return by name the figures of a model and condition; of any, if empty."""
        of_runs = (each for each in figure_catalogue.FIGURES if not each.of_study)
        return {f.name: f for f in of_runs if self.makes(f, model, condition)}

    def comparison_tables(self) -> dict[str, Table]:
        """Return by name the tables that lay models and conditions beside each other."""
        return {each.name: each for each in comparison_result_tables() if self.makes(each)}

    def comparison_figures(self) -> dict[str, Figure]:
        """Return by name the figures that lay models and conditions beside each other."""
        of_study = (each for each in figure_catalogue.FIGURES if each.of_study)
        return {each.name: each for each in of_study if self.makes(each)}

    def cultural_places(self) -> list[tuple[str, str]]:
        """Return models and conditions that ask of morality and tell personas their culture.

        All that ask of morality, if none tells it.
        """
        asking = [
            (model, name)
            for model, name in self.places()
            if self.respondents[model] != "other"
            and self.conditions[name].is_asked
            and LENS_READS["morality"] in self.instruments(name)
        ]
        told = [
            (model, name)
            for model, name in asking
            if model not in self.asked_models or CULTURE & {*self.conditions[name].context}
        ]
        return told or asking

    def has(self, need: str) -> bool:
        """Return whether the study has what one word of an entry's `needs` says."""
        if need not in self._has:
            self._has[need] = self._look_for(need)
        return self._has[need]

    def _look_for(self, need: str) -> bool:
        name, equals, value = need.partition("=")
        if equals:
            return bool(self._config[name] == value)
        section, _, key = need.partition(".")
        if section == "conditions":
            return any(
                len({getattr(each, k) for each in self.conditions.values()}) > 1
                for k in key.split("|")
            )
        if need == "languages":
            return bool(find_contrasts(self.conditions.values()))
        if need == "runs":
            return len(self.runs) > 1
        return bool(self._config[section][key])


def _respondents_of(model: Mapping[str, Any]) -> Respondents:
    if model["engine"] != "external":
        return "asked"
    return "other" if "respondent" in model["mapping"] else "configured"
