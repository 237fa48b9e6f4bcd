"""Make a throw-away QGIS profile in which this checkout is linked and enabled as a plugin.

Needs nothing but the standard library::

    python3 -m tools.qgis_profile build/profile

The folder made is what ``qgis --profiles-path`` and ``QGIS_CUSTOM_CONFIG_PATH`` take.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

PLUGIN = "hsi_film_plugin"
ROOT = Path(__file__).resolve().parent.parent


def make_profile(folder: Path, plugin: Path | None = ROOT) -> Path:
    """Make the profiles' folder anew, with one profile named ``default``.

    Args:
        folder: the profiles' folder; what is in it is removed.
        plugin: the plugin's folder, linked into the profile; None links none.

    Returns:
        The folder that holds the profile's plugins.
    """
    # Only what a profile holds is removed: a mistyped path must cost nobody a folder.
    shutil.rmtree(folder / "profiles", ignore_errors=True)
    profile = folder / "profiles" / "default"
    plugins = profile / "python" / "plugins"
    plugins.mkdir(parents=True)
    settings = profile / "QGIS"
    settings.mkdir()
    for major in (3, 4):
        (settings / f"QGIS{major}.ini").write_text(
            f"[PythonPlugins]\n{PLUGIN}=true\n\n[qgis]\ncheckVersion=false\n", encoding="utf-8"
        )
    if plugin is not None:
        (plugins / PLUGIN).symlink_to(plugin, target_is_directory=True)
    return plugins


def main(arguments: list[str]) -> int:
    """Make the profile in the folder that the command line names."""
    if len(arguments) != 1:
        print("usage: python3 -m tools.qgis_profile FOLDER", file=sys.stderr)
        return 2
    make_profile(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
