"""HTTPS: the demo and the commands over it, renewal without a restart, and one clear sentence for every wrong file."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from cli_server import Ended, Running, hongyan, running

from hongyan.app.intercept.authority import Issued, issue
from hongyan.app.settings import load_settings
from hongyan.app.tls import context_for
from hongyan.model.ids import EpochMs


class Papers(NamedTuple):
    certificate: Path
    key: Path

    @property
    def options(self) -> tuple[str, ...]:
        return "--tls-cert", str(self.certificate), "--tls-key", str(self.key)

    def put(self, issued: Issued) -> None:
        self.certificate.write_bytes(issued.chain)
        self.key.touch(0o600)
        self.key.write_bytes(issued.key)


def made() -> Issued:
    return issue(("hongyan.test",), EpochMs(int(time.time() * 1000)))


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    found = Papers(tmp_path / "cert.pem", tmp_path / "key.pem")
    found.put(made())
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Papers]]:
    folder = tmp_path_factory.mktemp("tls")
    papers = Papers(folder / "cert.pem", folder / "key.pem")
    papers.put(made())
    with running(folder / "data", "demo", *papers.options, until="Serving.") as found:
        yield found, papers


def base_url(demo: Running) -> str:
    return str(json.loads((demo.folder / "demo.json").read_bytes())["base_url"])


def shown_by(url: str) -> str:
    address = httpx.URL(url)
    return ssl.get_server_certificate((address.host, address.port or 443))


def test_the_demo_speaks_https_and_says_so_everywhere(demo: tuple[Running, Papers]) -> None:
    found, papers = demo
    url = base_url(found)

    assert url.startswith("https://127.0.0.1:")
    assert f"{url}/gettoken" in found.output and "http://" not in found.output
    assert "Reached:" in found.output
    with httpx.Client(verify=context_for(str(papers.certificate)), trust_env=False) as http:
        assert http.get(f"{url}/gettoken").json()["errcode"] == 40035


def test_commands_know_the_server_by_its_certificate(demo: tuple[Running, Papers], tmp_path: Path) -> None:
    found, _ = demo
    known = json.loads((found.folder / "server.json").read_bytes())

    assert "dingdemo" in hongyan("org", "list", "--data", str(found.folder))
    other = tmp_path / "other.pem"
    other.write_bytes(made().chain)
    with pytest.raises(httpx.ConnectError), httpx.Client(verify=context_for(str(other)), trust_env=False) as http:
        http.get(known["base_url"])


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_trusts_the_certificate_by_its_name(demo: tuple[Running, Papers]) -> None:
    found, papers = demo
    port = httpx.URL(base_url(found)).port
    # Signed by an authority that is thrown away, so the certificate itself is what is trusted.
    command = ["curl", "-sS", "--noproxy", "*", "--cacert", str(papers.certificate), "--resolve", f"hongyan.test:{port}:127.0.0.1"]
    done = subprocess.run([*command, f"https://hongyan.test:{port}/gettoken"], capture_output=True, text=True)

    assert "40035" in done.stdout, done.stderr


def test_variables_name_the_files_too() -> None:
    settings = load_settings({}, environ={"HONGYAN_TLS_CERT": "a.pem", "HONGYAN_TLS_KEY": "b.pem"})

    assert (settings.tls_cert, settings.tls_key, settings.public_address) == ("a.pem", "b.pem", "https://127.0.0.1:8686")


def test_only_http_1_is_offered(demo: tuple[Running, Papers]) -> None:
    found, papers = demo
    address = httpx.URL(base_url(found))
    context = context_for(str(papers.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((address.host, address.port or 0)) as raw, context.wrap_socket(raw) as secure:
        assert secure.selected_alpn_protocol() == "http/1.1"


def test_a_hangup_renews_the_certificate_and_a_wrong_one_changes_nothing(tmp_path: Path, papers: Papers) -> None:
    first, second = papers.certificate.read_text(), made()
    with running(tmp_path / "data", "serve", *papers.options, until="Ctrl-C") as found:
        url = str(json.loads((found.folder / "server.json").read_bytes())["base_url"])
        papers.certificate.write_bytes(second.chain)  # the key is not there yet
        found.process.send_signal(signal.SIGHUP)
        assert found.process.stderr is not None
        assert "the certificate stays as it was" in found.process.stderr.readline()
        assert shown_by(url).split() == first.split()

        papers.put(second)
        found.process.send_signal(signal.SIGHUP)
        assert _becomes(url, second.chain.decode())


def _becomes(url: str, wanted: str) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if shown_by(url).split() == wanted.split():
            return True
    return False


def refusal(tmp_path: Path, *options: str) -> str:
    """What a server that must not start says."""
    with pytest.raises(Ended) as ended, running(tmp_path / "data", "serve", *options, until="Ctrl-C"):
        pass
    printed, said, status = ended.value.args
    assert (printed, status, said.count("\n")) == ("", 1, 1), said
    assert not (tmp_path / "data").exists()
    return str(said)


def test_files_that_are_wrong_are_named(tmp_path: Path, papers: Papers) -> None:
    cert, key = (str(path) for path in papers)
    garbage = tmp_path / "garbage.pem"
    garbage.touch(0o600)
    garbage.write_text("garbage")

    assert "tls_cert and tls_key belong together" in refusal(tmp_path, "--tls-cert", cert)
    assert "nowhere.pem: the certificate cannot be read: No such file" in refusal(
        tmp_path, "--tls-cert", str(tmp_path / "nowhere.pem"), "--tls-key", key
    )
    assert f"{garbage}: no certificate in PEM form" in refusal(tmp_path, "--tls-cert", str(garbage), "--tls-key", key)
    assert f"{garbage}: no private key in PEM form" in refusal(tmp_path, "--tls-cert", cert, "--tls-key", str(garbage))


def test_keys_that_are_wrong_are_explained(tmp_path: Path, papers: Papers) -> None:
    other = tmp_path / "other.pem"
    other.touch(0o600)
    other.write_bytes(made().key)
    assert "does not belong to the certificate" in refusal(tmp_path, "--tls-cert", str(papers.certificate), "--tls-key", str(other))

    papers.key.chmod(0o644)
    assert "mode 0644 lets others use the key; chmod 600" in refusal(tmp_path, *papers.options)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_key_with_a_passphrase_is_not_asked_for_one(tmp_path: Path, papers: Papers) -> None:
    locked = tmp_path / "locked.pem"
    locked.touch(0o600)
    subprocess.run(["openssl", "pkey", "-in", papers.key, "-aes256", "-passout", "pass:word", "-out", locked], check=True)

    assert "has a passphrase" in refusal(tmp_path, "--tls-cert", str(papers.certificate), "--tls-key", str(locked))


def test_who_never_begins_a_handshake_is_closed_in_the_time_of_a_head(papers: Papers, tmp_path: Path) -> None:
    config = tmp_path / "hongyan.toml"
    config.write_text("head_seconds = 0.3\n")
    with running(tmp_path / "data", "serve", *papers.options, "--config", str(config), until="Ctrl-C") as found:
        url = str(json.loads((found.folder / "server.json").read_bytes())["base_url"])
        address = httpx.URL(url)
        silent = [socket.create_connection((address.host, address.port or 443), timeout=20) for _ in range(3)]
        silent[1].sendall(b"\x16\x03\x01\x02")  # the first bytes of a hello, and no more
        silent[2].sendall(b"GET / HTTP/1.1\r\n")

        # The default of the loop is a minute, so who waited for that would time out here.
        assert [_end_of(one) for one in silent] == [True, True, True]
        with httpx.Client(verify=context_for(str(papers.certificate)), trust_env=False) as http:
            assert http.get(f"{url}/healthz").status_code == 200


def _end_of(connection: socket.socket) -> bool:
    """Read on until the server closes; an alert of TLS may come before."""
    with connection:
        try:
            while connection.recv(4096):
                pass
        except ConnectionResetError:
            pass
    return True
