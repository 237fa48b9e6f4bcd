"""How far synthetic spectra lie from real ones of a class: mean, spread and spectral angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.float64]

#: Share of a class's own pixels that its spread is to hold.
SPREAD = 0.95


@dataclass(frozen=True)
class SpectraComparison:
    """Mean and deviation of real and synthetic spectra of a class.

    Attributes:
        real_mean: float64 (bands,), NaN without real spectra.
        real_sd: float64 (bands,), NaN with fewer than two.
        synthetic_mean: The same of the samples.
        synthetic_sd: The same of the samples.
        mean_correlation: Of the two means over the bands; NaN where one does not vary.
        sd_correlation: Of the two deviations over the bands; NaN where one does not vary.
        spread_ratio: Root of the samples' total variance over that of the real spectra; NaN
            where the real ones do not vary.
    """

    real_mean: Floats
    real_sd: Floats
    synthetic_mean: Floats
    synthetic_sd: Floats
    mean_correlation: float
    sd_correlation: float
    spread_ratio: float


@dataclass(frozen=True)
class AngleComparison:
    """Angles of samples to a class's mean real spectrum, beside those of its own pixels.

    Attributes:
        median: Of the samples' angles, degrees.
        high: 90 % quantile of the samples' angles, degrees.
        own_median: Of the real pixels' angles, each to the mean of the others; NaN with
            fewer than two pixels.
        limit: Angle that 95 % of the class's own pixels keep within, degrees; NaN with
            fewer than two pixels.
        inside: Share of samples within ``limit``.
        expected: Share of fresh real pixels that would lie within it: 0.95, or less where the
            class has too few pixels for its largest angle to stand for 95 %.
    """

    median: float
    high: float
    own_median: float
    limit: float
    inside: float
    expected: float


def require_finite(values: NDArray[np.floating], what: str) -> None:
    """Refuse numbers that no figure can be made of.

    Args:
        values: Any shape.
        what: What they are, to begin a sentence with, such as "The samples of 'water'".

    Raises:
        InputError: if any value is NaN or infinite.
    """
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise InputError(
            f"{what} hold {wrong:,} values that are NaN or infinite, so they cannot be judged. "
            "Mark bands without data as bad (bbl = 0), or make the samples anew."
        )


def compare_spectra(
    real: NDArray[np.floating], synthetic: NDArray[np.floating]
) -> SpectraComparison:
    """Compare mean and deviation of real spectra (n, bands) and synthetic ones (m, bands)."""
    real_mean, real_sd = _mean_and_sd(real)
    synthetic_mean, synthetic_sd = _mean_and_sd(synthetic)
    own = float((real_sd**2).sum())
    ratio = float(np.sqrt((synthetic_sd**2).sum() / own)) if own > 0 else np.nan
    return SpectraComparison(
        real_mean,
        real_sd,
        synthetic_mean,
        synthetic_sd,
        correlation(real_mean, synthetic_mean),
        correlation(real_sd, synthetic_sd),
        ratio,
    )


def compare_angles(real: NDArray[np.floating], synthetic: NDArray[np.floating]) -> AngleComparison:
    """Compare the angles of samples (m, bands) with those of real pixels (n, bands), n, m > 0.

    The limit is the smallest of the pixels' own angles that a further pixel of the class,
    drawn like them, keeps within with 95 % chance: the ⌈0.95 (n + 1)⌉-th one (as in split
    conformal prediction), or the largest of fewer than 19.
    """
    angles = spectral_angles(synthetic, real.mean(axis=0, dtype=np.float64))
    own = np.sort(leave_one_out_angles(real))
    limit, inside, expected = np.nan, np.nan, np.nan
    if len(own):
        place = min(len(own), int(np.ceil(SPREAD * (len(own) + 1))))
        limit, expected = float(own[place - 1]), min(SPREAD, place / (len(own) + 1))
        inside = float((angles <= limit).mean())
    return AngleComparison(
        float(np.median(angles)),
        float(np.quantile(angles, 0.9)),
        float(np.median(own)) if len(own) else np.nan,
        limit,
        inside,
        expected,
    )


def spectral_angles(spectra: NDArray[np.floating], reference: NDArray[np.floating]) -> Floats:
    """Return the angle of each spectrum to a reference, in degrees, float64 (n,).

    Spectral angle mapper (Kruse et al. 1993). A spectrum of zeros has no direction and
    counts as 90°.

    Args:
        spectra: (n, bands).
        reference: (bands,) for all, or (n, bands).
    """
    x, y = spectra.astype(np.float64), reference.astype(np.float64)
    lengths = np.linalg.norm(x, axis=-1) * np.linalg.norm(y, axis=-1)
    dots = (x * y).sum(axis=-1)
    cosine = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
    angles: Floats = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return angles


def leave_one_out_angles(spectra: NDArray[np.floating]) -> Floats:
    """Return the angle of each spectrum (n, bands) to the mean of the others, degrees.

    Returns:
        float64 (n,); (0,) where there are fewer than two, hence no others.
    """
    n = len(spectra)
    if n < 2:
        return np.empty(0)
    x = spectra.astype(np.float64)
    return spectral_angles(x, (x.sum(axis=0) - x) / (n - 1))


def correlation(a: Floats, b: Floats) -> float:
    """Return Pearson's correlation of (bands,) and (bands,); NaN where one does not vary."""
    if a.size < 2 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.nan
    x, y = a - a.mean(), b - b.mean()
    scale = np.sqrt((x**2).sum() * (y**2).sum())
    # rounding alone makes constant bands vary in the last digit
    if scale <= 1e-12 * max(np.abs(a).max() * np.abs(b).max(), 1e-300):
        return np.nan
    return float(np.clip((x * y).sum() / scale, -1, 1))


def _mean_and_sd(spectra: NDArray[np.floating]) -> tuple[Floats, Floats]:
    x = spectra.astype(np.float64)
    unknown = np.full(x.shape[1], np.nan)
    mean: Floats = x.mean(axis=0) if len(x) else unknown
    sd: Floats = x.std(axis=0, ddof=1) if len(x) > 1 else unknown
    return mean, sd
