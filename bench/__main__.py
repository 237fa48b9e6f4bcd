"""``python -m bench``: measure everything, print it, and write it to ``build/bench``."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

from .area_coverage import area_coverage_tables
from .dock import dock_tables
from .large_scene import large_scene_tables
from .live_engine import live_engine_tables
from .measure import OUTPUT, ROOT
from .real_scenes import real_scene_tables
from .responsiveness import responsiveness_tables
from .startup import startup_tables
from .suggestions import suggestion_tables
from .unlike import unlike_tables

PARTS = (
    "start",
    "dock",
    "live",
    "suggestions",
    "scenes",
    "responsiveness",
    "large",
    "areas",
    "unlike",
)
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    parser.add_argument("--seeds", type=int, default=3, help="runs on each real scene")
    parser.add_argument("--side", type=int, default=4096, help="of the large raster, in pixels")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    options = parser.parse_args()
    parts = {
        "start": startup_tables,
        "dock": dock_tables,
        "live": live_engine_tables,
        "suggestions": suggestion_tables,
        "scenes": lambda: real_scene_tables(options.seeds),
        "responsiveness": responsiveness_tables,
        "large": lambda: large_scene_tables(options.side),
        "areas": area_coverage_tables,
        "unlike": unlike_tables,
    }
    print(f"{os.cpu_count()} cores\n")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        if options.only not in (None, name):
            continue
        tables = part()
        text = "\n".join(table.markdown() for table in tables)
        print(text, flush=True)
        (OUTPUT / f"{name}.md").write_text(text, encoding="utf-8")
        content = json.dumps([asdict(table) for table in tables], indent=2, ensure_ascii=False)
        (OUTPUT / f"{name}.json").write_text(content + "\n", encoding="utf-8")
    if options.readme:
        fill_readme([OUTPUT / f"{name}.md" for name in parts])


def fill_readme(tables: list[Path]) -> None:
    """Replace what stands between the marks in README.md by the tables that are there."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    found = "\n".join(path.read_text(encoding="utf-8") for path in tables if path.is_file())
    readme.write_text(f"{before}{BEGIN}\n{found}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
