"""The smallest application on the same server: what starting cannot be faster than.  python -m bench.empty_app PORT"""

import sys
from typing import Any

import uvicorn


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


if __name__ == "__main__":
    uvicorn.run(application, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", lifespan="off", log_level="error")
