"""Tables of descriptions: read as people and spreadsheets write them, refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsi_film_plugin.engine.errors import InputError
from hsi_film_plugin.engine.label_classes import LabelClass
from hsi_film_plugin.engine.synthesis.descriptions import (
    DescriptionRow,
    read_descriptions,
    write_descriptions,
)

CLASSES = (
    LabelClass(3, "Meadow", "#117733"),
    LabelClass(7, "Water & ice", "#0072b2"),
    LabelClass(8, "3", "#cc6677"),
    LabelClass(9, "Straße", "#cc6677"),
)


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_several_rows_a_class_are_its_descriptions_in_their_order(tmp_path):
    path = table(
        tmp_path,
        "class,description\nMeadow,wet meadow\nStraße,a road\nMeadow,hay meadow\n"
        "Meadow,wet meadow\n",
    )
    assert read_descriptions(path, CLASSES) == {0: ("wet meadow", "hay meadow"), 3: ("a road",)}


def test_a_class_is_known_by_name_or_value_and_the_name_wins(tmp_path):
    path = table(
        tmp_path, "class,description\n7,a lake\nwater & ICE,snow\n3,an odd name\n9.0,road\n"
    )
    assert read_descriptions(path, CLASSES) == {
        1: ("a lake", "snow"),
        2: ("an odd name",),
        3: ("road",),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_may_separate_and_encode_as_they_like(tmp_path, encoding, separator):
    rows = [
        ("Share", "DESCRIPTION", " Class "),
        ("1", "gepflasterte Straße", "Straße"),
        ("", "", ""),
    ]
    path = table(tmp_path, "\r\n".join(separator.join(row) for row in rows), encoding)
    assert read_descriptions(path, CLASSES) == {3: ("gepflasterte Straße",)}


def test_quotes_keep_separators_and_lines_together(tmp_path):
    path = table(
        tmp_path,
        'sep=;\nclass;description\n"Meadow";"wet, tall; ""rough"""\n\nWater & ice;"a\nlake"\n',
    )
    assert read_descriptions(path, CLASSES) == {0: ('wet, tall; "rough"',), 1: ("a lake",)}


def test_commas_in_descriptions_do_not_separate_columns_of_a_table_with_semicolons(tmp_path):
    path = table(tmp_path, "class;description\nMeadow;wet, tall, green, dense, with flowers\n")
    assert read_descriptions(path, CLASSES) == {0: ("wet, tall, green, dense, with flowers",)}


def test_rows_without_description_leave_the_class_as_it_is(tmp_path):
    path = table(tmp_path, "class,description\nMeadow,\nStraße, \nWater & ice,lake\nMeadow\n")
    assert read_descriptions(path, CLASSES) == {1: ("lake",)}


def test_what_is_written_is_read_again(tmp_path):
    rows = [
        DescriptionRow("Meadow", 'wet, "tall" meadow', 0.75),
        DescriptionRow("Meadow", "hay meadow", 0.25),
        DescriptionRow("Straße", "eine Straße; naß", 1.0),
    ]
    path = tmp_path / "prompts.csv"
    write_descriptions(path, rows)
    assert read_descriptions(path, CLASSES) == {
        0: ('wet, "tall" meadow', "hay meadow"),
        3: ("eine Straße; naß",),
    }
    assert path.read_bytes().startswith(b"\xef\xbb\xbfclass,description,share\r\n")
    assert [item.name for item in tmp_path.iterdir()] == ["prompts.csv"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("class,description\n", "describes no class"),
        ("class,description\nMeadow,\n", "describes no class"),
        ("name,description\nMeadow,a\n", "no column 'class', but 'name', 'description'"),
        ("class,text\nMeadow,a\n", "no column 'description'"),
        ("class,description\nOak,a tree\n", "Row 2 of 'table.csv' describes the class 'Oak'"),
        ("class,description\nMeadow,a\n,a tree\n", "Row 3 of 'table.csv' has a description but no"),
        (f"class,description\nMeadow,{'x' * 401}\n", "has 401 characters"),
        ("PK\x03\x04\x00\x00junk", "is no text"),
    ],
)
def test_what_is_no_such_table_is_refused_with_a_sentence(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_descriptions(table(tmp_path, text), CLASSES)


def test_binary_junk_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "junk.csv"
    path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(InputError, match="is no text"):
        read_descriptions(path, CLASSES)
    path.write_bytes(b"\xff\xfea\x00b")
    with pytest.raises(InputError, match="is no text"):
        read_descriptions(path, CLASSES)
    with pytest.raises(InputError, match="does not exist"):
        read_descriptions(tmp_path / "none.csv", CLASSES)
    path.write_bytes(b"a" * (5 * 2**20))
    with pytest.raises(InputError, match="has 5 MB"):
        read_descriptions(path, CLASSES)


def test_a_field_without_end_is_refused(tmp_path):
    with pytest.raises(InputError, match="is no table"):
        read_descriptions(table(tmp_path, 'class,description\nMeadow,"' + "x" * 200_000), CLASSES)
