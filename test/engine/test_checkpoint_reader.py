"""Checkpoints are read without running them: right values, or a sentence and no harm."""

from __future__ import annotations

import io
import os
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from hsi_film_plugin.engine.checkpoint_reader import LONGEST_PICKLE, Checkpoint
from hsi_film_plugin.engine.errors import InputError

OLD = {"_use_new_zipfile_serialization": False}
LAYOUTS = pytest.mark.parametrize("layout", [{}, OLD], ids=["zip", "before 1.6"])


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that saves something as PyTorch does."""

    def save(content: Any, **layout: bool) -> Path:
        path = tmp_path / "a.pt"
        torch.save(content, path, **layout)
        return path

    return save


def rewritten(path: Path, **changes: bytes | None) -> Path:
    """Change entries of a checkpoint's zip (by the end of their names); None removes one."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for end, content in changes.items():
        name = next(name for name in entries if name.endswith(end.replace("_", ".")))
        if content is None:
            del entries[name]
        else:
            entries[name] = content
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def description(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("a/data.pkl")


def refused(path: Path, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        Checkpoint(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(".")


def state() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {"weight": torch.randn(4, 3, generator=generator), "bias": torch.ones(4)}


# ---- what is read


@LAYOUTS
def test_every_tensor_of_a_module_comes_as_it_was_saved(saved, layout):
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, 5))
    expected = module.state_dict()
    with Checkpoint(saved(expected, **layout)) as checkpoint:
        assert list(checkpoint.tensors) == list(expected)
        for name, tensor in expected.items():
            assert checkpoint.tensors[name].shape == tensor.shape
            assert torch.equal(checkpoint.read(name), tensor)


@LAYOUTS
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_every_precision_is_kept(saved, layout, dtype):
    expected = torch.randn(5, 6).to(dtype)
    with Checkpoint(saved({"a": expected}, **layout)) as checkpoint:
        found = checkpoint.read("a")
    assert found.dtype == dtype
    assert torch.equal(found, expected)


@LAYOUTS
def test_tensors_that_share_a_storage_or_are_not_contiguous_are_read(saved, layout):
    whole = torch.arange(60.0).reshape(3, 4, 5)
    expected = {
        "whole": whole,
        "again": whole,
        "later": whole[1:, 2:, 1:4],
        "turned": whole.permute(2, 0, 1),
        "single": whole[2, 3, 4],
        "sparse": whole[:, ::3, ::2],
    }
    with Checkpoint(saved(expected, **layout)) as checkpoint:
        for name, tensor in expected.items():
            found = checkpoint.read(name)
            assert torch.equal(found, tensor), name
            assert found.is_contiguous()


@LAYOUTS
def test_many_tensors_are_read(saved, layout):
    expected = {f"layer{number}": torch.full((2,), float(number)) for number in range(700)}
    with Checkpoint(saved(expected, **layout)) as checkpoint:
        assert torch.equal(checkpoint.read("layer699"), expected["layer699"])
        assert len(checkpoint.tensors) == 700


def test_a_tensor_that_was_read_has_memory_of_its_own(saved):
    with Checkpoint(saved(state())) as checkpoint:
        checkpoint.read("weight").zero_()
        assert torch.equal(checkpoint.read("weight"), state()["weight"])


# ---- what is refused


class Command:
    """What a hostile checkpoint would have a pickle reader run."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@LAYOUTS
@pytest.mark.parametrize("place", ["entry", "whole", "nested"])
def test_code_in_a_checkpoint_is_named_and_never_run(saved, layout, place, tmp_path: Path):
    command = Command(os.system, f"touch '{tmp_path / 'run'}'")
    content = {"entry": state() | {"b": command}, "whole": command, "nested": {"a": [command]}}
    path = saved(content[place], **layout)
    refused(path, f"refers to '{os.system.__module__}.system', which is no tensor")
    assert not (tmp_path / "run").exists()
    torch.load(path, weights_only=False)  # the trap is a real one
    assert (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("function", "name"),
    [(eval, "builtin.*eval"), (torch.load, "torch.serialization.load"), (getattr, "getattr")],
)
def test_functions_that_lead_to_code_are_named(saved, function, name):
    refused(saved({"a": Command(function, "1")}), f"refers to '.*{name}'")


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00.", "protocol 4 where PyTorch writes 2"),
        (b"\x80\x02iposix\nsystem\n.", "uses b'i'"),
        (b"\x80\x02cposix\nsystem\n\x81.", "refers to 'posix.system'"),
        (b"\x80\x02)\x81.", r"uses b'\\x81', which no state dict needs"),
        (b"\x80\x02}X\x01\x00\x00\x00a}s}b.", "entry 'a' is a dict, no tensor"),
        (b"\x80\x02K\x01}b.", "gives a int attributes"),
        (b"\x80\x02ccollections\nOrderedDict\nK\x01\x85R.", "calls 'collections OrderedDict'"),
        (b"\x80\x02ctorch\nFloatStorage\n)R.", "calls 'torch FloatStorage'"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", "calls 'torch._utils _rebuild_tens"),
        (b"\x80\x02K\x01Q.", "refers to numbers by a int"),
        (b"\x80\x02(X\x07\x00\x00\x00storageK\x01K\x02K\x03K\x04tQ.", "holds numbers of"),
        (b"\x80\x02}].", "ends with 2 values"),
        (b"\x80\x02.", "ends with 0 values"),
        (b"\x80\x02}(u.", "holds a dict instead of named tensors"),
        (b"\x80\x02}(K\x01u.", "a key without a value"),
        (b"\x80\x02}(]]u.", "a dict has a list as key"),
        (b"\x80\x02}K\x01K\x02s.", "entry '1' is a int, no tensor"),
        (b"\x80\x02u.", "lacks a mark"),
        (b"\x80\x02s.", "values that are not there"),
        (b"\x80\x02K\x01K\x01a.", "fills a list that is not there"),
        (b"\x80\x02h\x07.", "is damaged"),
        (b"\x80\x02q\x07.", "is damaged"),
        (b"\x80\x02X\x02\x00\x00\x00\xff\xff.", "is damaged"),
        (b"\x80\x02X\xff\xff\xff\xffabc", "has no end"),
        (b"\x80\x02c" + b"a" * 10_000, "refers to 'a"),
        (b"\x80\x02", "has no end"),
        (b"", "has no end"),
    ],
)
def test_descriptions_that_are_no_state_dict_are_refused(saved, program: bytes, sentence: str):
    refused(rewritten(saved(state()), data_pkl=program), sentence)


@LAYOUTS
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"a": torch.ones(2), "epoch": 3}, "entry 'epoch' is a int, no tensor"),
        ({"state_dict": {"a": torch.ones(2)}}, "entry 'state_dict' is a dict"),
        ([torch.ones(2)], "holds a list instead of named tensors"),
        ({}, "holds a dict instead of named tensors"),
        ({"a": torch.arange(3)}, "refers to 'torch.LongStorage'"),
        ({"a": torch.ones(0, 3)}, "axes is empty"),
        ({"a": torch.ones(1).expand(5000, 5000)}, "its tensors have 100000000 bytes, and the"),
    ],
)
def test_contents_that_are_no_network_s_are_refused(saved, layout, content, sentence):
    refused(saved(content, **layout), sentence)


def test_a_whole_module_is_refused_by_its_class(saved):
    refused(saved(torch.nn.Linear(2, 2)), r"refers to 'torch\.nn\.modules\.linear\.Linear'")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data/0": None}, "entry 'a/data/0' is missing or has not 48 bytes"),
        ({"data/0": b"short"}, "entry 'a/data/0' is missing or has not 48 bytes"),
        ({"data/1": bytes(17)}, "entry 'a/data/1' is missing or has not 16 bytes"),
        ({"data_pkl": None}, "holds 0 files called 'data.pkl'"),
        ({"byteorder": b"big"}, "not little-endian"),
        ({"data_pkl": bytes(LONGEST_PICKLE + 1)}, "is longer than"),
    ],
)
def test_zips_that_do_not_fit_together_are_refused(saved, changes, sentence):
    refused(rewritten(saved(state()), **changes), sentence)


@pytest.mark.parametrize("lying", [False, True], ids=["large", "large and said to be small"])
def test_an_order_of_bytes_that_is_no_word_is_refused_unread(saved, lying):
    path = rewritten(saved(state()), byteorder=bytes(8_000_000))
    if lying:
        content = bytearray(path.read_bytes())
        entry = content.rindex(b"a/byteorder") - 46
        assert content[entry : entry + 4] == b"PK\x01\x02"
        content[entry + 24 : entry + 28] = (6).to_bytes(4, "little")
        path.write_bytes(content)
    tracemalloc.start()
    refused(path, "is packed or larger" if lying else "not little-endian")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(saved):
    path = saved(state())
    shape = b"K\x04K\x03\x86"  # of the weight
    changed = description(path).replace(shape, b"K\x05K\x03\x86", 1)
    assert changed != description(path)
    refused(rewritten(path, data_pkl=changed), r"\(5, 3\) reaches beyond its storage of 12")


def test_a_compressed_zip_is_refused_unread(saved):
    path = saved({"a": torch.zeros(1_000_000)})
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    assert path.stat().st_size < 10_000
    refused(path, "is packed or larger than the file")


def test_files_that_are_no_checkpoints_are_refused(tmp_path: Path):
    path = tmp_path / "a.pt"
    for content in (b"", b"weights", b"GIF89a" * 100, b"\x80\x02}.", b"\x1f\x8b" + bytes(99)):
        path.write_bytes(content)
        refused(path, "begins like no file that 'torch.save' writes")
    refused(tmp_path / "missing.pt", "is damaged or truncated.*No such file")
    refused(tmp_path, "is damaged or truncated")


@LAYOUTS
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_file_is_refused(saved, layout, share):
    path = saved({"a": torch.randn(50, 50), "b": torch.randn(50)}, **layout)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(path, "damaged or truncated|is missing or has not|has no end|it has .* bytes of")


def test_a_changed_bit_of_a_tensor_is_found_by_the_zip_s_sums(saved):
    path = saved({"a": torch.full((500,), 3.0)})
    content = bytearray(path.read_bytes())
    content[content.index(torch.full((500,), 3.0).numpy().tobytes()) + 1000] ^= 1
    path.write_bytes(content)
    with Checkpoint(path) as checkpoint, pytest.raises(InputError, match=r"damaged.*CRC"):
        checkpoint.read("a")


@LAYOUTS
def test_damage_anywhere_gives_a_sentence_or_other_numbers_and_nothing_else(saved, layout):
    path = saved(state() | {"half": torch.ones(3).half()}, **layout)
    content = path.read_bytes()
    draw = random.Random(0)  # noqa: S311 - which byte is no secret
    refusals = 0
    for _ in range(400):
        damaged = bytearray(content)
        for _ in range(draw.choice((1, 1, 4))):
            damaged[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            with Checkpoint(path) as checkpoint:
                for name in checkpoint.tensors:
                    checkpoint.read(name)
        except InputError:
            refusals += 1
    assert refusals > 40


def test_damaged_descriptions_give_a_sentence_or_other_tensors_and_nothing_else(saved):
    path = saved(torch.nn.Linear(3, 4).state_dict())
    content = description(path)
    draw = random.Random(1)  # noqa: S311
    refusals = 0
    for _ in range(400):
        damaged = bytearray(content)
        for _ in range(draw.choice((1, 2, 5))):
            place = draw.randrange(len(damaged))
            damaged[place : place + draw.choice((0, 1))] = draw.randbytes(draw.choice((0, 1, 2)))
        try:
            with Checkpoint(rewritten(path, data_pkl=bytes(damaged))) as checkpoint:
                for name in checkpoint.tensors:
                    checkpoint.read(name)
        except InputError:
            refusals += 1
    assert refusals > 200


def test_a_description_that_nests_deeply_is_refused(saved):
    deep = b"\x80\x02)" + b"\x85" * 100_000 + b"."
    refused(rewritten(saved(state()), data_pkl=deep), "holds a tuple instead of named tensors")
    key = b"\x80\x02}" + b")" + b"\x85" * 100_000 + b"K\x01s."
    refused(rewritten(saved(state()), data_pkl=key), "a dict has a tuple as key")


def test_a_refused_file_is_closed(saved):
    path = saved({"a": 1})
    with pytest.raises(InputError):
        Checkpoint(path)
    os.replace(path, path.with_name("b.pt"))  # Windows would refuse, were it open
    held = io.BytesIO(path.with_name("b.pt").read_bytes())
    assert zipfile.is_zipfile(held)
