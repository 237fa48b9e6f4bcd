"""What several jobs take from their parameters and tell in their results alike."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from . import parameters as given
from .device import Device, choose_device
from .label_classes import LabelClass
from .parameters import Parameters

logger = logging.getLogger(__name__)


def chosen_device(params: Parameters) -> Device:
    """Return the device that a job asks for, by default the fastest that works.

    Raises:
        DeviceError: if it is no device, or does not work here.
    """
    device = choose_device(given.text(params, "device") or "auto")
    logger.info("Device: %s", device.reason)
    return device


def class_facts(classes: Sequence[LabelClass]) -> list[dict[str, Any]]:
    """Return classes as results and headers list them."""
    return [{"value": known.value, "name": known.name, "color": known.color} for known in classes]
