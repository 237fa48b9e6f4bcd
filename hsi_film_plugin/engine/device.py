"""Which device the engine computes on, and why."""

from __future__ import annotations

import platform
from dataclasses import dataclass

import torch

from .errors import DeviceError

CHOICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Device:
    """A device that has run a kernel, and the reason why it was chosen.

    Attributes:
        kind: ``cpu``, ``cuda`` or ``mps``.
        reason: A sentence for the log and the report.
        bfloat16: Whether convolutions run natively in bfloat16.
    """

    kind: str
    reason: str
    bfloat16: bool

    @property
    def torch(self) -> torch.device:
        """The device as torch knows it."""
        return torch.device(self.kind)


def device_facts(device: Device) -> dict[str, str]:
    """Return what a job's result says of the device that it ran on."""
    return {"device": device.kind, "device_reason": device.reason}


def choose_device(wanted: str = "auto") -> Device:
    """Return the wanted device, or the fastest one that works.

    Raises:
        DeviceError: if ``wanted`` is no device, or does not work here.
    """
    if wanted not in CHOICES:
        raise DeviceError(f"Device '{wanted}' is unknown. Choose one of {', '.join(CHOICES)}.")
    if wanted == "cpu":
        return _cpu("The CPU was asked for.")
    if wanted == "auto":
        failures = []
        for kind in ("cuda", "mps"):
            failure = _failure(kind)
            if failure is None:
                return _gpu(kind, "chosen automatically")
            failures.append(f"{kind.upper()}: {failure}")
        return _cpu("No GPU can be used (" + "; ".join(failures) + ").")
    failure = _failure(wanted)
    if failure is not None:
        raise DeviceError(
            f"Device '{wanted}' cannot be used: {failure}. Choose 'auto' or 'cpu' instead."
        )
    return _gpu(wanted, "asked for")


def _cpu(reason: str) -> Device:
    capability = torch.backends.cpu.get_cpu_capability()
    native = (
        bool(torch.cpu._is_avx512_bf16_supported())
        if hasattr(torch.cpu, "_is_avx512_bf16_supported")
        else False
    )
    name = platform.processor() or platform.machine()
    return Device("cpu", f"CPU ({name}, {capability}). {reason}", native)


def _gpu(kind: str, why: str) -> Device:
    if kind == "cuda":
        name, native = torch.cuda.get_device_name(), torch.cuda.is_bf16_supported()
    else:
        name, native = "Apple GPU (MPS)", False
    return Device(kind, f"{name}, {why}.", native)


def _failure(kind: str) -> str | None:
    """Return why a GPU cannot be used, or None after a kernel ran on it."""
    present = torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()
    if not present:
        return "none found"
    try:
        ones = torch.ones(1, 4, 8, 8, device=kind)
        total = torch.nn.functional.conv2d(ones, torch.ones(1, 4, 3, 3, device=kind)).sum().item()
    except RuntimeError as error:
        return f"a test computation failed ({str(error).splitlines()[0]})"
    return None if total == 36 * 36 else f"a test computation gave {total} for {36 * 36}"
