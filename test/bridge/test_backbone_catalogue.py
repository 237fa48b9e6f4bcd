"""The catalogue that ships, and catalogues that must not be believed."""

from __future__ import annotations

import json
import re

import pytest

from hsi_film_plugin.bridge.backbone_catalogue import (
    CATALOGUE,
    CatalogueError,
    Kind,
    catalogue,
    find_entry,
    parse_catalogue,
)


def test_catalogue_that_ships_is_sound():
    entries = catalogue()
    assert entries[0].kind is Kind.BUNDLED
    assert {"openai-64", "openai-128", "openai-256", "stable-diffusion"} <= {
        entry.id for entry in entries
    }
    for entry in entries:
        assert entry.licence_address.startswith("https://")


def test_hub_addresses_are_pinned_to_a_commit():
    addresses = re.findall(r"https://huggingface\.co/[^\"]*/(?:resolve|tree|blob)/[^\"]*", text())
    assert addresses
    for address in addresses:
        assert re.search(r"/(resolve|tree)/[0-9a-f]{40}(/|$)", address)


def test_only_files_with_a_known_sum_are_downloaded_by_the_program():
    for entry in catalogue():
        known = [file.sha256 and file.size for file in entry.files]
        assert entry.downloadable == (bool(known) and all(known))
    assert find_entry("openai-256-unconditional").downloadable
    assert not find_entry("openai-64").downloadable
    assert not find_entry("openai-256").downloadable  # a size alone is no sum
    assert not find_entry("stable-diffusion").downloadable


def text():
    return CATALOGUE.read_text("utf-8")


def changed(**fields):
    """The catalogue with one entry, whose fields, or those of its file, are others."""
    content = json.loads(text())
    entry = next(item for item in content["backbones"] if item["id"] == "openai-256-unconditional")
    for name, value in fields.items():
        place = entry["files"][0] if name.startswith("file_") else entry
        place[name.removeprefix("file_")] = value
    return json.dumps({**content, "backbones": [entry]})


def test_unchanged_entry_is_believed():
    (entry,) = parse_catalogue(changed())
    assert entry.size == 2_211_383_297


@pytest.mark.parametrize(
    "name",
    [
        "../weights.pt",
        "..",
        ".hidden",
        "a/b.pt",
        "a\\b.pt",
        "/etc/passwd",
        "C:weights.pt",
        "nul.pt",
        "COM1",
        "weights.pt\n",
        "weights. ",
        "weights.",
        "",
        "w" * 200,
        7,
        None,
    ],
)
def test_file_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(CatalogueError):
        parse_catalogue(changed(file_name=name))


@pytest.mark.parametrize("value", ["../up", "UP", "a b", "", "-a", "a.b", None])
def test_id_that_is_no_folder_name_is_refused(value):
    with pytest.raises(CatalogueError):
        parse_catalogue(changed(id=value))


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/w.pt",
        "file:///etc/passwd",
        "https://me:word@example.org/w.pt",  # pragma: allowlist secret
        "javascript:alert(1)",
        None,
        5,
    ],
)
def test_address_that_is_not_plain_https_is_refused(address):
    with pytest.raises(CatalogueError):
        parse_catalogue(changed(file_address=address))


@pytest.mark.parametrize("page", ["javascript:alert(1)", "http://example.org"])
def test_link_that_is_not_plain_https_is_refused(page):
    with pytest.raises(CatalogueError, match="An address of entry 'openai-256-unconditional'"):
        parse_catalogue(changed(page=page))


@pytest.mark.parametrize(
    "fields",
    [
        {"file_sha256": "a37c"},
        {"file_sha256": "sha256:" + "A" * 64},
        {"file_sha256": "md5:" + "a" * 64},
        {"file_size": 0},
        {"file_size": -1},
        {"file_size": True},
        {"file_size": "2 GB"},
        {"kind": "program"},
        {"name": "two\nlines"},
        {"name": " "},
        {"remark": ["x"]},
        {"files": []},
        {"files": "weights.pt"},
        {"surprise": 1},
        {"file_surprise": 1},
    ],
)
def test_what_no_catalogue_says_is_refused(fields):
    with pytest.raises(CatalogueError):
        parse_catalogue(changed(**fields))


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"schema": 2, "backbones": []}', '{"schema": 1, "backbones": {}}'],
)
def test_what_is_no_catalogue_is_refused(content):
    with pytest.raises(CatalogueError):
        parse_catalogue(content)


def test_same_id_twice_is_refused():
    content = json.loads(changed())
    content["backbones"] *= 2
    with pytest.raises(CatalogueError, match="openai-256-unconditional stands twice"):
        parse_catalogue(json.dumps(content))


def test_files_that_differ_only_in_case_are_refused():
    content = json.loads(text())
    entry = next(item for item in content["backbones"] if item["id"] == "ddpm-cat-256")
    entry["files"][0]["name"] = "Scheduler_Config.json"
    with pytest.raises(CatalogueError, match="stands twice"):
        parse_catalogue(json.dumps({**content, "backbones": [entry]}))
