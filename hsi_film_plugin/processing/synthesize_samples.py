"""Synthesize samples: labelled patches of a class, or of what a description says."""

# ruff: noqa: D102 - QGIS documents the methods that it calls
from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterString,
)

from ..layers.layer_styles import map_classes, style_bands, style_class_map
from .algorithm import Group, HsiFilmAlgorithm
from .engine_run import run_engine
from .parameters import SEED, add_device, add_seed, device
from .result_layers import load_styled
from .synthesis import (
    SAMPLES,
    SYNTHESIZER,
    add_synthesizer,
    add_text_encoder,
    samples_filter,
    text_encoder,
)

CLASS = "CLASS"
PROMPT = "PROMPT"
NEGATIVE_PROMPT = "NEGATIVE_PROMPT"
COUNT = "COUNT"
BALANCE = "BALANCE"
GUIDANCE = "GUIDANCE"
STEPS = "STEPS"
OUTPUT = "OUTPUT"
LABELS = "LABELS"
LIBRARY = "LIBRARY"

MOST_SAMPLES = 10_000


class SynthesizeSamples(HsiFilmAlgorithm):
    """`hsifilm:synthesizesamples`."""

    GROUP = Group.SYNTHETIC_SAMPLES
    ICON = "synthesize"

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        add_synthesizer(self, self.tr("A synthesizer that Train synthesizer has made."))
        self._add_order()
        self._add_sampling()
        add_text_encoder(self)
        add_device(self)
        self._add_outputs()

    def name(self) -> str:
        return "synthesizesamples"

    def displayName(self) -> str:
        return self.tr("Synthesize samples")

    def summary(self) -> str:
        return self.tr(
            "<p>Makes labelled hyperspectral samples of a class, or of what a description in words "
            "says, with a trained synthesizer. Give the file of samples to Train classifier as "
            "synthetic samples, after Evaluate samples has said whether they can be trusted.</p>"
            "<p>It is a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp; Xu 2025). All files are "
            "marked as synthetic. Samples never enter validation, and the plugin refuses them as "
            "labels or reference.</p>"
        )

    def tags(self) -> list[str]:
        return self.tr(
            "hyperspectral,synthetic samples,rare classes,class imbalance,data augmentation,"
            "generative model,diffusion,text prompt,spectral library,simulation"
        ).split(",")

    def capture(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse a number of samples together with a balance."""
        count, balance = (parameters.get(name) for name in (COUNT, BALANCE))
        if count not in (None, "") and balance not in (None, ""):
            raise QgsProcessingException(
                self.tr(
                    "Number of samples and balance are both given. Leave one of them empty: the "
                    "balance says itself how many samples each class needs."
                )
            )

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        rasters = {
            name: self.parameterAsOutputLayer(parameters, name, context)
            for name in (OUTPUT, LABELS)
            if parameters.get(name)
        }
        files = {
            name: self.parameterAsFileOutput(parameters, name, context) or None
            for name in (SAMPLES, LIBRARY)
        }
        result = run_engine(
            "synthesize",
            {
                "synthesizer": self.parameterAsFile(parameters, SYNTHESIZER, context),
                **self._order(parameters, context),
                "seed": self.parameterAsInt(parameters, SEED, context),
                "text_encoder": text_encoder(self, parameters, context),
                "device": device(self, parameters, context),
                "output": rasters.get(OUTPUT),
                "label_raster": rasters.get(LABELS),
                "samples": files[SAMPLES],
                "library": files[LIBRARY],
            },
            feedback,
        )
        if result is None:
            return {}
        self._style(context, rasters, str(files[SAMPLES]), result)
        return {**rasters, **files}

    def _add_order(self) -> None:
        self.add(
            QgsProcessingParameterString(CLASS, self.tr("Class"), optional=True),
            self.tr(
                "The name or value of the class to make samples of. Leave it empty to take the "
                "class that the description names; without a description too, samples of every "
                "class are made."
            ),
        )
        self.add(
            QgsProcessingParameterString(PROMPT, self.tr("Description"), optional=True),
            self.tr(
                "What the samples should show, for example: reed, with water to the north-east, "
                "dark. Words that the synthesizer has never seen are named in the log. Leave it "
                "empty to describe samples as the real patches of the class are described."
            ),
        )
        self.add(
            QgsProcessingParameterString(NEGATIVE_PROMPT, self.tr("What to avoid"), optional=True),
            self.tr("A description of what the samples should not show, for example: shadow."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                COUNT,
                self.tr("Number of samples"),
                QgsProcessingParameterNumber.Type.Integer,
                optional=True,
                minValue=1,
                maxValue=MOST_SAMPLES,
            ),
            self.tr(
                "How many samples of each class are made, at most 10,000 in all. Leave it empty "
                "for 100, or where a balance is given."
            ),
        )
        self.add(
            QgsProcessingParameterNumber(
                BALANCE,
                self.tr("Balance"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.0,
                maxValue=1.0,
            ),
            self.tr(
                "Instead of a number: fill classes up towards the largest one (λ). With 1 every "
                "class gets as many samples as the largest has more labelled pixels than it, with "
                "0.5 half as many, with 0 none."
            ),
            advanced=True,
        )

    def _add_sampling(self) -> None:
        self.add(
            QgsProcessingParameterNumber(
                GUIDANCE,
                self.tr("Guidance"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0.1,
                maxValue=30.0,
            ),
            self.tr(
                "How closely samples follow the description (ω): 1 is plain, larger values follow "
                "more closely and vary less. Leave it empty for the default."
            ),
        )
        self.add(
            QgsProcessingParameterNumber(
                STEPS,
                self.tr("Sampling steps"),
                QgsProcessingParameterNumber.Type.Integer,
                optional=True,
                minValue=4,
                maxValue=200,
            ),
            self.tr(
                "In how many steps noise becomes a sample; the time grows with it. Leave it empty "
                "for the default."
            ),
            advanced=True,
        )
        add_seed(
            self,
            self.tr(
                "The same seed, synthesizer and description give the same samples on the same "
                "device; another seed gives others."
            ),
        )

    def _add_outputs(self) -> None:
        self.add(
            QgsProcessingParameterRasterDestination(
                OUTPUT, self.tr("Mosaic of samples"), optional=True
            ),
            self.tr(
                "A GeoTIFF that shows the samples side by side, in the bands of the training scene "
                "with their wavelengths. It has no CRS: the samples lie nowhere."
            ),
        )
        self.add(
            QgsProcessingParameterRasterDestination(
                LABELS, self.tr("Labels of samples"), optional=True
            ),
            self.tr(
                "A GeoTIFF with the class of the labelled pixels of the mosaic, 0 elsewhere, with "
                "class names and colours inside."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                SAMPLES, self.tr("Samples"), fileFilter=samples_filter()
            ),
            self.tr(
                "The samples with their classes and descriptions as one safetensors file: what "
                "Train classifier takes as synthetic samples."
            ),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                LIBRARY,
                self.tr("Spectral library"),
                fileFilter=self.tr("ENVI spectral library (*.sli)"),
                optional=True,
            ),
            self.tr(
                "An ENVI spectral library with the mean spectrum of each class and the spectra of "
                "the samples, and the same as CSV beside it. Optional."
            ),
            create_by_default=False,
        )

    def _order(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        """Job parameters of what is made."""
        texts = {
            key: self.parameterAsString(parameters, name, context) or None
            for key, name in (
                ("class", CLASS),
                ("prompt", PROMPT),
                ("negative_prompt", NEGATIVE_PROMPT),
            )
        }
        return {
            **texts,
            "count": self.optional_number(parameters, COUNT, context),
            "balance": self._optional_double(parameters, BALANCE, context),
            "guidance": self._optional_double(parameters, GUIDANCE, context),
            "steps": self.optional_number(parameters, STEPS, context),
        }

    def _optional_double(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> float | None:
        if parameters.get(name) in (None, ""):
            return None
        return float(self.parameterAsDouble(parameters, name, context))

    def _style(
        self,
        context: QgsProcessingContext,
        rasters: dict[str, str],
        samples: str,
        result: dict[str, Any],
    ) -> None:
        """Show the mosaic in true colour where the bands allow it, the labels in their colours."""
        # numpy comes with it, which starting QGIS need not wait for
        from ..layers.sample_reader import SampleFileError, true_colour_bands_of

        classes = map_classes(result)
        try:
            bands = true_colour_bands_of(samples)
        except SampleFileError:
            bands = None

        def style_mosaic(layer: QgsMapLayer) -> None:
            if bands is not None:
                style_bands(layer, *(band + 1 for band in bands))

        if OUTPUT in rasters:
            load_styled(context, rasters[OUTPUT], self.tr("Synthetic samples"), style_mosaic)
        if LABELS in rasters:
            load_styled(
                context,
                rasters[LABELS],
                self.tr("Synthetic samples – classes"),
                lambda layer: style_class_map(layer, classes),
                shown=False,
            )
