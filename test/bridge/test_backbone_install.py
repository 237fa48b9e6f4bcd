"""Installing backbones with a stand-in server and a stand-in converter."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hsi_film_plugin.bridge import backbone_install, backbone_store
from hsi_film_plugin.bridge.backbone_catalogue import CatalogueFile, Entry, Kind, find_entry
from hsi_film_plugin.bridge.backbone_install import (
    Means,
    add_backbone,
    download_backbone,
    engine_converter,
)
from hsi_film_plugin.bridge.backbone_source import Trust, entry_for, judge, look_at
from hsi_film_plugin.bridge.backbone_store import (
    BackboneFailure,
    BackboneStopped,
    backbone_folder,
    installed_backbones,
    locked,
    new_own_id,
    remove_backbone,
)

ROOT = Path(__file__).resolve().parents[2]
CONTENT = bytes(range(256)) * 2000


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def convert(checkpoint, folder, on_progress, is_cancelled):
    """What the engine does with a checkpoint, as far as installing sees it."""
    on_progress(0.5, "Converting")
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(checkpoint.read_bytes())


@pytest.fixture
def store(tmp_path):
    return tmp_path / "backbones"


@pytest.fixture
def told():
    """The fractions and messages of the installation."""
    return []


@pytest.fixture
def means(store, get, told):
    return Means(store, get, convert, lambda *what: told.append(what), lambda: False)


@pytest.fixture
def checkpoint(server):
    """An entry of one file, whose sum is known."""
    server.files["tiny.pt"] = CONTENT
    server.tags["tiny.pt"] = '"one"'
    return entry("tiny", Kind.CHECKPOINT, {"tiny.pt": CONTENT}, server)


@pytest.fixture
def hub(server):
    """An entry of three files."""
    files = {
        "config.json": b'{"_class_name": "UNet2DModel"}',
        "scheduler_config.json": b"{}",
        "diffusion_pytorch_model.safetensors": CONTENT,
    }
    server.files.update(files)
    return entry("hub", Kind.FOLDER, files, server)


def entry(name, kind, files, server):
    described = tuple(
        CatalogueFile(file, len(content), sha256(content), server.address(file))
        for file, content in files.items()
    )
    return Entry(name, kind, name.title(), "what", "MIT", None, None, None, described)


def diffusers_folder(folder, network="UNet2DModel", weights=b"weights"):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"_class_name": network}))
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(weights)
    return folder


def offer_of(path):
    return look_at(path, lambda fraction, message: None, lambda: False)


def add(path, means, backbone=None, of=None, trusted=True):
    offer = offer_of(path)
    backbone = backbone or new_own_id(path.stem, means.store)
    return add_backbone(backbone, of, offer, means, trusted=trusted)


def visible(store):
    return sorted(path.name for path in store.iterdir() if not path.name.startswith("."))


# Downloading


def test_downloaded_checkpoint_is_converted_and_recorded(checkpoint, means, store, told):
    installed = download_backbone(checkpoint, means)
    assert (installed.folder / "config.json").is_file()
    assert installed.origin.sha256 == {"tiny.pt": sha256(CONTENT)}
    assert installed.origin.published
    assert installed.size > len(CONTENT)
    assert installed_backbones(store) == {"tiny": installed}
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert not list(store.rglob("*.pt"))


def test_files_of_a_folder_arrive_together(hub, means, store):
    installed = download_backbone(hub, means)
    assert {path.name for path in installed.folder.iterdir()} == {
        "config.json",
        "scheduler_config.json",
        "diffusion_pytorch_model.safetensors",
        backbone_store.RECORD,
    }


def test_broken_off_download_installs_nothing_and_goes_on_later(checkpoint, means, server, store):
    server.break_after = 200_000
    with pytest.raises(BackboneFailure, match="broke off after 200000"):
        download_backbone(checkpoint, means)
    assert installed_backbones(store) == {}
    assert visible(store) == []
    server.break_after = None
    download_backbone(checkpoint, means)
    assert server.asked_ranges == [None, "bytes=200000-"]
    assert "tiny" in installed_backbones(store)


def test_stopping_mid_way_keeps_what_arrived_and_installs_nothing(checkpoint, means, server, store):
    asked = iter([False, False, True])
    stopping = replace(means, is_cancelled=lambda: next(asked, True))
    with pytest.raises(BackboneStopped, match="goes on from there"):
        download_backbone(checkpoint, stopping)
    (partial,) = store.rglob("*.partial")
    assert 0 < partial.stat().st_size < len(CONTENT)
    assert installed_backbones(store) == {}
    download_backbone(checkpoint, means)
    assert server.asked_ranges[-1] is not None
    assert "tiny" in installed_backbones(store)


def test_exchanged_file_is_refused_and_nothing_of_it_is_kept(checkpoint, means, server, store):
    server.files["tiny.pt"] = CONTENT[:-1] + b"?"
    with pytest.raises(BackboneFailure, match="damaged or was exchanged"):
        download_backbone(checkpoint, means)
    assert installed_backbones(store) == {}
    assert [path for path in store.rglob("*") if path.is_file()] == []


def test_failed_conversion_keeps_the_download_for_the_next_try(checkpoint, means, server, store):
    def failing(*_):
        raise BackboneFailure("The checkpoint is of another network.")

    with pytest.raises(BackboneFailure, match="another network"):
        download_backbone(checkpoint, replace(means, convert=failing))
    assert installed_backbones(store) == {}
    download_backbone(checkpoint, means)
    assert len(server.requests) == 1
    assert "tiny" in installed_backbones(store)


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_failed_publishing_keeps_the_files_of_a_folder_for_the_next_try(
    hub, means, server, store, monkeypatch, links
):
    def failing(*_):
        raise OSError(28, "No space left on device")

    def no_link(*_):
        raise OSError(1, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(backbone_install, "publish", failing)
        if not links:
            patch.setattr(backbone_install.os, "link", no_link)
        with pytest.raises(BackboneFailure, match="No space left"):
            download_backbone(hub, means)
    assert installed_backbones(store) == {}
    asked = len(server.requests)
    installed = download_backbone(hub, means)
    assert len(server.requests) == asked
    weights = installed.folder / "diffusion_pytorch_model.safetensors"
    assert weights.read_bytes() == CONTENT
    assert weights.stat().st_nlink == 1


def test_half_a_conversion_is_never_installed(checkpoint, means, store):
    def half(source, folder, on_progress, is_cancelled):
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        raise BackboneStopped("Stopped.")

    with pytest.raises(BackboneStopped):
        download_backbone(checkpoint, replace(means, convert=half))
    assert installed_backbones(store) == {}
    assert visible(store) == []


def test_full_disk_is_told_before_anything_is_downloaded(checkpoint, means, server, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(
        backbone_install.shutil, "disk_usage", lambda path: usage._replace(free=50_000_000)
    )
    with pytest.raises(BackboneFailure, match=r"needs 0\.1 GB of disk space, .* has 0\.1 GB left"):
        download_backbone(checkpoint, means)
    assert server.requests == []


def test_folder_that_cannot_be_written_is_named(checkpoint, means, store, server):
    store.write_text("a file in the way")
    with pytest.raises(BackboneFailure, match=f"cannot be kept in '{store}'"):
        download_backbone(checkpoint, means)
    assert server.requests == []


def test_second_process_is_sent_away(checkpoint, means, store, server):
    """Another process holds the lock of the same backbone, and that of no other."""
    store.mkdir()
    code = (
        "import sys; from pathlib import Path\n"
        "from hsi_film_plugin.bridge.backbone_store import locked\n"
        "with locked('tiny', Path(sys.argv[1])):\n"
        "    print('locked', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(BackboneFailure, match="Another QGIS or command line is busy"):
            download_backbone(checkpoint, means)
        assert server.requests == []
        with locked("other", store):
            other.stdin.close()
            other.wait()
    download_backbone(checkpoint, means)


def test_two_at_once_install_it_once(checkpoint, means, store, server):
    began, go_on = threading.Event(), threading.Event()

    def slow(*arguments):
        began.set()
        assert go_on.wait(120)
        convert(*arguments)

    first = threading.Thread(
        target=download_backbone, args=(checkpoint, replace(means, convert=slow))
    )
    first.start()
    assert began.wait(120)
    with pytest.raises(BackboneFailure, match="busy with the backbone 'tiny'"):
        download_backbone(checkpoint, means)
    go_on.set()
    first.join()
    assert list(installed_backbones(store)) == ["tiny"]
    assert len(server.requests) == 1


def test_what_has_no_known_sum_is_never_downloaded(means, server):
    with pytest.raises(BackboneFailure, match="no sha256 is known"):
        download_backbone(find_entry("openai-64"), means)
    assert server.requests == []


# Adding from the disk


def test_checkpoint_from_the_disk_needs_no_network(tmp_path, means, store, server):
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    installed = add(tmp_path / "mine.pt", means)
    assert installed.id == "own-mine"
    assert not installed.origin.published
    assert (tmp_path / "mine.pt").read_bytes() == CONTENT
    assert server.requests == []


def test_published_checkpoint_from_the_disk_is_checked_under_any_name(checkpoint, tmp_path, means):
    (tmp_path / "renamed.pt").write_bytes(CONTENT)
    assert judge("tiny", checkpoint, offer_of(tmp_path / "renamed.pt"), means.store) is (
        Trust.PUBLISHED
    )
    installed = add(tmp_path / "renamed.pt", means, "tiny", checkpoint, trusted=False)
    assert installed.origin.published
    (tmp_path / "renamed.pt").write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(BackboneFailure, match=r"sha256 is .* is published"):
        add(tmp_path / "renamed.pt", means, "tiny", checkpoint)
    (tmp_path / "renamed.pt").write_bytes(CONTENT[:-1])
    with pytest.raises(BackboneFailure, match="was not downloaded completely"):
        add(tmp_path / "renamed.pt", means, "tiny", checkpoint)


def test_first_sight_needs_the_users_word_which_is_remembered(tmp_path, means, store):
    path = tmp_path / "64x64_diffusion.pt"
    path.write_bytes(CONTENT)
    known = find_entry("openai-64")
    assert entry_for(offer_of(path)) is known
    with pytest.raises(BackboneFailure, match="nobody has said"):
        add(path, means, known.id, known, trusted=False)
    assert installed_backbones(store) == {}
    add(path, means, known.id, known)
    remove_backbone(known.id, store)
    assert judge(known.id, known, offer_of(path), store) is Trust.KNOWN
    add(path, means, known.id, known, trusted=False)


def test_other_file_than_was_trusted_needs_the_users_word_again(tmp_path, means, store):
    path = tmp_path / "64x64_diffusion.pt"
    path.write_bytes(CONTENT)
    known = find_entry("openai-64")
    add(path, means, known.id, known)
    path.write_bytes(CONTENT + b"?")
    assert judge(known.id, known, offer_of(path), store) is Trust.CHANGED
    with pytest.raises(BackboneFailure, match="nobody has said"):
        add(path, means, known.id, known, trusted=False)
    weights = installed_backbones(store)[known.id].folder / "diffusion_pytorch_model.safetensors"
    assert weights.read_bytes() == CONTENT
    add(path, means, known.id, known)
    assert weights.read_bytes() == CONTENT + b"?"


def test_file_that_changes_after_its_sum_was_taken_is_refused(tmp_path, means, store):
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    folder = diffusers_folder(tmp_path / "folder")
    offers = offer_of(tmp_path / "mine.pt"), offer_of(folder)
    (tmp_path / "mine.pt").write_bytes(b"other")
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"WEIGHTS")
    for offer in offers:
        with pytest.raises(BackboneFailure, match="has changed since"):
            add_backbone("own-x", None, offer, means, trusted=True)
    assert installed_backbones(store) == {}


def test_folder_is_copied_without_what_does_not_belong_to_it(tmp_path, means):
    folder = diffusers_folder(tmp_path / "my Model 2")
    (folder / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (folder / "run.py").write_text("print()")
    installed = add(folder, means)
    assert installed.id == "own-my-model-2"
    assert {path.name for path in installed.folder.iterdir()} == {
        "config.json",
        "diffusion_pytorch_model.safetensors",
        backbone_store.RECORD,
    }


def test_pipeline_folder_is_laid_flat(tmp_path, means):
    diffusers_folder(tmp_path / "pipeline" / "unet")
    (tmp_path / "pipeline" / "scheduler").mkdir()
    (tmp_path / "pipeline" / "scheduler" / "scheduler_config.json").write_text("{}")
    installed = add(tmp_path / "pipeline", means)
    assert (installed.folder / "scheduler_config.json").is_file()
    assert (installed.folder / "diffusion_pytorch_model.safetensors").is_file()


def test_stable_diffusion_folder_keeps_its_layout(tmp_path, means):
    source = tmp_path / "sd"
    diffusers_folder(source / "unet", "UNet2DConditionModel")
    vae = diffusers_folder(source / "vae", "AutoencoderKL")
    weights = vae / "diffusion_pytorch_model.safetensors"
    weights.rename(vae / "diffusion_pytorch_model.fp16.safetensors")
    with pytest.raises(BackboneFailure, match=r"lacks model_index\.json, scheduler/"):
        offer_of(source)
    (source / "model_index.json").write_text("{}")
    (source / "scheduler").mkdir()
    (source / "scheduler" / "scheduler_config.json").write_text("{}")
    (source / "empty_prompt.safetensors").write_bytes(b"x")
    (source / "safety_checker").mkdir()
    (source / "safety_checker" / "model.safetensors").write_bytes(b"x")
    known = entry_for(offer_of(source))
    assert known.id == "stable-diffusion"
    installed = add(source, means, known.id, known)
    assert (installed.folder / "vae" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    assert (installed.folder / "empty_prompt.safetensors").is_file()
    assert not (installed.folder / "safety_checker").exists()
    with pytest.raises(BackboneFailure, match="only a part of a Stable Diffusion folder"):
        offer_of(source / "unet")


def test_hub_folder_that_lacks_a_file_is_told_which(tmp_path, means):
    folder = diffusers_folder(tmp_path / "ddpm")
    known = find_entry("ddpm-cifar10-32")
    with pytest.raises(BackboneFailure, match=r"lacks scheduler_config\.json of Google DDPM"):
        add(folder, means, known.id, known)


def test_weights_that_can_carry_programs_are_refused_by_name(tmp_path):
    folder = diffusers_folder(tmp_path / "ddpm")
    weights = folder / "diffusion_pytorch_model.safetensors"
    weights.rename(folder / "diffusion_pytorch_model.bin")
    with pytest.raises(BackboneFailure, match=r"model\.bin' is not read"):
        offer_of(folder)


@pytest.mark.parametrize("kind", ["nothing", "empty folder", "text", "broken config"])
def test_what_is_no_backbone_is_named(tmp_path, kind):
    path = tmp_path / "thing"
    if kind == "empty folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("x")
    elif kind == "broken config":
        diffusers_folder(path)
        (path / "config.json").write_text("{")
    with pytest.raises(BackboneFailure, match="thing"):
        offer_of(path)


def test_taking_sums_can_be_stopped(tmp_path):
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    with pytest.raises(BackboneStopped):
        look_at(tmp_path / "mine.pt", lambda *_: None, lambda: True)


def test_own_backbones_of_one_name_get_ids_of_their_own(tmp_path, means, store):
    for number in range(3):
        folder = diffusers_folder(tmp_path / str(number) / "Größe", weights=bytes(number))
        add(folder, means)
    assert list(installed_backbones(store)) == ["own-gr-e", "own-gr-e-2", "own-gr-e-3"]


# What is installed


def test_removed_backbone_leaves_nothing_but_what_was_trusted(tmp_path, means, store):
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    add(tmp_path / "mine.pt", means)
    remove_backbone("own-mine", store)
    assert installed_backbones(store) == {}
    assert [path.name for path in store.rglob("*") if path.is_file()] == ["own-mine.json"]
    with pytest.raises(BackboneFailure, match="not installed"):
        remove_backbone("own-mine", store)


def test_folders_that_are_no_backbones_are_not_listed(tmp_path, means, store):
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    good = add(tmp_path / "mine.pt", means)
    shutil.copytree(good.folder, store / "copied")  # its record names another id
    (store / "empty").mkdir()
    (store / "broken").mkdir()
    (store / "broken" / backbone_store.RECORD).write_text("[1]")
    assert list(installed_backbones(store)) == ["own-mine"]


def test_value_of_the_parameter_becomes_a_folder(tmp_path, means, store, monkeypatch):
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    installed = add(tmp_path / "mine.pt", means)
    assert backbone_folder("", store) is None
    assert backbone_folder("bundled", store) is None
    assert backbone_folder(" own-mine ", store) == installed.folder
    assert backbone_folder("/some/Folder", store) == Path("/some/Folder")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside").mkdir()
    assert backbone_folder("beside", store) == Path("beside")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("openai-64", r"not installed\. Open .* add it from a file"),
        ("openai-256-unconditional", r"not installed\. Open .* download it"),
        ("openai-65", "neither a folder nor one that is known: bundled, openai-64"),
    ],
)
def test_value_that_is_not_installed_says_how_to_install_it(store, value, sentence):
    with pytest.raises(BackboneFailure, match=sentence):
        backbone_folder(value, store)


# The engine


def test_conversion_is_a_job_of_the_engine(tmp_path, monkeypatch):
    from hsi_film_plugin.bridge import client

    jobs = []

    class Engine:
        def run(self, method, params, on_progress, is_cancelled):
            jobs.append((method, params))
            on_progress(0.5, "half", None)
            if is_cancelled():
                raise client.EngineCancelled
            raise client.EngineFailure("It is no network.", "InputError")

    monkeypatch.setattr(client, "shared_client", lambda setting: Engine())
    told = []
    converter = engine_converter()
    paths = tmp_path / "a.pt", tmp_path / "out"
    with pytest.raises(BackboneFailure, match=r"'a\.pt' could not be converted: It is no network"):
        converter(*paths, lambda *what: told.append(what), lambda: False)
    with pytest.raises(BackboneStopped):
        converter(*paths, lambda *what: told.append(what), lambda: True)
    assert told == [(0.5, "half")] * 2
    assert jobs[0] == ("convert_backbone", {"input": str(paths[0]), "output": str(paths[1])})


def test_missing_engine_is_said_before_anything_is_downloaded(monkeypatch):
    from hsi_film_plugin.bridge import client

    def missing(setting):
        raise client.EngineFailure("The engine is not installed.", "missing")

    monkeypatch.setattr(client, "shared_client", missing)
    with pytest.raises(BackboneFailure, match="not ready: The engine is not installed"):
        engine_converter()


def test_store_lies_outside_of_the_plugin(monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    folder = backbone_store.store_folder()
    assert ROOT not in folder.parents
    assert os.fspath(folder).startswith(os.fspath(backbone_store.folders.data_folder()))
