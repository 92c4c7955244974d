"""Small programs with DingTalk's addresses in their source, one for each runtime that may be here. Each takes a URL and a JSON body."""

import importlib.util
import shutil
import sys
from typing import NamedTuple

_REQUESTS = """
import requests, sys
print(requests.post(sys.argv[1], data=sys.argv[2].encode(), headers={"content-type": "application/json"}).text)
"""
_HTTPX = """
import httpx, sys
print(httpx.post(sys.argv[1], content=sys.argv[2].encode(), headers={"content-type": "application/json"}).text)
"""
_URLLIB = """
import sys, urllib.request as u
print(u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), {"content-type": "application/json"})).read().decode())
"""
_FETCH = """
const [url, body] = process.argv.slice(1);
fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } }).then((r) => r.text()).then(console.log);
"""
_NODE_HTTPS = """
const [url, body] = process.argv.slice(1);
const done = (r) => r.on("data", (d) => process.stdout.write(d));
require("https").request(url, { method: "POST", headers: { "content-type": "application/json" } }, done).end(body);
"""
JAVA = """
import java.net.URI;
import java.net.http.*;
public class Send {
  public static void main(String[] args) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(args[0])).header("content-type", "application/json");
    var sent = request.POST(HttpRequest.BodyPublishers.ofString(args[1])).build();
    System.out.println(HttpClient.newHttpClient().send(sent, HttpResponse.BodyHandlers.ofString()).body());
  }
}
"""
_PHP = """
$c = curl_init($argv[1]);
curl_setopt_array($c, [CURLOPT_POSTFIELDS => $argv[2], CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => ["content-type: application/json"]]);
echo curl_exec($c) ?: curl_error($c);
"""


class Program(NamedTuple):
    """`command` is followed by the URL and the body; `missing` says why it cannot run here."""

    name: str
    command: tuple[str, ...]
    missing: str = ""


def _program(name: str, *command: str) -> Program:
    return Program(name, command, "" if shutil.which(command[0]) else f"{command[0]} is not installed")


PROGRAMS = (
    Program("requests", (sys.executable, "-c", _REQUESTS), "" if importlib.util.find_spec("requests") else "requests is not installed"),
    Program("httpx", (sys.executable, "-c", _HTTPX)),
    Program("urllib", (sys.executable, "-c", _URLLIB)),
    _program("curl", "curl", "-sS", "-H", "content-type: application/json"),
    _program("node fetch", "node", "-e", _FETCH),
    _program("node https", "node", "-e", _NODE_HTTPS),
    _program("java", "java", "Send.java"),
    _program("php", "php", "-r", _PHP),
)


def arguments(program: Program, url: str, body: str) -> list[str]:
    """The whole command line."""
    return [*program.command, "-d", body, url] if program.name == "curl" else [*program.command, url, body]
