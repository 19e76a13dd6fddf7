"""Persona space: numbering, the shipped spaces, and what the checker says of a broken file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from valuescape.core.errors import UserError
from valuescape.study.space import Level, PersonaSpace, Variable, read_space

CONFIG = Path(__file__).parents[2] / "config"
SPACES = ("persona_space", "persona_space_autonomy4")
VARIABLES = [
    "happiness", "trust", "authority", "petition", "god",
    "homosexuality", "abortion", "pride", "postmaterialism", "autonomy",
]  # fmt: skip

BROKEN = """\
name: small
source: made up for a test
variables:
  - name: mood
    title: Mood
    ivs: A001
    wvs7: [Q1]
    axis: secular
    source: made up
    levels:
      - {value: 1, codes: [1], wording: You are glad.}
      - {value: 2, codes: [2], wording: You are sad.}
  - name: faith
    title: Faith
    ivs: A002
    wvs7: [Q2]
    axis: secular
    source: made up
    levels:
      - {value: 3, codes: [1], wording: You believe.}
      - {value: 2, codes: [2], wording: You doubt.}
      - {value: 1, codes: [3], wording: You disbelieve.}
"""


def space_of(*radices: int) -> PersonaSpace:
    """Return a space whose level k of any variable has the value 10 k."""
    return PersonaSpace(
        name="test",
        source="made up",
        variables=tuple(
            Variable(
                name=f"v{number}",
                title=f"Variable {number}",
                ivs=f"A{number:03d}",
                wvs7=(f"Q{number}",),
                axis="secular",
                levels=tuple(Level(10.0 * k, f"Level {k}.", (k,)) for k in range(radix)),
            )
            for number, radix in enumerate(radices)
        ),
    )


@pytest.fixture(params=SPACES)
def shipped(request: pytest.FixtureRequest) -> PersonaSpace:
    return read_space(CONFIG / f"{request.param}.yaml")


def test_numbering_by_hand() -> None:
    # radices 2, 3, 4: the last variable counts 1, the middle one 4, the first 12
    space = space_of(2, 3, 4)
    assert space.n_personas == 24
    assert space.levels_of([0, 1, 4, 12, 23]).tolist() == [
        [0, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
        [1, 2, 3],
    ]
    assert space.ids_of([[1, 0, 2], [0, 2, 1]]).tolist() == [14, 9]
    assert space.values_of([[1, 2, 3]]).tolist() == [[10.0, 20.0, 30.0]]


@given(
    radices=st.lists(st.integers(2, 6), min_size=1, max_size=6),
    fractions=st.lists(st.floats(0, 1, exclude_max=True), max_size=20),
)
def test_ids_and_levels_are_inverse(radices: list[int], fractions: list[float]) -> None:
    space = space_of(*radices)
    ids = np.array([int(fraction * space.n_personas) for fraction in fractions], dtype=np.int64)
    levels = space.levels_of(ids)
    assert levels.shape == (len(ids), len(radices))
    assert space.ids_of(levels).tolist() == ids.tolist()


def test_every_configuration_has_one_id(shipped: PersonaSpace) -> None:
    ids = np.arange(shipped.n_personas)
    levels = shipped.levels_of(ids)
    assert levels.dtype == np.int8
    assert shipped.ids_of(levels).dtype == np.uint32
    np.testing.assert_array_equal(shipped.ids_of(levels), ids)
    # in order of ids the configurations are in lexicographic order: the first varies slowest
    np.testing.assert_array_equal(np.lexsort(levels.T[::-1]), ids)


@pytest.mark.parametrize("persona_id", [-1, 24, 93_312])
def test_an_id_out_of_range_is_refused(persona_id: int) -> None:
    with pytest.raises(UserError, match=rf"persona_id {persona_id} is not in 0\.\.23 of 'test'"):
        space_of(2, 3, 4).levels_of([0, persona_id])


@pytest.mark.parametrize("level", [-1, 3])
def test_a_level_out_of_range_is_refused(level: int) -> None:
    with pytest.raises(UserError, match=rf"level {level} of 'v1' is not in 0\.\.2"):
        space_of(2, 3, 4).ids_of([[1, 2, 3], [0, level, 0]])


def test_levels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\), not \(n, 3\)"):
        space_of(2, 3, 4).values_of([0, 0, 0])


def test_shipped_spaces_have_the_structure_of_the_paper(shipped: PersonaSpace) -> None:
    assert [variable.name for variable in shipped.variables] == VARIABLES
    assert shipped.n_personas == 93_312
    assert shipped.radices.sum() == 32
    assert sorted(shipped.radices) == [2, 3, 3, 3, 3, 3, 3, 4, 4, 4]
    assert [variable.axis for variable in shipped.variables].count("secular") == 5


def test_only_one_multiset_of_ten_level_counts_has_that_product_and_sum() -> None:
    def multisets(n: int, total: int, product: int, least: int) -> list[tuple[int, ...]]:
        if n == 0:
            return [()] if (total, product) == (0, 1) else []
        return [
            (first, *rest)
            for first in range(least, total + 1)
            if product % first == 0
            for rest in multisets(n - 1, total - first, product // first, first)
        ]

    assert multisets(10, 32, 93_312, 2) == [(2, 3, 3, 3, 3, 3, 3, 4, 4, 4)]


def test_the_two_spaces_exchange_god_and_autonomy_only() -> None:
    one, other = (read_space(CONFIG / f"{name}.yaml") for name in SPACES)
    pairs = zip(one.variables, other.variables, strict=True)
    assert [first.name for first, second in pairs if first != second] == ["god", "autonomy"]
    counts = {
        v.name: (len(v.levels), len(w.levels))
        for v, w in zip(one.variables, other.variables, strict=True)
    }
    assert (counts["god"], counts["autonomy"]) == ((4, 3), (3, 4))


SCALES = {
    "happiness": range(1, 5),
    "trust": range(1, 3),
    "authority": range(1, 4),
    "petition": range(1, 4),
    "god": range(1, 11),
    "homosexuality": range(1, 11),
    "abortion": range(1, 11),
    "pride": range(1, 5),
    "postmaterialism": range(1, 4),
    "autonomy": range(-2, 3),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_levels_cover_the_survey_scale_in_order(shipped: PersonaSpace, name: str) -> None:
    (variable,) = (v for v in shipped.variables if v.name == name)
    codes = [code for level in variable.levels for code in level.codes]
    assert codes == list(SCALES[name])
    values = [level.value for level in variable.levels]
    assert (values[0], values[-1]) == (SCALES[name][0], SCALES[name][-1])
    for level in variable.levels:
        assert min(level.codes) <= level.value <= max(level.codes)


def test_wordings_speak_to_the_persona(shipped: PersonaSpace) -> None:
    for variable in shipped.variables:
        for level in variable.levels:
            assert {"you", "your"} & set(level.wording.lower().replace(",", "").split())
            assert level.wording.endswith(".")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("    axis: secular\n", "    axis: sideways\n", 8, "'axis' is 'sideways', not one of"),
        ("    title: Mood\n", "", 4, "the key 'title' is missing"),
        ("    title: Mood\n", "    titre: Mood\n", 5, "unknown key 'titre'"),
        ("    title: Mood\n", "    title: ''\n", 5, "'title' is empty"),
        ("name: mood", "name: Mood", 4, "'name' is 'Mood', which is not of the form"),
        ("name: faith", "name: mood", 13, "a second variable with name 'mood'"),
        ("ivs: A002", "ivs: A001", 15, "a second variable with ivs 'A001'"),
        ("wvs7: [Q1]", "wvs7: Q1", 7, "'wvs7' is 'Q1', not a list"),
        ("value: 2, codes: [2], wording: You are sad", "value: 1, codes: [2], wording: You are sad",
         12, r"the values of 'mood' neither rise nor fall throughout: \[1.0, 1.0\]"),
        ("{value: 1, codes: [3]", "{value: 2.5, codes: [3]", 22, "neither rise nor fall"),
        ("You doubt.", "You believe.", 21, "a second level of 'faith' is worded 'You believe.'"),
        ("codes: [3]", "codes: [3, 1]", 22, "the survey code 1 of 'faith' falls in a level twice"),
        ("codes: [3]", "codes: []", 22, "'codes' has 0 entries, not at least 1"),
        ("      - {value: 2, codes: [2], wording: You are sad.}\n", "", 10, "has 1 entries"),
        ("    title: Faith\n", "    title: Faith\n    title: Hope\n", 15, "stands here twice"),
        ("title: Faith", "title: [Faith", 15, "no valid YAML"),
        ("value: 3", "value: three", 20, "'value' is 'three', not a number"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_by_line(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    path = tmp_path / "space.yaml"
    assert old in BROKEN
    path.write_text(BROKEN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=rf"space\.yaml, line {line}: .*{reason}"):
        read_space(path)


def test_the_file_that_the_broken_ones_are_made_of_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    assert read_space(path).radices.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1: the file is empty"),
        (b"- one\n", r"line 1: .* not a mapping"),
        (b"name: \xff\n", "line 1: is no text in UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_no_space_at_all_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "space.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=reason):
        read_space(path)


def test_more_personas_than_ids_are_refused(tmp_path: Path) -> None:
    content = yaml.safe_load(BROKEN)
    mood = content["variables"][0]
    content["variables"] = [{**mood, "name": f"mood{k}", "ivs": f"A{k:03d}"} for k in range(33)]
    path = tmp_path / "space.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(UserError, match="8,589,934,592 personas are more than"):
        read_space(path)
