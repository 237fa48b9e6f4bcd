"""Which heads to trust, and how much, judged on pixels far from those trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .heads import KINDS, SPATIAL_KINDS

#: Blend weights are multiples of one tenth.
PARTS = 10
TEMPERATURES = tuple(float(t) for t in np.round(np.geomspace(0.4, 8.0, 31), 3))
FLOOR = 1e-3
#: A mean gain in log loss as small as this may be rounding, and is worth nothing.
NEGLIGIBLE = 1e-3


@dataclass(frozen=True)
class HeldOut:
    """What heads say of labelled pixels that they were not trained on.

    Attributes:
        kind: One of ``heads.KINDS``.
        effort: Name of the way they were trained.
        inputs: Name of their spectral inputs.
        probabilities: float32 ``(n, classes)``.
    """

    kind: str
    effort: str
    inputs: str
    probabilities: np.ndarray


@dataclass(frozen=True)
class Part:
    """The share of one kind of head in a blend.

    Attributes:
        kind: One of ``heads.KINDS``.
        effort: How its heads are trained.
        inputs: Name of their spectral inputs.
        temperature: What its probabilities are calibrated with before blending.
        weight: Its share; all parts of a blend add up to one.
    """

    kind: str
    effort: str
    inputs: str
    temperature: float
    weight: float


@dataclass(frozen=True)
class Choice:
    """A blend of heads, and the temperature of the blend."""

    parts: tuple[Part, ...]
    temperature: float

    def blend(self, candidates: list[HeldOut]) -> np.ndarray:
        """Return the blend's calibrated probabilities, float32 ``(n, classes)``."""
        found = {(c.kind, c.effort, c.inputs): c.probabilities for c in candidates}
        said = [found[part.kind, part.effort, part.inputs] for part in self.parts]
        return blended(self.parts, said, self.temperature)


def blended(
    parts: Sequence[Part], probabilities: Sequence[np.ndarray], temperature: float
) -> np.ndarray:
    """Return the calibrated blend of the parts' probabilities, ``(n, classes)`` each."""
    total = np.zeros_like(probabilities[0])
    for part, said in zip(parts, probabilities):
        total += np.float32(part.weight) * tempered(said, part.temperature)
    return tempered(total, temperature)


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return ``p ** (1 / temperature)``, normalised; ``(n, classes)`` each."""
    raised = np.maximum(probabilities, 1e-12) ** np.float32(1 / temperature)
    result: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return result


def losses(probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return each pixel's log loss, ``(n,)``, weighted half by pixels and half by classes."""
    said = probabilities[np.arange(len(classes)), classes]
    result: np.ndarray = -np.log(np.maximum(said, FLOOR)) * _importance(classes)
    return result


def _importance(classes: np.ndarray) -> np.ndarray:
    """Return what each pixel counts, ``(n,)``, half alike and half by its class's rarity."""
    counts = np.bincount(classes)
    found: np.ndarray = 0.5 + 0.5 * len(classes) / ((counts > 0).sum() * counts[classes])
    return found


def calibrated_score(probabilities: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Return the lowest mean loss over temperatures, and that temperature."""
    return min((float(losses(tempered(probabilities, t), classes).mean()), t) for t in TEMPERATURES)


def choose(
    candidates: list[HeldOut],
    classes: np.ndarray,
    groups: np.ndarray,
    use: np.ndarray,
    *,
    cautious: bool = True,
) -> Choice:
    """Choose the best candidate of each kind, then the blend of kinds, then its temperature.

    Surroundings must not be able to hurt: if ``cautious``, the blend has to beat the best
    blend of spectra alone by more than two standard errors over places, else that is taken.

    Args:
        candidates: At least one, all for the same pixels.
        classes: int64 ``(n,)``.
        groups: int64 ``(n,)``: the place of each pixel; places are independent.
        use: bool ``(n,)``: the pixels to judge on.
        cautious: Whether surroundings have to prove themselves.
    """
    known = classes[use]
    best: dict[str, tuple[float, float, HeldOut]] = {}
    for candidate in candidates:
        mark, temperature = calibrated_score(candidate.probabilities[use], known)
        if candidate.kind not in best or mark < best[candidate.kind][0]:
            best[candidate.kind] = (mark, temperature, candidate)
    kinds = [kind for kind in KINDS if kind in best]
    calibrated = [tempered(best[kind][2].probabilities[use], best[kind][1]) for kind in kinds]
    stacked = np.stack(calibrated)
    right = stacked[:, np.arange(len(known)), known]
    importance = _importance(known)

    def said(shares: tuple[int, ...]) -> np.ndarray:
        return np.tensordot(np.asarray(shares, np.float32) / PARTS, stacked, 1)

    def best_of(allowed: list[tuple[int, ...]]) -> tuple[int, ...]:
        def loss(shares: tuple[int, ...]) -> float:
            blend = np.asarray(shares, np.float32) / PARTS @ right
            return float((-np.log(np.maximum(blend, FLOOR)) * importance).mean())

        return min(allowed, key=loss)

    every = list(_simplex(len(kinds)))
    surroundings = np.array([kind in SPATIAL_KINDS for kind in kinds])
    alone = [shares for shares in every if not np.dot(shares, surroundings)]
    shares = best_of(every)
    if cautious and alone and np.dot(shares, surroundings):
        spectra = best_of(alone)
        # a mean of several is less sure than one head: without a temperature it would lose by that
        ours, theirs = (_calibrated_losses(said(rival), known) for rival in (shares, spectra))
        if not _clearly_better(ours, theirs, groups[use]):
            shares = spectra
    parts = tuple(
        Part(kind, best[kind][2].effort, best[kind][2].inputs, best[kind][1], share / PARTS)
        for kind, share in zip(kinds, shares)
        if share
    )
    untempered = Choice(parts, 1.0).blend(candidates)
    return Choice(parts, calibrated_score(untempered[use], known)[1])


def _calibrated_losses(probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    temperature = calibrated_score(probabilities, classes)[1]
    return losses(tempered(probabilities, temperature), classes)


def _clearly_better(first: np.ndarray, second: np.ndarray, groups: np.ndarray) -> bool:
    """Return whether ``first`` loses less by more than two standard errors over groups."""
    ids = np.unique(groups, return_inverse=True)[1].ravel()
    gain = np.bincount(ids, second - first)
    if len(gain) < 2:
        return False
    error = gain.std(ddof=1) * np.sqrt(len(gain))
    return bool(gain.sum() > max(2 * error, NEGLIGIBLE * len(first)))


def cross_fitted(
    candidates: list[HeldOut],
    classes: np.ndarray,
    groups: np.ndarray,
    fold: np.ndarray,
    *,
    cautious: bool = True,
) -> np.ndarray:
    """Return what a blend says of each fold when it was chosen on the other folds.

    Returns:
        float32 ``(n, classes)``; NaN for pixels that no fold holds out.
    """
    result = np.full_like(candidates[0].probabilities, np.nan)
    for k in range(fold.max() + 1):
        held = fold == k
        use = (fold >= 0) & ~held
        choice = choose(candidates, classes, groups, use, cautious=cautious)
        result[held] = choice.blend(candidates)[held]
    return result


def _simplex(kinds: int, parts: int = PARTS) -> Iterator[tuple[int, ...]]:
    """Yield every way to share ``parts`` among kinds, in a fixed order."""
    if kinds == 1:
        yield (parts,)
        return
    for first in range(parts, -1, -1):
        for rest in _simplex(kinds - 1, parts - first):
            yield (first, *rest)
