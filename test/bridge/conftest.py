"""How the bridge's tests fetch from the stand-in server."""

from __future__ import annotations

from functools import partial

import pytest

from hsi_film_plugin.bridge import urllib_get


@pytest.fixture
def get():
    """Python's own library, allowed to fetch what is not encrypted."""
    return partial(urllib_get.get, schemes=("http",))
