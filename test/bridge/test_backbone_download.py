"""The command line for backbones: it asks, it says where, and it fails with a sentence."""

from __future__ import annotations

import hashlib

import pytest

from hsi_film_plugin.bridge import backbone_catalogue, backbone_download, backbone_source
from hsi_film_plugin.bridge.backbone_catalogue import CatalogueFile, Entry, Kind
from hsi_film_plugin.bridge.backbone_store import installed_backbones

CONTENT = b"weights" * 1000
SUM = hashlib.sha256(CONTENT).hexdigest()


def convert(checkpoint, folder, on_progress, is_cancelled):
    folder.mkdir()
    (folder / "config.json").write_text("{}")


@pytest.fixture
def command(tmp_path, get, server, monkeypatch):
    """Run a command with answers to its questions; what it asked is left in `asked`."""
    server.files["tiny.pt"] = CONTENT
    files = (CatalogueFile("tiny.pt", len(CONTENT), SUM, server.address("tiny.pt")),)
    licence = "https://example.org/licence"
    tiny = Entry("tiny", Kind.CHECKPOINT, "Tiny", "What.", "MIT", licence, None, None, files)
    entries = (*backbone_catalogue.catalogue(), tiny)
    for module in (backbone_catalogue, backbone_download, backbone_source):
        monkeypatch.setattr(module, "catalogue", lambda: entries)

    def run(*arguments, answers=()):
        waiting = iter(answers)

        def ask(question):
            run.asked.append(question)
            answer = next(waiting, None)
            if answer is None:
                raise EOFError
            return answer

        words = ["--to", str(tmp_path / "store"), *map(str, arguments)]
        return backbone_download.main(words, get=get, converter=lambda: convert, ask=ask)

    run.asked = []
    run.store = tmp_path / "store"
    return run


def test_list_names_what_there_is_and_where(command, capsys):
    assert command("list") == 0
    lines = capsys.readouterr().out
    assert "openai-256-unconditional" in lines
    assert "2,211 MB  not installed: get" in lines
    command("get", "tiny", "--yes")
    command("list")
    assert str(command.store / "tiny") in capsys.readouterr().out


@pytest.mark.parametrize("answers", [("n",), ("",), ()])
def test_nothing_is_downloaded_without_a_yes(command, capsys, server, answers):
    assert command("get", "tiny", answers=answers) == 1
    assert server.requests == []
    assert command.asked == ["Download it? [y/N] "]
    said = capsys.readouterr().err
    for part in ("Tiny", "0 MB", "licence MIT", server.address("tiny.pt"), str(command.store)):
        assert part in said


@pytest.mark.parametrize(("options", "answers"), [((), ("y",)), (("--yes",), ())])
def test_get_prints_the_folder_for_the_engine(command, capsys, options, answers):
    assert command("get", "tiny", *options, answers=answers) == 0
    assert capsys.readouterr().out == f"tiny {command.store / 'tiny'}\n"
    assert list(installed_backbones(command.store)) == ["tiny"]


def test_what_cannot_be_checked_is_left_to_the_user(command, capsys, server):
    assert command("get", "openai-64", "--yes") == 1
    said = capsys.readouterr().err
    assert "no sha256 is known" in said
    assert "add --as openai-64" in said
    assert "jul-2021/64x64_diffusion.pt" in said
    assert server.requests == []


@pytest.mark.parametrize("name", ["bundled", "none", "../tiny"])
def test_unknown_id_is_answered_with_those_that_are_known(command, capsys, name):
    assert command("get", name, "--yes") == 1
    assert "It has: openai-64" in capsys.readouterr().err


def test_added_file_shows_its_sum_and_is_trusted_by_a_yes(command, capsys, tmp_path):
    path = tmp_path / "64x64_diffusion.pt"
    path.write_bytes(b"other")
    assert command("add", path, answers=("n",)) == 1
    assert hashlib.sha256(b"other").hexdigest() in capsys.readouterr().err
    assert installed_backbones(command.store) == {}
    assert command("add", path, answers=("y",)) == 0
    assert list(installed_backbones(command.store)) == ["openai-64"]


def test_yes_given_ahead_never_covers_a_changed_file(command, capsys, tmp_path):
    path = tmp_path / "mine.pt"
    path.write_bytes(CONTENT)
    assert command("add", path, "--as", "openai-64", "--yes") == 0
    path.write_bytes(CONTENT + b"?")
    assert command("add", path, "--as", "openai-64", "--yes") == 1
    assert "Other files were trusted before" in capsys.readouterr().err
    assert command("add", path, "--as", "openai-64", "--sha256", SUM) == 1
    assert "No file of" in capsys.readouterr().err
    new = hashlib.sha256(CONTENT + b"?").hexdigest()
    assert command("add", path, "--as", "openai-64", "--sha256", new) == 0


def test_published_file_is_added_without_a_question(command, tmp_path):
    path = tmp_path / "anything.pt"
    path.write_bytes(CONTENT)
    assert command("add", path) == 0
    assert command.asked == []
    assert installed_backbones(command.store)["tiny"].origin.published


def test_remove_takes_it_away(command, capsys):
    command("get", "tiny", "--yes")
    assert command("remove", "tiny") == 0
    assert installed_backbones(command.store) == {}
    assert command("remove", "tiny") == 1
    assert "not installed" in capsys.readouterr().err
