"""The classifier of the live map: linear discriminants in closed form, chosen by folds.

All heads share one set of sums over the labelled pixels: a head of fewer inputs reads a part of
them, a head of fewer pixels subtracts those of the fold that it shall not know. So dozens of
heads take as long as one, and a map can follow each polygon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from .choice import Choice, HeldOut, calibrated_score, choose, tempered
from .discriminant import ABSENT
from .folds import Folds, spatial_folds
from .progress import Progress

#: Discriminants of few polygons are far too sure, since pixels of one polygon are alike: beyond
#: what ``choice`` tries as temperatures. So their outputs are divided by this from the start.
WARMTH = 6.0
CLOSED_FORM = "closed form"
#: Components of the smallest head, the safe one where nothing can be held out.
FEW = 10
#: Measured on scenes of 5 and 20 m, with 1 to 5 polygons a class.
ALIKE = 3.0


@dataclass(frozen=True)
class LabelledPixels:
    """Labelled pixels with their features.

    Attributes:
        rows: int64 ``(n,)``.
        cols: int64 ``(n,)``.
        classes: int64 ``(n,)``, class indices.
        polygons: int64 ``(n,)``.
        features: float32 ``(n, features)``.
        n_classes: Number of classes.
    """

    rows: np.ndarray
    cols: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    features: np.ndarray
    n_classes: int


@dataclass(frozen=True)
class HeadInputs:
    """What a kind of head reads.

    Attributes:
        kind: ``linear`` (spectra alone), ``spatial`` or ``film`` (with surroundings), as
            ``choice`` knows them.
        name: In words.
        columns: int64, the features it reads.
        alike: How many neighbouring pixels say as much as one: surroundings overlap, so
            covariances are shrunk as if there were fewer pixels.
    """

    kind: str
    name: str
    columns: np.ndarray
    alike: float = 1.0


@dataclass(frozen=True)
class LiveModel:
    """Heads, and how they are blended.

    Attributes:
        weight: float32 ``(heads, n_classes, features)``.
        bias: float32 ``(heads, n_classes)``.
        temperatures: float32 ``(heads,)``: what calibrates each head by itself.
        shares: float32 ``(heads,)``, adding up to one; zero for heads that only vote.
        temperature: Of the blend.
        names: Of the heads, in words.
        held_out: float32 ``(n, n_classes)``: what blends chosen on the other folds say of each
            labelled pixel; NaN where nothing could be held out.
        folds: The folds.
    """

    weight: np.ndarray
    bias: np.ndarray
    temperatures: np.ndarray
    shares: np.ndarray
    temperature: float
    names: tuple[str, ...]
    held_out: np.ndarray
    folds: Folds

    def describe(self) -> str:
        """Return the blend in words."""
        parts = [f"{share:.0%} {name}" for share, name in zip(self.shares, self.names) if share > 0]
        return " + ".join(parts)


def head_inputs(groups: dict[str, slice]) -> list[HeadInputs]:
    """Return what may serve: spectra in several ways, and spectra with surroundings."""
    columns = {name: np.arange(place.start, place.stop) for name, place in groups.items()}
    spectrum = columns["spectrum"]
    few, full = spectrum[:FEW], np.concatenate([spectrum, columns.get("shape", spectrum[:0])])
    found = [HeadInputs("linear", f"{len(few)} components", few)]
    if len(spectrum) > FEW:
        found.append(HeadInputs("linear", f"{len(spectrum)} components", spectrum))
    if "shape" in columns:
        found.append(HeadInputs("linear", "components and shape of the spectrum", full))
    around = np.concatenate([full, columns["context"]])
    found.append(HeadInputs("spatial", "spectrum and surroundings", around, ALIKE))
    if "backbone" in columns:
        everything = np.concatenate([around, columns["backbone"]])
        name = "spectrum, surroundings and diffusion features"
        found.append(HeadInputs("film", name, everything, ALIKE))
    return found


def fit_live_model(
    pixels: LabelledPixels, groups: dict[str, slice], progress: Progress, *, judged: bool = True
) -> LiveModel:
    """Fit all heads, and choose among them on what they say of pixels they were not fitted to.

    Surroundings need not prove themselves as in training: whether a gain exceeds its error
    turns with single labels, and the whole map would turn with it.

    Args:
        pixels: Labelled pixels of at least two classes.
        groups: Which features are which.
        progress: For a progress bar, and to cancel.
        judged: Whether to hold pixels out from the choice, too, to say what it is worth.
    """
    progress.report(0.0, "Fitting to the labels")
    folds = spatial_folds(pixels.rows, pixels.cols, pixels.classes, pixels.polygons)
    inputs = head_inputs(groups)
    sums = _Sums(pixels, np.maximum(folds.fold, -1))
    heads = [sums.head(one, None) for one in inputs]
    weight = np.stack([head[0] for head in heads])
    bias = np.stack([head[1] for head in heads])
    n, k = len(pixels.classes), pixels.n_classes
    names = tuple(one.name for one in inputs)
    if not folds.count:
        shares = np.eye(len(inputs), dtype=np.float32)[0]
        untested = np.full((n, k), np.nan, np.float32)
        ones = np.ones(len(inputs), np.float32)
        return LiveModel(weight, bias, ones, shares, 1.0, names, untested, folds)
    candidates = []
    for one, part in zip(inputs, progress.part(0.0, 0.7).parts(len(inputs))):
        part.report(0.0, "Holding out polygons")
        said = np.zeros((n, k), np.float32)
        for fold in range(folds.count):
            held = folds.fold == fold
            w, b = sums.head(one, fold)
            said[held] = _softmax(pixels.features[held] @ w.T + b)
        candidates.append(HeldOut(one.kind, CLOSED_FORM, one.name, said))
    progress.report(0.8, "Choosing")
    use = folds.fold >= 0
    known = pixels.classes[use]
    temperatures = [calibrated_score(one.probabilities[use], known)[1] for one in candidates]
    candidates = [
        replace(one, probabilities=tempered(one.probabilities, warmth))
        for one, warmth in zip(candidates, temperatures)
    ]
    polygons = _Polygons.of(pixels, folds)
    voices = [replace(one, probabilities=polygons.means(one.probabilities)) for one in candidates]
    choice = choose(voices, polygons.classes, polygons.groups, polygons.fold >= 0, cautious=False)
    blend = Choice(choice.parts, 1.0).blend(candidates)
    held_out = np.full((n, k), np.nan, np.float32)
    for fold in range(folds.count if judged else 0):
        others = (polygons.fold >= 0) & (polygons.fold != fold)
        rival = choose(voices, polygons.classes, polygons.groups, others, cautious=False)
        held = folds.fold == fold
        held_out[held] = Choice(rival.parts, 1.0).blend(candidates)[held]
    found = {part.inputs: part for part in choice.parts}
    warmths = [
        warmth * (found[name].temperature if name in found else 1.0)
        for name, warmth in zip(names, temperatures)
    ]
    shares = [found[name].weight if name in found else 0.0 for name in names]
    return LiveModel(
        weight,
        bias,
        np.array(warmths, np.float32),
        np.array(shares, np.float32),
        calibrated_score(blend[use], known)[1],
        names,
        held_out,
        folds,
    )


@dataclass(frozen=True)
class _Polygons:
    """Polygons as the units of a choice.

    Pixels of a polygon are right or wrong together. Were each counted by itself, one large
    polygon that is lost could hide what all others say.
    """

    owner: np.ndarray
    classes: np.ndarray
    groups: np.ndarray
    fold: np.ndarray

    @classmethod
    def of(cls, pixels: LabelledPixels, folds: Folds) -> _Polygons:
        """Return the polygons, those of several classes once for each."""
        key = pixels.polygons * pixels.n_classes + pixels.classes
        _, first, owner = np.unique(key, return_index=True, return_inverse=True)
        return cls(owner.ravel(), pixels.classes[first], folds.groups[first], folds.fold[first])

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of ``values (n, classes)`` over each polygon."""
        total = np.zeros((len(self.classes), values.shape[1]))
        np.add.at(total, self.owner, values)
        found: np.ndarray = (total / np.bincount(self.owner)[:, None]).astype(np.float32)
        return found


class _Sums:
    """Sums over labelled pixels from which every head follows.

    Shrinkage is Ledoit and Wolf's (2004), found once for each set of inputs from all pixels.
    """

    def __init__(self, pixels: LabelledPixels, fold: np.ndarray) -> None:
        self._classes = pixels.classes
        self._k = pixels.n_classes
        x = pixels.features.astype(np.float64)
        self._parts = sorted(set(fold.tolist()))
        self._scatter, self._sum, self._count = {}, {}, {}
        for part in self._parts:
            inside = fold == part
            mine, classes = x[inside], pixels.classes[inside]
            chosen = np.zeros((self._k, len(classes)))
            chosen[classes, np.arange(len(classes))] = 1
            self._scatter[part] = mine.T @ mine
            self._sum[part] = chosen @ mine
            self._count[part] = chosen.sum(axis=1)
        total = sum(self._sum.values())
        count = np.maximum(sum(self._count.values()), 1)
        self._known: dict[str, float] = {}
        self._residuals = x - (total / count[:, None])[pixels.classes]

    def head(self, inputs: HeadInputs, without: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Return weight ``(classes, features)`` and bias ``(classes,)`` of a head.

        Args:
            inputs: Features it reads; others get weight 0.
            without: The fold that it shall not know.
        """
        columns = inputs.columns
        parts = [part for part in self._parts if part != without]
        counts = np.sum([self._count[part] for part in parts], axis=0)
        means = np.sum([self._sum[part] for part in parts], axis=0)[:, columns]
        present = counts > 0
        means /= np.maximum(counts, 1)[:, None]
        square = np.ix_(columns, columns)
        within = np.sum([self._scatter[part][square] for part in parts], axis=0)
        within -= (means * counts[:, None]).T @ means
        within /= max(counts.sum(), 1)
        size = len(columns)
        mean_variance = max(np.trace(within) / size, 1e-12)
        shrinkage = self._shrinkage(inputs)
        within *= 1 - shrinkage
        within[np.diag_indices(size)] += shrinkage * mean_variance + 1e-9 * mean_variance
        weight = np.linalg.solve(within, means.T).T
        # a class counts with the square root of its pixels, as in training
        prior = np.sqrt(np.where(present, counts, 1))
        bias = -0.5 * (means * weight).sum(axis=1) + np.log(prior)
        weight -= weight[present].mean(axis=0)
        bias -= bias[present].mean()
        weight[~present], bias[~present] = 0, ABSENT * WARMTH
        full = np.zeros((self._k, self._residuals.shape[1]), np.float32)
        full[:, columns] = weight / WARMTH
        return full, (bias / WARMTH).astype(np.float32)

    def _shrinkage(self, inputs: HeadInputs) -> float:
        if inputs.name not in self._known:
            self._known[inputs.name] = self._ledoit_wolf(inputs)
        return self._known[inputs.name]

    def _ledoit_wolf(self, inputs: HeadInputs) -> float:
        x = self._residuals[:, inputs.columns]
        n, size = x.shape
        covariance = x.T @ x / n
        mean = np.trace(covariance) / size
        squares = (covariance**2).sum()
        spread = ((x**2).sum(axis=1) ** 2).sum() / n - squares
        distance = squares - size * mean**2
        if distance <= 0:
            return 1.0
        return float(min(1.0, max(0.0, inputs.alike * spread / n / distance)))


def _softmax(outputs: np.ndarray) -> np.ndarray:
    raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    result: np.ndarray = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


@dataclass(frozen=True)
class Said:
    """What the model says of pixels.

    Attributes:
        probabilities: float32 ``(n_classes, n)``, the calibrated blend's.
        committee: float32 ``(n_classes, n)``, where every head has the same say.
        disagreement: float32 ``(n,)``, from 0 (all heads say the same) to 1.
    """

    probabilities: np.ndarray
    committee: np.ndarray
    disagreement: np.ndarray


def predict(model: LiveModel, features: np.ndarray) -> Said:
    """Return what a model says of pixels.

    The disagreement is the Jensen-Shannon divergence of the calibrated heads over the largest
    that so many heads and classes can have.

    Args:
        model: The model.
        features: ``(features, n)``; NaN gives NaN.
    """
    heads, classes, count = model.weight.shape
    with torch.inference_mode():
        x = torch.from_numpy(np.ascontiguousarray(features)).float()
        weight = torch.from_numpy(
            (model.weight / model.temperatures[:, None, None]).reshape(-1, count)
        )
        bias = torch.from_numpy((model.bias / model.temperatures[:, None]).reshape(-1, 1))
        logarithms = (weight @ x + bias).view(heads, classes, -1).log_softmax(dim=1)
        each = logarithms.exp()
        blend = torch.tensordot(torch.from_numpy(model.shares), each, 1)
        if model.temperature != 1:
            blend = (blend.clamp(min=1e-12).log() / model.temperature).softmax(dim=0)
        mean = each.mean(0)
        # entropy of the mean less the mean entropy
        divergence = (each * logarithms).sum(1).mean(0)
        divergence -= (mean * mean.clamp(min=1e-12).log()).sum(0)
        most = float(np.log(min(heads, classes))) if min(heads, classes) > 1 else 1.0
        disagreement = (divergence / most).clamp(0, 1)
    return Said(blend.numpy(), mean.numpy(), disagreement.numpy())
