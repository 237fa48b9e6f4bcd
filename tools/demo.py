"""Make a class map through ``qgis_process``, as an analyst would, and say how good it is.

Without a raster the job runs on a sample scene that is made first and whose truth is known.
``make demo`` calls this with QGIS's Python::

    python3 -m tools.demo --output build/demo --engine-python build/engine/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal, ogr

from tools.qgis_profile import ROOT, make_profile

SAMPLE_SIZE = 256
SAMPLE_SEED = 1
SAMPLE_FIELD = "class_id"
# Debian's wrapper passes a flag on that the program does not know.
QGIS_PROCESS = ("qgis_process.bin", "qgis_process")


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Job:
    """What is classified.

    Attributes:
        raster: the hyperspectral raster.
        labels: polygons, points or a label raster; ``path|layername=name`` picks a layer.
        field: the labels' class field; None for a label raster.
        reference: polygons of the whole truth, where it is known.
    """

    raster: Path
    labels: str
    field: str | None
    reference: Path | None = None


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the exit status is 1 where it could not be done."""
    parser = argparse.ArgumentParser(description="Make a class map through qgis_process.")
    parser.add_argument("--output", type=Path, required=True, help="folder of the results")
    parser.add_argument("--engine-python", type=Path, required=True)
    parser.add_argument("--raster", type=Path, help="hyperspectral raster; default: a sample scene")
    parser.add_argument("--labels", help="polygons, points or a label raster")
    parser.add_argument("--field", help="the labels' class field")
    options = parser.parse_args(arguments)
    output = options.output.resolve()
    try:
        job = user_job(options.raster, options.labels, options.field)
        output.mkdir(parents=True, exist_ok=True)
        process = QgisProcess(output.with_name(f"{output.name}-profile"), options.engine_python)
        if job is None:
            job = make_sample(process, output)
        validated = classify(process, job, output)
        draw_preview(options.engine_python, job, output)
        print(f"\n{summary(output, validated, held_out(process, job, output))}")
    except DemoError as error:
        print(f"\nmake demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmake demo: stopped.", file=sys.stderr)
        return 130
    return 0


def user_job(raster: Path | None, labels: str | None, field: str | None) -> Job | None:
    """Check the user's data.

    Returns:
        The job, or None where the user named no data and the sample scene is meant.

    Raises:
        DemoError: something is missing or cannot be read.
    """
    if raster is None and labels is None and field is None:
        return None
    if raster is None or labels is None:
        given, wanted = ("RASTER", "LABELS") if labels is None else ("LABELS", "RASTER")
        if raster is None and labels is None:
            given, wanted = "FIELD", "RASTER and LABELS"
        raise DemoError(
            f"{given} is given but not {wanted}. Give all of them, as in make demo "
            "RASTER=scene.tif LABELS=polygons.gpkg FIELD=class_name, or none for the sample scene."
        )
    scene = _open(str(raster), gdal.OF_RASTER, "RASTER")
    path = labels.split("|", 1)[0]
    if not field and _is_raster(path):
        _open(path, gdal.OF_RASTER, "LABELS")
        return Job(raster.resolve(), str(Path(path).resolve()), None)
    fields = _fields(labels)
    if field not in fields:
        asked = f"FIELD={field} is no field of {path}" if field else f"FIELD is missing for {path}"
        raise DemoError(f"{asked}. Its fields are: {', '.join(fields) or 'none'}.")
    if scene.RasterCount < 1:
        raise DemoError(f"RASTER={raster} holds no band of its own; name one of its subdatasets.")
    return Job(raster.resolve(), labels.replace(path, str(Path(path).resolve()), 1), field)


class QgisProcess:
    """``qgis_process`` in a throw-away profile that has the plugin linked and enabled."""

    def __init__(self, profile: Path, engine_python: Path) -> None:
        program = next((found for name in QGIS_PROCESS if (found := shutil.which(name))), None)
        if program is None:
            raise DemoError("qgis_process is not installed; run make install first.")
        make_profile(profile, ROOT)
        self._program = program
        self._environment = {
            **os.environ,
            "QGIS_CUSTOM_CONFIG_PATH": str(profile),
            "HSIFILM_ENGINE_PYTHON": str(engine_python.absolute()),
        }

    def run(self, algorithm: str, parameters: Mapping[str, object]) -> str:
        """Run an algorithm; its progress and messages go to the terminal as they come.

        Returns:
            What went to the terminal.

        Raises:
            DemoError: the algorithm failed; its own message has been shown.
        """
        print(f"\n== {algorithm}", flush=True)
        command = [self._program, "run", algorithm]
        command += [f"--{name}={value}" for name, value in parameters.items()]
        said = bytearray()
        with subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE) as process:
            # Not by lines: progress comes as dots.
            while part := os.read(process.stdout.fileno(), 1 << 16):
                sys.stdout.buffer.write(part)
                sys.stdout.buffer.flush()
                said += part
        if process.returncode:
            raise DemoError(f"{algorithm} failed; what it says stands above.")
        return said.decode("utf-8", "replace")


def make_sample(process: QgisProcess, output: Path) -> Job:
    """Make the sample scene, its training polygons and its reference."""
    job = Job(
        output / "scene.tif",
        str(output / "training.gpkg"),
        SAMPLE_FIELD,
        output / "reference.gpkg",
    )
    process.run(
        "hsifilm:createsamplescene",
        {
            "WIDTH": SAMPLE_SIZE,
            "HEIGHT": SAMPLE_SIZE,
            "SEED": SAMPLE_SEED,
            "OUTPUT": job.raster,
            "TRAINING": job.labels,
            "REFERENCE": job.reference,
        },
    )
    return job


def classify(process: QgisProcess, job: Job, output: Path) -> list[str]:
    """Train on the labels and map the whole raster.

    Returns:
        The accuracy that the training validated, as it was said; empty where it could not.
    """
    parameters: dict[str, object] = {"INPUT": job.raster, "LABELS": job.labels}
    if job.field:
        parameters["CLASS_FIELD"] = job.field
    class_map = output / "classes.tif"
    class_map.unlink(missing_ok=True)
    parameters.update(
        OUTPUT=class_map,
        CONFIDENCE=output / "confidence.tif",
        MODEL=output / "model.safetensors",
        REPORT=output / "report.html",
    )
    said = process.run("hsifilm:trainandclassify", parameters)
    # An interrupted qgis_process ends as if all were well.
    if not class_map.exists():
        raise DemoError("hsifilm:trainandclassify was interrupted; there is no class map.")
    return validated_accuracy(said)


def validated_accuracy(said: str) -> list[str]:
    """Find the accuracies in what ``hsifilm:trainandclassify`` said."""
    return re.findall(r"((?:Overall|Balanced) accuracy: \S+)", said)


def draw_preview(engine_python: Path, job: Job, output: Path) -> None:
    """Draw the scene beside its map; matplotlib is the engine's, so its Python draws."""
    print("\n== preview", flush=True)
    command = [str(engine_python), "-m", "tools.demo_preview", str(job.raster)]
    command += [str(output / "classes.tif"), str(output / "preview.png")]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise DemoError("the preview could not be drawn; the message stands above.")


def held_out(process: QgisProcess, job: Job, output: Path) -> Mapping[str, float] | None:
    """Assess the map on the reference outside of the training polygons.

    Returns:
        The accuracies in the assessment's table, or None where no reference is known.
    """
    if job.reference is None:
        return None
    reference, table = output / "held_out.tif", output / "held_out.json"
    burn_held_out(job, output / "classes.tif", reference)
    process.run(
        "hsifilm:assessaccuracy",
        {
            "INPUT": output / "classes.tif",
            "REFERENCE": reference,
            "REPORT": output / "held_out.html",
            "TABLE": table,
        },
    )
    return json.loads(table.read_text(encoding="utf-8"))["accuracy"]


def burn_held_out(job: Job, grid: Path, output: Path) -> None:
    """Burn the reference into a raster, without any pixel that training touched.

    Pixels, not polygons with holes: what is left of a pixel beside a training polygon would
    count as the whole of it.

    Args:
        job: whose reference and labels are meant.
        grid: a raster on the scene's grid.
        output: the raster to write; 0 where a pixel is not held out.
    """
    source = gdal.Open(str(grid))
    raster = gdal.GetDriverByName("GTiff").Create(
        str(output), source.RasterXSize, source.RasterYSize, 1, gdal.GDT_UInt16
    )
    raster.SetGeoTransform(source.GetGeoTransform())
    raster.SetProjection(source.GetProjection())
    reference, training = ogr.Open(str(job.reference)), ogr.Open(job.labels)
    gdal.RasterizeLayer(raster, [1], reference.GetLayer(0), options=[f"ATTRIBUTE={job.field}"])
    gdal.RasterizeLayer(
        raster, [1], training.GetLayer(0), burn_values=[0], options=["ALL_TOUCHED=TRUE"]
    )
    raster.FlushCache()


def summary(output: Path, validated: Sequence[str], accuracy: Mapping[str, float] | None) -> str:
    """Where the results are, and the accuracies that can be trusted."""
    results = {
        "class map": "classes.tif",
        "confidence": "confidence.tif",
        "report": "report.html",
        "model": "model.safetensors",
        "picture": "preview.png",
    }
    lines = [f"{name:<11} {output / file}" for name, file in results.items()]
    lines.append(
        f"validated   {', '.join(validated)} (on training polygons set aside; see the report)"
        if validated
        else "validated   not possible with these labels; the report says why"
    )
    if accuracy is not None:
        lines.append(
            f"held out    Overall accuracy: {accuracy['overall_accuracy']:.1%}, Balanced accuracy: "
            f"{accuracy['balanced_accuracy']:.1%} (all of the sample scene's reference outside of "
            "the training polygons)"
        )
    return "\n".join(lines)


def _open(path: str, kind: int, parameter: str) -> gdal.Dataset:
    if not Path(path).exists():
        raise DemoError(f"{parameter}={path} does not exist.")
    gdal.UseExceptions()
    try:
        return gdal.OpenEx(path, kind)
    except RuntimeError as error:
        raise DemoError(f"{parameter}={path} cannot be read: {error}") from error


def _is_raster(path: str) -> bool:
    gdal.UseExceptions()
    try:
        return gdal.OpenEx(path, gdal.OF_RASTER) is not None
    except RuntimeError:
        return False


def _fields(labels: str) -> list[str]:
    path, *options = labels.split("|")
    dataset = _open(path, gdal.OF_VECTOR, "LABELS")
    wanted = dict(option.split("=", 1) for option in options if "=" in option).get("layername")
    layer = dataset.GetLayerByName(wanted) if wanted else dataset.GetLayer(0)
    if layer is None:
        layers = ", ".join(
            dataset.GetLayer(index).GetName() for index in range(dataset.GetLayerCount())
        )
        raise DemoError(f"{path} has no layer {wanted or ''}; it has: {layers or 'none'}.")
    return list(_names(layer.GetLayerDefn()))


def _names(definition: ogr.FeatureDefn) -> Iterator[str]:
    for index in range(definition.GetFieldCount()):
        yield definition.GetFieldDefn(index).GetName()


if __name__ == "__main__":
    sys.exit(main())
