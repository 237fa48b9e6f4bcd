"""Imports the package first: pytest would take a checkout of the same name for it."""

import hsi_film_plugin  # noqa: F401
