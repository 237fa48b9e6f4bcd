#!/usr/bin/env bash
# Install the Debian packages that the demo, the tests and the desktop need; says nothing when all are there.
set -euo pipefail

packages=(
    qgis python3-qgis qgis-providers # QGIS, its bindings, its data providers
    python3-gdal python3-numpy       # what the plugin's QGIS side may import
    python3-venv python3-pytest      # the engine's environment, the tests
    xvfb xauth zip                   # a screen for pictures of the dock; pb_tool packs with zip
    ca-certificates                  # pip talks over TLS
)

if ! command -v dpkg-query >/dev/null; then
    if command -v qgis_process >/dev/null; then
        exit 0
    fi
    echo "This is no Debian: install QGIS >= 3.22 with its Python bindings (and python3-pytest, zip) yourself, then run make again." >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing and installing them takes root: ${missing[*]}" >&2
        echo "Run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "== installing ${missing[*]}"
# A machine that has just started may be upgrading itself.
wait_for_lock=(-o DPkg::Lock::Timeout=600)
"${as_root[@]}" apt-get update --quiet=2 "${wait_for_lock[@]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 \
    --no-install-recommends "${wait_for_lock[@]}" "${missing[@]}"
