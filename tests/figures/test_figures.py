"""Figures: what is drawn, that it can be read, and that equal tables give equal bytes."""

from __future__ import annotations

import importlib
import math
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib import rcParams
from matplotlib.text import Text

import made_up_results as made_up
import made_up_weights
from valuescape.core import tables
from valuescape.figures import (
    alignment_baselines,
    alignment_heat,
    alignment_threshold_curve,
    country_map,
    cultural_map,
    demographics,
    design_null_map,
    group_geometry,
    labels,
    mft_effects,
    mft_profiles,
    oracle_vs_measured,
    quantile_curve,
    style,
)
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[2] / "config"
SPACE = CONFIG / "persona_space.yaml"
WVB = CONFIG / "instruments/wvb_probe.yaml"
REAL = {
    "engine": "vllm",
    "model": "gpt-oss-20b",
    "study design": "oa144",
    "condition": '{"name": "base", "told": "both"}',
}
SYNTHETIC = REAL | {"engine": "synthetic", "model": "synthetic"}
INPUTS = {
    "cultural_map": {
        "positions": "positions",
        "summary": "map_summary",
        "uncertainty": "map_uncertainty",
        "centroids": "centroids",
    },
    "weighted_maps": {
        "positions": "positions",
        "weights": "weights",
        "summary": "weighted_positions",
        "centroids": "centroids",
    },
    "adherence_heat": {
        "matrix": "recovery_matrix",
        "recovery": "recovery",
        "adherence": "adherence",
        "space": "space",
    },
    "iw_constraint": {"constraint": "map_constraint"},
    "iw_recovery": {"positions": "positions", "recovery": "map_recovery"},
    "alignment_heat": {"cells": "alignment_cells", "instrument": "instrument"},
    "alignment_baselines": {"summary": "alignment_summary", "cells": "alignment_cells"},
    "alignment_threshold_curve": {"thresholds": "thresholds"},
    "quantile_curve": {"quantiles": "quantiles"},
    "group_geometry": {"positions": "group_positions", "geometry": "group_geometry"},
    "wave_drift": {"shifts": "wave_shifts", "drift": "wave_drift"},
    "poststrat_gain": {"summary": "poststratification"},
    "mft_profiles": {"scores": "scores", "profiles": "profiles", "norms": "norms"},
    "mft_effects": {"effects": "effects", "space": "space"},
    "mft_shapley": {"shares": "anova_shares", "space": "space"},
    "mft_invariance": {"invariance": "invariance", "space": "space"},
    "human_vs_persona_slopes": {"slopes": "moral_slopes"},
    "oracle_vs_measured": {
        "oracle": "oracle",
        "effects": "effects",
        "agreement": "oracle_agreement",
        "space": "space",
    },
    "demographics": {"demographics": "demographics"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Write every input once, as of a real and of a synthetic engine."""
    found = {}
    for kind, provenance in (("real", REAL), ("synthetic", SYNTHETIC)):
        folder = tmp_path_factory.mktemp(kind)
        paths = made_up.write_all(folder, provenance)
        made_up.centroids().write_csv(folder / "centroids.csv")
        made_up.norms().write_csv(folder / "norms.csv")
        found[kind] = paths | {
            "centroids": folder / "centroids.csv",
            "norms": folder / "norms.csv",
            "space": SPACE,
            "instrument": WVB,
        }
    return found


def run_figure(name, paths, folder):
    """Run a figure's command and return where it wrote."""
    arguments = []
    for option, key in INPUTS[name].items():
        arguments += [f"--{option}", str(paths[key])]
    targets = {kind: folder / f"{name}.{kind}" for kind in ("pdf", "png", "csv")}
    for kind, path in targets.items():
        arguments += [f"--{kind}", str(path)]
    importlib.import_module(f"valuescape.figures.{name}").main(arguments)
    return targets


@pytest.fixture
def coarse(monkeypatch):
    """Draw few pixels: what these tests look at does not hang on their number."""
    monkeypatch.setattr(style, "DPI", 50)


@pytest.mark.parametrize("name", INPUTS)
def test_two_runs_are_equal_to_the_byte(name, results, tmp_path, coarse):
    before = dict(rcParams)
    first = run_figure(name, results["real"], tmp_path / "first")
    second = run_figure(name, results["real"], tmp_path / "second")
    for kind in ("pdf", "png", "csv"):
        assert first[kind].read_bytes() == second[kind].read_bytes()
    assert first["pdf"].read_bytes().startswith(b"%PDF")
    assert b"CreationDate" not in first["pdf"].read_bytes()
    assert first["csv"].read_text().startswith("# LLM personas are not people.")
    assert "SYNTHETIC" not in first["csv"].read_text()
    assert dict(rcParams) == before


@pytest.mark.parametrize("name", INPUTS)
def test_the_csv_of_a_synthetic_engine_says_so_first(name, results, tmp_path, coarse):
    csv = run_figure(name, results["synthetic"], tmp_path)["csv"]
    assert csv.read_text().startswith("# SYNTHETIC RESPONDENT - not an LLM\n")
    assert "# engine: synthetic\n" in csv.read_text()
    assert pl.read_csv(csv, comment_prefix="#", infer_schema=False).height > 0


def texts(figure):
    """Return every text of a figure by the mark that it carries."""
    return {text.get_gid(): text.get_text() for text in figure.texts}


def test_a_synthetic_engine_marks_the_figure_itself(tmp_path, coarse):
    for provenance, marked in ((SYNTHETIC, True), (REAL, False)):
        figure = alignment_baselines.draw(made_up.alignment_summary())
        to = style.Targets(*(tmp_path / f"figure.{kind}" for kind in ("pdf", "png", "csv")))
        style.save(figure, pl.DataFrame(), to, provenance, "n = 1 persona")
        found = texts(figure)
        assert ("synthetic-mark" in found) == marked
        assert ("SYNTHETIC RESPONDENT" in found["footer"]) == marked
        footer = " ".join(found["footer"].split())
        assert "LLM personas are not people" in footer
        assert f"model: {provenance['model']}, design: oa144, condition: base." in footer
        assert "n = 1 persona" in footer


@cache
def drawn(name, n):
    """Return a figure of made-up tables of n personas."""
    space, instrument = read_space(SPACE), read_instrument(WVB)
    where, foundation = made_up.positions(n), made_up.scores(n)
    groups = ("Africa", "Asia", "Europe", "North America", "South America", "all")
    many = made_up.COUNTRIES[:50]
    arguments = {
        "cultural_map": (
            where,
            made_up.map_summary(where),
            made_up.map_uncertainty(),
            made_up.centroids(),
        ),
        "weighted_maps": (
            where,
            made_up.weights(n),
            made_up.weighted(where),
            made_up.centroids(),
        ),
        "adherence_heat": (
            made_up.recovery_matrix(n),
            made_up.recovery(),
            made_up.adherence(),
            space,
        ),
        "iw_constraint": (made_up.map_constraint(),),
        "iw_recovery": (where, made_up.map_recovery()),
        "alignment_heat": (made_up.alignment_cells(groups if n < 1000 else many), instrument),
        "alignment_baselines": (made_up.alignment_summary(),),
        "alignment_threshold_curve": (made_up.thresholds(),),
        "quantile_curve": (made_up.quantiles(),),
        "group_geometry": (
            made_up.group_positions(groups[:-1] if n < 1000 else many),
            made_up.group_geometry(),
        ),
        "wave_drift": (
            made_up_weights.wave_shifts(many[: 8 if n < 1000 else 50]),
            made_up_weights.wave_drift(made_up_weights.wave_shifts(many[:8])),
        ),
        "poststrat_gain": (
            made_up_weights.poststratification(many[: 8 if n < 1000 else 50], surveyed=n < 1000),
        ),
        "mft_profiles": (
            foundation,
            made_up.profiles(foundation, made_up.norms()),
            made_up.norms(),
        ),
        "mft_effects": (made_up.effects(n), space),
        "mft_shapley": (made_up.anova_shares(exact=n > 1000), space),
        "mft_invariance": (made_up.invariance(), space),
        "human_vs_persona_slopes": (made_up.moral_slopes(n),),
        "oracle_vs_measured": (
            made_up.oracle(),
            made_up.effects(n),
            made_up.oracle_agreement(),
            space,
        ),
        "demographics": (made_up.demographics(n),),
    }
    return importlib.import_module(f"valuescape.figures.{name}").draw(*arguments[name])


def boxes(figure):
    """Return the boxes of all visible texts outside legends, in pixels."""
    figure.draw_without_rendering()
    found = []
    for axes in figure.axes:
        printed = [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        for axis, place in ((axes.xaxis, 0), (axes.yaxis, 1)):
            low, high = sorted(axis.get_view_interval())
            # Matplotlib keeps ticks beyond the limits, which are not drawn.
            printed += [
                text for text in axis.get_ticklabels() if low <= text.get_position()[place] <= high
            ]
        if not axes.axison:
            continue
        found += [
            (text.get_text(), text.get_window_extent())
            for text in printed
            if text.get_text() and text.get_visible()
        ]
    return found


def overlaps(one, other):
    """Return whether two boxes share more than a pixel's breadth."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 1.5 and high > 1.5


@pytest.mark.parametrize("n", [144, 93_312])
@pytest.mark.parametrize("name", INPUTS)
def test_no_text_overlaps_another_or_leaves_the_page(name, n):
    figure = drawn(name, n)
    found = boxes(figure)
    assert found
    for text, box in found:
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    clashes = [(one, other) for (one, a), (other, b) in combinations(found, 2) if overlaps(a, b)]
    assert clashes == []


@pytest.mark.parametrize("n", [144, 93_312])
@pytest.mark.parametrize("name", INPUTS)
def test_legends_clear_the_axes_and_the_footer(name, n):
    figure = drawn(name, n)
    figure.draw_without_rendering()
    footer = style.footer_height(float(figure.get_size_inches()[0])) * figure.dpi
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    drawn_axes = [axes for axes in figure.axes if axes.axison]
    for legend in legends:
        box = legend.get_window_extent()
        assert box.y0 >= footer - 1
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert not any(overlaps(box, axes.get_tightbbox()) for axes in drawn_axes)
    assert min(axes.get_tightbbox().y0 for axes in drawn_axes) >= footer - 1


@pytest.mark.parametrize("name", INPUTS)
def test_print_is_never_smaller_than_6_5_points(name):
    figure = drawn(name, 144)
    style.sign(figure, SYNTHETIC, "n = 144")
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
    assert min(sizes) >= style.SMALL
    assert figure.get_size_inches()[0] <= style.WIDTH_DOUBLE


def test_country_names_are_near_their_own_point_and_apart():
    figure = drawn("cultural_map", 144)
    near = figure.axes[1]
    figure.draw_without_rendering()
    names = {note.get_text(): note for note in near.texts}
    assert len(names) >= 40
    countries = made_up.centroids()
    at = dict(
        zip(
            countries["country"],
            near.transData.transform(countries.select("self_expression", "secular").to_numpy()),
            strict=True,
        )
    )
    for name, note in names.items():
        box = note.get_window_extent()
        gaps = {
            country: math.hypot(max(box.x0 - x, x - box.x1, 0.0), max(box.y0 - y, y - box.y1, 0.0))
            for country, (x, y) in at.items()
        }
        assert min(gaps, key=gaps.__getitem__) == name
        assert gaps[name] > 0
    assert not any(
        overlaps(a.get_window_extent(), b.get_window_extent())
        for a, b in combinations(names.values(), 2)
    )


def test_the_map_plots_every_persona_once():
    for n, layer in ((144, "persona"), (5_000, "persona_hexagon")):
        where = made_up.positions(n)
        marks = cultural_map.plotted(
            where, made_up.map_summary(where), made_up.map_uncertainty(), made_up.centroids()
        )
        shown = marks.filter(pl.col("layer") == layer)
        assert shown["n"].sum() == n - made_up.REFUSED
        assert marks.filter(pl.col("layer") == "country").height == len(made_up.COUNTRIES)
        mean = marks.filter(pl.col("layer") == "persona_mean")
        expected = where["self_expression"].drop_nulls().to_numpy().mean()
        assert mean["self_expression"][0] == pytest.approx(expected)


def test_a_map_without_any_valid_answer_still_shows_design_and_countries():
    where = made_up.positions(144).with_columns(
        pl.lit(None, pl.Float64).alias("self_expression"), pl.lit(None, pl.Float64).alias("secular")
    )
    summary = tables.check(
        pl.DataFrame(schema=dict(map_tables.MAP_SUMMARY.columns)),
        map_tables.MAP_SUMMARY,
        "made up",
    )
    nothing = made_up.map_uncertainty().clear()
    marks = cultural_map.plotted(where, summary, nothing, made_up.centroids())
    assert set(marks["layer"]) == {"design_ellipse", "country"}
    assert cultural_map.draw(where, summary, nothing, made_up.centroids()).axes


def test_ellipses_hold_what_they_say():
    rng = np.random.default_rng(1)
    points = rng.multivariate_normal([1.0, -2.0], [[3.0, -1.0], [-1.0, 1.0]], 20_000)
    for percent in (50, 95):
        row = country_map.ellipse_frame("e", *points.T, (percent,)).row(0, named=True)
        turn = math.radians(row["angle_degrees"])
        x, y = points[:, 0] - row["self_expression"], points[:, 1] - row["secular"]
        along = (x * math.cos(turn) + y * math.sin(turn)) / row["semi_major"]
        across = (y * math.cos(turn) - x * math.sin(turn)) / row["semi_minor"]
        assert np.mean(along**2 + across**2 <= 1) == pytest.approx(percent / 100, abs=0.01)


def test_an_ellipse_by_hand():
    # Uncorrelated, variances 4 and 1: semi-axes 2 and 1 times sqrt(-2 ln 0.05) = 2.4477.
    x = np.array([2.0, -2.0, 0.0, 0.0]) * math.sqrt(1.5)
    y = np.array([0.0, 0.0, 1.0, -1.0]) * math.sqrt(1.5)
    row = country_map.ellipse_frame("e", x, y, (95,)).row(0, named=True)
    assert row["semi_major"] == pytest.approx(2 * 2.4477, abs=1e-3)
    assert row["semi_minor"] == pytest.approx(2.4477, abs=1e-3)


def test_a_point_counts_in_the_nearest_hexagon():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 500))
    centre_x, centre_y, count = country_map.hexagon_counts(x, y, 0.3)
    assert count.sum() == 500
    # No point of a hexagon is farther from its centre than a corner.
    gaps = np.hypot(x[:, None] - centre_x, y[:, None] - centre_y).min(axis=1)
    assert gaps.max() <= 0.3 / math.sqrt(3) + 1e-9


def test_the_design_null_map_draws_every_configuration_once():
    rng = np.random.default_rng(3)
    positions = rng.multivariate_normal([0.19, 1.84], [[2.79, -1.36], [-1.36, 3.28]], 20_000)
    marks = design_null_map.plotted(positions, made_up.centroids())
    assert marks.filter(pl.col("layer") == "hexagon")["n"].sum() == 20_000
    centre = marks.filter(pl.col("layer") == "centre").row(0, named=True)
    assert centre["secular"] == pytest.approx(1.84, abs=0.05)
    share = marks.filter(pl.col("layer") == "hull")["share"][0]
    assert 0 < share < 1
    figure = design_null_map.draw(positions, made_up.centroids())
    legend = [text.get_text() for axes in figure.axes if axes.get_legend()
              for text in axes.get_legend().get_texts()]  # fmt: skip
    assert f"Countries' hull: {100 * share:.1f} % inside" in legend


def test_the_heat_map_shows_emd_above_the_floor():
    cells = made_up.alignment_cells(("Africa", "all"))
    marks = alignment_heat.plotted(cells, read_instrument(WVB))
    expected = (cells["emd"] - cells["emd_floor"]).sum()
    assert marks["emd_above_floor"].sum() == pytest.approx(expected)
    assert marks.filter(pl.col("group") == "all")["column"].unique().to_list() == [1]
    starred = set(marks.filter(pl.col("label").str.ends_with("*"))["question"])
    assert starred == {"Q46", "Q57", "Q164"}


def test_the_baselines_keep_every_number_of_the_summary():
    summary = made_up.alignment_summary()
    marks = alignment_baselines.plotted(summary)
    assert marks.drop("height").sort(summary.columns).equals(summary.sort(summary.columns))
    assert marks.select("aggregate", "height").is_duplicated().sum() == 0


def test_an_alignment_without_any_complete_cell_is_drawn_empty():
    summary = pl.DataFrame(schema=dict(alignment_tables.ALIGNMENT_SUMMARY.columns))
    assert alignment_baselines.draw(summary).axes


def test_without_any_complete_cell_curves_and_groups_are_drawn_empty():
    for module, names in (
        (alignment_threshold_curve, ("THRESHOLDS",)),
        (quantile_curve, ("QUANTILES",)),
        (group_geometry, ("GROUP_POSITIONS", "GROUP_GEOMETRY")),
    ):
        contracts = [getattr(alignment_tables, name) for name in names]
        assert module.draw(*[pl.DataFrame(schema=dict(each.columns)) for each in contracts]).axes


@pytest.mark.parametrize("undefined", ["null", "best", "ci_low"])
def test_measures_of_groups_without_a_null_or_interval_are_drawn(undefined):
    geometry = made_up.group_geometry().with_columns(pl.lit(None, pl.Float64).alias(undefined))
    positions = made_up.group_positions(("Africa", "Asia", "Europe"))
    assert group_geometry.draw(positions, geometry).axes


def test_profiles_count_every_known_score():
    scores = made_up.scores(144)
    marks = mft_profiles.plotted(scores, made_up.profiles(scores, made_up.norms()), made_up.norms())
    bins = (
        marks.filter(pl.col("layer") == "persona_bin").group_by("foundation").agg(pl.col("n").sum())
    )
    counts = dict(bins.iter_rows())
    assert counts.pop("care") == 144 - made_up.REFUSED
    assert set(counts.values()) == {144}
    assert marks.filter(pl.col("layer") == "country").height == 19 * 6


def test_effects_and_ratings_are_drawn_once_a_level_and_foundation():
    space = read_space(SPACE)
    effects = mft_effects.plotted(made_up.effects(), space)
    assert effects.height == 32 * 6
    assert effects.filter(pl.col("foundation") == "care")["height"].n_unique() == 32
    rated = oracle_vs_measured.plotted(made_up.oracle(), made_up.effects(), space)
    assert rated.height == 32 * 6
    centred = rated.group_by("variable", "foundation").agg(pl.col("centred_rating").sum())
    assert centred["centred_rating"].abs().max() == pytest.approx(0.0, abs=1e-9)


def test_demographics_show_the_most_frequent_and_grade_ages():
    marks = demographics.plotted(made_up.demographics())
    assert marks.filter(pl.col("attribute") == "country").height == demographics.MOST_CATEGORIES
    ages = marks.filter(pl.col("attribute") == "age").sort("row")["category"].to_list()
    assert ages == ["under 18", "18-29", "30-44", "45-59", "60 and older"]
    religions = marks.filter(pl.col("attribute") == "religion").sort("row")["category"]
    assert religions[-1] == "not stated"


def test_without_any_valid_biography_demographics_are_drawn_empty():
    empty = pl.DataFrame(schema=dict(quality_tables.DEMOGRAPHICS.columns))
    assert demographics.draw(empty).axes


def test_every_question_variable_and_level_has_a_label_that_fits():
    for question in read_instrument(WVB).questions:
        assert question.id in labels.QUESTIONS
        assert len(labels.question_label(question)) <= labels.LONGEST
    frame = labels.level_frame(read_space(SPACE))
    assert frame.height == 32
    assert frame["row"].to_list() == list(range(32))
    other = labels.level_frame(read_space(CONFIG / "persona_space_autonomy4.yaml"))
    for column in ("variable_label", "level_label"):
        assert frame[column].str.len_chars().max() <= labels.LONGEST
        assert other[column].str.len_chars().max() <= labels.LONGEST
    assert not any("…" in label for label in frame["level_label"])


def test_a_model_that_always_answers_alike_is_drawn():
    where = made_up.positions(144).with_columns(
        pl.lit(0.19).alias("self_expression"), pl.lit(1.84).alias("secular")
    )
    uncertain = made_up.map_uncertainty()
    summary = made_up.map_summary(where)
    assert cultural_map.draw(where, summary, uncertain, made_up.centroids()).axes
    unknown = [
        pl.lit(None, pl.Float64).alias(name) for name in moral_tables.ORACLE_AGREEMENT.columns
        if name != "foundation"
    ]  # fmt: skip
    nothing = [pl.lit(0.0).alias(name) for name in ("effect", "ci_low", "ci_high")]
    space, flat = read_space(SPACE), made_up.effects().with_columns(nothing)
    rated = made_up.oracle().with_columns(pl.lit(3.0).alias("rating"))
    agreement = made_up.oracle_agreement().with_columns(unknown)
    figure = oracle_vs_measured.draw(rated, flat, agreement, space)
    assert "r not defined" in figure.axes[0].get_title(loc="left")
    assert mft_effects.draw(flat, space).axes
    silent = made_up.alignment_cells(("Africa", "all")).with_columns(
        pl.lit(None, pl.Float64).alias("emd")
    )
    assert alignment_heat.draw(silent, read_instrument(WVB)).axes
    same = made_up.scores(144).with_columns(pl.lit(3.0).alias(name) for name in made_up.FOUNDATIONS)
    norms = made_up.norms()
    assert mft_profiles.draw(same, made_up.profiles(same, norms), norms).axes
