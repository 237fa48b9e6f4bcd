"""The network as the user has set it up in QGIS: its proxy, and downloads through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from qgis.core import QgsBlockingNetworkRequest, QgsFeedback, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtNetwork import (
    QNetworkProxy,
    QNetworkProxyFactory,
    QNetworkProxyQuery,
    QNetworkRequest,
)

from .bridge.pip_steps import Stopped

INDEX = "https://pypi.org/simple/"


def proxy_address() -> str | None:
    """The proxy of QGIS's settings as programs take it, such as `http://host:3128`."""
    proxy = QgsNetworkAccessManager.instance().fallbackProxy()
    if proxy.type() == QNetworkProxy.ProxyType.DefaultProxy:
        found = QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(INDEX)))
        proxy = found[0] if found else QNetworkProxy()
    schemes = {
        QNetworkProxy.ProxyType.HttpProxy: "http",
        QNetworkProxy.ProxyType.HttpCachingProxy: "http",
        QNetworkProxy.ProxyType.Socks5Proxy: "socks5h",
    }
    scheme = schemes.get(proxy.type())
    if scheme is None or not proxy.hostName():
        return None
    user = quote(proxy.user(), safe="")
    word = quote(proxy.password(), safe="")
    login = f"{user}:{word}@" if word else f"{user}@" if user else ""
    port = f":{proxy.port()}" if proxy.port() else ""
    return f"{scheme}://{login}{proxy.hostName()}{port}"


def fetch(address: str, path: Path, on_progress: Callable[[float], None]) -> None:
    """Download `address` to `path` through QGIS's network settings.

    Raises:
        OSError: it cannot be fetched or written.
        Stopped: `on_progress` said so.
    """
    feedback = QgsFeedback()
    stopped = False

    def progressed(received: int, total: int) -> None:
        nonlocal stopped
        try:
            on_progress(received / total if total > 0 else 0.0)
        except Stopped:  # must not leave a slot of Qt
            stopped = True
            feedback.cancel()

    request = QgsBlockingNetworkRequest()
    request.downloadProgress.connect(progressed)
    error = request.get(QNetworkRequest(QUrl(address)), True, feedback)
    if stopped:
        raise Stopped
    if error != QgsBlockingNetworkRequest.ErrorCode.NoError:
        raise OSError(request.errorMessage())
    path.write_bytes(bytes(request.reply().content()))
