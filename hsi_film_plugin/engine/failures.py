"""Sentences for failures that no job has explained."""

from __future__ import annotations

import sys


def explain(error: Exception) -> tuple[str, str]:
    """Return the kind of an exception that no job has explained, and a sentence about it."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    out_of_memory = (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in str(error)
    )
    if out_of_memory:
        return "MemoryError", (
            f"The engine ran out of memory ({text}). Close other programs, choose a smaller "
            "extent, or compute on the CPU if this was the GPU's memory."
        )
    if isinstance(error, ImportError):
        return "MissingLibrary", (
            f"The engine's Python environment is incomplete ({text}). Install the engine again, "
            f"or choose another interpreter than '{sys.executable}'."
        )
    return "unexpected", (
        f"The engine met an unexpected {type(error).__name__}: {text}. Its log holds the details; "
        "please report it."
    )
