"""Train synthesizer: from a scene and a few labels to what makes samples of its classes."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterVectorLayer,
)

from ..bridge.folders import cache_folder
from ..layers.description_table import CapturedDescriptions, capture_descriptions
from ..layers.label_export import CapturedLabels
from ..layers.raster_source import RasterFile, raster_file
from .algorithm import Group, HsiFilmAlgorithm
from .engine_run import run_engine
from .parameters import (
    SEED,
    add_device,
    add_labels,
    add_scene,
    add_seed,
    description,
    device,
    labels,
    scene_file,
)
from .synthesis import SYNTHESIZER, add_text_encoder, synthesizer_filter, text_encoder
from .training import LABELS, REPORT, report_filter

DESCRIPTIONS = "DESCRIPTIONS"
MORE_SCENES = "MORE_SCENES"
PROMPTS = "PROMPTS"
PATCH_SIZE = "PATCH_SIZE"
EFFORT = "EFFORT"
UNLABELLED = "UNLABELLED"
CLIPPING = "CLIPPING"
UNCERTAINTY = "UNCERTAINTY"
PROMPT_TABLE = "PROMPT_TABLE"

# As the engine's: LEAST_PATCH, MOST_PATCH, LEAST_EFFORT, MOST_EFFORT of its synthesis.settings.
PATCH_RANGE = (8, 32)
EFFORT_RANGE = (0.01, 20.0)

# The engine's names for the choices, in the order of the list shown.
PROMPT_KINDS = ("fine", "coarse")


@dataclass(frozen=True)
class SynthesizerInputs:
    """What is read from layers on the main thread."""

    scene: RasterFile
    more_scenes: tuple[RasterFile, ...]
    labels: CapturedLabels
    descriptions: CapturedDescriptions | None


class TrainSynthesizer(HsiFilmAlgorithm):
    """`hsifilm:trainsynthesizer`."""

    GROUP = Group.SYNTHETIC_SAMPLES
    ICON = "train_synthesizer"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_scene(self)
        add_labels(
            self,
            LABELS,
            self.tr("Training labels"),
            self.tr(
                "Polygons or points of known class in any CRS, or a raster whose values are "
                "classes (0 and nodata are unlabelled). A layer’s filter and unsaved edits count. "
                "Every class that has labels can be synthesized, a rare one from a few polygons; "
                "polygons in different places give more varied samples."
            ),
        )
        self.add(
            QgsProcessingParameterVectorLayer(
                DESCRIPTIONS,
                self.tr("Descriptions of classes"),
                types=[QgsProcessing.SourceType.TypeVector],
                optional=True,
            ),
            self.tr(
                "A table with the fields class (the name or value of a class) and description, "
                "such as “reed standing in shallow water”; several rows a class are several ways "
                "to describe it. Leave it empty to describe classes by their names."
            ),
        )
        add_seed(
            self,
            self.tr(
                "The same seed and input give the same synthesizer on the same device; another "
                "seed gives another, equally valid one."
            ),
        )
        self._add_sources()
        self._add_parts()
        add_text_encoder(self)
        add_device(self)
        self._add_outputs()

    def name(self) -> str:
        return "trainsynthesizer"

    def displayName(self) -> str:
        return self.tr("Train synthesizer")

    def summary(self) -> str:
        return self.tr(
            "<p>Trains a small generative model on patches of a hyperspectral scene: an "
            "autoencoder of patches, and a diffusion model that follows a description in words. "
            "With it, Synthesize samples makes labelled samples of rare classes.</p>"
            "<p>It is a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp; Xu 2025), whose code is not "
            "published. Samples never enter validation: they only train final models.</p>"
            "<p>Training takes minutes. If it is cancelled, what was trained so far stays in the "
            "plugin’s cache folder, and another run with the same scene, labels and settings goes "
            "on from there.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,synthetic samples,rare classes,class imbalance,data augmentation,"
            "generative model,diffusion,autoencoder,text prompt,training,machine learning"
        ).split(",")

    def capture(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> SynthesizerInputs:
        side = self.parameterAsInt(parameters, PATCH_SIZE, context)
        if side % 2:
            raise QgsProcessingException(
                self.tr(
                    "{parameter}: {side} is an odd number of pixels. Choose an even one, such as "
                    "{even}."
                ).format(
                    parameter=description(self, PATCH_SIZE),
                    side=side,
                    even=min(side + 1, PATCH_RANGE[1]),
                )
            )
        more = self.parameterAsLayerList(parameters, MORE_SCENES, context)
        return SynthesizerInputs(
            scene_file(self, parameters, context),
            tuple(raster_file(layer, description(self, MORE_SCENES)) for layer in more),
            labels(self, parameters, LABELS, context),
            self._descriptions(parameters, context),
        )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        outputs = {
            name: self.parameterAsFileOutput(parameters, name, context) or None
            for name in (SYNTHESIZER, REPORT, PROMPT_TABLE)
        }
        captured: SynthesizerInputs = self.captured
        more = self._others(captured, feedback)
        kept = outputs[SYNTHESIZER]
        replaced = kept is not None and Path(kept).exists()
        with tempfile.TemporaryDirectory(prefix="hsifilm_") as folder:
            label_file = captured.labels.export(Path(folder), context, feedback)
            table = captured.descriptions
            result = run_engine(
                "train_synthesizer",
                {
                    "input": captured.scene.path,
                    "more_inputs": more or None,
                    **label_file.job("labels"),
                    "descriptions": None if table is None else str(table.export(Path(folder))),
                    **self._settings(parameters, context),
                    "checkpoint": str(cache_folder() / "synthesizers"),
                    "synthesizer": outputs[SYNTHESIZER],
                    "report": outputs[REPORT],
                    "prompt_table": outputs[PROMPT_TABLE],
                },
                feedback,
                cancelled="",
            )
        cancelled = result is None or feedback.isCanceled()
        if cancelled and kept is not None and not replaced and Path(kept).exists():
            feedback.pushInfo(
                self.tr(
                    "Cancelled, but the synthesizer was finished before: it is in “{}”."
                ).format(kept)
            )
        elif result is None:
            feedback.pushInfo(
                self.tr(
                    "Cancelled. What was trained so far is kept: another run with the same scene, "
                    "labels and settings goes on from there."
                )
            )
        if result is None:
            return {}
        if result.get("resumed"):
            feedback.pushInfo(self.tr("Went on from an earlier run that had been stopped."))
        return outputs

    def _others(self, captured: SynthesizerInputs, feedback: QgsProcessingFeedback) -> list[str]:
        """Return the further scenes, each once and without the scene itself."""
        known = {Path(captured.scene.path).resolve()}
        others = []
        for scene in captured.more_scenes:
            place = Path(scene.path).resolve()
            if place in known:
                feedback.pushInfo(
                    self.tr("“{}” is given more than once, and is read once.").format(scene.name)
                )
            else:
                known.add(place)
                others.append(scene.path)
        return others

    def _add_sources(self) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers(
                MORE_SCENES,
                self.tr("More scenes of the same sensor"),
                QgsProcessing.SourceType.TypeRaster,
                optional=True,
            ),
            self.tr(
                "Further scenes with the same bands. They have no labels; their patches teach how "
                "spectra of this sensor look."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                PROMPTS,
                self.tr("Descriptions of patches"),
                options=[
                    self.tr("Fine: class, share, neighbours, brightness, texture"),
                    self.tr("Coarse: the class only"),
                ],
                defaultValue=0,
            ),
            self.tr(
                "How each training patch is described. Fine descriptions are written from the data "
                "and let a prompt say what lies beside a class and how it looks; coarse ones know "
                "classes only."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                PATCH_SIZE,
                self.tr("Patch size"),
                QgsProcessingParameterNumber.Type.Integer,
                defaultValue=16,
                minValue=PATCH_RANGE[0],
                maxValue=PATCH_RANGE[1],
            ),
            self.tr(
                "Side of a sample in pixels, an even number from 8 to 32. Larger patches show more "
                "of the surroundings and take longer to train."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                EFFORT,
                self.tr("Effort"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=1.0,
                minValue=EFFORT_RANGE[0],
                maxValue=EFFORT_RANGE[1],
            ),
            self.tr(
                "Multiplies the number of training steps: 0.5 takes half the time, 2 twice as long."
            ),
            advanced=True,
        )

    def _add_parts(self) -> None:
        for name, title, sentence in (
            (
                UNLABELLED,
                self.tr("Learn from unlabelled patches too"),
                self.tr(
                    "Patches without labels teach what the scene looks like, without saying of "
                    "which class they are."
                ),
            ),
            (
                CLIPPING,
                self.tr("Random polygon clipping"),
                self.tr(
                    "Puts parts of different patches together while training, so that few labelled "
                    "patches give more varied surroundings."
                ),
            ),
            (
                UNCERTAINTY,
                self.tr("Vary features while training"),
                self.tr(
                    "Shifts the statistics of the compressed patches at random while training "
                    "(latent feature uncertainty), against samples that all look the same."
                ),
            ),
        ):
            parameter = QgsProcessingParameterBoolean(name, title, defaultValue=True)
            self.add(parameter, sentence, advanced=True)

    def _add_outputs(self) -> None:
        self.add(
            QgsProcessingParameterFileDestination(
                SYNTHESIZER, self.tr("Synthesizer"), fileFilter=synthesizer_filter()
            ),
            self.tr(
                "The trained synthesizer, one safetensors file, which Synthesize samples reads."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, self.tr("Report"), fileFilter=report_filter(), optional=True
            ),
            self.tr(
                "A self-contained HTML page: the losses, how well unseen patches are "
                "reconstructed, the descriptions that were written, warnings and provenance."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                PROMPT_TABLE,
                self.tr("Table of descriptions"),
                fileFilter=self.tr("CSV table (*.csv)"),
                optional=True,
            ),
            self.tr(
                "A CSV table with the fields class and description, filled in: edit it and give "
                "it as descriptions of classes to the next training. Optional."
            ),
            create_by_default=False,
        )

    def _descriptions(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> CapturedDescriptions | None:
        if not parameters.get(DESCRIPTIONS):
            return None
        layer = self.parameterAsVectorLayer(parameters, DESCRIPTIONS, context)
        return capture_descriptions(layer, description(self, DESCRIPTIONS))

    def _settings(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, Any]:
        """Job parameters of how it is trained."""
        return {
            "prompts": PROMPT_KINDS[self.parameterAsEnum(parameters, PROMPTS, context)],
            "patch_size": self.parameterAsInt(parameters, PATCH_SIZE, context),
            "effort": self.parameterAsDouble(parameters, EFFORT, context),
            "unlabelled": self.parameterAsBool(parameters, UNLABELLED, context),
            "clipping": self.parameterAsBool(parameters, CLIPPING, context),
            "uncertainty": self.parameterAsBool(parameters, UNCERTAINTY, context),
            "seed": self.parameterAsInt(parameters, SEED, context),
            "text_encoder": text_encoder(self, parameters, context),
            "device": device(self, parameters, context),
        }
