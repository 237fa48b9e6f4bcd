"""The page of algorithms says what the algorithms say."""

from __future__ import annotations

import pytest


@pytest.mark.usefixtures("provider")
def test_the_page_of_algorithms_is_up_to_date():
    from tools.algorithm_docs import PAGE, algorithms, page

    assert PAGE.read_text(encoding="utf-8") == page(algorithms()), (
        "run QT_QPA_PLATFORM=offscreen python3 -m tools.algorithm_docs"
    )
