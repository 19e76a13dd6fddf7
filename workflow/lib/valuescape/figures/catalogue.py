"""Catalogue: every figure, what it shows, from what it is drawn, and its caption."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core.command import command, run
from valuescape.core.files import whole_file
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.comparison import tables as comparison_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.weights import tables as weight_tables
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuescape.core.tables import Table

FILES = ("space", "centroids", "norms", "projection", "wvb_probe", "biographies")
"""What figures read beside tables of results: names for files that the config says."""
BEGINS, ENDS = "<!-- figures -->", "<!-- /figures -->"
"""What stands about the table of figures in docs/figures.md."""


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes
    ----------
    name : str
        Of its module in this room, of its files, and in its target ``figure_<name>``.
    shows : str
        What it shows, in one line.
    section : str
        Of the report: a key of `reporting.catalogue.SECTIONS`; or comparison, of what is drawn
        once a study, from tables of all its models and conditions.
    inputs : mapping of str to Table or str
        What its module's functions are given by the names of their parameters: a table of
        results, or one of `FILES`.
    caption : str
        Paragraphs set apart by empty lines.
    suffixes : tuple of str
        Of its files.
    """

    name: str
    shows: str
    section: str
    inputs: Mapping[str, Table | str]
    caption: str
    suffixes: tuple[str, ...] = ("pdf", "png", "csv")

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that it is drawn from: it is drawn where all of them are made."""
        return tuple(each for each in self.inputs.values() if not isinstance(each, str))

    @property
    def of_study(self) -> bool:
        """Whether it is drawn once a study, not for every model and condition."""
        return self.section == comparison_tables.SECTION


def _paragraphs(text: str) -> str:
    """Return a text with each paragraph in one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


FIGURES = (
    Figure(
        name="design_null_map",
        shows="Where all configurations lie on the map by themselves, with no LLM asked",
        section="map",
        inputs={"space": "space", "projection": "projection", "centroids": "centroids"},
        caption=_paragraphs("""
            Where all configurations of the ten cultural variables lie on the Inglehart-Welzel map
            if each question is answered exactly as configured. No LLM was asked. Grey:
            configurations, shaded by number. Dashed and dotted: ellipses that hold 95 % and 50 %
            under a normal distribution. Blue: convex hull of the countries, with the share of
            configurations inside.

            The cloud's shape and spread are properties of the design. How few configurations lie
            between the countries (about a quarter; of single people, a third) holds under every
            rotation of the axes. That its centre lies above every country, and that its axes
            correlate negatively, holds under the survey's rotation, and not under every other
            (table map_sensitivity). A map of personas shows something of the LLM only where it
            departs from this one.
        """),
    ),
    Figure(
        name="cultural_map",
        shows="Personas and countries on the Inglehart-Welzel map",
        section="map",
        inputs={
            "positions": map_tables.POSITIONS,
            "summary": map_tables.MAP_SUMMARY,
            "uncertainty": map_tables.UNCERTAINTY,
            "centroids": "centroids",
        },
        caption=_paragraphs("""
            Where LLM personas and countries lie on the Inglehart-Welzel map of values. Grey:
            personas by their expected answers (dots, or hexagons shaded by number where they are
            many). Blue: the personas' mean with its 95 % interval, the ellipse that holds 95 % of
            personas by expected answers, and, dotted, if one option is drawn of each answer, as a
            person chooses one. Orange: the ellipse of single people, the respondents of 20
            countries, to be compared with the dotted one. About the mean, where known: how far it
            moves from condition to condition (vermilion, 95 %), and with another version of the
            map (purple: refits to human respondents drawn anew, or, without single respondents,
            the distance between a country's places on two public versions of the map). Black:
            ellipses of the configurations alone, which no LLM answered. Panel b enlarges the frame
            in panel a, where countries (coloured by cultural region) lie; as many are named as fit
            without overlap.

            The axes were fitted to human surveys and are kept as they are. Ten independent
            variables give an elliptical cloud whoever answers, so what the LLM adds is the
            difference between blue and black. The interval is over configurations, not over
            prompts or models; the ellipses are of different things and do not add up. LLM
            personas are not people and do not stand for these countries.
        """),
    ),
    Figure(
        name="manipulation_check_levels",
        shows="Which level personas answer, by the level they were configured with",
        section="map",
        inputs={
            "matrix": map_tables.MANIPULATION_CHECK_MATRIX,
            "agreement": map_tables.MANIPULATION_CHECK_LEVELS,
            "slopes": quality_tables.MANIPULATION_CHECK,
            "space": "space",
        },
        caption=_paragraphs("""
            Manipulation check: which level personas answer (columns), given the level that they
            were configured with (rows), for each cultural variable. A persona that follows its
            configuration is on the diagonal. The grey row is the baseline: the answers of all
            personas together; where a panel's rows look like it, the configuration changes
            nothing. Titles: Cohen's kappa with quadratic weights (1 is full agreement, 0 chance)
            with its 95 % interval over configurations, and the slope of the answered on the
            configured survey value (1 if every persona answers as configured).

            An option counts for the level whose survey codes hold it. LLM personas are not
            people: this tells how the model follows its instruction, not how people answer.
        """),
    ),
    Figure(
        name="manipulation_check_axes",
        shows="Where personas answer on each axis of the map, against where they were configured",
        section="map",
        inputs={
            "positions": map_tables.POSITIONS,
            "fits": map_tables.MANIPULATION_CHECK_AXES,
        },
        caption=_paragraphs("""
            Manipulation check: where personas answer on each axis of the Inglehart-Welzel map,
            against where their configuration puts them. Dashed: answers just as configured. Blue:
            the fitted line. A slope below 1 means that personas answer closer together than they
            are configured; a line above or below the dashed one at the centre means that all are
            shifted. Titles: slope and R² with 95 % intervals over configurations, and the R² that
            shuffled personas reach (95th percentile).

            Both places use the same axes, fitted to human surveys. LLM personas are not people.
        """),
    ),
    Figure(
        name="map_constraint",
        shows="How strongly the ten answers of personas depend on each other",
        section="map",
        inputs={"constraint": map_tables.CONSTRAINT},
        caption=_paragraphs("""
            How strongly the ten answers behind the map depend on each other. Panel a: eigenvalues
            of their correlation matrix; panel b: the share of the first component, and effective
            dependence (1 less the ninth root of the determinant: 0 where answers are independent,
            1 where one follows from the others). Dark blue: personas by expected answers; light
            blue: one option drawn of each, as a person answers, to be compared with humans; both
            with 95 % intervals over configurations. Black: their configurations, which are
            independent by design. Orange: humans; the published weights of the map give the first
            two eigenvalues, the user's EVS/WVS file, where the config names one, all. Dotted: what
            the same answers reach when each is shuffled over personas (95th percentile).

            Configured variables are independent, so what lies above the dotted line comes from
            the model. LLM personas are not people.
        """),
    ),
    Figure(
        name="weighted_maps",
        shows="The map of personas under each scheme of weights",
        section="map",
        inputs={
            "positions": map_tables.POSITIONS,
            "weights": weight_tables.WEIGHTS,
            "summary": map_tables.WEIGHTED_POSITIONS,
            "centroids": "centroids",
        },
        caption=_paragraphs("""
            The Inglehart-Welzel map of personas under each scheme of weights: first equal
            weights; then weights that give the personas the shares of single levels, of pairs of
            levels, and of whole configurations that humans have, as far as the data at hand and
            these personas allow (what is missed stands in the table weights_diagnostics). Without
            the user's own survey file, humans are the people of up to 66 populations, each counted
            by its size. Grey: weight of the personas by their expected answers. Blue: their
            weighted mean and the ellipse that holds 95 % of the weight under a normal
            distribution, one option drawn of each answer, as a person chooses one. Black, dashed:
            the same personas by configuration, with the same weights and no LLM. Titles: weighted
            share within the convex hull of the countries, of personas and of their
            configurations. All panels have one scale.

            Weights move the design's centre towards humans; what the LLM adds is the difference
            between blue and black in the same panel. LLM personas are not people, however they
            are weighted.
        """),
    ),
    Figure(
        name="interactive_map",
        shows="Personas and countries on one page, to point at and to filter",
        section="map",
        inputs={
            "positions": map_tables.POSITIONS,
            "biographies": "biographies",
            "space": "space",
            "centroids": "centroids",
        },
        caption=_paragraphs("""
            Personas and countries on the Inglehart-Welzel map. Point at a persona to read its
            levels, demographics and biography; filter by level and the ellipse of those shown
            follows. Dashed: their configurations, which no LLM answered. The page needs no
            network. LLM personas are not people.
        """),
        suffixes=("html",),
    ),
    Figure(
        name="alignment_baselines",
        shows="Alignment of personas beside humans, other conditions and no-skill baselines",
        section="alignment",
        inputs={
            "summary": alignment_tables.ALIGNMENT_SUMMARY,
            "cells": alignment_tables.ALIGNMENT_CELLS,
        },
        caption=_paragraphs("""
            Alignment with human answers (1 - EMD, farther right is nearer) of LLM personas beside
            what others reach, over the same questions of groups with enough humans, countries and
            personas; a group is no more than the countries named in the footer. Humans: another
            sample of the same ones, all other groups pooled, one other group on average, the
            farthest one. Weighted: personas of a group, carried to the shares of levels among its
            humans. Answers as configured: what the design gives without any LLM, on the questions
            that configured it. LLM: the personas of all groups pooled; and, where the study asked
            them, conditions that tell the LLM less about a persona. No skill: every option equally
            likely, the world's commonest answer. Panels a to d differ in how groups and questions
            are weighted; e: everybody as one group. Circles: all questions; squares: without those
            that configured the personas; triangles: without near copies too; diamonds: those that
            configured them. Bars: 95 % intervals; humans are drawn by country and within it,
            personas with all their answers. Open marks: less what noise adds to a distance, to be
            compared with 1. Grey band: the range that arXiv:2601.22396 reports for its own groups
            and weights.

            Personas show skill only where they lie right of the answers without skill, and
            knowledge of groups only where they lie right of the other groups' humans and of
            personas of all groups. LLM personas are not people.
        """),
    ),
    Figure(
        name="alignment_heat",
        shows="Distance from human answers, above its noise floor, by group and question",
        section="alignment",
        inputs={"cells": alignment_tables.ALIGNMENT_CELLS, "instrument": "wvb_probe"},
        caption=_paragraphs("""
            How far the answers of LLM personas lie from those of humans of the same group, by
            question, above the noise floor. EMD: earth mover's distance between two distributions
            of answers, 0 (same) to 1 (all at opposite ends). The floor, subtracted, is the
            distance of another sample of the same humans. Below a group stands its only country,
            or of how many countries its humans are at most. Starred questions asked the very thing
            that configured the personas; a dagger marks near copies. A cross marks cells without
            answers of personas or of humans, a dot those with too few of them to count in a mean.

            Where few personas fall in a group, part of the distance is their own sampling noise;
            the numbers beside the figure give the floor for that too. LLM personas are not people.
        """),
    ),
    Figure(
        name="alignment_threshold_curve",
        shows="Share of questions answered up to a distance from humans",
        section="alignment",
        inputs={"thresholds": alignment_tables.THRESHOLDS},
        caption=_paragraphs("""
            Share of questions that are answered up to a distance from humans. EMD: earth mover's
            distance between two distributions of answers, 0 (same) to 1 (all at opposite ends).
            a: everybody pooled, as WorldValuesBench counts (Zhao et al. 2024, arXiv:2404.16308);
            b: every group by itself. Grey band: 95 % interval of the LLM personas. The floor is
            the expected distance of another sample of the same humans.

            A curve means nothing by itself: uniform answers pass generous thresholds too. LLM
            personas are not people.
        """),
    ),
    Figure(
        name="quantile_curve",
        shows="How far the nearest and the farthest answers lie from humans",
        section="alignment",
        inputs={"quantiles": alignment_tables.QUANTILES},
        caption=_paragraphs("""
            How far answers lie from those of humans, from the nearest question of a group to the
            farthest (after arXiv:2512.05024). EMD: earth mover's distance between two
            distributions of answers, 0 to 1. a: the distance that a share of all questions of
            groups does not exceed; grey band: 95 % interval of the LLM personas, humans drawn by
            country and within it. b: the distance that nine in ten do not exceed (circles: value
            at risk) and the mean of the farthest tenth (squares: conditional value at risk), with
            95 % intervals, in the colours of the legend.

            The mean hides what the tail shows: where personas answer like no human group. LLM
            personas are not people.
        """),
    ),
    Figure(
        name="group_geometry",
        shows="Whether groups of personas differ from each other as groups of humans do",
        section="alignment",
        inputs={
            "positions": alignment_tables.GROUP_POSITIONS,
            "geometry": alignment_tables.GROUP_GEOMETRY,
        },
        caption=_paragraphs("""
            Whether groups of LLM personas differ from each other as groups of humans do. a:
            groups in the plane that keeps the mean EMD between them best (classical scaling);
            personas are turned and mirrored onto humans but not stretched, so that a small cloud
            of squares means that groups hardly differ; lines join the two places of a group. b:
            correlation of the distances (Mantel), mean distance of persona groups over that of
            human groups, Gromov-Wasserstein distance of the two shapes, each divided by its own
            size, and the share of groups that its matching assigns to themselves; bars: 95 %
            intervals. Green: what another sample of the same humans reaches; cross: what one in
            twenty reaches whose groups differ by noise alone, with as many personas.

            Small groups differ by noise alone, which looks like structure; only what is better
            than the cross is evidence of any. LLM personas are not people.
        """),
    ),
    Figure(
        name="poststrat_gain",
        shows="What weighting the personas to a country gains",
        section="weights",
        inputs={"summary": weight_tables.POSTSTRATIFICATION},
        caption=_paragraphs("""
            Do LLM personas, weighted to a country's shares of levels, answer as its people do, on
            questions that did not configure them? EMD: earth mover's distance between two
            distributions of answers, 0 (same) to 1 (all at opposite ends), a mean over questions.
            Blue: personas under the country's own weights (line: 95 % interval, questions drawn
            anew); orange: under the weights of every other country that is met, on average; grey:
            all personas weighted equally. Green, where single respondents are known: the most that
            the ten variables predict of people, by a surface fitted to the people of other
            countries. Black: the people of all other countries. Pale: a second sample of the same
            people. Hollow: these personas cannot meet what is known of the country's levels, and
            it does not count in b and c.

            b: by how much own weights reduce the EMD, over the countries that are met (intervals:
            questions and countries drawn anew). c: that gain over equal weights, as a part of the
            surface's. A balanced fraction has few personas for each level, so that extreme
            countries rest on a handful. LLM personas are not people.
        """),
    ),
    Figure(
        name="wave_drift",
        shows="How countries moved between waves, and personas weighted to them",
        section="weights",
        inputs={"shifts": map_tables.WAVE_SHIFTS, "drift": map_tables.WAVE_DRIFT},
        caption=_paragraphs("""
            Do LLM personas, weighted to what is known of a country in each wave of the surveys (5
            to 7), move as its people did? Above: the shift of a country's mean answers from one
            wave to the next on each axis of the Inglehart-Welzel map, against that of the personas
            (filled) and of their configurations alone, with no LLM (open). Dashed: all of the
            shift; the horizontal line: no change. Titles: slope and correlation over countries,
            with 95 % intervals (countries drawn anew), and how often the direction is right,
            beside predicting for every country the mean shift of the others.

            Without the user's own survey file, weights meet the public mean answers (the shares
            of answers where both waves have them) by maximum entropy. The map is made of the very
            variables that weight the personas, so that configurations follow by arithmetic, and a
            slope below theirs is what the LLM's answers lose; a fraction of the configurations
            follows less far. Below, in red: the answer to one question when only the other nine
            variables weight the personas, which no arithmetic gives, beside what a fraction of
            configurations ties by chance (open). Human shifts carry sampling error. LLM personas
            are not people.
        """),
    ),
    Figure(
        name="mft_profiles",
        shows="Moral foundations of personas beside the means of 19 countries",
        section="morality",
        inputs={
            "scores": moral_tables.FOUNDATION_SCORES,
            "profiles": moral_tables.FOUNDATION_PROFILES,
            "norms": "norms",
        },
        caption=_paragraphs("""
            Moral foundations (MFQ-2, scale 1 to 5) of LLM personas and of humans. Bars: how many
            personas have each score, by foundation. Open circles: the personas' mean, with its
            95 % interval where it is wider than the circle. Grey diamonds: mean of 19 countries,
            with the standard deviation of people within a country. Small dots: means of single
            countries (Atari et al. 2023, 3,902 people, convenience samples).

            Personas are spread evenly over cultural configurations, humans are not, so means are
            not to be compared as if both were populations. Nor are spreads, if the scores are
            expected ones: they hold no choice of an option. Dashed: mean and standard deviation of
            the same personas read as individuals, one option drawn an item, to be set beside the
            grey line of people. LLM personas are not people.
        """),
    ),
    Figure(
        name="mft_effects",
        shows="What each cultural level adds to each moral foundation",
        section="morality",
        inputs={"effects": moral_tables.LEVEL_EFFECTS, "space": "space"},
        caption=_paragraphs("""
            What each level of each cultural variable adds to the moral foundations of LLM
            personas, in scale points (1 to 5), from the mean over the levels of the variable: by
            least squares on the valid answers, so that refusing changes nothing that is additive.
            Lines: 95 % intervals by what the additive model leaves (in a fraction interactions,
            too), not by drawing configurations, which were chosen. On the full cube only
            replicates that differ are noise; without any there is no line. A handful of personas
            separates no variables and shows none.

            With many personas every effect that is not zero passes a test; read the sizes.
            Standard deviations of people within a country are about 0.7 to 0.9 scale points.
            Effects tell what the model makes of a sentence in a prompt, not what causes what in
            people.
        """),
    ),
    Figure(
        name="mft_shapley",
        shows="Which cultural variable moves which foundation, as shares of the variance",
        section="morality",
        inputs={"shares": moral_tables.ANOVA_SHARES, "space": "space"},
        caption=_paragraphs("""
            Which cultural variable moves which moral foundation of LLM personas, as shares of
            their variance. In the full design every interaction of the ten variables is found
            exactly (1,023 effects), and divided equally among the variables that take part in it
            (Shapley); the dark part of a bar is what the variable moves alone. In a balanced
            fraction only the dark part can be estimated, and it is mixed with interactions as the
            footer says; the rest is left out, not guessed. Missing answers are left out by least
            squares, on the full cube filled additively. Lines: 95 % intervals under noise.
            Dashed: the 95th percentile of what a variable without any effect would get.

            The noise is that between replicates where the study has them; otherwise it is bounded
            from above by effects of high order (or, in a fraction, by all that the main effects
            leave), so that intervals are wide rather than narrow. Shares say what moves the
            model's answers, not how far: a model that hardly varies has shares too. Compare the
            sizes in the figure of invariance. LLM personas are not people.
        """),
    ),
    Figure(
        name="mft_invariance",
        shows="How far each cultural variable moves each foundation, against human margins",
        section="morality",
        inputs={"invariance": moral_tables.INVARIANCE, "space": "space"},
        caption=_paragraphs("""
            How far each cultural variable moves each moral foundation of LLM personas: the range
            of the mean score over the levels of the variable, in scale points, with its 90 %
            interval. Personas are read as individuals, one option drawn from their probabilities
            for each item, because the margins are those of people, who choose. Dotted: a fifth of
            the standard deviation of people within a country; solid: half the standard deviation
            of the means of 19 countries (Atari et al. 2023). A point is called invariant, or
            varying, only if that holds against the dotted margin at 5 % among all sixty points
            (two one-sided tests, Holm); the table gives the verdict at the other margin and for
            expected scores too.

            Blue: the greatest range that scores of this spread could show if nothing but this
            variable moved them. Where it lies near a margin, being invariant says little of the
            variable and much of how alike the personas answer. The interval holds the noise of
            this model asked in this way; where several conditions tell personas the same, what
            differs between them too. LLM personas are not people.
        """),
    ),
    Figure(
        name="human_vs_persona_slopes",
        shows="Moral foundations along the axes of the map, in countries and personas",
        section="morality",
        inputs={"slopes": moral_tables.MORAL_SLOPES},
        caption=_paragraphs("""
            How moral foundations change along the two axes of the Inglehart-Welzel map. Filled:
            the slope on one axis with the other in the same model (partial), with its 95 %
            interval; hollow: the slope on the one axis alone. Diamonds: across countries, the
            mean scores of people (Atari et al. 2023, convenience samples) on the country's place
            on the map; intervals by Student's t. Circles: across LLM personas, on the place of
            their configuration; squares: on the place of their answers; intervals by the noise of
            their scores. Raw scores, and ipsatised ones (less the mean over the six foundations),
            because saying yes to everything moves all means of a country together.

            Among countries the two axes rise together, in the design they do not: personas that
            follow people exactly have other hollow marks than countries, and the same filled
            ones. Intervals are those of single slopes; the table has p-values for all slopes of a
            population together (Holm). Countries are populations and personas are evenly spread
            configurations: compare signs and orders of size. LLM personas are not people.
        """),
    ),
    Figure(
        name="oracle_vs_measured",
        shows="The LLM's ratings of cultural levels against their measured effects",
        section="morality",
        inputs={
            "oracle": study_tables.ORACLE,
            "effects": moral_tables.LEVEL_EFFECTS,
            "agreement": moral_tables.ORACLE_AGREEMENT,
            "space": "space",
        },
        caption=_paragraphs("""
            What the LLM says that a cultural level does to morality, against what the level does
            to the answers of its own personas. Horizontal: its rating of the level, the mean over
            all wordings in which it was asked, less the mean over the levels of the variable.
            Vertical: the measured effect in scale points with its 95 % interval by the noise of the
            scores. One point is one
            level; shape and colour tell the variable. Above each panel: Pearson r with its 95 %
            interval, and the 95th percentile of the absolute r when levels are shuffled within
            variables. How stable the ratings are over wordings and drawn answers stands in the
            table oracle_stability; what they predict of each persona in oracle_agreement.

            Agreement shows that the model is consistent with itself, not that it is right about
            people. LLM personas are not people.
        """),
    ),
    Figure(
        name="robustness",
        shows="Each headline number under each wording, mode and option order",
        section="robustness",
        inputs={"robustness": robustness_tables.ROBUSTNESS},
        caption=_paragraphs("""
            Each headline number (panels) under each way in which the same personas were asked
            (rows), a specification curve. The dots at the left tell how a condition was asked, as
            far as conditions differ; rows are sorted by alignment. Black: the number with the 95 %
            interval of that condition alone, which knows of no other wording. Blue band: the mean
            over wordings, in the option order and mode of this report's condition, with its
            interval over wordings as clusters (three of them or more). Crosses: no-skill baseline;
            green: ceiling, where it lies within the panel. Alignment is without the questions that
            configured the personas. Invariant effects: share of effects of a variable on a
            foundation that are negligible by human margins. Reach of extremes: how far out on the
            map personas with every variable at an end answer, over how far they are configured to.
            Human-derived: from anyone (0) to another respondent with the same configuration (1),
            where the study has respondents.

            Where conditions scatter farther than their own intervals, the number tells of the
            words as much as of the model. LLM personas are not people.
        """),
    ),
    Figure(
        name="language_shift",
        shows="How far the same personas move on the map from English to another language",
        section="languages",
        inputs={"shift": language_tables.LANGUAGE_SHIFT},
        caption=_paragraphs("""
            How far the same personas move on the Inglehart-Welzel map from English to another
            language. Panels: what is in that language (what the persona is told of itself, the
            question, or both), with its country told or not; all have one scale. Arrows, headed by
            a mark: mean displacement over personas from the English twin (cross), over the
            indicators asked in both. Discs: its 95 % region over configurations.
            Circles: floors, how far another replicate, the options in reversed order, and another
            wording of one language move the same personas, by the same estimator; where a circle is
            missing, the study has no such conditions, or they gave the very same answers (table
            language_shift).

            An arrow whose disc lies outside the circles is more than luck, order and phrasing. It
            is of these translations, and not of the language alone. People, too, answer differently
            in a foreign language. LLM personas are not people.
        """),
    ),
    Figure(
        name="language_items",
        shows="What a language moves of each question and moral foundation",
        section="languages",
        inputs={"items": language_tables.LANGUAGE_ITEMS, "instrument": "wvb_probe"},
        caption=_paragraphs("""
            What a language moves of each question and moral foundation. Columns: languages, in
            blocks by what is in the language, with the persona's country told or not. Colours:
            shift of the mean answer from English to the language, in SDs of the answers of
            personas to that question; orange below 0, purple above. Dots: the distance (EMD)
            between the answers, of foundations the shift, lies beyond all floors that are known.
            Crosses: not asked in the language, or not defined. Above: the correlation of the
            answers to WVB-PROBE in the language with those in English, z-scored within question,
            and raw over pooled questions; and the share of valid answers.

            The raw correlation is high whoever answers, because questions differ in their means; it
            is no agreement. Of many questions a few pass their floors by chance. LLM personas are
            not people.
        """),
    ),
    Figure(
        name="surface_error",
        shows="How well the response surface predicts personas that were not asked",
        section="surface",
        inputs={
            "error": surface_tables.SURFACE_ERROR,
            "questions": surface_tables.SURFACE_QUESTIONS,
        },
        caption=_paragraphs("""
            How far what a response surface predicts lies from the answers of LLM personas that it
            has not seen. a: mean distance over the questions of an instrument, by how many personas
            the surface was fitted to; in the last point each persona is predicted from all others.
            Shaded: 95 % over personas. Dashed: the mean of all other personas, which knows nothing
            of the configuration. b: each question's gain, the part of the mean's error (CRPS) that
            the surface takes off. Hollow: no better than the mean.

            A distance that no longer falls is what hangs on more than pairs of variables, or not on
            the configuration at all: more personas do not help. Personas within a balanced fraction
            do not show all errors; a holdout, drawn at random, does. LLM personas are not people.
        """),
    ),
    Figure(
        name="demographics",
        shows="Who the personas say they are, beside known human shares",
        section="personas",
        inputs={"demographics": quality_tables.DEMOGRAPHICS},
        caption=_paragraphs("""
            What the biographies of LLM personas say of age, sex, country, settlement, schooling,
            household, occupation and religion: shares of the valid biographies with 95 %
            intervals. Diamonds: respondents of the World Values Survey, wave 7. In a country or
            continent it is the share of all respondents; that is whom the survey interviewed, not
            how the people of the world divide. Of other attributes it is their share in the
            countries that personas state, each counted by as many personas. Attributes with more
            than twelve categories show the twelve most frequent.

            None of these was prescribed by the configuration: they are the model's own idea of
            who holds such values. LLM personas are not people.
        """),
    ),
    Figure(
        name="stereotypes",
        shows="How personas divide against humans, and which variable tells who a persona is",
        section="personas",
        inputs={
            "stereotypes": quality_tables.STEREOTYPES,
            "dependence": quality_tables.DEMOGRAPHIC_DEPENDENCE,
            "space": "space",
        },
        caption=_paragraphs("""
            Stereotypes in the biographies of LLM personas. a: Jensen-Shannon divergence between
            how personas and how people divide over an attribute, 0 (alike) to 1 bit (nothing in
            common). People are respondents of the World Values Survey, wave 7, in the countries
            that personas state, each country by as many personas; of countries and continents all
            respondents. b: entropy of the personas over that of the people; left of the line
            personas are less varied. Bars: 95 % intervals, the countries given. c: mutual
            information of an attribute and a variable of the configuration, less what chance
            gives, from 0 (one tells nothing of the other) to 1 (one follows from the other); a
            star marks pairs beyond chance among all pairs together, a cross what does not vary or
            is not known. d, where the study has its own survey file: the same among its
            respondents.

            A variable that tells nothing in people and much in personas is a stereotype of the
            model; where both depend alike, it may be knowledge. Where demographics are assigned,
            the personas are read by what their biographies state. LLM personas are not people.
        """),
    ),
    Figure(
        name="text_contradictions",
        shows="How well biographies tell the levels of their personas, and how many differ",
        section="personas",
        inputs={
            "recovery": quality_tables.ATTRIBUTE_RECOVERY,
            "contradictions": quality_tables.TEXT_CONTRADICTIONS,
            "space": "space",
        },
        caption=_paragraphs("""
            What the texts of biographies tell of the configurations of their personas. a: how well
            a classifier of words, fitted to other personas, guesses the configured level
            (balanced accuracy, with what chance gives). b: of the texts that clearly show a level,
            the share that shows another one than configured, as the classifier reads them and,
            where the study has one, a judge: a model that is not told the configuration; with the
            share if text and configuration had nothing to do with each other. No number stands
            where a reader tells the levels no better than chance. c: texts that repeat the
            statement of the persona's level word for word, and those that so repeat another
            level's. Bars: 95 % intervals over personas.

            A text that is all quotation is easily recovered (c explains a). What the classifier
            finds in b is an upper bound, since its own mistakes count as contradictions; what
            both readers find is to be trusted more. LLM personas are not people.
        """),
    ),
    Figure(
        name="comparison_headlines",
        shows="Headline numbers of all models and conditions beside each other",
        section="comparison",
        inputs={"headlines": comparison_tables.COMPARISON_HEADLINES},
        caption=_paragraphs("""
            Headline numbers of all models and conditions, with their 95 % intervals: share of
            personas within the countries' hull on the map (one option drawn); alignment with
            humans, noise taken off; the same from uniform answers (0) to the ceiling (1); how much
            nearer personas answer to their own group's humans; correlation of the oracle's ratings
            with measured effects of levels. Dotted: the no-skill baseline of each, dashed: its
            ceiling, where there is one. A number that is not known has no mark.

            Intervals that overlap may still belong to runs that differ, because all were asked for
            the same personas: the table of differences compares them in pairs. LLM personas are
            not people.
        """),
    ),
    Figure(
        name="comparison_map",
        shows="Where the personas of all models and conditions lie on the map",
        section="comparison",
        inputs={"positions": comparison_tables.COMPARISON_POSITIONS, "centroids": "centroids"},
        caption=_paragraphs("""
            Personas of all models and conditions on the Inglehart-Welzel map: each run's mean by
            expected answers with its 95 % interval, and the ellipse that holds 95 % of its
            personas under a normal distribution. Black, dashed: the configurations of the first
            run alone, which no LLM answered. Grey: countries. (none): a run without a place.

            All clouds start from the same configurations on the same axes, so what differs between
            them comes from the model and how it was asked. The intervals are over configurations.
            LLM personas are not people and do not stand for these countries.
        """),
    ),
    Figure(
        name="comparison_alignment",
        shows="Alignment of all models and conditions with humans, by group",
        section="comparison",
        inputs={"alignment": comparison_tables.COMPARISON_ALIGNMENT},
        caption=_paragraphs("""
            Alignment with human answers (1 - EMD, 1 best) of all models and conditions, by group,
            as a mean over the questions that count for the group in every run that has personas
            there; the questions that configured the personas are left out. Last rows: what uniform
            answers reach, and another sample of the same humans. Crossed: too few personas or
            humans, or personas that are not told what makes the groups. all: everybody as one
            group.

            Compare within a column: columns are of different questions. LLM personas are not
            people.
        """),
    ),
    Figure(
        name="comparison_foundations",
        shows="Moral foundations of all models and conditions, and of humans",
        section="comparison",
        inputs={"foundations": comparison_tables.COMPARISON_FOUNDATIONS},
        caption=_paragraphs("""
            Moral foundations (MFQ-2, scale points 1 to 5) of all models and conditions: means over
            personas with 95 % intervals over configurations. Grey band: from the lowest to the
            highest of 19 countries' means of humans; grey line: their mean. (none): a run that
            answered no item.

            Personas are spread evenly over configurations and humans are not, so that a mean beside
            the band is no error of the model; that two runs differ is. LLM personas are not people.
        """),
    ),
    Figure(
        name="comparison_cost",
        shows="What answers cost, against the alignment that they reach",
        section="comparison",
        inputs={"costs": comparison_tables.COMPARISON_COSTS},
        caption=_paragraphs("""
            Cost of an answer against the alignment that a run reaches, rescaled from uniform
            answers (0, dotted) to the most that noise allows (1). Panel a: tokens that the model
            computed for an answer (prompts less what the prefix cache held, and output); panel b:
            seconds of asking, summed over shards, on the devices that the table names. Bars: 95 %
            intervals. (none): no cost is known, as answers were given elsewhere or taken over from
            an earlier job.

            Seconds compare on the same device alone. LLM personas are not people.
        """),
    ),
)
"""All figures, in the order of the report; last those of a study as a whole."""


def readme_rows() -> str:
    """Return a Markdown table of all figures: target, and what it shows."""
    rows = [f"| `figure_{figure.name}` | {figure.shows} |" for figure in FIGURES]
    return "\n".join(["| target | shows |", "|---|---|", *rows])


@command
def main(*, page: Path) -> None:
    """Write the table of all figures into a page of the documentation."""
    head, _, rest = page.read_text(encoding="utf-8").partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    with whole_file(page) as part:
        part.write_text(f"{head}{BEGINS}\n{readme_rows()}\n{ENDS}{tail}", encoding="utf-8")


if __name__ == "__main__":
    run(main)
