"""Made-up result tables, checked like real ones: what the figure and report tests draw from.

Nothing here was measured. Country names and regions are real so that labels have real lengths;
their positions are drawn from a seed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

import made_up_comparison
import made_up_language_tables
import made_up_weights
from valuescape.core import tables
from valuescape.humans import tables as human_tables
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
    from collections.abc import Callable
    from pathlib import Path

FOUNDATIONS = ("care", "equality", "proportionality", "loyalty", "authority", "purity")
VARIABLES = {
    "happiness": 4, "trust": 2, "authority": 3, "petition": 3, "god": 4, "homosexuality": 3,
    "abortion": 3, "pride": 4, "postmaterialism": 3, "autonomy": 3,
}  # fmt: skip
REGIONS = {
    "African-Islamic": (
        "Egypt Morocco Jordan Iraq Iran Turkey Nigeria Ghana Ethiopia Zimbabwe Kenya Tunisia "
        "Libya Lebanon Rwanda Zambia Mali Uganda Algeria Yemen Kuwait Palestine Kazakhstan "
        "Uzbekistan Azerbaijan Albania Kosovo Kyrgyzstan Burkina_Faso"
    ),
    "Catholic Europe": (
        "Andorra Austria Belgium France Italy Spain Portugal Poland Hungary Slovenia Slovakia "
        "Croatia Luxembourg Czechia Lithuania Malta"
    ),
    "Confucian": "Japan China South_Korea Taiwan Hong_Kong_SAR Macao Mongolia",
    "English-Speaking": (
        "United_States Canada Australia New_Zealand Great_Britain Ireland North_Ireland"
    ),
    "Latin America": (
        "Brazil Mexico Argentina Chile Colombia Peru Ecuador Bolivia Uruguay Venezuela Haiti "
        "Guatemala Nicaragua Honduras Puerto_Rico Philippines Trinidad_and_Tobago"
    ),
    "Orthodox Europe": (
        "Russia Ukraine Belarus Romania Bulgaria Greece Serbia Montenegro North_Macedonia Moldova "
        "Georgia Armenia Cyprus Bosnia_Herzegovina"
    ),
    "Protestant Europe": ("Sweden Norway Denmark Finland Iceland Germany Netherlands Switzerland"),
    "West & South Asia": (
        "India Pakistan Bangladesh Thailand Vietnam Malaysia Indonesia Singapore Myanmar"
    ),
}
CENTRES = {
    "African-Islamic": (-1.0, -0.8), "Catholic Europe": (0.7, 0.3), "Confucian": (0.2, 1.2),
    "English-Speaking": (1.9, 0.1), "Latin America": (0.3, -1.0), "Orthodox Europe": (-0.8, 0.6),
    "Protestant Europe": (2.1, 1.0), "West & South Asia": (-0.4, -0.4),
}  # fmt: skip
QUESTIONS = (
    *(f"Q{n}" for n in (1, 2, 3, 46, 47, 48, 57, 58, 59, 106, 107, 108, 112, 113, 114)),
    *(f"Q{n}" for n in (121, 122, 123, 131, 132, 133, 158, 159, 160, 164, 165, 166)),
    *(f"Q{n}" for n in (176, 177, 178, 199, 200, 201, 235, 236, 237)),
)
ATTRIBUTES = (
    "age", "age 30-49", "sex", "education", "occupation", "sector", "religion", "household",
    "settlement", "country", "continent",
)  # fmt: skip
COUNTRIES = tuple(name.replace("_", " ") for names in REGIONS.values() for name in names.split())
CONTINENTS = ("Africa", "Asia", "Europe", "North America", "South America")
GROUPS_NAMED = "Africa (8 countries); Asia (24 countries); Oceania (Australia, New Zealand)"
REFUSED = 3
"""Personas whose map position is not known."""
MANY = 1000
"""From so many personas on, groups, countries and effects are as in the full design."""
TABLES = {
    table.name: table
    for room in (
        study_tables,
        human_tables,
        map_tables,
        alignment_tables,
        weight_tables,
        moral_tables,
        robustness_tables,
        language_tables,
        quality_tables,
        comparison_tables,
        surface_tables,
    )
    for table in vars(room).values()
    if isinstance(table, tables.Table)
}
"""Every table of every room, by its name."""


def checked(rows: pl.DataFrame, table: tables.Table) -> pl.DataFrame:
    """Return rows cast to a table's dtypes and checked."""
    cast = rows.cast({name: dtype for name, dtype in table.columns.items() if name in rows.columns})
    return tables.check(cast, table, f"made-up {table.name}")


def centroids(seed: int = 1) -> pl.DataFrame:
    """Return 107 countries around the centres of their regions."""
    rng = np.random.default_rng(seed)
    rows = []
    for region, names in REGIONS.items():
        for name in names.split():
            x, y = np.array(CENTRES[region]) + rng.normal(0, 0.35, 2)
            rows.append((name.replace("_", " "), region, float(x), float(y)))
    return pl.DataFrame(
        rows, schema=["country", "region", "self_expression", "secular"], orient="row"
    )


def positions(n: int, seed: int = 2) -> pl.DataFrame:
    """Return designed positions like the real design's, and answers shrunk towards a point."""
    rng = np.random.default_rng(seed)
    shape = np.array([[2.79, -1.36], [-1.36, 3.28]])
    design = rng.multivariate_normal([0.19, 1.84], shape, n)
    answered = 0.45 * design + rng.normal(0, 0.25, (n, 2)) + [0.6, 0.2]
    known = np.arange(n) >= REFUSED
    return checked(
        pl.DataFrame(
            {
                "persona_id": np.arange(n),
                "design_self_expression": design[:, 0],
                "design_secular": design[:, 1],
                "self_expression": [
                    x if k else None for x, k in zip(answered[:, 0], known, strict=True)
                ],
                "secular": [y if k else None for y, k in zip(answered[:, 1], known, strict=True)],
                "country": [COUNTRIES[i % len(COUNTRIES)] for i in range(n)],
            }
        ),
        map_tables.POSITIONS,
    )


def map_summary(positions: pl.DataFrame) -> pl.DataFrame:
    """Return the summary of positions, with normal intervals."""
    rows: list[tuple[str, str, float, float | None, float | None]] = []
    for name, x, y in (
        ("persona", "self_expression", "secular"),
        ("persona_drawn", "self_expression", "secular"),
        ("design", "design_self_expression", "design_secular"),
    ):
        known = positions.drop_nulls([x, y])
        persona = name.startswith("persona")
        estimates = {
            "n": float(known.height),
            "mean_self_expression": float(known[x].to_numpy().mean()),
            "mean_secular": float(known[y].to_numpy().mean()),
            "sd_self_expression": float(known[x].to_numpy().std()) + 0.6 * ("drawn" in name),
            "sd_secular": float(known[y].to_numpy().std()) + 0.6 * ("drawn" in name),
            "correlation": float(np.corrcoef(known[x], known[y])[0, 1]),
            "hull_share": {"persona": 0.61, "persona_drawn": 0.4, "design": 0.262}[name],
            "distance_from_midpoint": 1.2,
        }
        half = 1.96 / np.sqrt(known.height)
        rows += [
            (
                name,
                measure,
                value,
                value - half if persona else None,
                value + half if persona else None,
            )
            for measure, value in estimates.items()
        ]
    people = {
        "n": 29493.0, "mean_self_expression": 0.35, "mean_secular": -0.2,
        "sd_self_expression": 2.02, "sd_secular": 1.62, "correlation": 0.155, "hull_share": 0.345,
    }  # fmt: skip
    rows += [("human", measure, value, None, None) for measure, value in people.items()]
    rows.append(("country", "correlation", 0.41, None, None))
    return checked(
        pl.DataFrame(
            rows, schema=["object", "measure", "estimate", "ci_low", "ci_high"], orient="row"
        ),
        map_tables.MAP_SUMMARY,
    )


def alignment_cells(groups: tuple[str, ...], seed: int = 3) -> pl.DataFrame:
    """Return cells of all questions, a few of them missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for g, group in enumerate(groups):
        for q, question in enumerate(QUESTIONS):
            if (g * 7 + q * 3) % 23 == 0:
                continue
            emd = float(rng.beta(3, 12))
            few = "personas: 6 of at least 20" if g == 1 else None
            baselines = (0.21, 0.25, 0.10, 0.13, 0.3, 0.19)
            names = "Australia" if g == 0 else "Egypt, Libya, Morocco"
            rows.append((group, question, names, 1 if g == 0 else 3, 1000.0 + g, 6 if few else 31,
                         few, emd, max(emd - 0.02, 0.0), emd, *baselines, *[0.007] * 3, 0.1,
                         emd, 0.3, emd, 0.9, 0.8, 0.0, emd, emd, 0.97))  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=list(alignment_tables.ALIGNMENT_CELLS.columns), orient="row"),
        alignment_tables.ALIGNMENT_CELLS,
    )


def alignment_summary() -> pl.DataFrame:
    """Return alignments of five comparators under four aggregates and three question sets."""
    levels = {"persona": 0.80, "personas_weighted": 0.81, "design_adherent": 0.783,
              "design_adherent_weighted": 0.98, "persona_shuffled": 0.79, "uniform": 0.786,
              "majority": 0.748,
              "human_pooled": 0.904, "human_other_mean": 0.871, "human_other_worst": 0.77,
              "human_floor": 0.993, "null_prompt": 0.75, "demographics_only": None,
              "configuration_only": None}  # fmt: skip
    aggregates = ("cell_mean", "respondent_weighted", "persona_weighted", "country_weighted",
                  "world")  # fmt: skip
    rows = [
        (comparator, aggregate, n, *[None] * 6, 6, 6 * n, GROUPS_NAMED, "not asked")
        if value is None
        else (comparator, aggregate, n, *[value + 0.004 * a - 0.002 * i + x
              for x in (0, -0.006, 0.006, 0.002, -0.004, 0.008)], 6, 6 * n, GROUPS_NAMED,
              "measured")
        for comparator, value in levels.items()
        for a, aggregate in enumerate(aggregates)
        for i, n in enumerate((36, 33, 31, 3))
        if n == 3 or not comparator.startswith("design")
    ]  # fmt: skip
    return checked(
        pl.DataFrame(
            rows, schema=dict(alignment_tables.ALIGNMENT_SUMMARY.columns), orient="row"
        ).with_columns(pl.col("alignment", "ci_low", "ci_high").clip(0, 1)),
        alignment_tables.ALIGNMENT_SUMMARY,
    )


def alignment_scores() -> pl.DataFrame:
    """Return both scores of some comparators."""
    levels = {"normalised": {"persona": 0.06, "human_pooled": 0.57},
              "skill": {"persona": -1.1, "uniform": -1.2}}  # fmt: skip
    rows = [
        (score, comparator, aggregate, n, value, value - 0.03, value + 0.03)
        for score, comparators in levels.items()
        for comparator, value in comparators.items()
        for aggregate in ("cell_mean", "respondent_weighted", "persona_weighted",
                          "country_weighted")
        for n in (36, 33, 31)
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=dict(alignment_tables.ALIGNMENT_SCORES.columns), orient="row"),
        alignment_tables.ALIGNMENT_SCORES,
    )


def thresholds() -> pl.DataFrame:
    """Return the share of questions, and of cells, up to a distance."""
    levels = {"persona": 0.2, "uniform": 0.21, "majority": 0.25, "human_pooled": 0.1,
              "human_floor": 0.007}  # fmt: skip
    rows = [
        (unit, comparator, t / 100, share, max(share - 0.08, 0.0), min(share + 0.08, 1.0), n)
        for unit, n in (("question", 36), ("cell", 216))
        for comparator, middle in levels.items()
        for t in range(41)
        for share in [1 / (1 + math.exp(-60 * (t / 100 - middle)))]
        if unit == "cell" or comparator != "human_pooled"
    ]
    return checked(
        pl.DataFrame(rows, schema=dict(alignment_tables.THRESHOLDS.columns), orient="row"),
        alignment_tables.THRESHOLDS,
    )


def group_positions(
    groups: tuple[str, ...] = CONTINENTS,
) -> pl.DataFrame:
    """Return places of groups; the personas' are closer together."""
    rng = np.random.default_rng(48)
    rows = []
    for k, group in enumerate(groups):
        turn = 2 * math.pi * k / len(groups)
        x, y = 0.1 * math.cos(turn), 0.07 * math.sin(turn)
        rows.append(("human", group, x, y, 0.81))
        rows.append(("persona", group, *(np.array([x, y]) * 0.3 + rng.normal(0, 0.01, 2)), 0.66))
    return checked(
        pl.DataFrame(rows, schema=dict(alignment_tables.GROUP_POSITIONS.columns), orient="row"),
        alignment_tables.GROUP_POSITIONS,
    )


def group_geometry() -> pl.DataFrame:
    """Return how the two geometries agree."""
    rows = [
        ("mantel", 0.42, 0.1, 0.7, 0.55, 0.11, 0.99, 5, 30, None),
        ("gromov_wasserstein", 0.3, 0.2, 0.4, 0.21, 0.8, 0.02, 5, 30, None),
        ("matched_share", 0.4, 0.2, 0.8, 0.6, 0.3, 1.0, 5, 30, None),
        ("spread_ratio", 0.3, 0.2, 0.4, 0.22, 0.01, 1.01, 5, 30, None),
    ]
    return checked(
        pl.DataFrame(rows, schema=dict(alignment_tables.GROUP_GEOMETRY.columns), orient="row"),
        alignment_tables.GROUP_GEOMETRY,
    )


def discrimination() -> pl.DataFrame:
    """Return how well personas tell groups apart."""
    rows = [
        ("index", 0.012, -0.01, 0.034, 0.02, 0.2, 0.91, 6, None),
        ("nearest_is_own", 0.33, 0.17, 0.5, 0.5, 0.4, 1.0, 6, None),
        ("rank_correlation", 0.21, 0.1, 0.33, 0.14, 0.02, 0.98, 30, None),
    ]
    return checked(
        pl.DataFrame(rows, schema=dict(alignment_tables.DISCRIMINATION.columns), orient="row"),
        alignment_tables.DISCRIMINATION,
    )


def quantiles() -> pl.DataFrame:
    """Return quantile curves of the distances of cells, and means of their tails."""
    levels = {"persona": 0.2, "uniform": 0.21, "majority": 0.25, "human_pooled": 0.1,
              "human_floor": 0.007}  # fmt: skip
    rows = [
        (comparator, measure, level, emd, max(emd - 0.02, 0.0), emd + 0.02, 216)
        for comparator, middle in levels.items()
        for measure, at in (("quantile", [k / 50 for k in range(51)]),
                            ("tail_mean", [0.5, 0.75, 0.9, 0.95]))
        for level in at
        for emd in [middle * (0.3 + 1.7 * level**2 + 0.2 * (measure == "tail_mean"))]
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=dict(alignment_tables.QUANTILES.columns), orient="row"),
        alignment_tables.QUANTILES,
    )


def scores(n: int, seed: int = 4) -> pl.DataFrame:
    """Return foundation scores of n personas; some care scores are null."""
    rng = np.random.default_rng(seed)
    columns = {
        name: np.clip(rng.normal(4.4 - 0.25 * i, 0.25 + 0.1 * i, n), 1, 5)
        for i, name in enumerate(FOUNDATIONS)
    }
    frame = pl.DataFrame({"persona_id": np.arange(n), **columns})
    blank = pl.when(pl.col("persona_id") < REFUSED).then(None).otherwise(pl.col("care"))
    return checked(frame.with_columns(blank.alias("care")), moral_tables.FOUNDATION_SCORES)


def norms(seed: int = 5) -> pl.DataFrame:
    """Return foundation means of 19 countries."""
    rng = np.random.default_rng(seed)
    rows = [
        (COUNTRIES[5 * c], 205, foundation, float(rng.normal(3.9 - 0.12 * f, 0.35)), 0.78)
        for c in range(19)
        for f, foundation in enumerate(FOUNDATIONS)
    ]
    return pl.DataFrame(rows, schema=["country", "n", "foundation", "mean", "sd"], orient="row")


def profiles(scores: pl.DataFrame, norms: pl.DataFrame) -> pl.DataFrame:
    """Return persona and human means by foundation."""
    rows = []
    for foundation in FOUNDATIONS:
        persona = scores[foundation].drop_nulls().to_numpy()
        human = norms.filter(pl.col("foundation") == foundation)["mean"].to_numpy()
        half = 1.96 * persona.std() / np.sqrt(len(persona))
        rows.append(
            (foundation, persona.mean(), persona.mean() - half, persona.mean() + half,
             persona.std(), 1.1 * persona.std(), human.mean(), 0.78, human.std(), human.min(),
             human.max())
        )  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=list(moral_tables.FOUNDATION_PROFILES.columns), orient="row"),
        moral_tables.FOUNDATION_PROFILES,
    )


def _levels(seed: int, scale: float) -> list[tuple[str, int, str, float]]:
    rng = np.random.default_rng(seed)
    rows = []
    for variable, n in VARIABLES.items():
        for foundation in FOUNDATIONS:
            effect = rng.normal(0, scale) * (np.linspace(-1, 1, n)) + rng.normal(0, scale / 5, n)
            effect -= effect.mean()
            rows += [(variable, k, foundation, float(effect[k])) for k in range(n)]
    return rows


def effects(n_personas: int = 144) -> pl.DataFrame:
    """Return 32 x 6 centred level effects with intervals."""
    half = 0.5 / np.sqrt(n_personas / 3)
    rows = [
        (variable, level, foundation, effect, effect - half, effect + half, 0.04,
         n_personas // VARIABLES[variable], effect, effect - half, effect + half, 0.04,
         "what the additive model leaves")
        for variable, level, foundation, effect in _levels(6, 0.2)
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=list(moral_tables.LEVEL_EFFECTS.columns), orient="row"),
        moral_tables.LEVEL_EFFECTS,
    )


def oracle() -> pl.DataFrame:
    """Return oracle ratings that agree in part with `effects`."""
    noise = np.random.default_rng(7)
    rows = [
        (
            variable,
            level,
            foundation,
            wording,
            "expected",
            float(np.clip(3 + 4 * effect + noise.normal(0, 0.4), 1, 5)),
        )
        for variable, level, foundation, effect in _levels(6, 0.2)
        for wording in ("oracle", "oracle_expected")
    ]
    return checked(
        pl.DataFrame(rows, schema=list(study_tables.ORACLE.columns), orient="row"),
        study_tables.ORACLE,
    )


def anova_shares(*, exact: bool = False) -> pl.DataFrame:
    """Return first-order shares, and on the full cube total and Shapley shares too."""
    rng = np.random.default_rng(18)
    rows = [
        (variable, foundation, measure, share, max(0.0, share - 0.03), share + 0.03, 0.02,
         share - 0.01, "exact" if exact else "mixed")
        if exact or measure == "first_order"
        else (variable, foundation, measure, *[None] * 5, "not estimable")
        for variable in VARIABLES
        for foundation in FOUNDATIONS
        for alone in [float(rng.beta(1, 14))]
        for measure, share in (("first_order", alone), ("total", alone + 0.1),
                               ("shapley", alone + 0.04))
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=dict(moral_tables.ANOVA_SHARES.columns), orient="row"),
        moral_tables.ANOVA_SHARES,
    )


def _verdict(found: float, part: float, margin: float) -> str:
    if found * (1 + part) < margin:
        return "invariant"
    return "varies" if found * (1 - part) > margin else "undecided"


def invariance() -> pl.DataFrame:
    """Return ranges of all three verdicts, by probabilities and of individuals."""
    rng = np.random.default_rng(28)
    rows = [
        (variable, foundation, readout, found, found * (1 - part), found * (1 + part), 0.15, 0.2,
         _verdict(found, part, 0.15), _verdict(found, part, 0.2), 0.3, found / 0.3, found / 0.8, 1,
         "what the additive model leaves")
        for variable in VARIABLES
        for foundation in FOUNDATIONS
        for found in [float(rng.gamma(2, 0.08))]
        for readout, part in (("probabilities", 0.1), ("drawn", 0.3))
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=dict(moral_tables.INVARIANCE.columns), orient="row"),
        moral_tables.INVARIANCE,
    )


def moral_slopes(n: int = 144) -> pl.DataFrame:
    """Return slopes of countries and personas on both axes."""
    rng = np.random.default_rng(38)
    rows = [
        (population, axis, foundation, scoring, slope, slope - half, slope + half, slope * 0.7,
         slope * 0.7 - half, slope * 0.7 + half, slope * 2, 0.04, 0.2,
         16 if population == "country" else n, "what the additive model leaves")
        for population, half in (("country", 0.15), ("persona_configured", 0.02),
                                 ("persona_answered", 0.04))
        for axis in ("self_expression", "secular")
        for foundation in FOUNDATIONS
        for scoring in ("raw", "ipsatised")
        for slope in [float(rng.uniform(-0.3, 0.1))]
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=dict(moral_tables.MORAL_SLOPES.columns), orient="row"),
        moral_tables.MORAL_SLOPES,
    )


def robustness(n_wordings: int = 5, seed: int = 11) -> pl.DataFrame:
    """Return headlines under wordings in two orders and both, and in two modes that write."""
    rng = np.random.default_rng(seed)
    names = ["base", *(f"frame_{k}" for k in range(1, n_wordings))]
    single = ("single", "probabilities")
    asked = [(name, *single, order) for name in names for order in ("forward", "reversed")]
    asked += [("base", *single, "both"), ("base", "battery", "drawn", "forward"),
              ("base", "verbalised", "probabilities", "forward")]  # fmt: skip
    centres = {
        "hull_share": (0.4, 0.05, 0.26, 0.34), "alignment_36": (0.81, 0.01, 0.79, 1.0),
        "alignment_33": (0.80, 0.012, 0.79, 1.0), "alignment_rescaled": (0.12, 0.06, 0.0, 1.0),
        "groups_told_apart": (0.08, 0.05, 0.02, 0.6), "oracle_agreement": (0.35, 0.2, 0.3, 1.0),
        "extremes": (0.2, 0.08, 0.0, 1.0), "invariant_share": (0.7, 0.1, None, None),
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for name, (centre, sd, baseline, ceiling) in centres.items():
        shared = {"headline": name, "measure": name, "baseline": baseline, "ceiling": ceiling,
                  "remark": ""}  # fmt: skip
        found = centre + sd * rng.normal(0, 1, len(asked))
        for (wording, mode, readout, order), value in zip(asked, found, strict=True):
            half = None if name == "invariant_share" else 0.7 * sd
            rows.append(
                {
                    **shared, "condition": f"{wording}_{mode}_{order}", "estimate": value,
                    "ci_low": value - half if half else None, "wording": wording, "mode": mode,
                    "ci_high": value + half if half else None, "readout": readout,
                    "option_order": order, "biography_replicate": 0, "replicate": 0,
                }
            )  # fmt: skip
        rows.append(
            {**shared, "condition": "all wordings", "estimate": centre, "ci_low": centre - sd,
             "ci_high": centre + sd, "sd_wordings": sd, "n_wordings": n_wordings}
        )  # fmt: skip
    table = robustness_tables.ROBUSTNESS
    return checked(pl.DataFrame(rows, schema=dict(table.columns)), table)


def one_row(table: tables.Table) -> pl.DataFrame:
    """Return a row of a table that only its rendering reads."""
    if table.name in ONE_ROW:
        row = [ONE_ROW[table.name]]
        return checked(pl.DataFrame(row, schema=list(table.columns), orient="row"), table)
    values = {
        name: "care" if dtype == pl.String else 1 if dtype.is_integer() else 0.123456
        for name, dtype in table.columns.items()
    }
    return checked(pl.DataFrame({name: [value] for name, value in values.items()}), table)


def oracle_agreement() -> pl.DataFrame:
    """Return the agreement of oracle and effects, by foundation and for all."""
    rows = [
        (
            name,
            0.72 - 0.03 * i,
            0.5,
            0.85,
            0.7,
            0.22,
            0.99,
            0.36,
            0.55,
            0.5,
            0.6,
            0.54,
            0.2,
            0.31,
            0.44,
            0.3,
            0.4,
            0.25,
        )
        for i, name in enumerate((*FOUNDATIONS, "all"))
    ]
    return checked(
        pl.DataFrame(rows, schema=list(moral_tables.ORACLE_AGREEMENT.columns), orient="row"),
        moral_tables.ORACLE_AGREEMENT,
    )


def demographics(n: int = 144) -> pl.DataFrame:
    """Return shares of what the biographies say."""
    attributes: dict[str, dict[str, tuple[float, float | None]]] = {
        "sex": {"female": (0.61, None), "male": (0.38, None), "other": (0.01, None)},
        "age": {"18-29": (0.12, None), "30-44": (0.55, None), "45-59": (0.28, None),
                "60 and older": (0.05, None), "under 18": (0.0, None)},
        "continent": {"Africa": (0.2, 0.17), "Asia": (0.3, 0.59), "Europe": (0.25, 0.1),
                      "North America": (0.15, 0.08), "Oceania": (0.02, 0.01),
                      "South America": (0.08, 0.05)},
        "settlement": {"urban": (0.8, None), "rural": (0.2, None)},
        "education": {"Primary or No Education": (0.1, None), "Lower Secondary": (0.1, None),
                      "Upper to Post Secondary": (0.3, None), "Tertiary": (0.5, None)},
        "country": {name: (1.8 * 0.98**i / 100, 1 / 107) for i, name in enumerate(COUNTRIES)},
        "household": {"couple with children": (0.5, None), "alone": (0.3, None),
                      "not stated": (0.2, None)},
        "occupation": {f"occupation number {i}": (0.045, None) for i in range(20)}
        | {"other": (0.1, None)},
        "religion": {f"religion number {i}": (0.09, None) for i in range(9)}
        | {"not stated": (0.19, None)},
    }  # fmt: skip
    rows = [
        (attribute, category, round(share * n), share, max(0.0, share - 0.04), share + 0.04, human,
         None if human is None else 97_000, None)
        for attribute, categories in attributes.items()
        for category, (share, human) in categories.items()
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=dict(quality_tables.DEMOGRAPHICS.columns), orient="row"),
        quality_tables.DEMOGRAPHICS,
    )  # fmt: skip


def validity(n: int = 144) -> pl.DataFrame:
    """Return outcomes that sum to what was asked."""
    rows = [
        ("biographies", "biography", n, n - 6, 0, 4, 2, 0, 0, 0, None, None),
        *(
            ("wvb_probe", question, n, n - 3, 1, 1, 1, 0, 0, 0, 0.93, None)
            for question in QUESTIONS
        ),
        *(("mfq2", f"M{i}", n, n - 1, 1, 0, 0, 0, 0, 0, 0.9, None) for i in range(1, 37)),
    ]
    return checked(
        pl.DataFrame(rows, schema=dict(quality_tables.VALIDITY.columns), orient="row"),
        quality_tables.VALIDITY,
    )


def manipulation_check() -> pl.DataFrame:
    """Return slopes of the answered on the configured value."""
    rows = [(variable, 0.6, 0.5, 0.7, 0.8, 0.16, 0.93, 140, "") for variable in VARIABLES]
    return checked(
        pl.DataFrame(rows, schema=list(quality_tables.MANIPULATION_CHECK.columns), orient="row"),
        quality_tables.MANIPULATION_CHECK,
    )


def manipulation_check_matrix(n: int = 144) -> pl.DataFrame:
    """Return how personas of each level answer: half as configured, half as all others."""
    rows = [
        (name, i, j, 0.5 * (i == j) + 0.5 / k, 0.5 * (i == j) + 0.4 / k, 0.5 * (i == j) + 0.6 / k,
         1 / k, n // k)
        for name, k in VARIABLES.items() for i in range(k) for j in range(k)
    ]  # fmt: skip
    return checked(
        pl.DataFrame(rows, schema=list(map_tables.MANIPULATION_CHECK_MATRIX.columns), orient="row"),
        map_tables.MANIPULATION_CHECK_MATRIX,
    )


def manipulation_check_levels() -> pl.DataFrame:
    """Return the agreement of answered with configured levels."""
    rows = [(name, 0.5, 0.4, 0.6, 0.05, 0.5 + 0.5 / k, 1 / k) for name, k in VARIABLES.items()]
    return checked(
        pl.DataFrame(rows, schema=list(map_tables.MANIPULATION_CHECK_LEVELS.columns), orient="row"),
        map_tables.MANIPULATION_CHECK_LEVELS,
    )


def manipulation_check_axes() -> pl.DataFrame:
    """Return slopes and fits of the answered on the configured place."""
    values = {"slope": 0.45, "r2": 0.81, "shrinkage": 0.55, "sd_ratio": 0.5, "offset": 0.5}
    rows = [
        (axis, measure, value, value - 0.05, value + 0.05, 0.03 if measure == "r2" else None)
        for axis in ("self_expression", "secular") for measure, value in values.items()
    ]  # fmt: skip
    rows.append(("all", "midpoint_flag", 0.0, None, None, None))
    return checked(
        pl.DataFrame(rows, schema=list(map_tables.MANIPULATION_CHECK_AXES.columns), orient="row",
                     infer_schema_length=None),
        map_tables.MANIPULATION_CHECK_AXES,
    )  # fmt: skip


ENDS = (0.4, 0.6)
ONE_ROW = {
    "nearest": ("country", "Japan", 0.5, *ENDS, 0.1),
    "stated_country": ("p_value", 0.5, *ENDS, 0.5),
    "map_sensitivity": ("persona", "refit", "varimax", "complete", "wvs", "survey_value", 144, 0.5,
                        0.4, 0.5, 0.3, 0.6, 0.4, 0.7, 0.5, *ENDS),
    "extremes": ("corner", "morality", "care", 2, 3.5, *ENDS, 3.0, None),
    "map_refit": ("refit", "varimax_kaiser", "secular", "country_rms", 0.1, *ENDS, 0.2),
}  # fmt: skip
"""Rows of tables of which the report prints an excerpt, by the table's name."""


def map_uncertainty() -> pl.DataFrame:
    """Return the four ellipses about a mean."""
    rows = [
        ("dispersion", 0.7, 1.0, 2.0, 1.6, -40.0, 144, "personas"),
        ("mean", 0.7, 1.0, 0.17, 0.13, -40.0, 144, "personas"),
        ("conditions", 0.8, 1.1, 0.5, 0.2, 30.0, 3, "conditions"),
        ("instrument", 0.6, 1.0, 0.71, 0.49, 0.0, 2, "reimplementations"),
    ]
    table = map_tables.UNCERTAINTY
    return checked(pl.DataFrame(rows, schema=list(table.columns), orient="row"), table)


def weights(n: int, seed: int = 9) -> pl.DataFrame:
    """Return three schemes of weights, the second far from even."""
    rng = np.random.default_rng(seed)
    parts = []
    for scheme, spread in (("uniform", 0.0), ("raking", 0.5), ("ipf_pairs", 1.5)):
        weight = np.exp(rng.normal(0, spread, n))
        parts.append(
            pl.DataFrame({"persona_id": np.arange(n), "weight": weight / weight.sum()})
            .with_columns(scheme=pl.lit(scheme))
        )  # fmt: skip
    return checked(pl.concat(parts).select(*weight_tables.WEIGHTS.columns), weight_tables.WEIGHTS)


def weighted_positions(n: int) -> pl.DataFrame:
    """Return where the personas and their configurations lie under those weights."""
    joined = weights(n).join(positions(n), on="persona_id").drop_nulls("self_expression")
    rows: list[tuple[str, str, str, str | None, float, float | None, float | None]] = []
    for (scheme,), own in joined.group_by("scheme", maintain_order=True):
        weight = own["weight"].to_numpy()
        for name, columns in (
            ("persona", ["self_expression", "secular"]),
            ("persona_drawn", ["self_expression", "secular"]),
            ("design", ["design_self_expression", "design_secular"]),
        ):
            places = own.select(columns).to_numpy()
            spread = np.cov(places.T, aweights=weight)
            sds = np.sqrt(np.diag(spread))
            x, y = np.average(places, axis=0, weights=weight)
            found = {
                "n_effective": weight.sum() ** 2 / (weight**2).sum(),
                "mean_self_expression": x,
                "mean_secular": y,
                "sd_self_expression": sds[0],
                "sd_secular": sds[1],
                "correlation": spread[0, 1] / sds.prod(),
                "hull_share": {"persona": 0.61, "persona_drawn": 0.4, "design": 0.262}[name],
                "nearest_country": 0.3,
            }
            rows += [
                (
                    str(scheme),
                    name,
                    measure,
                    "Japan" if measure == "nearest_country" else None,
                    float(value),
                    float(value) - 0.02,
                    float(value) + 0.02,
                )
                for measure, value in found.items()
            ]
    return checked(
        pl.DataFrame(rows, schema=list(map_tables.WEIGHTED_POSITIONS.columns), orient="row"),
        map_tables.WEIGHTED_POSITIONS,
    )


def map_constraint() -> pl.DataFrame:
    """Return spectra of personas, design and humans."""
    summed = {"first_component_share": (0.26, 0.1), "effective_dependence": (0.45, 0.0)}
    rows = [("persona", name, value, value - 0.03, value + 0.03, 0.1)
            for name, (value, _) in summed.items()]  # fmt: skip
    rows += [("design", name, value, None, None, None) for name, (_, value) in summed.items()]
    for k in range(10):
        value = 2.6 * 0.8**k
        rows.append(("persona", f"eigenvalue_{k + 1:02d}", value, 0.9 * value, 1.1 * value, 1.5))
        drawn = 1.5 * 0.9**k
        rows.append(
            ("persona_drawn", f"eigenvalue_{k + 1:02d}", drawn, 0.9 * drawn, 1.1 * drawn, 1.5)
        )
        rows.append(("design", f"eigenvalue_{k + 1:02d}", 1.0, None, None, None))
    rows.append(("human", "eigenvalue_01", 2.61, None, None, None))
    return checked(
        pl.DataFrame(rows, schema=list(map_tables.CONSTRAINT.columns), orient="row",
                     infer_schema_length=None),
        map_tables.CONSTRAINT,
    )  # fmt: skip


def surface_error(n: int) -> pl.DataFrame:
    """Return errors that fall with the number of personas, down to what cannot be predicted."""
    rows = []
    for instrument, n_questions, alone, least in (
        ("iw", 10, 0.071, 0.015), ("mfq2", 36, 0.019, 0.006), ("wvb_probe", 36, 0.049, 0.012),
    ):  # fmt: skip
        for part in (8, 4, 2, 1):
            size = n // part
            for predictor, emd in (
                ("surface", least + (alone - least) * math.sqrt(15 / size)),
                ("mean_alone", alone),
            ):
                row = (size, instrument, predictor, emd, emd * 0.96, emd * 1.04, size / 93_312)
                rows.append((*row, size * n_questions))
    schema = list(surface_tables.SURFACE_ERROR.columns)
    return checked(pl.DataFrame(rows, schema=schema, orient="row"), surface_tables.SURFACE_ERROR)


def surface_questions(seed: int = 10) -> pl.DataFrame:
    """Return questions that a surface predicts well, and some that it does not."""
    rng, rows = np.random.default_rng(seed), []
    for instrument, names, centre in (
        ("iw", [f"I{k}" for k in range(10)], 0.75), ("mfq2", [f"MFQ{k}" for k in range(36)], 0.6),
        ("wvb_probe", QUESTIONS, 0.55),
    ):  # fmt: skip
        for name in names:
            gain = float(np.clip(rng.normal(centre, 0.25), -0.4, 0.97))
            verdict = "predicts" if gain > 0.05 else "no better than the mean"
            rows.append(
                (instrument, name, "left out one by one", 144, "main effects and pairs", gain,
                 0.05 * (1 - gain) ** 0.5, 0.05, 0.01 * (1 - gain), 0.01, 1.2, 1.3, gain,
                 gain - 0.05, gain + 0.05, 0.1, None, verdict)
            )  # fmt: skip
    schema = list(surface_tables.SURFACE_QUESTIONS.columns)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return checked(frame, surface_tables.SURFACE_QUESTIONS)


def biographies(text: str = "I was born by the river.") -> pl.DataFrame:
    """Return five biographies, one of them malformed."""
    rows = [
        (i, "malformed" if i == 1 else "valid", "Ada", 40, "female", "Japan", "Asia", "urban",
         "Tertiary", "teacher", "married", "none", text, 120, 1, *[None] * 5)
        for i in range(5)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict(study_tables.BIOGRAPHIES.columns), orient="row")
    kept = ("persona_id", "status", "n_tokens", "attempts")
    blank = [
        pl.when(pl.col("status") == "valid").then(pl.col(name)).alias(name)
        for name in frame.columns
        if name not in kept
    ]
    return checked(frame.with_columns(blank), study_tables.BIOGRAPHIES)


def stereotypes(n: int = 144) -> pl.DataFrame:
    """Return distances from humans; of sectors and households none are known."""
    rng = np.random.default_rng(31)
    rows = []
    for number, name in enumerate(ATTRIBUTES):
        known = name not in {"sector", "household"}
        row = {"attribute": name, "weighting": "unweighted" if known else "none", "n_personas": n}
        row |= {"entropy_bits": 1.2, "most_exceeding": "30-49", "share": 0.8, "remark": ""}
        if known:
            distance = 0.02 + 0.05 * number
            ratio = float(rng.uniform(0.4, 1.1))
            row |= {
                "human_entropy_bits": 1.9, "entropy_ratio": ratio, "entropy_ci_low": ratio - 0.07,
                "entropy_ci_high": ratio + 0.06, "divergence_bits": distance, "human_share": 0.3,
                "ci_low": max(0.0, distance - 0.03), "ci_high": distance + 0.04,
                "floor_bits": 0.01 if name != "country" else 0.12,
            }  # fmt: skip
        rows.append(row)
    return checked(
        pl.DataFrame(rows).match_to_schema(
            dict(quality_tables.STEREOTYPES.columns),
            missing_columns="insert",
            integer_cast="upcast",
        ),
        quality_tables.STEREOTYPES,
    )


def demographic_dependence(n: int = 144) -> pl.DataFrame:
    """Return what variables tell of attributes, of people where a survey file would tell it."""
    rng = np.random.default_rng(32)
    rows = []
    for name in ATTRIBUTES:
        for variable in VARIABLES:
            adjusted = float(rng.exponential(0.06)) - 0.02
            row: dict[str, object] = {"attribute": name, "variable": variable, "n_personas": n}
            if (name, variable) != ("sector", "trust"):
                row |= {
                    "information_bits": adjusted + 0.05, "by_chance_bits": 0.05,
                    "adjusted": adjusted, "ci_low": adjusted - 0.03, "ci_high": adjusted + 0.04,
                    "null_95": 0.03, "p": 0.001 if adjusted > 0.1 else 0.4,
                    "p_holm": 0.03 if adjusted > 0.1 else 1.0,
                }  # fmt: skip
            if n >= MANY and name in {"age", "sex", "education", "settlement", "country"}:
                row |= {"human_adjusted": float(rng.exponential(0.02)), "human_n": 90_000}
            rows.append({**row, "remark": ""})
    schema = dict(quality_tables.DEMOGRAPHIC_DEPENDENCE.columns)
    return checked(pl.DataFrame(rows, schema=schema), quality_tables.DEMOGRAPHIC_DEPENDENCE)


def attribute_recovery(n: int = 144) -> pl.DataFrame:
    """Return how well texts tell levels, some no better than chance."""
    rows = []
    for number, (variable, levels) in enumerate(VARIABLES.items()):
        accuracy = 1 / levels + (number % 5) * 0.13
        quoted = 0.7 / (number + 1)
        rows.append(
            {
                "variable": variable, "n_personas": n, "balanced_accuracy": accuracy,
                "ci_low": accuracy - 0.05, "ci_high": accuracy + 0.05, "chance": 1 / levels,
                "null_95": 1 / levels + 0.06, "p": 0.01, "calibration_error": 0.06,
                "calibration_floor": 0.04, "quoted_share": quoted, "quoted_ci_low": 0.9 * quoted,
                "quoted_ci_high": 1.1 * quoted, "other_quoted_share": 0.05, "remark": "",
            }
        )  # fmt: skip
    schema = dict(quality_tables.ATTRIBUTE_RECOVERY.columns)
    return checked(pl.DataFrame(rows, schema=schema), quality_tables.ATTRIBUTE_RECOVERY)


def text_contradictions(n: int = 144) -> pl.DataFrame:
    """Return contradictions as two readers find them where there are many personas, else one."""
    rows = []
    for number, (variable, levels) in enumerate(VARIABLES.items()):
        for reader in ("classifier", "judge") if n >= MANY else ("classifier",):
            row: dict[str, object] = {"variable": variable, "reader": reader, "n_read": n}
            if number % 5:
                share = 0.05 * number * (0.7 if reader == "judge" else 1)
                row |= {
                    "n_shown": n // 2, "n_contradictions": int(share * n / 2), "share": share,
                    "ci_low": 0.7 * share, "ci_high": 1.4 * share, "by_chance": 1 - 1 / levels,
                }  # fmt: skip
            rows.append({**row, "remark": "" if number % 5 else "not defined"})
    schema = dict(quality_tables.TEXT_CONTRADICTIONS.columns)
    return checked(pl.DataFrame(rows, schema=schema), quality_tables.TEXT_CONTRADICTIONS)


MAKERS: dict[str, Callable[[int], pl.DataFrame]] = {
    **made_up_comparison.MAKERS,
    "positions": positions,
    "stereotypes": stereotypes,
    "demographic_dependence": demographic_dependence,
    "attribute_recovery": attribute_recovery,
    "text_contradictions": text_contradictions,
    "map_summary": lambda n: map_summary(positions(n)),
    "map_uncertainty": lambda n: map_uncertainty(),
    "map_constraint": lambda n: map_constraint(),
    "manipulation_check_matrix": manipulation_check_matrix,
    "manipulation_check_levels": lambda n: manipulation_check_levels(),
    "manipulation_check_axes": lambda n: manipulation_check_axes(),
    "weights": weights,
    "weighted_positions": weighted_positions,
    "alignment_cells": lambda n: alignment_cells(groups_of(n)),
    "alignment_summary": lambda n: alignment_summary(),
    "alignment_scores": lambda n: alignment_scores(),
    "thresholds": lambda n: thresholds(),
    "quantiles": lambda n: quantiles(),
    "discrimination": lambda n: discrimination(),
    "group_positions": lambda n: group_positions(
        tuple(name for name in groups_of(n) if name != "all")
    ),
    "group_geometry": lambda n: group_geometry(),
    "foundation_scores": scores,
    "foundation_profiles": lambda n: profiles(scores(n), norms()),
    "level_effects": effects,
    "anova_shares": lambda n: anova_shares(exact=n >= MANY),
    "invariance": lambda n: invariance(),
    "moral_slopes": moral_slopes,
    "oracle": lambda n: oracle(),
    "oracle_agreement": lambda n: oracle_agreement(),
    "robustness": lambda n: robustness(n_wordings=5 if n < MANY else 9),
    "language_shift": lambda n: made_up_language_tables.language_shift(),
    "language_items": lambda n: made_up_language_tables.language_items(),
    "demographics": demographics,
    "validity": validity,
    "manipulation_check": lambda n: manipulation_check(),
    "biographies": lambda n: biographies(),
    "surface_error": surface_error,
    "surface_questions": lambda n: surface_questions(),
    "wave_shifts": lambda n: made_up_weights.wave_shifts(countries_of(n)),
    "wave_drift": lambda n: made_up_weights.wave_drift(made_up_weights.wave_shifts(COUNTRIES[:8])),
    "poststratification": lambda n: made_up_weights.poststratification(
        countries_of(n), surveyed=n < MANY
    ),
}
"""How a table of n personas is made, by its name; others have one row."""


def groups_of(n: int) -> tuple[str, ...]:
    """Return continents and all, or many countries where personas are many."""
    return (*CONTINENTS, "all") if n < MANY else COUNTRIES[:50]


def countries_of(n: int) -> tuple[str, ...]:
    """Return some countries, and more where personas are many."""
    return COUNTRIES[: 8 if n < MANY else 50]


def make(table: tables.Table, n: int = 144) -> pl.DataFrame:
    """Return a made-up table of n personas."""
    return MAKERS[table.name](n) if table.name in MAKERS else one_row(table)


def write_all(folder: Path, provenance: dict[str, str], n: int = 144) -> dict[str, Path]:
    """Write every table of results, and what else can be made up; return the paths by name."""
    paths = {}
    for table in TABLES.values():
        if table.title or table.name in MAKERS:
            paths[table.name] = folder / f"{table.name}.parquet"
            tables.write(make(table, n), paths[table.name], table, provenance)
    return paths
