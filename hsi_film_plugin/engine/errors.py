"""The few kinds of failure that a caller of the engine can act on.

Every message is a sentence that names the file, band, class or parameter, says
what was found, and what to do about it.
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of every failure that the engine explains to its user."""


class InputError(EngineError):
    """What the user handed in cannot be used: a raster, labels, a parameter."""


class ModelFileError(InputError):
    """A model file is damaged, of another kind or schema, or does not fit the scene."""


class OutputError(EngineError):
    """An output cannot be written: no permission, no space, or it is an input."""


class DeviceError(EngineError):
    """The device that was asked for does not exist or does not work."""


class Cancelled(EngineError):
    """The user cancelled the job; everything it had written has been removed."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")
