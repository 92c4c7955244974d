"""What an interception prepares: variables, certificates, the hosts file."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from hongyan.app.intercept.authority import HOSTS, issue
from hongyan.app.intercept.beyond import Beyond, spares
from hongyan.app.intercept.environment import Files, child_environment
from hongyan.app.intercept.namespace import command_inside, hosts_file
from hongyan.app.intercept.proxy import Ports
from hongyan.app.intercept.trust import STORE_PASSWORD, bundle, java_store, known_roots
from hongyan.model.ids import EpochMs

NOW = EpochMs(1_900_000_000_000)
FOLDER = Path("/run/x")
FILES = Files(FOLDER / "authority.pem", FOLDER / "bundle.pem", FOLDER / "trust.p12", FOLDER / "php", FOLDER / "preload.cjs")


def environment(**parent: str) -> dict[str, str]:
    return child_environment(parent, HOSTS, Ports(8001, 8002, 8003), FILES)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"])
def test_the_proxy_stands_under_every_name(name: str) -> None:
    assert environment(**{name: "http://before:1"})[name] == "http://127.0.0.1:8001"


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "DENO_CERT"])
def test_the_bundle_stands_under_every_name(name: str) -> None:
    assert environment()[name] == "/run/x/bundle.pem"


def test_what_was_spared_from_the_proxy_still_is_but_for_dingtalk() -> None:
    value = environment(no_proxy="internal.test, .dingtalk.com,taobao.com,*,10.0.0.1:8080")["no_proxy"]

    assert value == "localhost,127.0.0.1,::1,internal.test,10.0.0.1:8080"


def test_java_and_node_keep_the_options_they_had() -> None:
    found = environment(JAVA_TOOL_OPTIONS="-Xmx1g", NODE_OPTIONS="--trace-warnings")

    assert found["JAVA_TOOL_OPTIONS"].startswith("-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttps.proxyHost=127.0.0.1 -Dhttp.proxyPort=8001")
    assert "-Djavax.net.ssl.trustStore=/run/x/trust.p12 -Djavax.net.ssl.trustStoreType=PKCS12" in found["JAVA_TOOL_OPTIONS"]
    assert "'" not in found["JAVA_TOOL_OPTIONS"]
    assert found["NODE_OPTIONS"] == '--trace-warnings --require "/run/x/preload.cjs"'
    assert (found["NODE_EXTRA_CA_CERTS"], found["NODE_USE_ENV_PROXY"]) == ("/run/x/authority.pem", "1")


def test_php_reads_its_own_settings_first() -> None:
    assert environment()["PHP_INI_SCAN_DIR"] == ":/run/x/php"
    assert environment(PHP_INI_SCAN_DIR="/etc/mine")["PHP_INI_SCAN_DIR"] == "/etc/mine:/run/x/php"


def test_other_variables_are_as_they_were() -> None:
    assert environment(PATH="/bin", HOME="/home/u").items() >= {"PATH": "/bin", "HOME": "/home/u"}.items()


@pytest.mark.parametrize(
    ("entry", "host", "expected"),
    [
        ("oapi.dingtalk.com", "oapi.dingtalk.com", True),
        ("dingtalk.com", "oapi.dingtalk.com", True),
        (".dingtalk.com", "oapi.dingtalk.com", True),
        ("*.dingtalk.com", "oapi.dingtalk.com", True),
        ("OAPI.dingtalk.com:443", "oapi.dingtalk.com", True),
        ("*", "oapi.dingtalk.com", True),
        ("talk.com", "oapi.dingtalk.com", False),
        ("oapi.dingtalk.com.cn", "oapi.dingtalk.com", False),
        ("::1", "oapi.dingtalk.com", False),
        (".", "oapi.dingtalk.com", False),
    ],
)
def test_an_entry_spares_a_host_and_the_domains_below(entry: str, host: str, expected: bool) -> None:
    assert spares(entry, host) is expected


@pytest.mark.parametrize(
    ("environ", "target", "expected"),
    [
        ({}, "//a.test:443", None),
        ({"HTTPS_PROXY": "http://p:3128"}, "//a.test:443", "p"),
        ({"HTTPS_PROXY": "http://p:3128"}, "http://a.test/", None),
        ({"http_proxy": "p:3128"}, "http://a.test/", "p"),
        ({"ALL_PROXY": "http://p:1"}, "//a.test:443", "p"),
        ({"ALL_PROXY": "socks5://p:1"}, "//a.test:443", None),
        ({"https_proxy": "http://p:1", "no_proxy": "a.test"}, "//a.test:443", None),
        ({"https_proxy": "http://p:1", "no_proxy": "b.test"}, "//a.test:443", "p"),
    ],
)
def test_the_proxy_of_before_leads_on(environ: dict[str, str], target: str, expected: str | None) -> None:
    found = Beyond(environ).proxy_for(urlsplit(target))

    assert (found.hostname if found else None) == expected


def extension(certificate: x509.Certificate, kind: type[Any]) -> Any:
    return certificate.extensions.get_extension_for_class(kind)


def test_the_authority_vouches_for_dingtalks_hosts_only() -> None:
    authority = x509.load_pem_x509_certificate(issue(HOSTS, NOW).authority)
    constraints = extension(authority, x509.NameConstraints)

    assert constraints.critical
    assert [name.value for name in constraints.value.permitted_subtrees] == list(HOSTS)
    assert extension(authority, x509.BasicConstraints).value.path_length == 0


def test_the_certificate_is_signed_by_it_for_every_host_around_now() -> None:
    issued = issue(HOSTS, NOW)
    leaf = x509.load_pem_x509_certificate(issued.chain)
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(issued.authority))

    assert extension(leaf, x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == list(HOSTS)
    assert leaf.not_valid_before_utc.timestamp() < NOW / 1000 < leaf.not_valid_after_utc.timestamp()


def test_two_runs_share_nothing() -> None:
    first, second = issue(HOSTS, NOW), issue(HOSTS, NOW)

    assert first.authority != second.authority and first.key != second.key


def test_the_bundle_holds_every_root_once_and_the_authority(tmp_path: Path) -> None:
    own, authority = issue(("own.test",), NOW).authority, issue(HOSTS, NOW).authority
    (tmp_path / "own.pem").write_bytes(own + own)
    roots = known_roots({"SSL_CERT_FILE": str(tmp_path / "own.pem"), "REQUESTS_CA_BUNDLE": str(tmp_path / "missing.pem")})
    text = bundle(roots, authority)

    assert text.count(own.strip()) == 1 and authority in text
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----", text)
    assert len(blocks) == len(roots) + 1 > 50, "the roots of the usual bundle are there"


def test_javas_store_holds_the_same_and_opens_with_its_usual_password() -> None:
    authority, own = issue(HOSTS, NOW).authority, issue(("own.test",), NOW).authority
    store = load_pkcs12(java_store([own, b"broken"], authority), STORE_PASSWORD.encode())

    found = {one.certificate for one in store.additional_certs}
    assert found == {x509.load_pem_x509_certificate(pem) for pem in (authority, own)}


def test_the_hosts_file_says_everything_else_as_before() -> None:
    text = "127.0.0.1 localhost\n# oapi.dingtalk.com below\n1.2.3.4\tOAPI.dingtalk.com other # note\n1.1.1.1 api.dingtalk.com\n\n5.6.7.8 db.test # oapi.dingtalk.com\n"

    assert hosts_file(text, ("oapi.dingtalk.com", "api.dingtalk.com")).splitlines() == [
        "127.0.0.1 localhost",
        "# oapi.dingtalk.com below",
        "1.2.3.4 other",
        "",
        "5.6.7.8 db.test # oapi.dingtalk.com",
        "127.0.0.1 oapi.dingtalk.com api.dingtalk.com",
    ]


def test_the_command_inside_comes_after_its_ports() -> None:
    assert command_inside(FOLDER, 8001, (5432, 6379), ("run", "--it"))[3:] == ["/run/x", "8001", "5432,6379", "--", "run", "--it"]
