"""The variables that make runtimes use the proxy and trust the authority of this run."""

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from hongyan.app.intercept.beyond import no_proxy, spares
from hongyan.app.intercept.proxy import Ports
from hongyan.app.intercept.trust import STORE_PASSWORD

_LOCAL = ("localhost", "127.0.0.1", "::1")


class Files(msgspec.Struct, frozen=True):
    """What lies in the run's folder."""

    authority: Path  # this run's authority and what NODE_EXTRA_CA_CERTS named before
    bundle: Path
    java_store: Path
    php_folder: Path
    node_preload: Path


def child_environment(environ: Mapping[str, str], hosts: Collection[str], ports: Ports, files: Files) -> dict[str, str]:
    """The command's variables: ours added to the caller's."""
    proxy = f"http://127.0.0.1:{ports.proxy}"
    direct = ",".join(dict.fromkeys([*_LOCAL, *(entry for entry in no_proxy(environ) if not any(spares(entry, host) for host in hosts))]))
    bundle = str(files.bundle)
    return {
        **environ,
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), direct),
        # Python, curl, Go, Ruby, PHP's streams and most of what stands on OpenSSL; Deno has its own.
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "DENO_CERT"), bundle),
        **_node(environ, hosts, ports, files),
        "JAVA_TOOL_OPTIONS": _joined(environ.get("JAVA_TOOL_OPTIONS", ""), _java(ports.proxy, files.java_store, direct)),
        # The empty first part stands for PHP's own folder.
        "PHP_INI_SCAN_DIR": f"{environ.get('PHP_INI_SCAN_DIR', '')}:{files.php_folder}",
    }


def _node(environ: Mapping[str, str], hosts: Collection[str], ports: Ports, files: Files) -> dict[str, str]:
    """Node 24 follows the proxy when told so; for older ones a few lines loaded first send connections to the hosts our way."""
    return {
        "NODE_EXTRA_CA_CERTS": str(files.authority),
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": _joined(environ.get("NODE_OPTIONS", ""), f'--require "{files.node_preload}"'),
        "HONGYAN_INTERCEPT_HOSTS": ",".join(hosts),
        "HONGYAN_INTERCEPT_PORTS": f"{ports.tls},{ports.plain}",
    }


def _java(port: int, store: Path, direct: str) -> str:
    options = {
        **{f"{scheme}.proxyHost": "127.0.0.1" for scheme in ("http", "https")},
        **{f"{scheme}.proxyPort": str(port) for scheme in ("http", "https")},
        "http.nonProxyHosts": "|".join(f"*{entry}" if entry.startswith(".") else entry for entry in direct.split(",")),
        "javax.net.ssl.trustStore": str(store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": STORE_PASSWORD,
    }
    # No shell reads this, and older machines know no quotes here: they stand only where a blank makes them necessary.
    words = [f"-D{name}={value}" for name, value in options.items()]
    return " ".join(shlex.quote(word) if " " in word else word for word in words)


def _joined(before: str, ours: str) -> str:
    return f"{before} {ours}" if before else ours
