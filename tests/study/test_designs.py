"""Designs: fractions of the persona space are exactly balanced."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables
from valuescape.study.designs import (
    DIFFERENCES_3,
    DIFFERENCES_12,
    FRACTIONS,
    beside_ids,
    drawn_ids,
    main,
    persona_ids,
    persona_table,
    read_second_stage,
    size,
    strength,
    study_ids,
)
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[2] / "config"
SPACES = ("persona_space", "persona_space_autonomy4")
N_RUNS = {"oa144": 144, "oa288": 288, "oa1728": 1728, "oa5184": 5184}
STRENGTH = {"oa144": 2, "oa288": 2, "oa1728": 2, "oa5184": 3}


@pytest.fixture(params=SPACES)
def space(request: pytest.FixtureRequest) -> PersonaSpace:
    return read_space(CONFIG / f"{request.param}.yaml")


@pytest.mark.parametrize("design", FRACTIONS)
def test_a_fraction_has_the_runs_and_the_strength_it_promises(
    space: PersonaSpace, design: str
) -> None:
    ids = persona_ids(space, design)
    assert len(ids) == N_RUNS[design]
    assert (np.diff(ids.astype(np.int64)) > 0).all()
    assert strength(space.levels_of(ids), space.radices) == STRENGTH[design]


def test_oa144_holds_every_pair_of_levels_equally_often(space: PersonaSpace) -> None:
    # counted pair by pair, without the function under test
    levels = space.levels_of(persona_ids(space, "oa144"))
    n_pairs = 0
    for one, other in combinations(range(10), 2):
        expected = 144 / (space.radices[one] * space.radices[other])
        for a, b in product(range(space.radices[one]), range(space.radices[other])):
            assert ((levels[:, one] == a) & (levels[:, other] == b)).sum() == expected
            n_pairs += 1
    assert n_pairs == (32**2 - (3 * 16 + 6 * 9 + 4)) / 2


def test_main_effects_come_out_of_oa144_as_they_went_in(space: PersonaSpace) -> None:
    # additive truth: the mean at a level less the grand mean is that level's effect, exactly
    rng = np.random.default_rng(1)
    effects = [rng.normal(size=radix) for radix in space.radices]
    levels = space.levels_of(persona_ids(space, "oa144"))
    answers = sum(effect[levels[:, k]] for k, effect in enumerate(effects))
    for k, effect in enumerate(effects):
        measured = [
            answers[levels[:, k] == level].mean() - answers.mean() for level in range(len(effect))
        ]
        assert measured == pytest.approx(effect - effect.mean())


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (list(product(range(2), range(2), range(2))), 3),
        ([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)], 2),  # the third is the sum of the others
        ([(0, 0, 0), (0, 0, 0), (1, 1, 1), (1, 1, 1)], 1),
        ([(0, 0, 0), (0, 0, 1), (1, 1, 1), (0, 1, 1)], 0),
        ([(0, 0, 0)], 0),  # a level that never stands is no balance
    ],
)
def test_strength_by_hand(levels: list[tuple[int, ...]], expected: int) -> None:
    assert strength(levels, [2, 2, 2]) == expected


def test_differences_of_the_matrices_hold_each_element_equally_often() -> None:
    def minus(first: int, second: int) -> int:
        return (first // 6 - second // 6) % 2 * 6 + (first - second) % 6

    for one, other in combinations(DIFFERENCES_12, 2):
        assert sorted(map(minus, one, other)) == list(range(12))
    for one, other in combinations(DIFFERENCES_3, 2):
        assert sorted((a - b) % 3 for a, b in zip(one, other, strict=True)) == [0, 0, 1, 1, 2, 2]


def test_full_is_every_persona(space: PersonaSpace) -> None:
    np.testing.assert_array_equal(persona_ids(space, "full"), np.arange(93_312))


def test_the_handful_holds_every_level_and_is_always_the_same(space: PersonaSpace) -> None:
    ids = persona_ids(space, "handful")
    levels = space.levels_of(ids)
    assert [len(set(column)) for column in levels.T.tolist()] == space.radices.tolist()
    # fractional parts of the first multiples of the root of 2, by four: 0.41, 0.83, 0.24, 0.66,
    # 0.07, 0.49, 0.90, 0.31
    assert sorted(levels[:, 0].tolist()) == sorted([1, 3, 0, 2, 0, 1, 3, 1])
    assert strength(levels, space.radices) == 0  # not balanced: what its comment warns of


def test_an_unknown_design_is_refused_with_the_known_ones(space: PersonaSpace) -> None:
    with pytest.raises(UserError, match="'oa100' is not one of full, oa144, oa288") as error:
        persona_ids(space, "oa100")
    assert "`design`" in error.value.hint


def _reduced(space: PersonaSpace, names: set[str], n_levels: int | None = None) -> PersonaSpace:
    variables = tuple(v for v in space.variables if v.name in names)
    if n_levels:
        first = variables[0]
        more = tuple(type(first.levels[0])(k, f"You are {k}.", (k,)) for k in range(n_levels))
        variables = (type(first)(first.name, "", "", (), first.axis, more), *variables[1:])
    return PersonaSpace("reduced", "", variables)


def test_a_space_of_other_level_counts_is_refused(space: PersonaSpace) -> None:
    reduced = _reduced(space, {"happiness", "trust", "authority"}, n_levels=5)
    with pytest.raises(UserError, match="'reduced' has variables of 5, 2, 3 levels"):
        persona_ids(reduced, "oa144")


def test_a_space_smaller_than_the_array_is_refused(space: PersonaSpace) -> None:
    reduced = _reduced(space, {"happiness", "trust", "authority"})
    with pytest.raises(UserError, match="144 runs, of which only 24 differ"):
        persona_ids(reduced, "oa144")


def test_the_command_writes_the_table(tmp_path: Path, space: PersonaSpace) -> None:
    output = tmp_path / "personas.parquet"
    main(space=CONFIG / f"{space.name}.yaml", design="oa144", personas=output)
    frame = tables.read(output, study_tables.PERSONAS)
    names = [variable.name for variable in space.variables]
    assert frame.columns == ["persona_id", *names]
    assert frame.schema["trust"] == pl.Int8
    np.testing.assert_array_equal(
        space.ids_of(frame.select(names).to_numpy()), frame["persona_id"].to_numpy()
    )
    assert tables.provenance(output) == {"study design": "oa144", "space": space.name}


def test_the_size_is_known_before_anybody_is_drawn(space: PersonaSpace) -> None:
    assert size(space, "respondents300") == 300
    assert size(space, "corners") == 1024
    assert persona_table(space, persona_ids(space, "handful")).schema["persona_id"] == pl.UInt32


def test_personas_drawn_at_random_follow_from_the_seed_and_are_nested(space):
    few, many = (persona_ids(space, f"random{n}", seed=3) for n in (50, 200))
    assert len(few) == size(space, "random50") == 50
    assert set(few) < set(many)
    assert (np.diff(many.astype(np.int64)) > 0).all()
    assert set(persona_ids(space, "random50", seed=4)) != set(few)
    # every level of every variable about as often as any other
    levels = space.levels_of(persona_ids(space, "random5000", seed=5))
    for column, count in zip(levels.T, space.radices, strict=True):
        shares = np.bincount(column, minlength=count) / 5000
        assert shares == pytest.approx(1 / count, abs=0.03)


def test_a_second_stage_stands_in_a_file_and_is_asked_beside_the_design(tmp_path):
    space = read_space(CONFIG / "persona_space.yaml")
    file = tmp_path / "more.csv"
    design = persona_ids(space, "oa144")
    file.write_text(f"persona_id\n{design[3]}\n93310\n17\n17\n")
    main(
        space=CONFIG / "persona_space.yaml", design="oa144", personas=tmp_path / "personas",
        second_stage=[file],
    )  # fmt: skip
    found = tables.read(tmp_path / "personas", study_tables.PERSONAS)["persona_id"].to_list()
    assert found == sorted({*design.tolist(), 17, 93310})
    study = {"design": "oa144", "holdout": 0, "seed": 3, "second_stage": str(file)}
    assert beside_ids(space, study).tolist() == [17, 93310]
    assert len(beside_ids(space, study | {"holdout": 50})) == 52


@pytest.mark.parametrize(
    ("text", "message"),
    [("id\n1\n", "no CSV file"), ("persona_id\nx\n", "no CSV file"),
     ("persona_id\n93312\n", "persona 93312"), ("persona_id\n-1\n", "persona -1")],
)  # fmt: skip
def test_a_second_stage_of_no_personas_is_refused(space, tmp_path, text, message):
    (tmp_path / "more.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_second_stage(space, tmp_path / "more.csv")


def test_a_holdout_is_drawn_from_the_others(space, tmp_path):
    design, drawn = study_ids(space, "oa144", 100, seed=3)
    assert (len(design), len(drawn)) == (144, 100)
    assert not set(design) & set(drawn)
    main(
        space=CONFIG / "persona_space.yaml", design="oa144", personas=tmp_path / "personas",
        holdout=100, seed=3,
    )  # fmt: skip
    frame = tables.read(tmp_path / "personas", study_tables.PERSONAS)
    assert frame.height == 244
    said = tables.provenance(tmp_path / "personas")["study design"]
    assert said == "oa144 and 100 drawn at random"
    with pytest.raises(UserError, match="only 0 are left"):
        drawn_ids(space, 1, 3, "holdout", without=np.arange(space.n_personas))
