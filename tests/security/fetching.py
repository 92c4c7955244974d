"""Looks at an address that may be a stream without an end."""

import httpx


def fetch(http: httpx.Client, path: str, **options: object) -> httpx.Response:
    """The answer; of a stream only its head."""
    request = http.build_request("GET", path, **options)  # type: ignore[arg-type]
    answer = http.send(request, stream=True)
    try:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            answer._content = b""
        else:
            answer.read()
    finally:
        answer.close()
    return answer
