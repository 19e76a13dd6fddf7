"""Human response surface: the most that the ten variables can predict of a human's answer.

Answers are regressed on the levels (ridge on indicators, so that a mean over configurations is a
mean over answers), and predicted for configurations. A country is predicted from other countries
alone, so that the surface knows no more of it than its levels, as an LLM's personas do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from valuescape.humans.margins import level_names
from valuescape.stats.level_effects import membership

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuescape.stats.emd import OptionGrid
    from valuescape.stats.resampling import Draws
    from valuescape.study.space import PersonaSpace

# Groups of countries that are predicted in turn (Hastie, Tibshirani & Friedman 2009, Elements of
# Statistical Learning, section 7.10: five or ten).
FOLDS = 5
# Next to thousands of respondents this shrinks nothing; it settles levels that nobody has.
RIDGE = 1.0


def predict_countries(
    respondents: pl.DataFrame,
    space: PersonaSpace,
    grid: OptionGrid,
    means: tuple[Sequence[str], NDArray[np.float64]],
    draws: Draws,
) -> NDArray[np.float64]:
    """Predict the answers of countries from those of other countries.

    Parameters
    ----------
    respondents : DataFrame
        Table RESPONDENTS; who has no configuration is left out.
    space : PersonaSpace
        The cultural variables.
    grid : OptionGrid
        Questions; those that are no column are not predicted.
    means : (sequence of str, ndarray of float64, shape (n_countries, sum of radices))
        Countries, and the share of each level among their weighted personas: for a surface that is
        linear in indicators, the mean over personas is the surface at the mean indicators.
    draws : Draws
        Seed of the folds.

    Returns
    -------
    ndarray of float64, shape (n_countries, n_questions, most_options)
        Shares; nan where no respondent of another country answered.
    """
    names = level_names(respondents, space)
    known = respondents.drop_nulls(names)
    found = np.full((len(means[0]), *grid.present.shape), np.nan)
    if known["country"].n_unique() < 2:  # noqa: PLR2004
        return found
    levels = known.select(names).to_numpy().astype(np.int8)
    design = membership(space, levels).matrix
    weights = known["weight"].to_numpy()
    countries = known["country"].to_numpy()
    n_folds = min(FOLDS, known["country"].n_unique())
    seed = int(draws.generator("weights/folds").integers(2**32))
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    for others, own in folds.split(design, groups=countries):
        rows = np.flatnonzero(np.isin(np.asarray(means[0]), np.unique(countries[own])))
        for number, question in enumerate(grid.questions):
            if question not in known.columns or not len(rows):
                continue
            present = grid.present[number]
            options = grid.values[number, present]
            answers = known[question].to_numpy()
            answered = others[np.isin(answers[others], options)]
            if not len(answered):
                continue
            chosen = (answers[answered, None] == options).astype(np.float64)
            fitted = Ridge(RIDGE).fit(design[answered], chosen, sample_weight=weights[answered])
            shares = np.clip(fitted.predict(means[1][rows]), 0, None)
            padded = np.zeros((len(rows), len(present)))
            padded[:, present] = shares / shares.sum(axis=1, keepdims=True)
            found[rows, number] = padded
    return found
