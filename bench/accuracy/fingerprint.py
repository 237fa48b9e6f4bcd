"""What decides a result, as a short hash: source code without its comments, and files."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from bench.measure import ROOT

LENGTH = 16


def combined(*parts: object) -> str:
    """Return the fingerprint of several facts together."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:LENGTH]


@cache
def file_fingerprint(path: Path) -> str:
    """Return the fingerprint of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:LENGTH]


@cache
def module_fingerprint(name: str) -> str:
    """Return the fingerprint of one module's code; comments and docstrings do not count."""
    return combined(ast.dump(_without_docstrings(_parsed(name))))


@cache
def package_fingerprint(*names: str, without: frozenset[str] = frozenset()) -> str:
    """Return the fingerprint of modules and of all they import from their own package.

    Args:
        names: The modules.
        without: Modules that do not count, nor what only they import.
    """
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found and name not in without:
            found[name] = module_fingerprint(name)
            waiting += _siblings(name)
    return combined(sorted(found.items()))


def _siblings(name: str) -> list[str]:
    """Return the modules that a module imports from its own package."""
    package = name.rpartition(".")[0]
    imported = [
        node
        for node in ast.walk(_parsed(name))
        if isinstance(node, ast.ImportFrom) and node.level == 1
    ]
    named = [f"{package}.{node.module}" for node in imported if node.module]
    named += [
        f"{package}.{alias.name}" for node in imported if not node.module for alias in node.names
    ]
    return [module for module in named if _path(module).is_file()]


def _path(name: str) -> Path:
    return ROOT.joinpath(*name.split(".")).with_suffix(".py")


@cache
def _parsed(name: str) -> ast.Module:
    return ast.parse(_path(name).read_text(encoding="utf-8"))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:]
    return tree
