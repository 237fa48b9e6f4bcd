"""How spectra become the inputs of heads; validation chooses among a few ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .statistics import AffineMap, standardisation, whitening

#: Components that are tried: few leave out noise, many keep faint differences.
COMPONENTS = (10, 30)
#: Fewer bands than this have no shape to normalise and no slope worth a look.
LEAST_BANDS = 8


@dataclass(frozen=True)
class SpectralInputs:
    """A way to turn spectra into inputs.

    Attributes:
        name: In words.
        snv: Whether each spectrum is first brought to zero mean and unit deviation
            (standard normal variate, Barnes et al. 1989), which takes away shading.
        affine: What is done then.
    """

    name: str
    snv: bool
    affine: AffineMap

    def __call__(self, spectra: np.ndarray) -> np.ndarray:
        """Return float32 ``(n, inputs)`` of float32 ``(n, bands)``."""
        return self.affine(standard_normal_variate(spectra) if self.snv else spectra)

    @property
    def count(self) -> int:
        """The number of inputs."""
        return int(self.affine.matrix.shape[1])


def standard_normal_variate(spectra: np.ndarray) -> np.ndarray:
    """Return spectra ``(n, bands)``, each of zero mean and unit deviation; flat ones zero."""
    # in float64, or else the mean of a flat spectrum may be off by a rounding, all that is left
    mean = spectra.mean(axis=1, dtype=np.float64, keepdims=True).astype(np.float32)
    centred = spectra - mean
    deviation = centred.std(axis=1, dtype=np.float64, keepdims=True).astype(np.float32)
    scaled: np.ndarray = centred / np.where(deviation > 0, deviation, 1)
    return scaled


def first_derivative(spectra: np.ndarray) -> AffineMap:
    """Return the map to the differences of neighbouring bands, standardised over ``spectra``."""
    bands = spectra.shape[1]
    differences = np.eye(bands, dtype=np.float32)[:, 1:] - np.eye(bands, dtype=np.float32)[:, :-1]
    scaled = standardisation(spectra @ differences)
    return AffineMap(
        spectra.mean(axis=0, dtype=np.float64).astype(np.float32), differences @ scaled.matrix
    )


def spectral_options(spectra: np.ndarray) -> list[SpectralInputs]:
    """Return the ways that may serve a scene; the first is the safe one.

    Args:
        spectra: float32 ``(n, bands)``, a sample of the whole scene.
    """
    options = [SpectralInputs("standardised bands", False, standardisation(spectra))]
    for components in COMPONENTS:
        name = f"{components} whitened components"
        options.append(SpectralInputs(name, False, whitening(spectra, components)))
        if spectra.shape[1] <= components:
            break
    if spectra.shape[1] >= LEAST_BANDS:
        normalised = standardisation(standard_normal_variate(spectra))
        options.append(SpectralInputs("standard normal variate", True, normalised))
        options.append(SpectralInputs("first derivative", False, first_derivative(spectra)))
    return options
