"""What is judged: samples as they are, or a synthesizer that makes some to be judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..labels import Labels
from ..model import ModelBands
from ..progress import Progress
from ..scene import Scene
from .making import labelled_scene
from .sample_set import SampleSet
from .settings import SynthesizerSettings
from .synthesizer import Synthesizer


@dataclass(frozen=True)
class Judged:
    """Samples to judge, and what is known of the training of their synthesizer.

    Attributes:
        bands: Of the samples.
        patch: Their side in pixels.
        components: Spectral components that they are made of.
        training_seed: None where it is not known.
        scene_sha256: Fingerprint of the scene that the labels of the training lie on.
        label_sha256: Of those labels.
        scenes: How many scenes were trained on.
        samples: Returns the samples; they may have to be made.
    """

    bands: ModelBands
    patch: int
    components: int
    training_seed: int | None
    scene_sha256: str
    label_sha256: str
    scenes: int
    samples: Callable[[Progress], SampleSet]

    @classmethod
    def of_samples(cls, samples: SampleSet) -> Judged:
        """Judge samples as they are."""
        return cls(
            samples.bands,
            samples.side,
            samples.code.components,
            samples.training_seed,
            samples.scene_sha256,
            samples.label_sha256,
            len(samples.scene_names),
            lambda progress: samples,
        )

    @classmethod
    def of_synthesizer(
        cls, synthesizer: Synthesizer, make: Callable[[Progress], SampleSet]
    ) -> Judged:
        """Judge samples that a synthesizer makes for that."""
        return cls(
            synthesizer.bands,
            synthesizer.settings.patch,
            synthesizer.code.components,
            synthesizer.settings.seed,
            labelled_scene(synthesizer),
            synthesizer.label_sha256,
            len(synthesizer.scene_names),
            make,
        )

    def settings(self, seed: int) -> SynthesizerSettings:
        """Return settings that read the patches of a scene as the training has read them.

        Args:
            seed: In place of the training's where that is not known.
        """
        return SynthesizerSettings(
            patch=self.patch,
            components=self.components,
            seed=seed if self.training_seed is None else self.training_seed,
        )

    def unlike_training(self, scene: Scene, labels: Labels) -> str | None:
        """Return why other patches may be read of a scene than its training has read."""
        if self.training_seed is None or not self.scene_sha256:
            return "the samples do not say what their synthesizer was trained on"
        if scene.fingerprint() != self.scene_sha256:
            return f"the synthesizer was trained on another scene than '{scene.path.name}'"
        if labels.sha256 != self.label_sha256:
            return "the synthesizer was trained with other labels"
        if self.scenes != 1:
            return f"the synthesizer was trained on {self.scenes} scenes"
        return None
