"""What samples are judged by: a scene's labelled pixels and patches, in the samples' own terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..label_classes import LabelClass
from ..model import ModelBands
from ..training_pixels import read_pixels
from .memorising import COMPONENTS
from .recognition import RealPixels
from .spectral_distance import require_finite

if TYPE_CHECKING:
    from ..scene import Scene
    from .patches import PatchData
    from .sample_set import SampleSet
    from .spectral_code import SpectralCode

#: Bands of one sensor keep their centres to some nm from scene to scene.
MOST_APART = 5.0
#: Samples drafted between two looks at whether the job was cancelled.
AT_ONCE = 500


@dataclass(frozen=True)
class JudgingData:
    """Real and synthetic data side by side.

    Attributes:
        classes: Those of the labels, then those that only samples have.
        real: The labelled pixels, in the bands of the samples.
        training: float32 (m, first components, side, side): real patches that the synthesizer
            may have seen, the labelled ones before the others.
        held_out: float32 (h, components, size, size): real patches that it has not.
        held_out_classes: int64 (h,): class of their centres by the draft map, -1 unknown.
        spectra: float32 (n, bands): the samples' centres.
        patches: float32 (n, components, size, size): the samples.
        sample_classes: int64 (n,), index into ``classes``.
        drafts: int16 (n, size, size): class of each pixel of the samples by the draft map.
    """

    classes: tuple[LabelClass, ...]
    real: RealPixels
    training: NDArray[np.float32]
    held_out: NDArray[np.float32]
    held_out_classes: NDArray[np.int64]
    spectra: NDArray[np.float32]
    patches: NDArray[np.float32]
    sample_classes: NDArray[np.int64]
    drafts: NDArray[np.int16]


def judging_data(
    samples: SampleSet,
    data: PatchData,
    scene: Scene | None = None,
    tick: Callable[[float], None] = lambda _: None,
) -> JudgingData:
    """Bring samples and real data to the same classes, bands and components.

    Args:
        samples: The samples.
        data: Patches of the scene that they are judged by.
        scene: That scene, to take labelled spectra from as they are; None takes them from
            the patches, without what their components leave out.
        tick: Told the fraction done.

    Raises:
        InputError: if there is no sample or no labelled pixel, the bands differ, or numbers
            are NaN or infinite.
    """
    tick(0.0)
    _require_comparable(samples, data)
    classes, of_sample = _joined(data.classes, samples.classes)
    recoded = _Recoding.between(data.code, samples.code)
    size = samples.components.shape[-1]
    middle = data.labelled.values.shape[-1] // 2
    patches = samples.components.astype(np.float32)
    require_finite(patches, "The samples")
    labelled = data.labelled
    held_out = recoded(data.held_out.values)[:, :, :size, :size]
    found = data.draft.of(np.moveaxis(data.held_out.values[:, :, middle, middle], 1, -1))[0]
    spectra = data.code.decode(labelled.values[:, :, middle, middle]).astype(np.float32)
    if scene is not None:
        # scenes beyond the first give unlabelled patches only
        read, valid = read_pixels(scene, labelled.rows, labelled.cols, data.bands.used)
        spectra[valid] = read[valid]
    require_finite(spectra, "The labelled pixels")
    into_data = _Recoding.between(samples.code, data.code)
    drafts = np.empty((len(patches), size, size), np.int16)
    for start in range(0, len(patches), AT_ONCE):
        tick(0.2 + 0.8 * start / len(patches))
        some = slice(start, start + AT_ONCE)
        drafts[some] = data.draft.of(np.moveaxis(into_data(patches[some]), 1, -1))[0]
    return JudgingData(
        classes,
        RealPixels(spectra, labelled.classes, labelled.polygons, labelled.rows, labelled.cols),
        # thousands of patches: only what distances are measured in is kept
        np.concatenate(
            [recoded(part.values)[:, :COMPONENTS] for part in (labelled, data.unlabelled)]
        ),
        held_out,
        np.asarray(found, np.int64),
        samples.spectra().astype(np.float32),
        patches,
        of_sample[samples.class_indices],
        drafts,
    )


@dataclass(frozen=True)
class _Recoding:
    """From the components of one spectral code to those of another; None where they agree."""

    mean: NDArray[np.float32] | None
    matrix: NDArray[np.float32] | None

    @classmethod
    def between(cls, source: SpectralCode, target: SpectralCode) -> _Recoding:
        if source.matrix.shape == target.matrix.shape and all(
            np.array_equal(a, b)
            for a, b in (
                (source.mean, target.mean),
                (source.matrix, target.matrix),
                (source.inverse, target.inverse),
            )
        ):
            return cls(None, None)
        return cls((source.mean - target.mean) @ target.matrix, source.inverse @ target.matrix)

    def __call__(self, patches: NDArray[np.floating]) -> NDArray[np.float32]:
        """Map (n, components, side, side) to (n, other components, side, side)."""
        if self.matrix is None or self.mean is None:
            return np.asarray(patches, np.float32)
        mapped = np.einsum("nkij,kc->ncij", patches, self.matrix, optimize=True)
        return np.asarray(mapped + self.mean[:, None, None], np.float32)


def _require_comparable(samples: SampleSet, data: PatchData) -> None:
    if not len(samples.class_indices):
        raise InputError("There is no sample to judge: the file holds none. Make samples first.")
    if not len(data.labelled.classes):
        raise InputError(
            "There is no labelled pixel to judge the samples by. Check that the labels lie on "
            "the scene."
        )
    require_same_bands(samples.bands, data.bands)
    size, side = samples.components.shape[-1], data.labelled.values.shape[-1]
    if side < size:
        raise InputError(
            f"The samples are {size} pixels wide, the patches of the scene {side}. Read patches "
            "of the samples' size."
        )


def require_same_bands(there: ModelBands, here: ModelBands) -> None:
    """Refuse to judge samples by a scene of other bands.

    Args:
        there: Of the samples.
        here: Of the scene, those in use.

    Raises:
        InputError: if they differ.
    """
    if len(here.used) != len(there.used):
        raise InputError(
            f"The samples have {len(there.used)} bands, the scene {len(here.used)} in use. Judge "
            "samples by the scene that their synthesizer was trained on, or one of its sensor."
        )
    if here.wavelengths is not None and there.wavelengths is not None:
        apart = np.abs(np.subtract(here.wavelengths, there.wavelengths))
        if apart.max() > MOST_APART:
            band = int(apart.argmax())
            raise InputError(
                f"Band {band + 1} of the samples lies at {there.wavelengths[band]:.0f} nm, that of "
                f"the scene at {here.wavelengths[band]:.0f} nm. Judge samples by the scene that "
                "their synthesizer was trained on, or one of its sensor."
            )


def _joined(
    labelled: tuple[LabelClass, ...], sampled: tuple[LabelClass, ...]
) -> tuple[tuple[LabelClass, ...], NDArray[np.int64]]:
    """Return all classes, and the index among them of each class of the samples."""
    place = {(known.value, known.name): index for index, known in enumerate(labelled)}
    classes = list(labelled)
    for known in sampled:
        if (known.value, known.name) not in place:
            place[(known.value, known.name)] = len(classes)
            classes.append(known)
    return tuple(classes), np.array([place[(k.value, k.name)] for k in sampled], np.int64)
