"""What a persona is told of itself: forms of its sex, words of its lists."""

from __future__ import annotations

import pytest

from conftest import ROOT
from valuescape.core.errors import UserError
from valuescape.study.languages import Language
from valuescape.study.space import read_space

SPACE = read_space(ROOT / "config/persona_space.yaml")


def test_forms_follow_the_sex_of_a_person_if_it_is_told():
    words = Language.of("fr", ROOT).persona_words(SPACE)
    said = {form: words.said([0] * 10, form)[0] for form in ("female", "male", "untold")}
    assert len(set(said.values())) == 3
    assert "heureuse" in said["female"]
    assert words.demographics({"sex": "female", "household": "alone"})["household"] == "seule"
    with pytest.raises(UserError, match="no word for the country 'Atlantis'"):
        words.demographics({"country": "Atlantis"})
