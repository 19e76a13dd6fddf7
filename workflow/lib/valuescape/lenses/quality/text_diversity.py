"""Diversity: how varied biographies are as texts, beside the same words shuffled over the texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from scipy.special import ndtri as normal_quantile
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.neighbors import NearestNeighbors

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.quotations import bare
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

MOST_TEXTS = 500
"""Texts of one draw: what is measured depends on how many there are, so that it is fixed."""
SUBSETS, SHUFFLED = 20, 4
FEWEST = 20
LONGEST_RUN = 4
OPENING = 5
SHOWN_OPENINGS = 20
# Near duplicates: runs of three words, four in five in common, sought by 96 hashes in 24 bands of
# 4, which miss a pair just as similar one time in 300,000; so does what is asked of all 96.
SHINGLE, ALIKE, BANDS, ROWS = 3, 0.8, 24, 4
ALIKE_BY_HASHES = 0.6
PRIME = (1 << 31) - 1
TOO_FEW = f"not defined: fewer than {FEWEST} valid biographies"
ALL = "all"
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Texts:
    """Texts as numbers: every different word one.

    Attributes
    ----------
    codes : ndarray of int64, shape (n_words,)
        The words of all texts, one text after the other.
    starts : ndarray of int64, shape (n_texts + 1,)
        Where each begins, and the end of the last.
    """

    codes: Codes
    starts: Codes

    @classmethod
    def read(cls, texts: pl.Series) -> Texts:
        """Return texts in small letters and without punctuation."""
        words = bare(texts).str.strip_chars().str.split(" ")
        starts = np.concatenate([[0], words.list.len().cast(pl.Int64).to_numpy().cumsum()])
        flat = words.explode(empty_as_null=False).rank("dense").cast(pl.Int64).to_numpy() - 1
        return cls(np.asarray(flat, dtype=np.int64), starts.astype(np.int64))

    @property
    def n(self) -> int:
        """How many texts there are."""
        return len(self.starts) - 1

    @cached_property
    def owners(self) -> Codes:
        """The text of each word."""
        return np.repeat(np.arange(self.n), np.diff(self.starts))

    def only(self, chosen: Codes) -> Texts:
        """Return some of the texts, in the order given."""
        lengths = np.diff(self.starts)[chosen]
        starts = np.concatenate([[0], lengths.cumsum()])
        places = np.arange(starts[-1]) - np.repeat(starts[:-1] - self.starts[chosen], lengths)
        return Texts(self.codes[places], starts)

    def shuffled(self, rng: np.random.Generator) -> Texts:
        """Return the same words in random order, in texts as long as these."""
        return Texts(rng.permutation(self.codes), self.starts)

    def runs(self, length: int) -> tuple[Codes, Codes]:
        """Return the runs of words of a length, and the text of each.

        Parameters
        ----------
        length : int
            Words in a row, within one text.

        Returns
        -------
        (ndarray of int64, ndarray of int64), each of shape (n_runs,)
            Equal runs have equal numbers, from 0.
        """
        runs = self.codes
        for step in range(1, length):
            pairs = runs[:-1] * (self.codes.max(initial=0) + 1) + self.codes[step:]
            runs = np.unique(pairs, return_inverse=True)[1]
        inside = self.owners[: len(runs)] == self.owners[length - 1 :]
        return runs[inside], self.owners[: len(runs)][inside]


def distinct(texts: Texts, length: int) -> float:
    """Return how many different runs of words there are, of all (Li et al. 2016, arXiv:1510.03055).

    Parameters
    ----------
    texts : Texts
        Some.
    length : int
        1 for words, 2 for pairs.

    Returns
    -------
    float
        In (0, 1]; nan without any.
    """
    runs, _ = texts.runs(length)
    return len(np.unique(runs)) / len(runs) if len(runs) else float("nan")


def self_bleu(texts: Texts) -> float:
    """Return the mean BLEU of each text against all others (Zhu et al. 2018, arXiv:1802.01886).

    Parameters
    ----------
    texts : Texts
        At least two.

    Returns
    -------
    float
        In [0, 1]: the geometric mean of the shares of a text's runs of one to four words that
        stand in one other text as often. Without a penalty for brevity, since some of the others
        are as long; a share of none counts as half a run.
    """
    logs = np.zeros(texts.n)
    for length in range(1, LONGEST_RUN + 1):
        runs, owners = texts.runs(length)
        n_runs = int(runs.max(initial=0)) + 1
        pairs, counts = np.unique(owners * n_runs + runs, return_counts=True)
        owner, run_of = np.divmod(pairs, n_runs)
        most, second, holder = _two_greatest(run_of, counts, owner, n_runs)
        elsewhere = np.where(holder[run_of] == owner, second[run_of], most[run_of])
        clipped = np.bincount(owner, np.minimum(counts, elsewhere), texts.n)
        n = np.maximum(np.bincount(owner, counts, texts.n), 1)
        logs += np.log(np.maximum(clipped, 0.5) / n) / LONGEST_RUN
    return float(np.exp(logs).mean())


def _two_greatest(
    run_of: Codes, counts: Codes, owner: Codes, n_runs: int
) -> tuple[Codes, Codes, Codes]:
    """Return of each run the greatest count in a text, the second, and the text of the greatest."""
    order = np.lexsort((counts, run_of))
    last = np.searchsorted(run_of[order], np.arange(n_runs), side="right") - 1
    most, holder = counts[order][last], owner[order][last]
    before = np.maximum(last - 1, 0)
    has_second = (last > 0) & (run_of[order][before] == np.arange(n_runs))
    second = np.where(has_second, counts[order][before], 0)
    return most, second, holder


def nearest(texts: Texts) -> float:
    """Return the mean cosine of each text and the most similar other, by weighted words (TF-IDF).

    Parameters
    ----------
    texts : Texts
        At least two.

    Returns
    -------
    float
        In [0, 1]; 1 if each has its like.
    """
    shape = (texts.n, int(texts.codes.max(initial=0)) + 1)
    ones = np.ones(len(texts.codes), dtype=np.float32)
    counts = csr_matrix((ones, (texts.owners, texts.codes)), shape=shape)
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    neighbours = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute")
    distances, _ = neighbours.fit(weighted).kneighbors()
    return float(np.clip(1 - distances[:, 0], 0, 1).mean())


def same_opening(texts: Texts) -> float:
    """Return the chance that two of the texts begin with the same five words."""
    return repeated(np.unique(_openings(texts), axis=0, return_counts=True)[1])


def _openings(texts: Texts) -> Codes:
    """Return the first words of each text, -1 where it ends, shape (n_texts, 5)."""
    places = texts.starts[:-1, None] + np.arange(OPENING)
    inside = places < texts.starts[1:, None]
    return np.where(inside, texts.codes[np.minimum(places, len(texts.codes) - 1)], -1)


def repeated(counts: NDArray[np.int64]) -> float:
    """Return the chance that two of those counted are of one kind (Simpson 1949, Nature 163:688).

    Parameters
    ----------
    counts : ndarray of int64, shape (k,)
        By kind.

    Returns
    -------
    float
        In [0, 1], without bias, however many were counted; nan of fewer than two.
    """
    n = int(counts.sum())
    return float((counts * (counts - 1)).sum() / (n * (n - 1))) if n > 1 else float("nan")


def near_duplicates(texts: Texts, draws: Draws) -> NDArray[np.bool_]:
    """Return which texts have another that is nearly the same.

    Parameters
    ----------
    texts : Texts
        Any number.
    draws : Draws
        For the hashes.

    Returns
    -------
    ndarray of bool, shape (n_texts,)
        Whether another text has a Jaccard similarity of at least 0.8 over runs of three words.
        Pairs are found by MinHash (Broder 1997) in bands, and then compared in full.
    """
    runs, owners = texts.runs(SHINGLE)
    found = np.zeros(texts.n, dtype=bool)
    sizes = np.bincount(owners, minlength=texts.n)
    has_runs = np.flatnonzero(sizes)
    if not len(has_runs):
        return found
    starts = np.concatenate([[0], sizes.cumsum()])
    firsts = starts[:-1][has_runs]
    rng = draws.generator("quality/near duplicates")
    signatures = np.empty((BANDS, ROWS, len(has_runs)), dtype=np.int32)
    for band, row in np.ndindex(BANDS, ROWS):
        scale, shift = rng.integers(1, PRIME, 2)
        signatures[band, row] = np.minimum.reduceat((runs * scale + shift) % PRIME, firsts)
    for rows in signatures:
        bucket = np.zeros(len(has_runs), dtype=np.int64)
        for row in rows:
            bucket = (bucket * 1_000_003 + row) % PRIME
        order = np.argsort(bucket, kind="stable")
        same = np.flatnonzero(np.diff(bucket[order]) == 0)
        # in a bucket each is compared with its neighbour: of many alike every one has its like
        pairs = order[same], order[same + 1]
        estimated = np.mean(signatures[..., pairs[0]] == signatures[..., pairs[1]], axis=(0, 1))
        close = estimated >= ALIKE_BY_HASHES
        for one, other in zip(*(has_runs[each[close]] for each in pairs), strict=True):
            if found[one] and found[other]:
                continue
            first = runs[starts[one] : starts[one + 1]]
            second = runs[starts[other] : starts[other + 1]]
            common = len(np.intersect1d(first, second))
            union = len(np.unique(np.concatenate([first, second])))
            if common >= ALIKE * union:
                found[one] = found[other] = True
    return found


MEASURES = {
    "distinct 1": lambda texts: distinct(texts, 1),
    "distinct 2": lambda texts: distinct(texts, 2),
    "self-BLEU": self_bleu,
    "nearest": nearest,
    "same opening": same_opening,
}
"""Of a fixed number of texts."""


def measure_diversity(texts: Texts, draws: Draws) -> pl.DataFrame:
    """Measure how varied texts are.

    Parameters
    ----------
    texts : Texts
        Valid biographies.
    draws : Draws
        The seed of what is drawn.

    Returns
    -------
    DataFrame
        Table TEXT_DIVERSITY. Values are means over draws of half of the texts, of 500 at most;
        intervals are by the delete-d jackknife (Shao & Wu 1989, Annals of Statistics 17:1176).
        That of near duplicates, counted in all texts, is Wilson's.
    """
    names = [*MEASURES, "near duplicates"]
    if texts.n < FEWEST:
        none = [{"measure": name, "n_texts": texts.n, "remark": TOO_FEW} for name in names]
        return pl.DataFrame(none, schema=dict(quality_tables.TEXT_DIVERSITY.columns))
    rng = draws.generator("quality/diversity")
    n = min(MOST_TEXTS, texts.n // 2)
    subsets = [texts.only(rng.choice(texts.n, n, replace=False)) for _ in range(SUBSETS)]
    mixed = [each.shuffled(rng) for each in subsets[:SHUFFLED]]
    half_width = float(normal_quantile((1 + resampling.CONFIDENCE) / 2)) * np.sqrt(
        n / (texts.n - n)
    )
    rows: list[dict[str, Any]] = []
    for name, measure in MEASURES.items():
        values = np.array([measure(each) for each in subsets])
        spread = half_width * values.std(ddof=1)
        low, high = np.clip(values.mean() + np.array([-spread, spread]), 0.0, 1.0)
        rows.append(
            {
                "measure": name,
                "value": float(values.mean()),
                "ci_low": float(low),
                "ci_high": float(high),
                "shuffled": float(np.mean([measure(each) for each in mixed])),
                "n_texts": n,
                "remark": "",
            }
        )
    count = int(near_duplicates(texts, draws).sum())
    low, high = resampling.wilson(np.array([count]), texts.n)
    rows.append(
        {
            "measure": names[-1],
            "value": count / texts.n,
            "ci_low": float(low[0]),
            "ci_high": float(high[0]),
            "shuffled": float(near_duplicates(texts.shuffled(rng), draws).mean()),
            "n_texts": texts.n,
            "remark": "",
        }
    )
    return pl.DataFrame(rows, schema=dict(quality_tables.TEXT_DIVERSITY.columns))


def count_openings(texts: pl.Series) -> pl.DataFrame:
    """Return the commonest openings: table TEXT_OPENINGS."""
    opening = bare(texts).str.strip_chars().str.split(" ").list.head(OPENING).list.join(" ")
    counted = opening.alias("opening").value_counts(name="n_texts")
    counted = counted.sort("n_texts", "opening", descending=[True, False]).head(SHOWN_OPENINGS)
    ranked = counted.with_row_index("rank", offset=1).with_columns(
        share=pl.col("n_texts") / max(len(texts), 1)
    )
    columns = quality_tables.TEXT_OPENINGS.columns
    return ranked.select(pl.col(name).cast(dtype) for name, dtype in columns.items())


def count_names(biographies: pl.DataFrame) -> pl.DataFrame:
    """Count first names by sex and country.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES, valid rows.

    Returns
    -------
    DataFrame
        Table NAME_DIVERSITY.
    """
    named = biographies.select(
        pl.col("sex", "country").fill_null(NOT_STATED),
        first=pl.col("name").str.strip_chars().str.split(" ").list.first(),
    ).drop_nulls()
    every: Sequence[list[pl.Expr]] = (
        [],
        [pl.lit(ALL).alias("country")],
        [pl.lit(ALL).alias("sex")],
        [pl.lit(ALL).alias("country"), pl.lit(ALL).alias("sex")],
    )
    pooled = pl.concat([named.with_columns(expressions) for expressions in every])
    counted = pooled.group_by("sex", "country", "first").agg(n=pl.len())
    n = pl.col("n").sum()
    pairs = (pl.col("n") * (pl.col("n").cast(pl.Int64) - 1)).sum()
    found = (
        counted.with_columns(pl.col("n").cast(pl.Int64))
        .sort("n", "first", descending=[True, False])
        .group_by("sex", "country")
        .agg(
            n_personas=n,
            n_names=pl.len().cast(pl.Int64),
            same_name=pl.when(n > 1).then(pairs / (n * (n - 1))),
            most_frequent=pl.col("first").first(),
            most_frequent_share=pl.col("n").first() / n,
        )
    )
    columns = quality_tables.NAME_DIVERSITY.columns
    return found.select(pl.col(name).cast(dtype) for name, dtype in columns.items())


@command
def main(*, biographies: Path, seed: int, diversity: Path, openings: Path, names: Path) -> None:
    """Read biographies; write how varied they are."""
    written = tables.read(biographies, study_tables.BIOGRAPHIES)
    valid = written.filter(pl.col("status") == "valid")
    provenance = tables.provenance(biographies)
    measured = measure_diversity(Texts.read(valid["biography"]), Draws(SUBSETS, seed))
    tables.write(measured, diversity, quality_tables.TEXT_DIVERSITY, provenance)
    tables.write(
        count_openings(valid["biography"]), openings, quality_tables.TEXT_OPENINGS, provenance
    )
    tables.write(count_names(valid), names, quality_tables.NAME_DIVERSITY, provenance)


if __name__ == "__main__":
    run(main)
