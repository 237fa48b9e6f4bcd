"""Parameters that several algorithms share, and how their values become job parameters.

One place for each name, description, help sentence and default. A value that the user left
alone is None in the job, so that the engine's defaults are the only ones.
"""

from __future__ import annotations

import re
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..layers.label_export import CapturedLabels, capture_labels
from ..layers.raster_source import RasterFile, raster_file
from ..translation import tr
from .algorithm import HsiFilmAlgorithm

INPUT = "INPUT"
CLASS_FIELD = "CLASS_FIELD"
BACKBONE = "BACKBONE"
SEED = "SEED"
TIMESTEP = "TIMESTEP"
BLOCKS = "BLOCKS"
PSEUDO_IMAGE = "PSEUDO_IMAGE"
DEVICE = "DEVICE"

# The engine's names for the choices, in the order of the lists shown.
DEVICES = ("auto", "cpu", "cuda", "mps")
PSEUDO_IMAGES = ("auto", "rgb", "pca")


def add_scene(algorithm: HsiFilmAlgorithm) -> None:
    """`INPUT`: the hyperspectral scene."""
    algorithm.add(
        QgsProcessingParameterRasterLayer(INPUT, tr("Hyperspectral scene")),
        tr(
            "The hyperspectral raster, a GeoTIFF or ENVI file. Wavelengths, bad bands, nodata and "
            "scale are read from its metadata; the file itself is never changed."
        ),
    )


def scene_file(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> RasterFile:
    """The file of `INPUT`."""
    layer = algorithm.parameterAsRasterLayer(parameters, INPUT, context)
    return raster_file(layer, description(algorithm, INPUT))


def add_labels(algorithm: HsiFilmAlgorithm, name: str, label: str, help_text: str) -> None:
    """A layer of labels called `name`, and `CLASS_FIELD`."""
    algorithm.add(
        QgsProcessingParameterMapLayer(
            name,
            label,
            types=[
                QgsProcessing.SourceType.TypeVectorPolygon,
                QgsProcessing.SourceType.TypeVectorPoint,
                QgsProcessing.SourceType.TypeRaster,
            ],
        ),
        help_text,
    )
    field = QgsProcessingParameterField(
        CLASS_FIELD,
        tr("Class field"),
        parentLayerParameterName=name,
        optional=True,
    )
    widget = f"{__package__}.class_field_widget.ClassFieldWidget"
    field.setMetadata({"widget_wrapper": {"class": widget}})
    algorithm.add(
        field,
        tr(
            "The field that holds the class of a polygon or point, text or whole numbers. Whole "
            "numbers from 1 to 65535 stay the values of the map; text classes are numbered in "
            "alphabetical order. A second field that names the same classes gives the legend its "
            "names. Not used for label rasters."
        ),
    )


def labels(
    algorithm: HsiFilmAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> CapturedLabels:
    """The labels of parameter `name` with their class field (main thread only).

    Raises:
        QgsProcessingException: they cannot be used; also where they are the raster of `INPUT`
            itself, which dialogs propose when no other layer is loaded.
    """
    captured = capture_labels(
        algorithm.parameterAsLayer(parameters, name, context),
        algorithm.parameterAsString(parameters, CLASS_FIELD, context),
        description(algorithm, name),
        description(algorithm, CLASS_FIELD),
    )
    scene = scene_file(algorithm, parameters, context)
    if captured.raster == scene.path:
        raise QgsProcessingException(
            tr(
                "{labels}: “{layer}” is the raster of “{scene}” itself. Choose polygons, points "
                "or another raster whose values are classes."
            ).format(
                labels=description(algorithm, name),
                layer=captured.name,
                scene=description(algorithm, INPUT),
            )
        )
    return captured


def add_backbone(algorithm: HsiFilmAlgorithm) -> None:
    """`BACKBONE`: which frozen diffusion model looks at the scene."""
    algorithm.add(
        QgsProcessingParameterFile(
            BACKBONE,
            tr("Backbone"),
            behavior=QgsProcessingParameterFile.Behavior.Folder,
            optional=True,
        ),
        tr(
            "The frozen diffusion UNet whose decoder provides the spatial features: its folder in "
            "diffusers format, or the id of one installed by Plugins ▸ HSI FiLM ▸ Backbones, such "
            "as openai-64. Leave it empty for the backbone that comes with the plugin."
        ),
    )


def backbone(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str | None:
    """The folder that `BACKBONE` means; None for the bundled backbone.

    Raises:
        QgsProcessingException: it names no folder and no installed backbone.
    """
    from ..bridge.backbone_store import BackboneFailure, backbone_folder

    try:
        folder = backbone_folder(algorithm.parameterAsFile(parameters, BACKBONE, context))
    except BackboneFailure as failure:
        raise QgsProcessingException(str(failure)) from failure
    return None if folder is None else str(folder)


def add_seed(algorithm: HsiFilmAlgorithm, help_text: str) -> None:
    """`SEED`."""
    algorithm.add(
        QgsProcessingParameterNumber(
            SEED,
            tr("Random seed"),
            QgsProcessingParameterNumber.Type.Integer,
            defaultValue=0,
            minValue=0,
            maxValue=2**31 - 1,
        ),
        help_text,
    )


def add_feature_choices(algorithm: HsiFilmAlgorithm) -> None:
    """`TIMESTEP`, `BLOCKS` and `PSEUDO_IMAGE`: what the backbone sees and what is taken from it."""
    algorithm.add(
        QgsProcessingParameterNumber(
            TIMESTEP,
            tr("Denoising timestep"),
            QgsProcessingParameterNumber.Type.Integer,
            optional=True,
            minValue=0,
            maxValue=999,
        ),
        tr(
            "The diffusion timestep at which features are taken: small values keep detail, large "
            "ones keep only coarse structure. Leave it empty to let the engine choose."
        ),
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterString(
            BLOCKS,
            tr("Decoder blocks"),
            optional=True,
        ),
        tr(
            "Which decoder blocks of the backbone give features, as whole numbers separated by "
            "commas; negative numbers count from the finest one, for example -2,-3. Leave it empty "
            "to let the engine choose."
        ),
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterEnum(
            PSEUDO_IMAGE,
            tr("Picture for the backbone"),
            options=[
                tr("Automatic"),
                tr("True colour (needs wavelengths)"),
                tr("First three principal components"),
            ],
            defaultValue=0,
        ),
        tr(
            "How the scene becomes the three-channel picture that the backbone sees: true colour "
            "from the bands nearest to red, green and blue, or principal components. Automatic "
            "takes true colour where the wavelengths allow it."
        ),
        advanced=True,
    )


def feature_job(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """Job parameters of the backbone and the feature choices."""
    pseudo_image = algorithm.parameterAsEnum(parameters, PSEUDO_IMAGE, context)
    return {
        "backbone": backbone(algorithm, parameters, context),
        "timestep": algorithm.optional_number(parameters, TIMESTEP, context),
        "blocks": parse_blocks(algorithm.parameterAsString(parameters, BLOCKS, context)),
        "pseudo_image": PSEUDO_IMAGES[pseudo_image],
    }


def parse_blocks(text: str) -> list[int] | None:
    """The decoder blocks written in `text` ("-2,-3"), or None when it is empty.

    Raises:
        QgsProcessingException: the text is not a list of whole numbers.
    """
    parts = [part for part in re.split(r"[,;\s]+", text.strip().strip("[]()")) if part]
    if not all(re.fullmatch(r"[+-]?\d{1,3}", part) for part in parts):
        raise QgsProcessingException(
            tr(
                "Decoder blocks: “{}” is not a list of whole numbers. Write them separated by "
                "commas, for example -2,-3, or leave the parameter empty."
            ).format(text)
        )
    return [int(part) for part in parts] or None


def add_device(algorithm: HsiFilmAlgorithm) -> None:
    """`DEVICE`."""
    algorithm.add(
        QgsProcessingParameterEnum(
            DEVICE,
            tr("Device"),
            options=[
                tr("Automatic"),
                tr("CPU"),
                tr("NVIDIA GPU (CUDA)"),
                tr("Apple GPU (MPS)"),
            ],
            defaultValue=0,
        ),
        tr(
            "Where to compute. Automatic takes a GPU that works and the CPU otherwise; the log "
            "says which was used and why. A GPU chosen here and not found is an error."
        ),
        advanced=True,
    )


def device(
    algorithm: HsiFilmAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str:
    """The engine's name of the chosen device."""
    return DEVICES[algorithm.parameterAsEnum(parameters, DEVICE, context)]


def description(algorithm: HsiFilmAlgorithm, name: str) -> str:
    """The parameter's description, as the user reads it in the dialog."""
    return str(algorithm.parameterDefinition(name).description())
