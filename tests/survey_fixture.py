"""SYNTHETIC survey files: nobody answered them. Their columns are those of the real files.

    python tests/survey_fixture.py wvs7 --respondents 6000 --output SYNTHETIC_wvs7.csv
    python tests/survey_fixture.py trend --respondents 9000 --output SYNTHETIC_trend.sav

.csv, .sav, .dta, or .zip (of a csv). WVS wave 7: each country answers as its public aggregates say;
education and settlement shift the answers by `EFFECTS`, two factors tie them (`LOADINGS`), two
countries are interviewed in two languages (`LANGUAGES`). Trend file: waves 4 to 7; two factors make
the ten indicators (`TREND_LOADINGS`), countries start from their place on the cultural map and move
by `WAVE_SHIFT` each wave.
"""

from __future__ import annotations

import argparse
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import yaml
from scipy.optimize import brentq
from scipy.stats import norm

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "config/reference"
COLUMNS = yaml.safe_load((ROOT / "tests/data/survey_columns.yaml").read_text(encoding="utf-8"))
VERSION = "SYNTHETIC: made by a formula, nobody answered"
TEXTS = {"version", "doi", "B_COUNTRY_ALPHA", "C_COW_ALPHA", "LNGE_ISO", "N_TOWN", "COW_ALPHA"}

EDUCATION = ("Primary or No Education", "Lower Secondary", "Upper to Post Secondary", "Tertiary")
ISCED = ((0, 1), (2,), (3, 4, 5), (6, 7, 8))
SETTLEMENT = ("urban", "rural")
# Shares of the four levels of education, in towns and in the country.
EDUCATED = np.array([[0.12, 0.18, 0.38, 0.32], [0.28, 0.24, 0.32, 0.16]])
SHARE_URBAN = 0.62
# Nobody there, so that 46 of the 48 groups have people, as in WVB-PROBE.
EMPTY = ("Oceania", "rural", EDUCATION[:2])
# What education and settlement add to the latent answer, in its SDs; odd questions get it negative.
EFFECTS = {
    "education": dict(zip(EDUCATION, (-0.6, -0.2, 0.2, 0.6), strict=True)),
    "settlement": {"urban": 0.2, "rural": -0.2},
}
# How strongly (self-expression, secular) moves the latent answer; the rest is noise.
LOADINGS = {
    "Q46": (-0.5, 0.0), "Q57": (-0.4, 0.0), "Q209": (-0.5, 0.0), "Q182": (0.6, 0.0),
    "Q45": (0.0, 0.5), "Q164": (0.0, -0.7), "Q184": (0.2, 0.6), "Q254": (0.0, 0.5),
    "Q8": (0.0, -0.4), "Q14": (0.0, -0.3), "Q15": (0.0, 0.5), "Q17": (0.0, 0.4),
    "Q154": (0.5, 0.0), "Q155": (0.4, 0.0),
}  # fmt: skip
AIMS = np.array([1, 3, 2, 4])  # the first two materialist
NOT_ASKED = {"Q182": "Egypt", "Q237": "Vietnam"}

# Languages of interview of two countries: who finds God less important than half of the country do
# is more often interviewed in the second.
LANGUAGES = {"Canada": ("en", "fr"), "Kazakhstan": ("kk", "ru")}
SECOND = (0.15, 0.8)

WAVE_SHIFT = {"self_expression": 0.2, "secular": 0.1}
TREND_LOADINGS = {
    "A008": (-0.6, 0.0), "A165": (-0.5, 0.0), "E018": (0.0, 0.6), "E025": (-0.6, 0.0),
    "F063": (0.0, -0.8), "F118": (0.7, 0.1), "F120": (0.2, 0.7), "G006": (0.0, 0.6),
    "Y002": (0.6, 0.0),
    "A029": (0.0, 0.5), "A039": (0.0, 0.5), "A040": (0.0, -0.6), "A042": (0.0, -0.5),
}  # fmt: skip
# Codes of each indicator and how often they occur over all rows.
TREND_SHARES = {
    "A008": {1: 0.29, 2: 0.52, 3: 0.15, 4: 0.04}, "A165": {1: 0.27, 2: 0.73},
    "E018": {1: 0.59, 2: 0.28, 3: 0.13}, "E025": {1: 0.29, 2: 0.34, 3: 0.37},
    "F063": dict(zip(range(1, 11), (10, 4, 4, 4, 9, 6, 7, 9, 7, 40), strict=True)),
    "F118": dict(zip(range(1, 11), (46, 6, 5, 4, 12, 4, 4, 5, 3, 11), strict=True)),
    "F120": dict(zip(range(1, 11), (38, 8, 7, 5, 16, 5, 5, 5, 3, 8), strict=True)),
    "G006": {1: 0.53, 2: 0.33, 3: 0.09, 4: 0.03, 5: 0.02},
    "Y002": {1: 0.3, 2: 0.56, 3: 0.14},
    "A029": {0: 0.5, 1: 0.5}, "A039": {0: 0.62, 1: 0.38},
    "A040": {0: 0.6, 1: 0.4}, "A042": {0: 0.6, 1: 0.4},
}  # fmt: skip
YEARS = {4: 2001, 5: 2006, 6: 2012, 7: 2019}


@cache
def public_shares() -> dict[str, dict[str, np.ndarray]]:
    """Return codes and, by country, their shares of each question; `all` pools the countries."""
    table = pl.read_csv(REFERENCE / "wvs7_country_distributions.csv", comment_prefix="#")
    table = table.filter(pl.col("question").str.starts_with("Q"))  # indices follow from their parts
    found = {}
    for (question,), rows in table.group_by("question", maintain_order=True):
        wide = rows.pivot("code", index="country", values="share_percent").fill_null(0)
        codes = sorted(int(code) for code in wide.columns[1:])
        shares = wide.select(str(code) for code in codes).to_numpy() / 100
        shares /= shares.sum(axis=1, keepdims=True)
        by_country = dict(zip(wide["country"], shares, strict=True))
        found[question] = {"codes": np.array(codes), "all": shares.mean(axis=0), **by_country}
    return found


def country_sizes(n: int) -> dict[str, int]:
    """Return respondents by country, in all about n, in the survey's proportions."""
    table = pl.read_csv(REFERENCE / "wvs7_respondents.csv", comment_prefix="#")
    share = table["n"] / table["n"].sum()
    return {c: max(30, round(n * s)) for c, s in zip(table["country"], share, strict=True)}


def effect(question: str, settlement: np.ndarray, education: np.ndarray) -> np.ndarray:
    """Return what is planted on a question, in SDs of the latent answer."""
    sign = -1 if int(question[1:]) % 2 else 1
    by_settlement = np.vectorize(EFFECTS["settlement"].get)(settlement)
    return sign * (by_settlement + np.vectorize(EFFECTS["education"].get)(education))


def expected_shares(question: str, country: str, settlement: str, education: str) -> np.ndarray:
    """Return the planted shares of a question's codes in a group of a country.

    The country's latent answers are normal around the effects of its groups; its public shares
    cut them into codes.
    """
    oceania = country in {"Australia", "New Zealand"}
    settlements, educations = np.repeat(SETTLEMENT, 4), np.tile(EDUCATION, 2)
    size = (np.array([SHARE_URBAN, 1 - SHARE_URBAN])[:, None] * EDUCATED).ravel()
    if oceania:
        rural = EDUCATED[1].copy()
        rural[:2] = 0
        size[4:] = (1 - SHARE_URBAN) * rural / rural.sum()
    effects = effect(question, settlements, educations)
    shares = public_shares()[question]
    cumulative = np.cumsum(shares.get(country, shares["all"]))[:-1]

    def cut(share: float) -> float:
        if not 0 < share < 1 - 1e-12:
            return -np.inf if share <= 0 else np.inf
        return brentq(lambda t: size @ norm.cdf(t - effects) - share, -12, 12)

    here = effect(question, np.array([settlement]), np.array([education]))[0]
    below = norm.cdf(np.array([cut(share) for share in cumulative]) - here)
    return np.diff(below, prepend=0, append=1)


def _by_rank(latent: np.ndarray, codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Cut latent answers so that the codes have just these shares."""
    rank = latent.argsort().argsort()
    position = np.searchsorted(np.cumsum(shares)[:-1], (rank + 0.5) / len(rank), side="right")
    return codes[position]


def _latent(loading: tuple[float, float], factors: np.ndarray, rng: np.random.Generator):
    noise = np.sqrt(1 - np.square(loading).sum())
    return factors @ np.array(loading) + noise * rng.standard_normal(len(factors))


def _with_missing(column: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace 1 to 5 % by codes that say why there is no answer."""
    missing = rng.random(len(column)) < rng.uniform(0.01, 0.05)
    return np.where(missing, rng.choice([-1, -2, -5], len(column), p=[0.6, 0.3, 0.1]), column)


def _filled(made: dict[str, np.ndarray], names: list[str], n: int, rng) -> pl.DataFrame:
    """Return every column of the real file: those made, and fillers that nothing reads."""
    columns = {}
    for name in names:
        if name in made:
            columns[name] = made[name]
        elif name in TEXTS:
            columns[name] = np.full(n, "SYN")
        elif name[0] == "Q" and name[1:].isdigit():
            columns[name] = _with_missing(rng.integers(1, 3, n), rng)
        else:
            columns[name] = np.full(n, -4)
    frame = pl.DataFrame(columns)
    whole = [c for c, kind in frame.schema.items() if kind == pl.Int64 and c != "D_INTERVIEW"]
    return frame.with_columns(pl.col(whole).cast(pl.Int32))


def wvs7(n: int = 6000, seed: int = 7) -> pl.DataFrame:
    """Return a SYNTHETIC file of WVS wave 7 with about n respondents, and all its columns."""
    rng = np.random.default_rng(seed)
    known = pl.read_csv(REFERENCE / "countries.csv", comment_prefix="#").rows_by_key(
        "country", named=True, unique=True
    )
    shares = public_shares()
    parts = []
    for country, size in country_sizes(n).items():
        rural = rng.random(size) >= SHARE_URBAN
        chances = EDUCATED[rural.astype(int)]
        if known[country]["continent"] == EMPTY[0]:
            chances[rural, :2] = 0
        level = (rng.random((size, 1)) > chances.cumsum(1)[:, :-1] / chances.sum(1)[:, None]).sum(1)
        part = {
            "country": np.full(size, country),
            "B_COUNTRY": np.full(size, known[country]["iso_numeric"]),
            "number": np.arange(size),
            "H_URBRURAL": rural + 1,
            "Q275": np.array([rng.choice(ISCED[each]) for each in level]),
            "Q260": rng.choice([1, 2], size, p=[0.48, 0.52]),
            "Q262": rng.integers(18, 91, size),
        }
        weight = np.exp(0.3 * rng.standard_normal(size)) * np.where(level == 3, 0.7, 1.1)
        part["W_WEIGHT"] = weight / weight.mean()
        part["S018"] = np.full(size, 1000 / size)
        settled = np.array(SETTLEMENT)[rural.astype(int)]
        educated = np.array(EDUCATION)[level]
        factors = rng.standard_normal((size, 2))
        for question, answers in shares.items():
            loading = LOADINGS.get(
                question, tuple(0.1 * np.array([int(question[1:]) % 5, 2]) - 0.2)
            )
            latent = _latent(loading, factors, rng) + effect(question, settled, educated)
            here = answers.get(country, answers["all"])
            part[question] = _by_rank(latent, answers["codes"], here)
        part |= _aims(factors, effect("Q154", settled, educated), rng)
        part["LNGE_ISO"] = _interviewed_in(country, part["Q164"], seed)
        parts.append(pl.DataFrame(part))
    whole = pl.concat(parts)
    made = {name: whole[name].to_numpy() for name in whole.columns}
    for question in shares:
        made[question] = _with_missing(made[question], rng)
        asked = made["country"] != NOT_ASKED.get(question)
        made[question] = np.where(asked, made[question], -4)
    for name in ("H_URBRURAL", "Q275", "Q260", "Q262"):
        made[name] = _with_missing(made[name], rng)
    year = rng.integers(2017, 2023, whole.height)
    made |= {
        "version": np.full(whole.height, VERSION),
        "doi": np.full(whole.height, "none: SYNTHETIC"),
        "A_STUDY": np.full(whole.height, 2),
        "A_WAVE": np.full(whole.height, 7),
        "A_YEAR": year,
        "S025": made["B_COUNTRY"] * 10_000 + year,
        "D_INTERVIEW": made["B_COUNTRY"] * 1_000_000 + 70_000 + made["number"],
    }
    return _filled(made, COLUMNS["wvs7"].split(), whole.height, rng)


def _interviewed_in(country: str, god: np.ndarray, seed: int) -> np.ndarray:
    """Return the language of each interview; one for all but in `LANGUAGES`."""
    first, second = LANGUAGES.get(country, ("en", "en"))
    own = np.random.default_rng([seed, len(country)])  # draws nothing of what is made elsewhere
    chance = np.where(god < np.median(god), SECOND[1], SECOND[0])
    return np.where(own.random(len(god)) < chance, second, first)


def _aims(factors: np.ndarray, planted: np.ndarray, rng) -> dict[str, np.ndarray]:
    """Return first and second aim, never the same."""
    latent = [_latent(LOADINGS[name], factors, rng) + planted for name in ("Q154", "Q155")]
    first = _by_rank(latent[0], AIMS, np.array([0.4, 0.25, 0.2, 0.15]))
    leaning = np.where(np.isin(AIMS, (2, 4)), 1.0, -1.0)
    appeal = latent[1][:, None] * leaning + rng.gumbel(size=(len(first), len(AIMS)))
    second = AIMS[np.where(first[:, None] == AIMS, -np.inf, appeal).argmax(1)]
    return {"Q154": first, "Q155": second}


def trend(n: int = 9000, seed: int = 5, n_countries: int = 40) -> pl.DataFrame:
    """Return a SYNTHETIC trend file with about n respondents, and all its columns."""
    rng = np.random.default_rng(seed)
    places = pl.read_csv(REFERENCE / "iw_country_centroids.csv", comment_prefix="#")
    places = places.filter(pl.col("region").is_not_null())[:: places.height // n_countries]
    size = max(20, round(n / (len(YEARS) * places.height)))
    rows = [(place, wave) for place in places.iter_rows(named=True) for wave in YEARS]
    place = np.repeat(np.array([[p["self_expression"], p["secular"]] for p, _ in rows]), size, 0)
    wave = np.repeat([wave for _, wave in rows], size)
    factors = rng.standard_normal((len(wave), 2)) + 0.5 * place
    factors += (wave - 6)[:, None] * np.array(list(WAVE_SHIFT.values()))
    made = {}
    for name, loading in TREND_LOADINGS.items():
        table = TREND_SHARES[name]
        chance = np.array(list(table.values()))
        made[name] = _by_rank(
            _latent(loading, factors, rng), np.array(list(table)), chance / chance.sum()
        )
    first = rng.choice([1, 3], len(wave))
    later = rng.choice([2, 4], len(wave))
    made["E003"] = np.where(made["Y002"] == 3, later, first)
    made["E004"] = np.where(
        made["Y002"] == 1, 4 - first, np.where(made["Y002"] == 3, 6 - later, later)
    )
    made["Y003"] = made["A029"] + made["A039"] - made["A040"] - made["A042"]
    # EVS rows carry no autonomy index: it follows from its parts
    evs = rng.random(len(wave)) < 0.25
    made["Y003"] = np.where(evs, -3, made["Y003"])
    for name in sorted(set(made) - {"Y003"}):
        made[name] = _with_missing(made[name], rng)
    weight = np.exp(0.3 * rng.standard_normal(len(wave)))
    number = np.repeat([p["iso_numeric"] for p, _ in rows], size)
    made |= {
        "version": np.full(len(wave), VERSION),
        "doi": np.full(len(wave), "none: SYNTHETIC"),
        "S001": np.where(evs, 1, 2),
        "S002": np.where(evs, -3, wave),
        "S002EVS": np.where(evs, wave - 2, -3),
        "s002vs": wave,
        "S003": number,
        "S007_01": np.arange(len(wave)),
        "S017": weight / weight.mean(),
        "S018": np.full(len(wave), 1000 / size),
        "S020": np.vectorize(YEARS.get)(wave),
    }
    made["S025"] = number * 10_000 + made["S020"]
    return _filled(made, COLUMNS["trend"].split(), len(wave), rng)


def write(frame: pl.DataFrame, path: Path) -> Path:
    """Write a survey file in the format that its name says; the name must say SYNTHETIC."""
    if "SYNTHETIC" not in path.name:
        msg = f"{path.name}: the name of a synthetic survey file says SYNTHETIC"
        raise ValueError(msg)
    match path.suffix:
        case ".csv":
            frame.write_csv(path)
        case ".sav":
            declared = [
                name
                for name, kind in frame.schema.items()
                if kind == pl.Int32 and name != "Y003" and "COUNTRY" not in name
            ]
            ranges = {name: [{"lo": -10, "hi": -1}] for name in declared}
            pyreadstat.write_sav(frame, str(path), missing_ranges=ranges, compress=True)
        case ".dta":
            pyreadstat.write_dta(frame, str(path))
        case ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(f"{path.stem}.csv", frame.write_csv())
        case _:
            msg = f"{path.name}: none of .csv, .sav, .dta, .zip"
            raise ValueError(msg)
    return path


def main() -> None:
    """Make a file of the command line's kind, size and name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("survey", choices=["wvs7", "trend"])
    parser.add_argument("--respondents", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    frame = {"wvs7": wvs7, "trend": trend}[args.survey](args.respondents, args.seed)
    print(  # noqa: T201
        f"{write(frame, args.output)}: {frame.height} SYNTHETIC respondents, {frame.width} columns"
    )


if __name__ == "__main__":
    main()
