"""The synthetic respondent: a stand-in with planted effects, for tests. It is not a language model.

Its answers to a question with K options follow the binomial distribution of K - 1 steps whose
mean on the scale from 0 to 1 is a base plus the planted effects, so that every mean, level effect
and group distribution that the lenses should find is known exactly.
"""

from __future__ import annotations

import json
import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from scipy.stats import binom

from valuescape.core.errors import UserError
from valuescape.core.seeds import seed_of
from valuescape.engine import Choice, Chosen, Posed, Queue, Usage, Writing, Written
from valuescape.engine.labels import safe_labels
from valuescape.engine.pace import Pace
from valuescape.study.languages import LANGUAGES, words_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.study.models import Model
    from valuescape.study.space import PersonaSpace
    from valuescape.study.templates import Prompt

# A binomial of probability 0 or 1 has no logarithm; this keeps means within 1e-6.
EDGE = 1e-6
# Letters and numbers of lists; texts of options are longer.
LONGEST_LABEL = 2
# The questions that an index is derived from, and whether an option lowers it: the aims of one's
# country (order and prices do), and qualities of children (faith and obedience do, if mentioned).
AIMS = {1: True, 2: False, 3: True, 4: False}
QUALITIES = {"Q8": False, "Q14": False, "Q15": True, "Q17": True}


class SyntheticEngine:
    """A respondent whose answers follow a formula.

    Parameters
    ----------
    space : PersonaSpace
        Where a persona's levels come from.
    planted : mapping
        ``slope``: how far an answer to a map indicator follows the configured level (1 exactly,
        0 not at all). ``shifts``: how far all answers to an indicator lie from there, on
        [0, 1], if at all. ``base``: mean answer to every other question, on [0, 1].
        ``foundations``: foundation -> variable -> effects of its levels on [0, 1], summing to 0.
        ``continents``: continent -> shift of the mean answer to the probe's questions, for who is
        told a country of it. ``phrases``: phrase -> question (or ``*``, all) -> shift of the mean
        answer, for who reads the phrase, whether in the question or in what it is told of itself;
        so a language and a wording have effects of their own. ``first_listed``: shift towards the
        option that stands first, where options are listed by labels.
        ``countries``: countries of the biographies, taken in turn.
    answer : mapping
        The model file's form of an answer.
    babble : float
        Share of requests, in [0, 1], to which it gives no proper answer.
    pace : mapping, optional
        How long it takes, as `Pace` reads it; it answers at once unless given.
    """

    def __init__(
        self,
        space: PersonaSpace,
        planted: Mapping[str, Any],
        answer: Mapping[str, str] | None = None,
        babble: float = 0.0,
        pace: Mapping[str, Any] | None = None,
    ) -> None:
        self._answer = answer or {"layout": "interview"}
        self._babble = babble
        self._space = space
        self._planted = planted
        self._countries: list[tuple[str, str]] = [
            (country, continent) for country, continent in planted["countries"].items()
        ]
        names = "|".join(map(re.escape, planted["countries"]))
        self._named_country = re.compile(rf"\b({names})\b")
        self._variables = {variable.ivs: column for column, variable in enumerate(space.variables)}
        self.usage = Usage(device="none")
        self._pace = Pace(pace, self.usage) if pace else None

    @classmethod
    def read(cls, model: Model, space: PersonaSpace) -> SyntheticEngine:
        """Read the planted effects that the model file names.

        Parameters
        ----------
        model : Model
            Its source names the file of the planted effects.
        space : PersonaSpace
            Where a persona's levels come from.

        Returns
        -------
        SyntheticEngine
            Ready to be asked.
        """
        planted = yaml.safe_load(Path(model.weights).read_text(encoding="utf-8"))
        babble = float(model.settings.get("babble", 0.0))
        return cls(space, planted, model.answer, babble, model.settings.get("pace"))

    def labels(self, n_options: int) -> tuple[str, ...]:
        """Return labels that are one token each, as if a token were a character."""
        gap = "" if self._answer["layout"] == "chat" else " "
        wanted = self._answer.get("labels", "letters")
        taken, remark = safe_labels(n_options, wanted, gap, _made_up_tokens)
        self.usage.labels[str(n_options)] = remark
        return taken

    def write(self, requests: Queue) -> Iterator[Written]:
        """Yield what each request asks for, or babble instead."""
        while (request := requests.take()) is not None:
            self.usage.n_requests += 1
            if self._pace:
                self._pace.write(request.persona_id, _whole(request.prompt))
            text, finished = self._text(request), True
            if request.kind != "reasoning" and self._babbles(request.seed):
                text, finished = babble(text, request.seed)
            yield Written(request.key, text, finished, n_tokens=0)

    def _babbles(self, seed: int) -> bool:
        return seed_of(seed, "whether to babble") < self._babble * 2**31

    def _text(self, request: Writing) -> str:
        """Return a biography of made-up facts, a sentence, or drawn options."""
        if request.kind == "biography":
            return json.dumps(self.biography(request.persona_id))
        if request.kind == "reasoning":
            return f" SYNTHETIC respondent {request.persona_id} reasons by no language model."
        if request.kind == "shares":
            return self._stated(request, request.posed[0])
        drawn = {posed.question: self._drawn(request, posed) for posed in request.posed}
        if request.kind == "battery":
            return json.dumps(drawn, ensure_ascii=False)
        return next(iter(drawn.values()))

    def _drawn(self, request: Writing, posed: Posed) -> str:
        """Return an option, drawn from the planted distribution."""
        shares = np.exp(
            self.log_shares(
                request.persona_id,
                posed.question,
                len(posed.options),
                request.prompt,
                first=first_listed(posed.options),
            )
        )
        rng = np.random.default_rng(seed_of(request.seed, posed.question))
        return posed.options[rng.choice(len(shares), p=shares / shares.sum())]

    def _stated(self, request: Writing, posed: Posed) -> str:
        """Return the planted distribution in whole percent, which sum to 100."""
        shares = np.exp(
            self.log_shares(request.persona_id, posed.question, len(posed.options), request.prompt)
        )
        upper = np.rint(100 * np.cumsum(shares / shares.sum())).astype(int).tolist()
        whole = [high - low for low, high in zip([0, *upper], upper, strict=False)]
        return json.dumps(dict(zip(posed.options, whole, strict=True)), ensure_ascii=False)

    def biography(self, persona_id: int) -> dict[str, str | int]:
        """Return the made-up facts of a persona."""

        def one_of(what: str, among: list[Any]) -> Any:
            return among[seed_of(persona_id, what) % len(among)]

        return {
            "name": f"Synthetic {persona_id}",
            "age": one_of("age", list(range(18, 90))),
            "sex": one_of("sex", ["female", "male"]),
            "country": self._country(persona_id)[0],
            "settlement": one_of("settlement", ["urban", "rural"]),
            "education": one_of("education", ["Lower Secondary", "Tertiary"]),
            "occupation": one_of("occupation", ["Managers", "Professionals"]),
            "household": one_of("household", ["alone", "with a partner"]),
            "religion": one_of("religion", ["none", "Muslim", "Hindu"]),
            "biography": (
                f"You are SYNTHETIC respondent {persona_id}. This text was written by no language "
                "model; it stands in for one in a test of the pipeline."
            ),
        }

    def choose(self, requests: Iterable[Choice]) -> Iterator[Chosen]:
        """Yield the planted distribution of each request's options."""
        for request in requests:
            self.usage.n_requests += 1
            if self._pace:
                texts = request.options if request.form == "option_text" else ("",)
                self._pace.choose(request.persona_id, _whole(request.prompt), texts)
            values = self.log_shares(
                request.persona_id,
                request.question,
                len(request.options),
                request.prompt,
                first=first_listed(request.options) if request.form == "label_token" else 0,
            )
            if self._babbles(seed_of(str(request.persona_id), request.question)):
                values = np.full(len(values), -np.inf)
            n_tokens = tuple(len(_made_up_tokens(option)) for option in request.options)
            yield Chosen(request.key, values, n_tokens)

    def log_shares(
        self,
        persona_id: int | None,
        question: str,
        n_options: int,
        prompt: Prompt | None = None,
        *,
        first: int = 0,
    ) -> NDArray[np.float64]:
        """Return the logarithms of the planted distribution over the options of a question.

        Those that an index is derived from are answered so that it is binomial as all others are:
        the parts of post-materialism (Y002) and of autonomy (Y003).

        Parameters
        ----------
        persona_id, question, prompt
            As for `mean`.
        n_options : int
            Options of the question.
        first : int
            As from `first_listed`; the choice among the aims of a country heeds it not.

        Returns
        -------
        ndarray of float64, shape (n_options,)
            Natural logarithms; their exponentials sum to 1.
        """
        towards = first * float(self._planted.get("first_listed", 0.0))
        if question in QUALITIES:
            high = self.mean(persona_id, "Y003", prompt)
            mean = high if QUALITIES[question] else 1 - high
            return log_shares(round(mean + towards, 9), n_options)
        if question.startswith(("Q154", "Q155after")):
            chosen = question.removeprefix("Q155after")
            lowers = np.array([low for aim, low in AIMS.items() if str(aim) != chosen])
            high = min(max(self.mean(persona_id, "Y002", prompt), EDGE), 1 - EDGE)
            shares = np.where(lowers, (1 - high) / lowers.sum(), high / (~lowers).sum())
            return np.asarray(np.log(shares))
        return log_shares(round(self.mean(persona_id, question, prompt) + towards, 9), n_options)

    def mean(self, persona_id: int | None, question: str, prompt: Prompt | None = None) -> float:
        """Return the planted mean answer on [0, 1].

        Parameters
        ----------
        persona_id : int or None
            Who is asked; any number for the oracle, whose questions name a level. Answers to
            the null prompt (None) are without effects.
        question : str
            Code of the question; the oracle's is ``oracle:variable:level:foundation``.
        prompt : Prompt, optional
            What is said to it; the first country in it is the one that it is told.

        Returns
        -------
        float
            Between 0 (the lowest option) and 1 (the highest).
        """
        kind, *parts = question.split(":")
        if kind == "oracle":
            variable, level, foundation = parts
            return self._base() + self._effect(foundation, variable, int(level))
        return self._unmoved(persona_id, question, prompt) + self._read(question, prompt)

    def _unmoved(self, persona_id: int | None, question: str, prompt: Prompt | None) -> float:
        """Return the mean answer without what phrases add."""
        if persona_id is None:
            return self._base()
        levels = self._space.levels_of([persona_id])[0]
        if question in self._variables:
            return self._indicator(question, levels)
        if question.startswith("MFQ"):
            names = list(self._planted["foundations"])
            foundation = names[(int(question[3:]) - 1) % len(names)]
            effects = [
                self._effect(foundation, variable.name, int(level))
                for variable, level in zip(self._space.variables, levels, strict=True)
            ]
            return self._base() + sum(effects)
        return self._base() + self._told_shift(prompt)

    def _base(self) -> float:
        return float(self._planted["base"])

    def _indicator(self, question: str, levels: Any) -> float:
        column = self._variables[question]
        values = [level.value for level in self._space.variables[column].levels]
        place = (values[levels[column]] - min(values)) / (max(values) - min(values))
        shift = float(self._planted.get("shifts", {}).get(question, 0.0))
        return 0.5 + float(self._planted["slope"]) * (float(place) - 0.5) + shift

    def _effect(self, foundation: str, variable: str, level: int) -> float:
        effects = self._planted["foundations"][foundation].get(variable)
        return float(effects[level]) if effects else 0.0

    def _read(self, question: str, prompt: Prompt | None) -> float:
        """Return what the phrases of a prompt add to the mean answer."""
        planted = self._planted.get("phrases", {})
        if not planted or prompt is None:
            return 0.0
        text = _whole(prompt)
        shifts = [shift for phrase, shift in planted.items() if phrase in text]
        return sum(float(shift.get(question, shift.get("*", 0.0))) for shift in shifts)

    def _told_shift(self, prompt: Prompt | None) -> float:
        if prompt is None:
            return 0.0
        text = _whole(prompt)
        found = self._named_country.search(text)
        country = found[1] if found else self._named_elsewhere(text)
        continent = self._planted["countries"][country] if country else None
        return float(self._planted["continents"][continent]) if continent else 0.0

    def _named_elsewhere(self, text: str) -> str | None:
        """Return the country whose name in another language stands in a text, if any."""
        found = self._foreign_names and re.search(f"({words_pattern(self._foreign_names)})", text)
        return self._foreign_names[found[1]] if found else None

    @cached_property
    def _foreign_names(self) -> dict[str, str]:
        """Names of its countries in the languages of config/languages, to those in English."""
        files = sorted(LANGUAGES.glob("*/countries.yaml"))
        names = [yaml.safe_load(file.read_text(encoding="utf-8"))["names"] for file in files]
        return {
            str(own): country
            for of_language in names
            for country in self._planted["countries"]
            if (own := of_language.get(country))
        }

    def _country(self, persona_id: int) -> tuple[str, str]:
        return self._countries[seed_of(persona_id, "country") % len(self._countries)]


def _whole(prompt: Prompt) -> str:
    """Return all that is said in a prompt."""
    return " ".join([prompt.text, *(text for _, text in prompt.messages)])


def first_listed(options: Sequence[str]) -> int:
    """Return which end of the options is listed first, where they are labels.

    Parameters
    ----------
    options : sequence of str
        In survey order, the labels that stand for them; labels rise as they are listed.

    Returns
    -------
    int
        -1 if the lowest option stands first, 1 if the highest does, 0 if they are no labels.
    """
    labels = [option.strip() for option in options]
    if max(map(len, labels)) > LONGEST_LABEL:
        return 0
    return -1 if labels[0] < labels[-1] else 1


def babble(text: str, seed: int) -> tuple[str, bool]:
    """Return what stands in place of a proper text: one of four kinds that real models show.

    Parameters
    ----------
    text : str
        The proper text.
    seed : int
        The request's; it says which kind.

    Returns
    -------
    str
        A refusal, words of no answer, the text cut in its middle, or an answer out of range.
    bool
        Whether the text came to its own end.
    """
    gap = " " if text.startswith(" ") else ""
    kinds = (
        (f"{gap}I'm sorry, but as an AI I cannot answer that.", True),
        (f"{gap}la la la {seed}", True),
        (text[: len(text) // 2], False),
        (re.sub(r'(?<=": ")[^"]*(?=")|(?<="age": )\d+', "777", text), True),
    )
    kind = seed_of(seed, "which babble") % len(kinds)
    changed, finished = kinds[kind]
    return (f"{gap}777", True) if changed == text else (changed, finished)


def _made_up_tokens(text: str) -> list[int]:
    """Return one token a character; a space belongs to the character after it."""
    return [ord(token[-1]) for token in re.findall(r" ?[^ ]", text)]


@cache
def log_shares(mean: float, n_options: int) -> NDArray[np.float64]:
    """Return the binomial log-probabilities of the options, shape (n_options,).

    Parameters
    ----------
    mean : float
        Mean answer on [0, 1].
    n_options : int
        Options of the question.

    Returns
    -------
    ndarray of float64, shape (n_options,)
        Natural logarithms; their exponentials sum to 1.
    """
    chance = min(max(mean, EDGE), 1 - EDGE)
    return np.asarray(binom.logpmf(np.arange(n_options), n_options - 1, chance))


def check_planted(path: Path) -> None:
    """Refuse a file of planted effects that a test could not rely on.

    Parameters
    ----------
    path : Path
        The file that a synthetic model names.

    Raises
    ------
    UserError
        If it cannot be read or a key is missing.
    """
    try:
        planted = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path}: cannot be read ({error})"
        raise UserError(
            msg, hint="name the file of the planted effects in the model file"
        ) from error
    for key in ("slope", "base", "foundations", "continents", "countries"):
        if key not in planted:
            msg = f"{path}: the key {key!r} is missing"
            raise UserError(msg, hint=f"add {key!r}; see tests/data/planted_effects.yaml")
