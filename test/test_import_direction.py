"""Who may import whom: read from the sources, so nothing needs to be installed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hsi_film_plugin"
SHIPPED = [ROOT / "__init__.py", *sorted(PACKAGE.rglob("*.py"))]
ENGINE = [path for path in SHIPPED if PACKAGE / "engine" in path.parents]
QGIS_SIDE = [path for path in SHIPPED if path not in ENGINE]
BRIDGE = [path for path in SHIPPED if PACKAGE / "bridge" in path.parents]

QGIS_MODULES = {"qgis", "PyQt5", "PyQt6", "sip", "processing", "plugins", "osgeo"}
# QGIS ships numpy and GDAL's bindings; all else lives in the engine's environment.
ENGINE_MODULES = {
    "dask",
    "diffusers",
    "distributed",
    "huggingface_hub",
    "jinja2",
    "joblib",
    "matplotlib",
    "pandas",
    "PIL",
    "platformdirs",
    "pyogrio",
    "rasterio",
    "requests",
    "safetensors",
    "scipy",
    "skimage",
    "sklearn",
    "torch",
    "tqdm",
    "transformers",
}
# A model from elsewhere can be wrong, never harmful.
CODE_LOADERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
# In the order in which data flows: a room imports itself and rooms of a higher number.
ROOMS = {"processing": 0, "dock": 0, "layers": 1, "bridge": 2, "engine": 3}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def runtime_nodes(path: Path) -> Iterator[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``, which no interpreter runs."""
    waiting: list[ast.AST] = [parsed(path)]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def absolute_imports(path: Path) -> dict[str, int]:
    """The top packages that a file imports by an absolute name, with the line."""
    found: dict[str, int] = {}
    for node in runtime_nodes(path):
        if isinstance(node, ast.Import):
            found.update({name.name.split(".")[0]: node.lineno for name in node.names})
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found[str(node.module).split(".")[0]] = node.lineno
    return found


def relative_imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports by a relative name, as dotted names that start at the package."""
    for node in runtime_nodes(path):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.relative_to(ROOT).parts[: -node.level]
            prefix = ".".join(base) + (f".{node.module}" if node.module else "")
            yield from ((f"{prefix}.{name.name}".lstrip("."), node.lineno) for name in node.names)


def offences(paths: list[Path], refused: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in paths
        for module, line in absolute_imports(path).items()
        if module in refused
    ]


def test_the_rooms_are_there_to_be_judged():
    assert len(ENGINE) > 5
    assert len(BRIDGE) > 1
    assert PACKAGE / "plugin.py" in QGIS_SIDE


def test_engine_imports_neither_qgis_nor_qt():
    assert offences(ENGINE, QGIS_MODULES) == []


def test_qgis_side_imports_no_library_of_the_engine():
    assert offences(QGIS_SIDE, ENGINE_MODULES) == []


def test_qt_comes_through_qgis():
    assert offences(SHIPPED, {"PyQt5", "PyQt6", "PySide2", "PySide6"}) == []


def test_plugin_reaches_its_own_modules_by_relative_imports():
    # The folder's name is the user's: an absolute name would find another copy, or none.
    assert offences(SHIPPED, {"hsi_film_plugin", "tools", "bench", "test"}) == []


def test_no_room_looks_back():
    wrong = []
    for path in SHIPPED:
        parts = path.relative_to(ROOT).parts
        room = parts[1] if len(parts) > 2 and parts[1] in ROOMS else None
        for name, line in relative_imports(path):
            target = [*name.split("."), "", ""][1]
            if room and target in ROOMS and target != room and ROOMS[target] <= ROOMS[room]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("name", ["exec", "eval", "compile", "__import__"])
def test_no_text_is_run_as_code(name):
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SHIPPED
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    assert calls == []


def test_nothing_that_can_carry_code_is_read():
    torch_loads = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls torch.load"
        for path in SHIPPED
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]
    assert offences(SHIPPED, CODE_LOADERS) + torch_loads == []


def test_no_command_goes_through_a_shell():
    shells = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SHIPPED
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) in {"os.system", "os.popen"}
            or any(
                keyword.arg == "shell"
                and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
                for keyword in node.keywords
            )
        )
    ]
    assert shells == []


def test_imports_are_seen_wherever_they_stand(tmp_path):
    source = tmp_path / "module.py"
    source.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import rasterio\n"
        "else:\n    import scipy.ndimage\n"
        "def late():\n    from torch.nn import Linear\n"
    )
    assert set(absolute_imports(source)) == {"typing", "scipy", "torch"}
