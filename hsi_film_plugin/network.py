"""The network as the user has set it up in QGIS: its proxy, and downloads through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtCore import QEventLoop, QTimer, QUrl
from qgis.PyQt.QtNetwork import (
    QNetworkProxy,
    QNetworkProxyFactory,
    QNetworkProxyQuery,
    QNetworkReply,
    QNetworkRequest,
)

from .bridge.download import Receiver, check_address, fetch_with

INDEX = "https://pypi.org/simple/"

_REDIRECTIONS = 5
_OK, _FAILURES = 200, 400
_LOOK_MS = 100  # how often cancelling is looked for


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


def get(
    address: str,
    headers: Mapping[str, str],
    receiver: Receiver,
    schemes: Sequence[str] = ("https", "file"),
) -> None:
    """Fetch an address through QGIS's network settings, piece by piece.

    Raises:
        OSError: it is refused, or cannot be reached, or breaks off.
    """
    check_address(address, schemes)
    request = QNetworkRequest(QUrl(address))
    for name, value in headers.items():
        request.setRawHeader(name.encode(), value.encode())
    attributes = QNetworkRequest.Attribute
    safely = QNetworkRequest.RedirectPolicy.NoLessSafeRedirectPolicy
    request.setAttribute(attributes.RedirectPolicyAttribute, safely)
    request.setMaximumRedirectsAllowed(_REDIRECTIONS)
    # neither from QGIS's cache, nor into it: a backbone would fill it
    always = QNetworkRequest.CacheLoadControl.AlwaysNetwork
    request.setAttribute(attributes.CacheLoadControlAttribute, always)
    request.setAttribute(attributes.CacheSaveControlAttribute, False)
    reply = QgsNetworkAccessManager.instance().get(request)
    try:
        _hand_over(reply, receiver)
    finally:
        if not reply.isFinished():
            reply.abort()
        reply.deleteLater()


#: Downloads a small file; raises OSError, or what its report of progress raises.
fetch = fetch_with(get)


def _hand_over(reply: QNetworkReply, receiver: Receiver) -> None:
    """Give the receiver what arrives, in this thread and outside of any slot."""
    loop = QEventLoop()
    timer = QTimer()
    timer.setInterval(_LOOK_MS)
    for signal in (reply.readyRead, reply.finished, timer.timeout):
        signal.connect(loop.quit)
    timer.start()
    started = False
    while True:
        if not reply.isFinished() and not reply.bytesAvailable():
            loop.exec()
        finished = reply.isFinished()
        piece = bytes(reply.readAll())  # also what came before a connection broke
        code = int(reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute) or _OK)
        refused = code >= _FAILURES
        broken = reply.error() != QNetworkReply.NetworkError.NoError and not refused
        if not started and (piece or (finished and not broken)):
            started = True
            receiver.started(code, _headers(reply))
        if piece and not refused:
            receiver.received(piece)
        if finished and broken:
            raise OSError(reply.errorString())
        if finished:
            return
        receiver.waiting()


def _headers(reply: QNetworkReply) -> dict[str, str]:
    return {
        bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1")
        for name, value in reply.rawHeaderPairs()
    }
