"""The engine on the command line, for servers and clusters: the jobs, with progress bars."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import protocol
from .errors import Cancelled, EngineError
from .failures import explain
from .progress import Progress
from .registry import Job, LazyJobs

FAILED = 1
CANCELLED = 130  # as a shell reports Ctrl-C


def main(arguments: Sequence[str] | None = None, jobs: Mapping[str, Job] | None = None) -> int:
    """Run the command that the arguments name and return the exit status.

    Args:
        arguments: Those of the process by default.
        jobs: The jobs by name; the engine's by default.
    """
    options = vars(parser().parse_args(arguments))
    command = options.pop("command").replace("-", "_")
    jobs = LazyJobs() if jobs is None else jobs
    if command == "serve":
        from .service import run_service

        run_service(jobs, idle_s=options["idle"], parent=options["parent"])
        return 0
    if command == "check":
        from .self_check import check

        sys.stdout.write(json.dumps(check(options["distributions"], options["device"])) + "\n")
        return 0
    as_json, quiet = options.pop("json"), options.pop("quiet")
    params = {name: value for name, value in options.items() if value is not None}
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    if not quiet:  # what the libraries have to say stays out of it
        logging.getLogger(__package__).setLevel(logging.INFO)
    return _run(jobs, command, params, as_json=as_json, quiet=quiet)


def _run(
    jobs: Mapping[str, Job], command: str, params: dict[str, Any], *, as_json: bool, quiet: bool
) -> int:
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    cancelled = threading.Event()
    _cancel_on_signals(cancelled)
    form = "{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}"
    try:
        bar = tqdm(total=1.0, desc=command, bar_format=form, disable=quiet)
        with bar, logging_redirect_tqdm():
            result = jobs[command](params, Progress(_show_on(bar), cancelled))
            bar.update(1.0 - bar.n)
    except Cancelled:
        sys.stderr.write("Cancelled; no output was written.\n")
        return CANCELLED
    except EngineError as error:
        sys.stderr.write(f"Error: {error}\n")
        return FAILED
    except Exception as error:  # noqa: BLE001 - the border: every failure gets a sentence
        traceback.print_exc()
        sys.stderr.write(f"Error: {explain(error)[1]}\n")
        return FAILED
    if as_json:
        sys.stdout.write(protocol.encode(result).decode("utf-8"))
    else:
        sys.stdout.write(_summary(result, protocol.JOB_OUTPUTS[command]))
    return 0


def _show_on(bar: Any) -> Any:
    def show(fraction: float, message: str) -> None:
        if message:
            bar.set_description_str(message, refresh=False)
        bar.update(max(0.0, fraction - bar.n))

    return show


def _cancel_on_signals(cancelled: threading.Event) -> None:
    """Cancel at the first signal; the second one ends the process as it always does."""

    def cancel(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        # Not here: the interrupted code may hold the event's lock.
        threading.Thread(target=cancelled.set).start()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), cancel)


def _summary(result: Mapping[str, Any], outputs: Sequence[str]) -> str:
    """Return what a job made, for people to read."""
    lines = [f"Warning: {warning}" for warning in result.get("warnings") or ()]
    if result.get("device"):
        reason = result.get("device_reason")
        lines.append(f"Device: {result['device']}" + (f" ({reason})" if reason else ""))
    for name, value in (result.get("accuracy") or {}).items():
        if isinstance(value, float):
            lines.append(f"{name.replace('_', ' ').capitalize()}: {value:.3f}")
    lines += [f"{name.capitalize()}: {result[name]}" for name in outputs if result.get(name)]
    return "".join(f"{line}\n" for line in lines)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; options are named as the jobs' parameters."""
    main_parser = argparse.ArgumentParser(
        prog="python -m hsi_film_plugin.engine",
        description="Class maps from hyperspectral scenes and a handful of polygons.",
    )
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="command")

    train = _job(commands, "train", "train a classifier")
    _scene(train)
    _labels(train)
    _backbone(train)
    _device(train)
    _training(train)
    _output(train, "model", required=True, text="model file to write (.safetensors)")
    _output(train, "report", text="accuracy report to write (.html)")

    classify = _job(commands, "classify", "classify a scene with a trained model")
    _scene(classify)
    classify.add_argument("model", type=_path, help="model file")
    _device(classify)
    _classifying(classify)
    _maps(classify)

    both = _job(commands, "train-and-classify", "train a classifier and classify the scene")
    _scene(both)
    _labels(both)
    _backbone(both)
    _device(both)
    _training(both)
    _classifying(both)
    _maps(both)
    _output(both, "model", text="model file to write (.safetensors)")
    _output(both, "report", text="accuracy report to write (.html)")

    assess = _job(commands, "assess", "judge a class map by a reference")
    assess.add_argument("input", type=_path, help="class map")
    assess.add_argument("reference", type=_path, help="polygons, points or a raster")
    assess.add_argument("--reference-layer", help="layer of the reference file")
    assess.add_argument("--class-field", help="field that holds the class")
    _output(assess, "report", text="accuracy report to write (.html)")
    _output(assess, "table", text="the figures as JSON")

    features = _job(commands, "extract-features", "write the backbone's features as a raster")
    _scene(features)
    _backbone(features)
    _device(features)
    features.add_argument("--components", type=int, help="number of principal components")
    _output(features, "output", required=True, text="raster to write (.tif)")

    sample = _job(commands, "sample-scene", "render a scene whose truth is known")
    sample.add_argument("--width", type=int, help="in pixels")
    sample.add_argument("--height", type=int, help="in pixels")
    sample.add_argument("--seed", type=int, help="of the landscape and its noise")
    _output(sample, "output", required=True, text="raster to write (.tif)")
    _output(sample, "training", text="training polygons to write (.gpkg)")
    _output(sample, "reference", text="complete reference to write (.gpkg)")

    convert = _job(commands, "convert-backbone", "convert a diffusion checkpoint to a backbone")
    convert.add_argument("input", type=_path, help="checkpoint of guided diffusion (.pt)")
    convert.add_argument("--precision", choices=("float16", "float32"), help="of the weights")
    convert.add_argument(
        "--noise-schedule", choices=("cosine", "linear"), help="in training (as published)"
    )
    convert.add_argument(
        "--attention-order", choices=("new", "legacy"), help="of its channels (as published)"
    )
    convert.add_argument("--heads", type=int, help="of each attention (as published)")
    convert.add_argument("--head-channels", type=int, help="of each head, in place of --heads")
    _output(convert, "output", required=True, text="folder to make")

    synthesizer = _job(commands, "train-synthesizer", "train a generator of synthetic samples")
    _scene(synthesizer)
    _labels(synthesizer)
    _synthesizer_training(synthesizer)
    _device(synthesizer)
    _output(synthesizer, "synthesizer", required=True, text="file to write (.safetensors)")
    _output(synthesizer, "report", text="training report to write (.html)")
    _output(synthesizer, "prompt_table", text="prompts that the data gave, to edit (.csv)")

    synthesize = _job(commands, "synthesize", "make synthetic samples")
    synthesize.add_argument("synthesizer", type=_path, help="synthesizer file")
    _synthesis(synthesize)
    _device(synthesize)
    _output(synthesize, "output", text="mosaic of the samples to write (.tif)")
    _output(synthesize, "label_raster", text="its labels to write (.tif)")
    _output(synthesize, "samples", required=True, text="samples to train with (.safetensors)")
    _output(synthesize, "library", text="spectral library to write (.sli)")

    judge = _job(commands, "evaluate-samples", "judge synthetic samples by real labels")
    _scene(judge)
    _labels(judge)
    judge.add_argument("--synthesizer", type=_path, help="synthesizer file, to make samples anew")
    judge.add_argument("--samples", type=_path, help="samples file")
    _text_encoder(judge)
    judge.add_argument("--seed", type=int, help="of everything random (0)")
    _device(judge)
    _output(judge, "report", text="report to write (.html)")
    _output(judge, "table", text="the figures as JSON")

    prepare = _job(commands, "prepare", "compute the features of an extent into a cache")
    _live(prepare)

    preview = _job(commands, "preview", "paint the live map of an extent")
    _live(preview)
    _labels(preview)
    _output(preview, "output", required=True, text="preview to write (.tif)")

    suggest = _job(commands, "suggest", "say where labels would help most")
    _live(suggest)
    suggest.add_argument("--labels", type=_path, help="polygons, points or a label raster")
    suggest.add_argument("--labels-layer", help="layer of the label file")
    suggest.add_argument("--class-field", help="field that holds the class")
    suggest.add_argument("--count", type=int, help="number of places (5)")

    picture = _job(commands, "pseudo-image", "write a picture of a scene to look at")
    _scene(picture)
    picture.add_argument("--kind", choices=("pca", "rgb"), help="components or true colour (pca)")
    _output(picture, "output", required=True, text="picture to write (.tif)")

    serve = commands.add_parser("serve", help="answer JSON-RPC on stdin and stdout, as QGIS asks")
    serve.add_argument("--idle", type=float, default=0.0, help="leave after so many idle seconds")
    serve.add_argument("--parent", type=int, default=0, help="leave when this process is gone")

    check = commands.add_parser("check", help="import the libraries and compute on the device")
    check.add_argument("distributions", nargs="*", help="installed packages to import")
    check.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    return main_parser


def _path(text: str) -> str:
    return str(Path(text).expanduser())


def _job(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text.capitalize() + "."
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress bar, only warnings")
    return parser


def _output(
    parser: argparse.ArgumentParser, name: str, *, text: str, required: bool = False
) -> None:
    option = f"--{name.replace('_', '-')}"
    parser.add_argument(option, type=_path, required=required, metavar="FILE", help=text)


def _scene(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", type=_path, help="hyperspectral raster (GeoTIFF, ENVI)")


def _labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("labels", type=_path, help="polygons, points or a label raster")
    parser.add_argument("--labels-layer", help="layer of the label file")
    parser.add_argument("--class-field", help="field that holds the class")


def _training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--synthetic", type=_path, metavar="FILE", help="synthetic samples")
    parser.add_argument("--seed", type=int, help="of everything random (0)")
    parser.add_argument("--ensemble", type=int, help="number of heads that are averaged")


def _backbone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backbone",
        help="folder of a diffusers UNet, a converted checkpoint or a Stable Diffusion folder "
        "(the bundled backbone)",
    )
    parser.add_argument("--timestep", type=int, help="of the noising (chosen by validation)")
    parser.add_argument(
        "--blocks", type=int, nargs="+", help="decoder blocks from the end, such as -2 -3"
    )
    parser.add_argument("--pseudo-image", choices=("auto", "rgb", "pca"))


def _device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"))


def _synthesizer_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--more-inputs", type=_path, nargs="+", metavar="FILE", help="more scenes of the sensor"
    )
    parser.add_argument("--descriptions", type=_path, metavar="FILE", help="table of descriptions")
    parser.add_argument("--prompts", choices=("fine", "coarse"), help="kind of prompts (fine)")
    parser.add_argument("--patch-size", type=int, help="side of a patch in pixels (16)")
    parser.add_argument("--effort", type=float, help="multiplies the steps of training (1)")
    for name, text in (
        ("unlabelled", "unlabelled patches"),
        ("clipping", "random polygon spatial clipping"),
        ("uncertainty", "uncertainty estimation of latent features"),
    ):
        parser.add_argument(
            f"--{name}", action=argparse.BooleanOptionalAction, default=None, help=text
        )
    parser.add_argument("--seed", type=int, help="of everything random (0)")
    parser.add_argument(
        "--checkpoint", type=_path, metavar="FOLDER", help="keeps an interrupted training"
    )
    _text_encoder(parser)


def _synthesis(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--class", help="class to make, by name or value")
    parser.add_argument("--prompt", help="description of what to make")
    parser.add_argument("--negative-prompt", help="description of what to avoid")
    parser.add_argument("--count", type=int, help="samples of each class (100)")
    parser.add_argument("--balance", type=float, help="up to the largest class (0–1), not --count")
    parser.add_argument("--guidance", type=float, help="weight of the prompt")
    parser.add_argument("--steps", type=int, help="of denoising")
    parser.add_argument("--seed", type=int, help="of everything random (0)")
    _text_encoder(parser)


def _text_encoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--text-encoder", help="folder or owner/name@revision (all-MiniLM-L6-v2 of the environment)"
    )


def _live(parser: argparse.ArgumentParser) -> None:
    _scene(parser)
    _backbone(parser)
    _device(parser)
    _extent(parser)
    parser.add_argument("--cache", type=_path, required=True, help="folder of the cache")
    parser.add_argument("--cache-limit", type=int, help="of the cache's size, in bytes")


def _extent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--extent",
        type=float,
        nargs=4,
        metavar=("XMIN", "YMIN", "XMAX", "YMAX"),
        help="only this part, in the raster's coordinates",
    )


def _classifying(parser: argparse.ArgumentParser) -> None:
    _extent(parser)
    parser.add_argument("--min-confidence", type=float, help="below it a pixel has no class (0–1)")
    parser.add_argument("--dask-scheduler", help="address of a dask scheduler")


def _maps(parser: argparse.ArgumentParser) -> None:
    _output(parser, "output", required=True, text="class map to write (.tif)")
    _output(parser, "confidence", text="confidence to write (.tif)")
    _output(parser, "probabilities", text="class probabilities to write (.tif)")
