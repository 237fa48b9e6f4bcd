"""The dock in the real desktop: QGIS under Xvfb, with mouse and keys, closed, crashed, reopened."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DESKTOP = Path(__file__).with_name("desktop")
SCREEN = "-screen 0 1280x720x24"
#: How long a QGIS may live; one that hangs is ended. The driver ends itself a little before. It is
#: many times what it takes, since the machine may be busy.
LIMIT_S = 900


class Desktops:
    """Starts QGIS after QGIS, with one profile and one home."""

    def __init__(self, folder, engine):
        from tools.qgis_profile import make_profile

        self.folder = folder
        self.engine = engine
        self.questions = {}
        make_profile(folder / "profile")
        run = folder / "run"
        run.mkdir(mode=0o700)
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("QT_")},
            "PATH": f"/usr/bin:/bin:{os.environ.get('PATH', '')}",
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(run),
            "XDG_DATA_HOME": str(folder / "home" / "data"),
            "XDG_CACHE_HOME": str(folder / "home" / "cache"),
            "XDG_CONFIG_HOME": str(folder / "home" / "config"),
            "LC_ALL": "C.UTF-8",
            "QT_QPA_PLATFORM": "xcb",
            # What lies in the folder for temporary files QGIS does not leave without asking.
            "TMPDIR": str(folder / "temporary"),
        }
        self._environment.pop("QGIS_CUSTOM_CONFIG_PATH", None)
        (folder / "home").mkdir()
        (folder / "temporary").mkdir()

    def play(self, scenario, *arguments, engine=True, crashes=False, **settings):
        """Play a scenario in a QGIS of its own; return its notes."""
        python = self.engine if engine else ""
        diary = self.folder / f"{scenario}.json"
        settings = {
            "folder": str(self.folder),
            "diary": str(diary),
            "limit_s": LIMIT_S - 10,
            "engine": python,
            **settings,
        }
        start = self.folder / f"{scenario}_start.py"
        start.write_text(
            f"import sys\nsys.path.insert(0, {str(DESKTOP)!r})\nfrom driver import play\n"
            f"play({scenario!r}, {settings!r})\n"
        )
        profile = ["--nologo", "--profiles-path", str(self.folder / "profile")]
        command = ["qgis", *profile, "--code", str(start), *map(str, arguments)]
        log = self.folder / f"{scenario}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["xvfb-run", "-a", "-s", SCREEN, *command],
                env={
                    **self._environment,
                    "HSIFILM_ENGINE_PYTHON": python or str(self.folder / "no-engine"),
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status = process.wait(LIMIT_S)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        said = log.read_text(errors="replace")
        told = json.loads(diary.read_text()) if diary.exists() else {}
        faults = "\n".join(told.get("faults", ()))
        assert "failure" not in told, f"{faults}\n{told['failure']}\n{said[-3000:]}"
        assert told.get("done"), f"QGIS ended with {status}\n{told}\n{said[-5000:]}"
        assert not faults, faults
        assert "Traceback" not in said, said[-5000:]
        assert crashes or status == 0, f"QGIS ended with {status}\n{said[-5000:]}"
        self.questions[scenario] = told["questions"]
        return told["notes"]


@pytest.fixture(scope="module")
def desktops(tmp_path_factory):
    for program in ("xvfb-run", "qgis"):
        if shutil.which(program, path=f"/usr/bin:{os.environ.get('PATH', '')}") is None:
            pytest.skip(f"{program} is not installed")
    if not sys.platform.startswith("linux"):
        pytest.skip("the desktop is driven under Xvfb, on Linux")
    folder = tmp_path_factory.mktemp("desktop")
    yield Desktops(folder, os.environ.get("HSIFILM_ENGINE_PYTHON", ""))
    # An engine that was held when its QGIS died cannot leave by itself.
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may have ended meanwhile
            if f"{folder}/profile".encode() in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture(scope="module")
def files(desktops):
    folder = desktops.folder
    return {
        "scene": write_scene(folder / "scene.tif"),
        "second_scene": write_scene(folder / "second.tif"),
        "reference": write_reference(folder / "reference.gpkg"),
    }


@pytest.fixture(scope="module")
def tour(desktops, files):
    return desktops.play("tour", **files)


@pytest.fixture(scope="module")
def reopened(desktops, tour):
    return desktops.play(
        "reopened", desktops.folder / "work.qgz", crashes=True, labels=len(tour["labels"])
    )


@pytest.fixture(scope="module")
def recovered(desktops, files, reopened):
    path = str(desktops.folder / "work_labels.gpkg")
    return desktops.play("recovered", labels_path=path, **files)


@pytest.fixture(scope="module")
def without_engine(desktops, files):
    return desktops.play("without_engine", engine=False, **files)


@pytest.fixture(scope="module")
def engine(desktops):
    if not desktops.engine:
        pytest.skip("HSIFILM_ENGINE_PYTHON names no engine")


@pytest.fixture(scope="module")
def interrupted(desktops, files, engine):
    return desktops.play("interrupted", **files)


def write_scene(path, side=96, bands=20):
    """Four quarters, each with a spectrum of its own, 400 to 2400 nm."""
    import numpy as np
    from osgeo import gdal, osr

    rows, cols = np.mgrid[:side, :side]
    quarter = 2 * (rows >= side // 2) + (cols >= side // 2)
    phase = np.linspace(0, 3, bands)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 5, (bands, side, side))
    cube = 1000 + 400 * np.sin(phase + quarter) + noise
    raster = gdal.GetDriverByName("GTiff").Create(
        str(path), side, side, bands, gdal.GDT_Float32, ["TILED=YES", "INTERLEAVE=PIXEL"]
    )
    raster.SetGeoTransform((500000.0, 10.0, 0.0, 5800000.0, 0.0, -10.0))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(32633)
    raster.SetProjection(srs.ExportToWkt())
    for index, wavelength in enumerate(np.linspace(400, 2400, bands)):
        band = raster.GetRasterBand(index + 1)
        band.WriteArray(cube[index])
        band.SetMetadata({"wavelength": f"{wavelength:.1f}", "wavelength_units": "nm"})
    raster.FlushCache()
    return str(path)


def write_reference(path):
    """Two squares in two quarters of the scene, classes 1 and 3 of the tour."""
    from osgeo import ogr, osr

    srs = osr.SpatialReference()
    srs.ImportFromEPSG(32633)
    file = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = file.CreateLayer("reference", srs, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("class_id", ogr.OFTInteger))
    for class_id, x, y in ((1, 500200, 5799700), (3, 500250, 5799300)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["class_id"] = class_id
        box = f"{x} {y}, {x + 80} {y}, {x + 80} {y + 80}, {x} {y + 80}, {x} {y}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON(({box}))"))
        layer.CreateFeature(feature)
    return str(path)


def in_file(path):
    """Class, source and size of each label in a GeoPackage, as another program reads them."""
    from osgeo import ogr

    file = ogr.Open(str(path))
    return [
        (f["class_name"], f["source"], round(f.GetGeometryRef().GetArea() / 100, 2))
        for f in file.GetLayer(0)
    ]


def brief(labels):
    return [(label["class"], label["source"], label["pixels"]) for label in labels]


def names(classes):
    return [name for _, _, name, _ in classes]


# --- each button and tool used once -----------------------------------------------------------


def test_the_dock_says_what_to_do_first(tour):
    assert tour["empty"].startswith("No layer of the project is a hyperspectral raster yet.")


def test_a_scene_is_opened_chosen_and_shown(tour, files):
    assert tour["scene"] == files["scene"]
    assert tour["summary"].startswith("96 × 96 pixels, 20 of 20 bands usable, 400–2400 nm")
    assert tour["none_chosen"]
    assert tour["presets"]
    assert tour["device"] == "cpu"


def test_the_diagnostics_are_shown(tour):
    assert "QGIS" in tour["diagnostics"]


def test_a_sample_scene_that_is_cancelled_leaves_no_layer(tour, engine):
    assert sorted(tour["after_sample"]) == ["scene", "work_labels"]


def test_a_label_layer_is_made_and_chosen(tour, desktops):
    assert tour["made"] == str(desktops.folder / "work_labels.gpkg")
    assert tour["without_labels"]


def test_classes_are_added_renamed_and_recoloured(tour):
    assert names(tour["classes"]) == ["Forest", "Water", "Soil", "Rock"]
    assert tour["classes"][1] == ["2", "#1e90ff", "Water", 0]


def test_each_tool_draws_a_label_of_the_class_whose_key_was_pressed(tour):
    assert tour["taken"] == ["polygon", "rectangle", "brush", "wand", "hole"]
    assert brief(tour["drawn"]) == [
        ("Forest", "polygon", 120),
        ("Water", "freehand", 225),
        ("Soil", "rectangle", 100),
        ("Rock", "brush", 39),
        ("Forest", "wand", 48 * 48 - 36),  # a quarter of the scene, less the hole
    ]
    assert [row[3] for row in tour["shown"]] == [2, 1, 1, 1]


def test_the_wheel_changes_the_wands_tolerance_and_leaves_the_view(tour):
    narrow, middle, wide = tour["wand"]["areas"]
    assert narrow < middle <= wide
    assert tour["wand"]["tolerance"] == 0.5
    assert tour["wand"]["unmoved"]


def test_labels_are_moved_reclassed_and_deleted(tour):
    soil = tour["moved"][2]
    assert (soil["left"], soil["top"], soil["pixels"]) == (15, 70, 100)
    assert tour["reclassed"][2]["class"] == "Rock"
    assert [label["class"] for label in tour["deleted"]] == ["Forest", "Water", "Soil", "Forest"]


def test_changes_are_undone_and_redone_by_keys_and_buttons(tour):
    assert tour["counts"] == [4, 5, 4, 5, 4, 5, 4, 5, 5]  # the last: a polygon dropped by Esc


def test_without_snapping_a_label_keeps_the_outline_that_was_drawn(tour):
    assert tour["unsnapped"]["source"] == "polygon"
    assert tour["unsnapped"]["pixels"] == pytest.approx(50, abs=3)
    assert tour["unsnapped"]["pixels"] != round(tour["unsnapped"]["pixels"])
    assert tour["tool"] == ""


def test_classes_are_merged_and_removed_and_brought_back(tour):
    assert names(tour["merged"]) == ["Forest", "Water", "Soil"]
    assert tour["merged"][2][3] == 3
    assert names(tour["removed"]) == ["Water", "Soil"]
    assert tour["left"] == 4
    assert tour["back"] == [6, 3]
    assert tour["kept"] == tour["merged"]


def test_classes_and_labels_are_exchanged_with_files_and_layers(tour):
    assert "2,Water,#1e90ff" in tour["exported"]
    assert tour["imported"][-1] == ["4", "#ff00ff", "Road", 0]
    assert brief([tour["from_layer"]]) == [("Road", "imported", 25)]
    assert tour["from_file"][-1] == ["5", "#ffffff", "Snow", 0]


def test_spectra_are_followed_pinned_and_cleared(tour):
    assert tour["pins"] == [2, 0]
    assert tour["means"] == [4, 0, 4]
    assert tour["unfollowed"]


def test_the_live_map_is_shown_in_each_way(tour, engine):
    assert tour["bands"] == {"Confidence": [2], "Disagreement": [3], "Classes": [1]}
    assert tour["flicker"] == [False, True]
    assert tour["opacity"] == [0.0, 1.0]
    assert tour["automatic"] == [False, True]
    assert tour["map"].startswith("The map is up to date")
    assert tour["most_pixels"] == 256 * 256


def test_suggestions_are_visited_accepted_and_skipped(tour, engine):
    assert len(tour["listed"]) == 4
    assert tour["visits"] == [True, True, True]
    assert tour["skipped"] == [3, 1]
    assert (tour["by_button"]["class"], tour["by_button"]["source"]) == ("Water", "suggestion")
    assert (tour["by_key"]["class"], tour["by_key"]["source"]) == ("Forest", "suggestion")
    assert tour["added"] == 2
    assert tour["flicked"] == [False, True]
    assert tour["skipped_by_key"] == [3, 2]


def test_the_principal_components_are_shown(tour, engine):
    assert tour["picture"] == [True, 3]


def test_the_final_run_gets_what_was_chosen(tour, engine, desktops):
    assert "CONFIDENCE" not in tour["without_confidence"]
    assert "[EPSG:32633]" in tour["view"]["EXTENT"]
    assert "EXTENT" not in tour["whole"]
    assert tour["whole"]["OUTPUT"] == str(desktops.folder / "results" / "scene_classes.tif")
    assert tour["whole"]["CLASS_FIELD"] == "class_id"
    assert tour["whole"]["DEVICE"] == 1  # the CPU that was chosen on the first page
    assert tour["dialog"] == ["Train and classify"]


def test_the_final_map_is_made_assessed_and_remembered_by_processing(tour, engine):
    assert {"scene_classes.tif", "scene_confidence.tif", "scene_model.safetensors"} <= set(
        tour["results"]
    )
    assert tour["map_shown"]
    assert tour["reports"] == [".html", ".html"]
    assert tour["history"] == "hsifilm:trainandclassify"
    hidden, visible = tour["hidden"]
    assert hidden != visible


def test_the_session_is_saved_with_all_labels(tour, desktops):
    path = desktops.folder / "session.gpkg"
    assert str(path) in tour["session"]
    assert in_file(path) == brief(tour["labels"])


def test_a_session_is_opened_in_another_qgis(tour, recovered):
    assert recovered["session"] == tour["labels"]
    assert recovered["session_shown"] == tour["final"]
    assert recovered["session_scene"]
    for key in ("avoided", "automatic", "side", "history"):
        assert recovered["session_state"][key] == tour["state"][key]


@pytest.mark.parametrize("place", ["left", "right", "floating"])
def test_the_dock_fits_a_small_screen(tour, place):
    layout = tour["layouts"][place]
    for width, height in (layout["size"], layout["needs"]):
        assert width <= 1280
        assert height <= 720
    assert layout["clipped"] == {
        page: [] for page in ("Scene", "Label", "Map", "Finish", "Synthetic")
    }


def test_qgis_is_left_without_a_question(tour, engine, desktops):
    assert desktops.questions["tour"] == []


# --- saved, reopened, crashed -------------------------------------------------------------------


def test_the_labels_are_in_the_geopackage(recovered, desktops):
    assert in_file(desktops.folder / "work_labels.gpkg") == brief(recovered["recovered"])


def test_a_project_that_was_saved_opens_the_dock_as_it_was(tour, reopened):
    assert reopened["state"] == tour["state"]
    assert reopened["scene"] == tour["scene"]
    assert reopened["mode"] == ["Confidence", "confidence"]
    assert reopened["opacity"] == tour["state"]["opacity"]
    assert reopened["history"] == len(tour["state"]["history"])
    assert reopened["labels"] == tour["labels"]
    assert reopened["shown"] == tour["final"]
    assert reopened["button"]


def test_a_crash_loses_neither_labels_nor_what_was_undone(tour, reopened, recovered):
    drawn = tour["labels"] + reopened["before_crash"][-1:]
    assert reopened["before_crash"] == drawn
    assert recovered["recovered"] == drawn
    assert recovered["shown"] == reopened["shown_before_crash"]


def test_no_engine_outlives_its_qgis(recovered, reopened):
    end = time.monotonic() + 120
    while living := [pid for pid in reopened["engines"] if is_alive(pid)]:
        assert time.monotonic() < end, living
        time.sleep(0.1)


def is_alive(pid):
    """Whether a process runs; one that has ended may wait for somebody to take notice."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in "ZX"


# --- two scenes -----------------------------------------------------------------------------------


def test_each_scene_has_its_own_labels_and_map(engine, recovered):
    first, second = ["Forest", "Water", "Soil", "Road"], ["Sand", "Snow"]
    assert recovered["second_without"]
    assert recovered["switched"] == [first, second, first]
    assert recovered["maps"] == [first, second, first, second]
    assert recovered["map_of_first"] == first
    assert recovered["map_of_second"] == second
    assert recovered["previews"] == 1
    assert recovered["labels_of_second"] == recovered["own"]
    assert brief(recovered["own"]) == [("Sand", "rectangle", 81), ("Snow", "rectangle", 81)]


# --- interrupted ----------------------------------------------------------------------------------


def test_an_engine_killed_in_mid_preview_is_told_and_started_anew(interrupted):
    for text in interrupted["killed"]:
        assert text.startswith("The engine was killed in mid-run.")
        assert text.endswith("It is started again with the next map.")
    assert interrupted["other_engine"]
    assert interrupted["after_kill"].startswith("The map is up to date")


def test_a_scene_whose_crs_changes_in_mid_preview_is_refused_until_it_is_right(interrupted):
    assert "is shown in EPSG:32632, but its file says EPSG:32633" in interrupted["wrong_crs"]
    assert interrupted["scene_let_go"]
    assert interrupted["right_crs"].startswith("The map is up to date")


def test_a_scene_removed_in_mid_preview_ends_it_and_another_one_can_be_chosen(interrupted):
    assert interrupted["no_scene"]
    assert "hyperspectral image" in interrupted["removed"]
    assert interrupted["left_over"] == 0
    assert interrupted["found_again"]
    assert interrupted["after_removal"].startswith("The map is up to date")


def test_a_project_closed_in_mid_training_leaves_a_dock_that_works(interrupted):
    assert interrupted["open_after"] == [True, True, True]
    assert "Choose a hyperspectral image" in interrupted["closed"]
    assert interrupted["after_project"].startswith("The map is up to date")


def test_the_plugin_can_be_unloaded_in_mid_training_and_loaded_again(interrupted):
    assert interrupted["unloaded"]
    assert interrupted["engine_gone"]
    assert interrupted["tool"] == "QgsMapToolPan"
    assert not [name for name in interrupted["left"] if "preview" in name]
    assert interrupted["loaded"] == [True, True]
    assert interrupted["after_load"].startswith("The map is up to date")
    assert len(interrupted["drawn"]) == 7, "two of each time the scene was opened, and one"


# --- without an engine ----------------------------------------------------------------------------


def test_without_an_engine_the_dock_says_so_offers_one_and_draws(without_engine):
    assert "does not exist" in without_engine["engine"]
    (question,) = without_engine["asked"]
    assert question.endswith("Install it?")
    assert brief(without_engine["drawn"])[-1][1:] == ("brush", 10)
