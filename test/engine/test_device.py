"""The choice of a device: what was asked for, or a sentence, and never a silent fallback."""

from __future__ import annotations

import pytest
import torch

from hsi_film_plugin.engine import device
from hsi_film_plugin.engine.device import choose_device
from hsi_film_plugin.engine.errors import DeviceError


def test_the_cpu_is_used_when_asked_for_and_the_reason_says_so():
    chosen = choose_device("cpu")
    assert chosen.kind == "cpu"
    assert chosen.torch == torch.device("cpu")
    assert "asked for" in chosen.reason


def test_an_unknown_device_is_refused_with_the_choices():
    with pytest.raises(DeviceError, match=r"Device 'tpu' is unknown.*auto, cpu, cuda, mps"):
        choose_device("tpu")


def test_a_gpu_that_is_not_there_is_an_error_when_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"'cuda' cannot be used: none found.*'auto' or 'cpu'"):
        choose_device("cuda")


def test_automatic_choice_without_a_gpu_is_the_cpu_and_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    chosen = choose_device("auto")
    assert chosen.kind == "cpu"
    assert "CUDA: none found; MPS: none found" in chosen.reason


def test_a_gpu_whose_kernels_fail_is_not_chosen_and_its_failure_is_told(
    monkeypatch: pytest.MonkeyPatch,
):
    # the driver says that there is one, but no kernel runs on it
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    def no_kernel(*_: object, **__: object) -> None:
        raise RuntimeError("no kernel image is available for execution on the device\nmore")

    monkeypatch.setattr(device.torch, "ones", no_kernel)
    chosen = choose_device("auto")
    assert chosen.kind == "cpu"
    assert "CUDA: a test computation failed (no kernel image is available" in chosen.reason
    with pytest.raises(DeviceError, match="no kernel image"):
        choose_device("cuda")
