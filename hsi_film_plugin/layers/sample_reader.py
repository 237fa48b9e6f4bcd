"""Reads files of synthetic samples, and what a synthesizer's file says of itself, with numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..translation import tr
from .layer_styles import MapClass
from .synthesis_header import (
    SCHEMA,
    SYNTHESIZER_SCHEMA,
    SampleFileError,
    classes_of,
    count_of,
    lists_of,
    newer,
    own_entry,
    texts_of,
    wavelengths_of,
)
from .tensor_file import StoredTensor, TensorFileError, open_tensors, read_metadata

#: The entries of headers that hold what the engine says of samples and synthesizers, as JSON.
SAMPLES_KEY, SYNTHESIZER_KEY = "hsifilm", "hsifilm_synthesizer"
TRUE_COLOUR_NM = (650.0, 550.0, 470.0)
#: So far may a band lie from the wavelength that is wanted, in nm.
REACH_NM = 40.0
#: Longest header of a synthesizer, in bytes: thousands of descriptions take less than one MB.
LONGEST_SYNTHESIZER_HEADER = 8_000_000
#: More attention than this, in bytes, is read sample by sample instead of being kept in memory.
MOST_ATTENTION = 200_000_000
#: So many samples are decoded at once.
_AT_ONCE = 256


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
        scene_bands: Of the scene that it was trained on, used or not; 0 when unknown.
    """

    path: Path
    classes: tuple[MapClass, ...]
    counts: tuple[int, ...]
    prompts: tuple[tuple[str, ...], ...]
    descriptions: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    wavelengths: tuple[float, ...]
    scene_bands: int


@dataclass(frozen=True)
class SampleFile:
    """What is shown of a file of samples, in memory; the file is not held open.

    Attributes:
        path: The file.
        classes: The classes.
        prompts: The distinct prompts.
        colours: float32 (n, side, side, 3), the bands that show them in true colour.
        class_index: int64 (n,), into `classes`.
        prompt_index: int64 (n,), into `prompts`.
        recognised: bool (n,), whether the centre looks like the class to an independent eye.
        attention: uint8 (n, tokens, g, g): 255 where a token's attention is strongest; where it
            lies in the file if it is too much to keep; None when there is none.
        wavelengths: Of the bands, in nm; empty when unknown.
        scene_bands: Of the scene that they were made like, used or not; 0 when unknown.
        tokens: Of each prompt, as the file lists them.
    """

    path: Path
    classes: tuple[MapClass, ...]
    prompts: tuple[str, ...]
    colours: np.ndarray
    class_index: np.ndarray
    prompt_index: np.ndarray
    recognised: np.ndarray
    attention: np.ndarray | StoredTensor | None
    wavelengths: tuple[float, ...]
    scene_bands: int
    tokens: Sequence[Any]

    @property
    def count(self) -> int:
        """The number of samples."""
        return int(self.colours.shape[0])

    @property
    def side(self) -> int:
        """Pixels along each side of a sample."""
        return int(self.colours.shape[1])

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
            attention was not kept, the part is beyond the tokens that were, or the file that
            would have to be asked has gone.
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
        try:
            maps = self._maps(index)[own].astype(np.float32)
        except TensorFileError:
            return None
        return np.asarray(maps.mean(axis=0) / 255.0, dtype=np.float32)

    def _maps(self, index: int) -> np.ndarray:
        """Return the attention of a sample, uint8 (tokens, g, g)."""
        if isinstance(self.attention, StoredTensor):
            return self.attention.read_rows(index, index + 1)[0]
        return np.asarray(self.attention)[index]


def read_samples(path: Path, cancelled: Callable[[], bool] = lambda: False) -> SampleFile:
    """Read what is shown of a file of samples.

    Args:
        path: The file.
        cancelled: Asked now and then whether to stop.

    Raises:
        SampleFileError: it cannot be read, is no file of samples, or nobody waits for it any more.
    """
    try:
        found = _open(path)
        colours = _colours(found, cancelled)
        attention = found.tensors.get("attention")
        if attention is None or attention.nbytes > MOST_ATTENTION:
            maps: np.ndarray | StoredTensor | None = attention
        else:
            maps = attention.read()
    except SampleFileError:
        raise
    except TensorFileError as error:
        raise SampleFileError(str(error)) from error
    header = found.header
    tokens = header.get("tokens")
    return SampleFile(
        path,
        found.classes,
        found.prompts,
        colours,
        found.class_index,
        found.prompt_index,
        found.recognised,
        maps,
        wavelengths_of(header.get("wavelengths")),
        count_of(header.get("scene_bands")),
        tokens if isinstance(tokens, list) else (),
    )


def read_synthesizer(path: Path) -> SynthesizerFacts:
    """Read what a synthesizer's file says of itself.

    Raises:
        SampleFileError: it cannot be read, or is no synthesizer.
    """
    try:
        header = own_entry(read_metadata(path, LONGEST_SYNTHESIZER_HEADER), SYNTHESIZER_KEY)
    except TensorFileError as error:
        raise SampleFileError(str(error)) from error
    schema = header.get("schema_version")
    if type(schema) is int and schema > SYNTHESIZER_SCHEMA:
        raise newer(path)
    if type(schema) is int and schema < SYNTHESIZER_SCHEMA:
        raise SampleFileError(
            tr(
                "“{}” was made by an older version of the plugin, which this one cannot make "
                "samples with. Train the synthesizer again."
            ).format(path)
        )
    classes = classes_of(header)
    prompts = lists_of(header.get("prompts"), len(classes))
    if not classes or prompts is None:
        raise SampleFileError(
            tr(
                "“{}” is no synthesizer. Choose a file that Train synthesizer has made, or train "
                "one."
            ).format(path)
        )
    bands = header["bands"] if isinstance(header.get("bands"), dict) else {}
    counts = header.get("counts")
    known = isinstance(counts, list) and all(type(number) is int for number in counts)
    return SynthesizerFacts(
        path,
        classes,
        tuple(counts) if known and len(counts) == len(classes) else (),
        prompts,
        lists_of(header.get("descriptions"), len(classes)) or ((),) * len(classes),
        frozenset(word.lower() for word in texts_of(header.get("words"))),
        wavelengths_of(bands.get("wavelengths_nm")),
        count_of(bands.get("count")),
    )


def true_colour_bands_of(path: str) -> tuple[int, int, int]:
    """Return the zero-based bands of a file of samples that show it in true colour.

    Raises:
        SampleFileError: it cannot be read, or is no file of samples.
    """
    try:
        return _open(Path(path)).shown_bands
    except SampleFileError:
        raise
    except TensorFileError as error:
        raise SampleFileError(str(error)) from error


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


@dataclass(frozen=True)
class _Found:
    """A file of samples whose parts fit each other; only the small ones were read."""

    header: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]
    classes: tuple[MapClass, ...]
    prompts: tuple[str, ...]
    mean: np.ndarray
    inverse: np.ndarray
    class_index: np.ndarray
    prompt_index: np.ndarray
    recognised: np.ndarray

    @property
    def shown_bands(self) -> tuple[int, int, int]:
        """The zero-based bands that show the samples in true colour."""
        return true_colour_bands(wavelengths_of(self.header.get("wavelengths")), self.mean.size)


def _open(path: Path) -> _Found:
    """Check a file of samples.

    Raises:
        TensorFileError: it cannot be read, or is no file of samples.
    """
    file = open_tensors(path)
    header = _sample_header(path, file.metadata)
    classes, prompts = classes_of(header), texts_of(header.get("prompts"))
    tensors = file.tensors
    try:
        components, inverse, mean = (tensors[n] for n in ("components", "inverse", "mean"))
        per_sample = [tensors[n] for n in ("class_index", "prompt", "recognised")]
    except KeyError as error:
        raise _no_samples(path) from error
    attention = tensors.get("attention")
    n = components.shape[0] if len(components.shape) == 4 else -1
    fits = (
        n > 0
        and components.shape[2] == components.shape[3] > 0
        and len(mean.shape) == 1
        and mean.shape[0] > 0
        and inverse.shape == (components.shape[1], mean.shape[0])
        and all(known.shape == (n,) for known in per_sample)
        and all(values.dtype.kind == "f" for values in (components, inverse, mean))
        and (attention is None or _are_maps(attention, n))
    )
    if not fits:
        raise _no_samples(path)
    class_index, prompt_index, recognised = (known.read() for known in per_sample)
    if not (_within(class_index, len(classes)) and _within(prompt_index, len(prompts))):
        raise _no_samples(path)
    return _Found(
        header,
        tensors,
        classes,
        prompts,
        mean.read().astype(np.float32),
        inverse.read().astype(np.float32),
        class_index.astype(np.int64),
        prompt_index.astype(np.int64),
        recognised != 0,
    )


def _colours(found: _Found, cancelled: Callable[[], bool]) -> np.ndarray:
    """Return the bands that are shown, float32 (n, side, side, 3): a few samples at a time."""
    components, bands = found.tensors["components"], list(found.shown_bands)
    count, _, side, _ = components.shape
    inverse, mean = found.inverse[:, bands], found.mean[bands]
    colours = np.empty((count, side, side, 3), np.float32)
    for first in range(0, count, _AT_ONCE):
        if cancelled():
            raise SampleFileError(tr("Cancelled."))
        part = components.read_rows(first, first + _AT_ONCE).astype(np.float32)
        colours[first : first + len(part)] = np.moveaxis(part, 1, -1) @ inverse + mean
    return colours


def _sample_header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    header = own_entry(metadata, SAMPLES_KEY)
    if header.get("kind") != "samples":
        raise _no_samples(path)
    schema = header.get("schema")
    if type(schema) is not int or schema > SCHEMA:
        raise newer(path)
    return header


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


def _are_maps(attention: StoredTensor, count: int) -> bool:
    shape = attention.shape
    return attention.dtype == np.uint8 and len(shape) == 4 and shape[0] == count and all(shape)


def _no_samples(path: Path) -> SampleFileError:
    return SampleFileError(
        tr(
            "“{}” is no file of samples. Choose one that Synthesize samples has made, or make "
            "samples first."
        ).format(path)
    )
