"""Reads files of synthetic samples, and what a synthesizer's file says of itself, with numpy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..translation import tr
from .layer_styles import MapClass
from .tensor_file import TensorFileError, open_tensors, read_metadata

#: The entries of headers that hold what the engine says of samples and synthesizers, as JSON.
SAMPLES_KEY, SYNTHESIZER_KEY = "hsifilm", "hsifilm_synthesizer"
#: The newest kind of both files that is understood.
SCHEMA = 1
TRUE_COLOUR_NM = (650.0, 550.0, 470.0)
#: So far may a band lie from the wavelength that is wanted, in nm.
REACH_NM = 40.0
#: Longer texts are cut: no description is so long, and one has to fit on the screen.
LONGEST_TEXT = 1000
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_GREY = "#808080"


class SampleFileError(TensorFileError):
    """A file holds no samples, or is no synthesizer; `str()` is a sentence for the user."""


@dataclass(frozen=True)
class Token:
    """A part of a prompt that the text encoder knows: the characters from start to end."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class SynthesizerFacts:
    """What a synthesizer's file says of itself.

    Attributes:
        path: The file.
        classes: The classes that it makes samples of.
        counts: Labelled pixels of each class that it was trained with; empty when unknown.
        prompts: Descriptions of real patches, of each class.
        descriptions: How the user described each class.
        words: All words that it was trained with, in small letters.
        wavelengths: Of its bands, in nm; empty when unknown.
    """

    path: Path
    classes: tuple[MapClass, ...]
    counts: tuple[int, ...]
    prompts: tuple[tuple[str, ...], ...]
    descriptions: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    wavelengths: tuple[float, ...]


@dataclass(frozen=True)
class SampleFile:
    """An open file of samples, whose arrays read from the disk when they are used.

    Attributes:
        path: The file.
        classes: The classes.
        prompts: The distinct prompts.
        components: float16 or float32 (n, k, side, side).
        mean: float32 (bands,), of the linear code of spectra.
        inverse: float32 (k, bands): components @ inverse + mean = spectrum.
        class_index: int64 (n,), into `classes`.
        prompt_index: int64 (n,), into `prompts`.
        recognised: bool (n,), whether the centre looks like the class to an independent eye.
        attention: uint8 (n, tokens, g, g): 255 where a token's attention is strongest; None when
            it was not kept.
        wavelengths: Of the bands, in nm; empty when unknown.
    """

    path: Path
    classes: tuple[MapClass, ...]
    prompts: tuple[str, ...]
    components: np.ndarray
    mean: np.ndarray
    inverse: np.ndarray
    class_index: np.ndarray
    prompt_index: np.ndarray
    recognised: np.ndarray
    attention: np.ndarray | None
    wavelengths: tuple[float, ...]
    tokens: Sequence[Any]

    @property
    def count(self) -> int:
        """The number of samples."""
        return int(self.components.shape[0])

    @property
    def side(self) -> int:
        """Pixels along each side of a sample."""
        return int(self.components.shape[2])

    def class_of(self, index: int) -> MapClass:
        """Return the class of a sample."""
        return self.classes[int(self.class_index[index])]

    def prompt_of(self, index: int) -> str:
        """Return the description that a sample was made from."""
        return self.prompts[int(self.prompt_index[index])]

    def counts(self) -> dict[str, int]:
        """Return how many samples there are of each class, by its name."""
        found = np.bincount(self.class_index, minlength=len(self.classes))
        return {known.name: int(n) for known, n in zip(self.classes, found) if n}

    def bands(self, indices: slice | Sequence[int], wanted: Sequence[int]) -> np.ndarray:
        """Return a few bands of samples.

        Args:
            indices: Which samples.
            wanted: Zero-based bands.

        Returns:
            float32 (len(indices), side, side, len(wanted)), physical values.
        """
        components = np.asarray(self.components[indices], dtype=np.float32)
        chosen = list(wanted)
        values = np.moveaxis(components, 1, -1) @ self.inverse[:, chosen] + self.mean[chosen]
        return np.asarray(values, dtype=np.float32)

    def tokens_of(self, index: int) -> tuple[Token, ...]:
        """Return the tokens of a sample's prompt, in the order of its attention maps."""
        place = int(self.prompt_index[index])
        entries = self.tokens[place] if place < len(self.tokens) else ()
        return tuple(_token(entry) for entry in entries) if isinstance(entries, list) else ()

    def attention_of(self, index: int, start: int, end: int) -> np.ndarray | None:
        """Return which pixels a part of the prompt made.

        Args:
            index: The sample.
            start: Where in the prompt the part begins, in characters.
            end: Where it ends.

        Returns:
            float32 (g, g) from 0 to 1, the mean over the tokens of the part; None where
            attention was not kept, or the part is beyond the tokens that were.
        """
        if self.attention is None:
            return None
        kept = self.attention.shape[1]
        own = [
            place
            for place, token in enumerate(self.tokens_of(index)[:kept])
            if token.start < end and start < token.end
        ]
        if not own:
            return None
        maps = np.asarray(self.attention[index, own], dtype=np.float32)
        return np.asarray(maps.mean(axis=0) / 255.0, dtype=np.float32)


def read_samples(path: Path) -> SampleFile:
    """Open a file of samples.

    Raises:
        SampleFileError: it cannot be read, or is no file of samples.
    """
    try:
        file = open_tensors(path)
    except TensorFileError as error:
        raise SampleFileError(str(error)) from error
    header = _sample_header(path, file.metadata)
    classes, prompts = _classes(header), _texts(header.get("prompts"))
    tensors = file.tensors
    try:
        components, inverse = tensors["components"], tensors["inverse"]
        mean, class_index = tensors["mean"], tensors["class_index"]
        prompt_index, recognised = tensors["prompt"], tensors["recognised"]
    except KeyError as error:
        raise _no_samples(path) from error
    attention = tensors.get("attention")
    n = components.shape[0] if components.ndim == 4 else -1
    fits = (
        n > 0
        and components.shape[2] == components.shape[3] > 0
        and inverse.shape == (components.shape[1], mean.size)
        and mean.size > 0
        and class_index.shape == prompt_index.shape == recognised.shape == (n,)
        and _within(class_index, len(classes))
        and _within(prompt_index, len(prompts))
        and all(values.dtype.kind == "f" for values in (components, inverse, mean))
        and (attention is None or _are_maps(attention, n))
    )
    if not fits:
        raise _no_samples(path)
    tokens = header.get("tokens")
    return SampleFile(
        path,
        classes,
        prompts,
        components,
        np.asarray(mean, dtype=np.float32),
        np.asarray(inverse, dtype=np.float32),
        np.asarray(class_index, dtype=np.int64),
        np.asarray(prompt_index, dtype=np.int64),
        np.asarray(recognised) != 0,
        attention,
        _wavelengths(header.get("wavelengths")),
        tokens if isinstance(tokens, list) else (),
    )


def read_synthesizer(path: Path) -> SynthesizerFacts:
    """Read what a synthesizer's file says of itself.

    Raises:
        SampleFileError: it cannot be read, or is no synthesizer.
    """
    try:
        header = _own_entry(read_metadata(path), SYNTHESIZER_KEY)
    except TensorFileError as error:
        raise SampleFileError(str(error)) from error
    schema = header.get("schema_version")
    if type(schema) is int and schema > SCHEMA:
        raise _newer(path)
    classes = _classes(header)
    prompts = _lists(header.get("prompts"), len(classes))
    if not classes or prompts is None:
        raise SampleFileError(
            tr(
                "“{}” is no synthesizer. Choose a file that Train synthesizer has made, or train "
                "one."
            ).format(path)
        )
    bands = header.get("bands")
    counts = header.get("counts")
    known = isinstance(counts, list) and all(type(number) is int for number in counts)
    return SynthesizerFacts(
        path,
        classes,
        tuple(counts) if known and len(counts) == len(classes) else (),
        prompts,
        _lists(header.get("descriptions"), len(classes)) or ((),) * len(classes),
        frozenset(word.lower() for word in _texts(header.get("words"))),
        _wavelengths(bands.get("wavelengths_nm") if isinstance(bands, dict) else None),
    )


def true_colour_bands_of(path: str) -> tuple[int, int, int]:
    """Return the zero-based bands of a file of samples that show it in true colour.

    Raises:
        SampleFileError: it cannot be read, or is no file of samples.
    """
    samples = read_samples(Path(path))
    return true_colour_bands(samples.wavelengths, samples.mean.size)


def true_colour_bands(wavelengths: Sequence[float], count: int) -> tuple[int, int, int]:
    """Return the zero-based bands nearest to red, green and blue.

    Where the wavelengths are unknown or too far off, bands from the whole range.
    """
    if len(wavelengths) == count:
        known = np.asarray(wavelengths, dtype=np.float64)
        nearest = [int(np.abs(known - wanted).argmin()) for wanted in TRUE_COLOUR_NM]
        if all(abs(known[n] - wanted) <= REACH_NM for n, wanted in zip(nearest, TRUE_COLOUR_NM)):
            return nearest[0], nearest[1], nearest[2]
    # long wavelengths as red: files nearly always begin with the shortest
    red, green, blue = ((count - 1) * part // 4 for part in (3, 2, 1))
    return red, green, blue


def _own_entry(metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    """Return what the engine wrote into a file's header; empty for other files."""
    try:
        header = json.loads(metadata.get(key, "{}"))
    except (ValueError, RecursionError):
        return {}
    return header if isinstance(header, dict) else {}


def _sample_header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    header = _own_entry(metadata, SAMPLES_KEY)
    if header.get("kind") != "samples":
        raise _no_samples(path)
    schema = header.get("schema")
    if type(schema) is not int or schema > SCHEMA:
        raise _newer(path)
    return header


def _classes(header: Mapping[str, Any]) -> tuple[MapClass, ...]:
    entries = header.get("classes")
    known = []
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or type(entry.get("value")) is not int:
            return ()
        color = str(entry.get("color"))
        name = str(entry.get("name") or entry["value"])[:LONGEST_TEXT]
        known.append(MapClass(entry["value"], name, color if _COLOR.fullmatch(color) else _GREY))
    return tuple(known)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text)[:LONGEST_TEXT] for text in value) if isinstance(value, list) else ()


def _lists(value: Any, count: int) -> tuple[tuple[str, ...], ...] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    return tuple(_texts(texts) for texts in value)


def _wavelengths(values: Any) -> tuple[float, ...]:
    if not isinstance(values, list):
        return ()
    known = [value for value in values if type(value) in (int, float)]
    return tuple(float(value) for value in known) if len(known) == len(values) else ()


def _token(entry: Any) -> Token:
    """Return a token; one that cannot be read covers no characters."""
    if isinstance(entry, list) and len(entry) == 3:
        text, start, end = entry
        if type(start) is int and type(end) is int:
            return Token(str(text), start, end)
    return Token("", 0, 0)


def _within(indices: np.ndarray, count: int) -> bool:
    whole = indices.dtype.kind in "iu"
    return whole and bool(indices.min() >= 0) and bool(indices.max() < count)


def _are_maps(attention: np.ndarray, count: int) -> bool:
    return attention.dtype == np.uint8 and attention.ndim == 4 and attention.shape[0] == count


def _no_samples(path: Path) -> SampleFileError:
    return SampleFileError(
        tr(
            "“{}” is no file of samples. Choose one that Synthesize samples has made, or make "
            "samples first."
        ).format(path)
    )


def _newer(path: Path) -> SampleFileError:
    return SampleFileError(
        tr(
            "“{}” was made by a newer version of the plugin. Update the plugin, or make the file "
            "again."
        ).format(path)
    )
