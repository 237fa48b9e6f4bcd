"""Take the pictures of the dock that the guide shows, in a real QGIS on a screen of its own.

``make screenshots`` calls this with the engine's Python, which has Pillow::

    build/engine/bin/python -m tools.screenshots --output docs/images --work build/screenshots

QGIS is started once for each theme, under Xvfb, in a throw-away profile and home, and
`screenshot_script` plays a labelling session on the sample scene in it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from hsi_film_plugin.bridge.folders import plugin_version
from hsi_film_plugin.bridge.stamp import REQUIREMENTS, fingerprint, read_stamp, write_stamp
from tools.qgis_profile import ROOT, make_profile

SIZES = ((1280, 720), (1920, 1080))
THEMES = ("light", "dark")
PAGES = ("scene", "label", "map", "finish", "synthetic", "floating")
#: What the guide shows beside the pages, in light.
GUIDE = (
    "start",
    "scene",
    "classes",
    "polygon",
    "wand",
    "label",
    "map-classes",
    "map-confidence",
    "map-disagreement",
    "suggestions",
    "suggestion",
    "finish",
    "final-map",
    "synthetic",
)
#: The reports' names in the session's folder, and the height of their pictures.
REPORTS = {"report": 1100, "assessment": 1100, "judging": 1100}
REPORT_WIDTH = 900
COLOURS = 256
#: All pictures together; a repository keeps every version of them.
MOST_BYTES = 3_000_000
SECONDS = 1200
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
DARK_THEME = "Night Mapping"


class ScreenshotError(Exception):
    """The pictures could not be taken; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Take all pictures; the exit status is 1 where that failed."""
    parser = argparse.ArgumentParser(description="Take the pictures of the dock.")
    parser.add_argument("--output", type=Path, required=True, help="folder of the pictures")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for what is made on the way"
    )
    parser.add_argument("--engine", type=Path, default=Path(sys.prefix), help="its environment")
    parser.add_argument("--theme", choices=THEMES, action="append", help="default: both")
    options = parser.parse_args(arguments)
    work = options.work.resolve()
    try:
        figures = {}
        for theme in options.theme or THEMES:
            figures[theme] = take(theme, work / theme, options.engine)
        (work / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
        for theme in figures:
            keep(wanted_pictures(theme), work / theme, options.output)
        print(said(figures, options.output))
    except ScreenshotError as error:
        print(f"make screenshots: {error}", file=sys.stderr)
        return 1
    return 0


def wanted_pictures(theme: str) -> list[str]:
    """Return the names of the pictures of a theme."""
    names = [f"{page}-{theme}-{width}" for page in PAGES for width, _ in SIZES]
    return names + [f"guide-{name}" for name in GUIDE] if theme == "light" else names


def take(theme: str, work: Path, engine: Path) -> Mapping[str, Any]:
    """Play the session in one theme.

    Args:
        theme: light or dark.
        work: A folder for its pictures and reports; what is in it goes.
        engine: The engine's environment.

    Returns:
        What the session measured.

    Raises:
        ScreenshotError: a program is missing, or the session broke off.
    """
    for program in ("xvfb-run", "qgis"):
        if shutil.which(program) is None:
            raise ScreenshotError(f"{program} is not installed; run make install first.")
    print(f"== a session, {theme}", flush=True)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    outcome, log = work / "outcome.json", work / "qgis.log"
    with tempfile.TemporaryDirectory(prefix="analyst-") as folder:
        home = Path(folder)
        profiles = home / "profiles"
        make_profile(profiles)
        set_theme(profiles, theme)
        link_engine(engine, home)
        settings = home / "session.json"
        story = {"pictures": str(work), "theme": theme, "sizes": SIZES, "dark_theme": DARK_THEME}
        settings.write_text(json.dumps(story), encoding="utf-8")
        screen = "-screen 0 {}x{}x24".format(*SIZES[-1])
        command = ["xvfb-run", "--auto-servernum", f"--server-args={screen}", "qgis", "--nologo"]
        command += ["--profiles-path", str(profiles)]
        command += ["--code", str(ROOT / "tools" / "screenshot_script.py")]
        with log.open("wb") as said_there:
            try:
                subprocess.run(
                    command,
                    env=environment(os.environ, home, settings),
                    stdout=said_there,
                    stderr=subprocess.STDOUT,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise ScreenshotError(f"QGIS did not end in {SECONDS} s; see {log}.") from error
    figures = read_outcome(outcome, log)
    if theme == "light":
        photograph_reports(work)
    return figures


def environment(own: Mapping[str, str], home: Path, settings: Path) -> dict[str, str]:
    """Return the surroundings of a QGIS that shows nothing of this machine's user."""
    dropped = ("XDG_", "HSIFILM_", "QT_", "QGIS_", "PYTHON")
    kept = {name: value for name, value in own.items() if not name.startswith(dropped)}
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        **kept,
        # QGIS is bound to the system's Python, which need not be the first on PATH.
        "PATH": f"/usr/bin:/bin:{own.get('PATH', '')}",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "HSIFILM_SCREENSHOTS": str(settings),
    }


def set_theme(profiles: Path, theme: str) -> None:
    """Let QGIS start in a theme."""
    if theme == "dark":
        for path in (profiles / "profiles" / "default" / "QGIS").glob("QGIS*.ini"):
            text = path.read_text(encoding="utf-8")
            path.write_text(f"{text}\n[UI]\nUITheme={DARK_THEME}\n", encoding="utf-8")


def link_engine(engine: Path, home: Path) -> None:
    """Let the plugin find the engine where it would have installed it for this user."""
    data = home / ".local" / "share" / "hsi_film_plugin"
    place = data / f"engine-{plugin_version()}"
    place.mkdir(parents=True)
    for part in engine.iterdir():
        (place / part.name).symlink_to(part)
    if read_stamp(place) is None:
        write_stamp(place, {"requirements": fingerprint(REQUIREMENTS)})


def read_outcome(outcome: Path, log: Path) -> Mapping[str, Any]:
    """Return what the session measured.

    Raises:
        ScreenshotError: it broke off.
    """
    if not outcome.exists():
        raise ScreenshotError(f"QGIS ended before the session did; see {log}.")
    figures = json.loads(outcome.read_text(encoding="utf-8"))
    if not figures.pop("done"):
        raise ScreenshotError(f"the session broke off:\n{figures.get('error', '')}")
    return dict(figures)


def photograph_reports(work: Path) -> None:
    """Take pictures of the HTML reports, where there is a browser without a window."""
    browser = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if browser is None:
        print("No Chromium: the reports are not photographed.", flush=True)
        return
    for name, height in REPORTS.items():
        with tempfile.TemporaryDirectory() as profile:
            command = [browser, "--headless", "--disable-gpu", "--hide-scrollbars"]
            command += [f"--user-data-dir={profile}", f"--window-size={REPORT_WIDTH},{height}"]
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                command.append("--no-sandbox")  # Chromium refuses to run as root with one
            command += [f"--screenshot={work / f'guide-{name}.png'}"]
            command.append((work / f"{name}.html").as_uri())
            subprocess.run(command, capture_output=True, timeout=120, check=False)


def keep(names: Sequence[str], source: Path, target: Path) -> None:
    """Put pictures in their place, with fewer colours.

    Raises:
        ScreenshotError: one is missing, or they are too large together.
    """
    missing = [name for name in names if not (source / f"{name}.png").is_file()]
    if missing:
        raise ScreenshotError(f"these pictures were not taken: {', '.join(missing)}")
    reports = [f"guide-{name}" for name in REPORTS if (source / f"guide-{name}.png").is_file()]
    target.mkdir(parents=True, exist_ok=True)
    for name in [*names, *reports]:
        shrink(source / f"{name}.png", target / f"{name}.png")
    size = sum(path.stat().st_size for path in target.glob("*.png"))
    if size > MOST_BYTES:
        raise ScreenshotError(
            f"the pictures in {target} take {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f}. "
            "Take fewer colours (COLOURS) or fewer pictures."
        )


def shrink(source: Path, target: Path) -> None:
    """Write a picture with a palette: a third of the size, and no difference to the eye."""
    with Image.open(source) as picture:
        plain = picture.convert("RGB")
    # A palette by how often colours occur would turn the few red roofs brown.
    few = plain.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(target, optimize=True)


def said(figures: Mapping[str, Mapping[str, Any]], target: Path) -> str:
    """Return a word on the pictures, and what the sessions measured."""
    paths = list(target.glob("*.png"))
    size = sum(path.stat().st_size for path in paths)
    lines = [f"{len(paths)} pictures, {size / 1e6:.1f} MB, in {target}"]
    for theme, known in figures.items():
        last = known["accuracies"][-1]
        lines.append(
            f"{theme}: {last['polygons']} labels, {last['accuracy']:.1%} of those held out are "
            f"right; final run {known['final_s']:.0f} s; against the whole truth "
            f"{known['assessed']['overall_accuracy']:.1%}; a synthesizer in "
            f"{known['synthesizer_s']:.0f} s"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
