"""Programs with DingTalk's addresses in their source reach Hongyan, and nothing else changes."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cli_server import ROOT, running
from intercept_programs import JAVA, PROGRAMS, Program, arguments

from harness import SEND, World, serving
from hongyan.app.intercept import namespace
from hongyan.app.intercept.authority import HOSTS, issue
from hongyan.app.intercept.namespace import HOSTS_FILE
from hongyan.model.ids import EpochMs

Done = subprocess.CompletedProcess[str]

_TRY = "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import namespace, os; namespace.enter(Path(sys.argv[2]), uid=os.getuid(), gid=os.getgid())"
_FOLDER = Path(namespace.__file__).parent


def _why_not_private() -> str:
    """Empty where a private network can be had, else what the system says."""
    if not sys.platform.startswith("linux"):
        return "Linux only"
    tried = subprocess.run([sys.executable, "-c", _TRY, str(_FOLDER), str(HOSTS_FILE)], capture_output=True, text=True)
    return "" if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1]


WHY_NOT = _why_not_private()
PRIVATE = pytest.param(("--private",), id="private", marks=pytest.mark.skipif(bool(WHY_NOT), reason=f"no private network here: {WHY_NOT}"))
PLAIN = pytest.param((), id="plain")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("intercept")) as server:
        found = World(server)
        found.observe_all_but()
        yield found


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the run puts its files; its name alone is longer than the address of a socket."""
    folder = tmp_path / ("t" * 120)
    folder.mkdir()
    return folder


def environ(temporary: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and not name.startswith("HONGYAN_")}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(temporary), "LANG": "C.UTF-8"} | changes


def line(world: World, options: tuple[str, ...], *command: str) -> list[str]:
    return [sys.executable, "-m", "hongyan", "intercept", "--url", world.server.base_url, *options, "--", *command]


def intercept(world: World, temporary: Path, *command: str, options: tuple[str, ...] = (), **changes: str) -> Done:
    return subprocess.run(
        line(world, options, *command), capture_output=True, text=True, timeout=120, env=environ(temporary, **changes), cwd=temporary.parent
    )


def in_python(world: World, temporary: Path, code: str, *args: str, options: tuple[str, ...] = (), **changes: str) -> Done:
    done = intercept(world, temporary, sys.executable, "-c", code, *args, options=options, **changes)
    assert done.returncode == 0, done.stderr
    return done


def sending(world: World, text: str) -> tuple[str, str]:
    return f"https://oapi.dingtalk.com{SEND}?access_token={world.token}", json.dumps(world.a_send(text_content=text), ensure_ascii=False)


@pytest.mark.parametrize("options", [PLAIN, PRIVATE])
@pytest.mark.parametrize("program", [pytest.param(one, id=one.name) for one in PROGRAMS])
def test_a_message_arrives_from_every_runtime(world: World, temporary: Path, program: Program, options: tuple[str, ...]) -> None:
    if program.missing:
        pytest.skip(program.missing)
    (temporary.parent / "Send.java").write_text(JAVA)
    text = f"来自 {program.name} {options}"
    done = intercept(world, temporary, *arguments(program, *sending(world, text)), options=options)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["errcode"] == 0
    assert world.inbox("u1")[0]["body"]["text"] == text
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("options", [PLAIN, PRIVATE])
def test_every_host_of_dingtalks_ends_here_with_and_without_tls(world: World, temporary: Path, options: tuple[str, ...]) -> None:
    code = """
import httpx, sys
for host in sys.argv[1:]:
    for scheme in ("https", "http"):
        print(httpx.get(f"{scheme}://{host}/gettoken").json()["errcode"])
"""
    done = in_python(world, temporary, code, *HOSTS, options=options)

    assert done.stdout.split() == ["40035"] * 10
    assert done.stderr == ""


@pytest.mark.parametrize("options", [PRIVATE])
def test_a_program_that_knows_no_proxy_is_caught_in_a_private_network(world: World, temporary: Path, options: tuple[str, ...]) -> None:
    code = """
import os, httpx
with httpx.Client(trust_env=False, verify=__import__("ssl").create_default_context(cafile=os.environ["SSL_CERT_FILE"])) as http:
    print(http.get("https://api.dingtalk.com/gettoken").text, http.get("http://oapi.dingtalk.io/gettoken").text)
"""
    before = HOSTS_FILE.read_bytes()
    done = in_python(world, temporary, code, options=options)

    assert done.stdout.count("40035") == 2
    assert HOSTS_FILE.read_bytes() == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("options", [PRIVATE])
def test_a_private_network_keeps_the_user_and_only_the_forwarded_ports(world: World, temporary: Path, options: tuple[str, ...]) -> None:
    port = world.server.base_url.rpartition(":")[2]
    code = """
import os, socket, sys
print(os.getuid(), os.getgid())
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
    print("open")
except OSError:
    print("closed")
"""
    alone = in_python(world, temporary, code, port, options=options)
    forwarded = in_python(world, temporary, code, port, options=(*options, "--forward", port))

    who = f"{os.getuid()} {os.getgid()}"
    assert (alone.stdout.split("\n")[:2], forwarded.stdout.split("\n")[:2]) == ([who, "closed"], [who, "open"])


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = f"{self.path} {self.headers['host']} {len(body)} {self.headers.get('proxy-connection')}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Some other HTTP server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("options", [PLAIN, PRIVATE])
def test_other_hosts_are_reached_as_before(world: World, temporary: Path, elsewhere: str, options: tuple[str, ...]) -> None:
    code = """
import os, httpx, sys
with httpx.Client(trust_env=False, proxy=os.environ["HTTP_PROXY"]) as http:
    for _ in range(2):
        print(http.post(f"http://{sys.argv[1]}/a?b=c", content=b"x" * 3_000_000).text)
"""
    done = in_python(world, temporary, code, elsewhere, options=options)

    assert done.stdout.splitlines() == [f"/a?b=c {elsewhere} 3000000 None"] * 2


def test_other_hosts_keep_their_own_certificate(world: World, temporary: Path, tmp_path: Path) -> None:
    issued = issue(("elsewhere.test",), EpochMs(int(time.time() * 1000)))
    (tmp_path / "other.pem").write_bytes(issued.chain + issued.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "other.pem")
    code = """
import os, socket, ssl, sys
proxy = os.environ["HTTPS_PROXY"].rpartition(":")[2]
raw = socket.create_connection(("127.0.0.1", int(proxy)))
raw.sendall(f"CONNECT 127.0.0.1:{sys.argv[1]} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
assert b" 200 " in raw.recv(4096)
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
print(ssl.DER_cert_to_PEM_cert(context.wrap_socket(raw).getpeercert(True)))
"""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_shake_hands, args=(listener, context), daemon=True)
        answering.start()
        done = in_python(world, temporary, code, str(listener.getsockname()[1]))
        answering.join(10)

    assert done.stdout.strip().encode() == issued.chain.strip()


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, context.wrap_socket(connection, server_side=True) as secure:
        secure.recv(1)


def test_the_proxy_that_was_there_before_is_used_for_other_hosts(world: World, temporary: Path, elsewhere: str) -> None:
    code = """
import os, httpx, sys
with httpx.Client(trust_env=False, proxy=os.environ["HTTP_PROXY"]) as http:
    print(http.post("http://beyond.test/path", content=b"abc").text)
"""
    done = in_python(world, temporary, code, HTTP_PROXY=f"http://{elsewhere}", NO_PROXY="dingtalk.com,internal.test")

    assert done.stdout.strip() == "http://beyond.test/path beyond.test 3 None", "the whole address goes to the next proxy"


@pytest.mark.parametrize("options", [PLAIN, PRIVATE])
def test_many_connections_large_bodies_and_kept_connections(world: World, temporary: Path, options: tuple[str, ...]) -> None:
    code = """
import concurrent.futures, httpx
with httpx.Client(timeout=60) as http:
    def ask(number):
        body = b'{"text_content":"' + b"x" * 1_000_000 + b'"}'
        return http.post("https://oapi.dingtalk.com/topapi/message/mass/send?access_token=none", content=body).json()["sub_code"]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        print(set(pool.map(ask, range(60))))
"""
    assert in_python(world, temporary, code, options=options).stdout.strip() == "{'40014'}"


def test_a_client_that_goes_away_disturbs_nobody(world: World, temporary: Path) -> None:
    code = """
import os, socket, httpx
proxy = int(os.environ["HTTPS_PROXY"].rpartition(":")[2])
end = b" HTTP/1.1\\r\\n\\r\\n"
for cut in (b"", b"CONN", b"CONNECT oapi.dingtalk.com:443" + end):
    with socket.create_connection(("127.0.0.1", proxy)) as raw:
        raw.sendall(cut)
for odd in (b"nonsense\\r\\n\\r\\n", b"GET /" + end, b"CONNECT " + b"a" * 70 + b".test:443" + end, b"CONNECT x:99999" + end):
    with socket.create_connection(("127.0.0.1", proxy)) as raw:
        raw.sendall(odd)
        assert raw.recv(9) == b"HTTP/1.1 ", odd
print(httpx.get("https://oapi.dingtalk.com/gettoken").json()["errcode"])
"""
    done = in_python(world, temporary, code)

    assert done.stdout.strip() == "40035"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [PLAIN, PRIVATE])
def test_the_exit_status_is_the_commands(world: World, temporary: Path, options: tuple[str, ...]) -> None:
    def status(*command: str) -> int:
        return intercept(world, temporary, *command, options=options).returncode

    assert status("sh", "-c", "exit 7") == 7
    assert status("sh", "-c", "kill -9 $$") == 137
    assert status("no-such-command-anywhere") == 127
    assert status(str(ROOT / "README.md")) == 126


@pytest.mark.parametrize("options", [PLAIN, PRIVATE])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_goes_to_the_command_and_leaves_nothing_behind(
    world: World, temporary: Path, options: tuple[str, ...], number: signal.Signals
) -> None:
    command = ("sh", "-c", f"trap 'exit 42' {number.value}; echo ready; while :; do sleep 0.05; done")
    with subprocess.Popen(
        line(world, options, *command), stdout=subprocess.PIPE, text=True, env=environ(temporary), start_new_session=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        folder = next(temporary.iterdir())
        assert folder.stat().st_mode & 0o777 == 0o700
        process.send_signal(number)
        assert process.wait(20) == 42

    assert list(temporary.iterdir()) == []


def test_no_private_key_is_left_where_the_command_could_find_one(world: World, temporary: Path) -> None:
    code = """
import os, pathlib
for file in pathlib.Path(os.environ["SSL_CERT_FILE"]).parent.rglob("*"):
    assert not file.is_file() or b"PRIVATE" not in file.read_bytes(), file
"""
    in_python(world, temporary, code)


def test_who_does_not_trust_the_certificate_is_told_about_it(world: World, temporary: Path) -> None:
    code = """
import os, httpx, certifi, ssl
try:
    httpx.get("https://oapi.dingtalk.com/", verify=ssl.create_default_context(cafile=certifi.where()))
except httpx.ConnectError:
    pass
"""
    distrust = in_python(world, temporary, code)
    nothing = in_python(world, temporary, "")

    assert "1 of 1 connections to DingTalk's hosts ended before they began: the command does not trust the certificate" in distrust.stderr
    assert "the command did not call DingTalk" in nothing.stderr


def test_without_a_server_one_line_says_what_to_do(world: World, temporary: Path, tmp_path: Path) -> None:
    def said(*options: str) -> str:
        command = [sys.executable, "-m", "hongyan", "intercept", *options, "--", "true"]
        done = subprocess.run(command, capture_output=True, text=True, env=environ(temporary))
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    assert "no server runs in" in said("--data", str(tmp_path / "none"))
    assert "does not answer" in said("--url", f"http://127.0.0.1:{free}")
    assert "no path" in said("--url", "http://127.0.0.1/prefix")
    assert "--forward belongs to --private" in said("--url", world.server.base_url, "--forward", "80")


def test_the_running_server_of_a_folder_is_found_and_its_own_certificate_trusted(temporary: Path, tmp_path: Path) -> None:
    issued = issue(("hongyan.test",), EpochMs(int(time.time() * 1000)))
    (tmp_path / "cert.pem").write_bytes(issued.chain)
    (tmp_path / "key.pem").touch(0o600)
    (tmp_path / "key.pem").write_bytes(issued.key)
    tls = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with running(tmp_path / "data", "serve", *tls, until="Ctrl-C") as found:
        command = [sys.executable, "-m", "hongyan", "intercept", "--data", str(found.folder), "--", sys.executable, "-c"]
        code = 'import httpx; print(httpx.get("https://api.dingtalk.io/gettoken").json()["errcode"])'
        done = subprocess.run([*command, code], capture_output=True, text=True, env=environ(temporary))

    assert (done.stdout.strip(), done.stderr) == ("40035", "")
