r"""Requests as real clients put them on the wire, byte for byte.

`@MARK@` stands for a text that is new each time and `@LENGTH@` for the length of the body: everything else is what the client wrote.
The numbers are those of the list of encodings that clients send.
"""

import itertools
import json
import re
import socket
from typing import NamedTuple
from urllib.parse import urlencode

from harness import SEND
from media_samples import PNG
from replies import problems_of, surface_of

MASS_TOKEN, WORK_TOKEN, SUITE_TOKEN = b"30c9a84136943eaxxxx", b"30c9a84136943eaxxxx", b"bdefeb04-96ad-40d9-bb92-a62a99d2e8d3"
UNIONID = b"IlrIsTHaiSYXluZP61h0zxgiEiE"
TEMPLATE = b"/topapi/message/corpconversation/sendbytemplate"
ASYNC = b"/topapi/message/corpconversation/asyncsend_v2"
MASS = SEND.encode()
JSON, FORM = b"Content-Type: application/json\r\n", b"Content-Type: application/x-www-form-urlencoded\r\n"


class Recorded(NamedTuple):
    """`head` with its blank line, then `body`. `waits`: the client sends the body only when it is asked to."""

    head: bytes
    body: bytes
    waits: bool = False


def post(path: bytes, headers: bytes, body: bytes, *, host: bytes = b"oapi.dingtalk.com", token: bytes = b"") -> Recorded:
    """A POST with a length; a token goes into the query."""
    target = path + (b"?access_token=" + token if token else b"")
    return Recorded(b"POST " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + headers + b"Content-Length: @LENGTH@\r\n\r\n", body)


_JAVA = (
    b"Accept: text/xml,text/javascript\r\nUser-Agent: top-sdk-java\r\nContent-Type: application/json;charset=UTF-8\r\n"
    b"Cache-Control: no-cache\r\nPragma: no-cache\r\nConnection: keep-alive\r\n"
)
_REQUESTS = b"User-Agent: python-requests/2.32.3\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n" + JSON
_CURL = b"User-Agent: curl/7.88.1\r\nAccept: */*\r\n"
_GO = b"User-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n"
_PHP = b"User-Agent: GuzzleHttp/7\r\n"


def _form(**fields: str) -> bytes:
    return urlencode(fields).replace("%40MARK%40", "@MARK@").encode()


# --- mass send: reaches zhangwei and everybody in department 2324553, unless the encoding can name one alone

_MASS_FORM = {"unionid": UNIONID.decode(), "uuid": "@MARK@", "msg_type": "text", "text_content": "@MARK@", "userid_list": "zhangwei"}
_MASS_JSON = b'"unionid":"' + UNIONID + b'","uuid":"@MARK@","msg_type":"text","text_content":"@MARK@"'
_CARD = b'{"title":"t","markdown":"@MARK@ \xe4\xbd\xa0\xe5\xa5\xbd","single_title":"s","single_url":"https:\\/\\/a.cn\\/b?c=d&e=f"}'
_CHUNKED_BODY = b"{" + _MASS_JSON + b',"is_to_all":false,"userid_list":"zhangwei"}'

MASS_SENDS: dict[str, Recorded] = {
    "1 python requests, escaped": post(
        MASS, _REQUESTS, b'{"is_to_all": false, "note": "\\u4f60\\u597d", "userid_list": ["zhangwei"], ' + _MASS_JSON + b"}", token=MASS_TOKEN
    ),
    "1 go, raw": post(MASS, _GO + JSON, b"{" + _MASS_JSON + b',"is_to_all":false,"userid_list":"zhangwei","x":"\xe4\xbd\xa0"}\n', token=MASS_TOKEN),
    "2 java sdk": post(
        MASS,
        _JAVA,
        b'{"is_to_all":"false","is_preview":"false","unionid":"' + UNIONID + b'","uuid":"@MARK@","msg_type":"action_card",'
        b'"userid_list":"zhangwei","msg_body":{"action_card":' + _CARD + b"}}",
        token=MASS_TOKEN,
    ),
    "2 java sdk, text that looks like json": post(
        MASS,
        _JAVA,
        b'{"is_to_all":"false","unionid":"'
        + UNIONID
        + b'","uuid":"@MARK@","msg_type":"text","text_content":{"a":"@MARK@"},"userid_list":"zhangwei"}',
        token=MASS_TOKEN,
    ),
    "3 java sdk with setUseJsonString": post(
        MASS,
        _JAVA,
        b'{"is_to_all":"false","unionid":"' + UNIONID + b'","uuid":"@MARK@","msg_type":"action_card","userid_list":"zhangwei",'
        b'"msg_body":"{\\"action_card\\":' + _CARD.replace(b"\\/", b"/").replace(b'"', b'\\"') + b'}"}',
        token=MASS_TOKEN,
    ),
    "4 curl form, token inside": post(
        MASS, _CURL + FORM, _form(access_token=MASS_TOKEN.decode(), is_to_all="false", **_MASS_FORM, dep_id_list="", roleIds="null")
    ),
    "4 curl --data-urlencode, blanks as %20": post(
        MASS,
        _CURL + FORM,
        b"access_token="
        + MASS_TOKEN
        + b"&is_to_all=false&userid_list=zhangwei%2C%20&"
        + _form(unionid=UNIONID.decode(), uuid="@MARK@", msg_type="markdown", msg_body='{"markdown":{"title":"t","text":"a b+c @MARK@"}}').replace(
            b"+", b"%20"
        ),
    ),
    "4 php booleans": post(MASS, _PHP + FORM, _form(access_token=MASS_TOKEN.decode(), is_to_all="0", is_preview="0", **_MASS_FORM)),
    "5 php nested": post(
        MASS,
        _PHP + FORM,
        b"is_to_all=0&unionid=" + UNIONID + b"&uuid=@MARK@&msg_type=action_card&userid_list%5B0%5D=zhangwei"
        b"&msg_body%5Baction_card%5D%5Btitle%5D=t&msg_body%5Baction_card%5D%5Bmarkdown%5D=@MARK@"
        b"&msg_body%5Baction_card%5D%5Bbtn_orientation%5D=1&msg_body%5Baction_card%5D%5Bbutton_list%5D%5B0%5D%5Btitle%5D=b"
        b"&msg_body%5Baction_card%5D%5Bbutton_list%5D%5B0%5D%5Baction_url%5D=https%3A%2F%2Fa.cn",
        token=MASS_TOKEN,
    ),
    "5 php nested, brackets as they are": post(
        MASS,
        _PHP + FORM,
        b"is_to_all=0&unionid=" + UNIONID + b"&uuid=@MARK@&msg_type=markdown&userid_list[]=zhangwei"
        b"&msg_body[markdown][title]=t&msg_body[markdown][text]=@MARK@",
        token=MASS_TOKEN,
    ),
    "6 all in the query": post(MASS + b"?" + _form(access_token=MASS_TOKEN.decode(), is_to_all="false", **_MASS_FORM), _JAVA, b"", host=b"127.0.0.1"),
    "6 all in the query, a body of {}": post(
        MASS + b"?" + _form(access_token=MASS_TOKEN.decode(), is_to_all="false", **_MASS_FORM), _GO + JSON, b"{}"
    ),
    "8 chunked": Recorded(
        b"POST " + MASS + b"?access_token=" + MASS_TOKEN + b" HTTP/1.1\r\nHost: oapi.dingtalk.com\r\nTransfer-Encoding: chunked\r\n" + JSON + b"\r\n",
        b"@CHUNKED@" + _CHUNKED_BODY,
    ),
    "9 multipart, because a value begins with @": post(
        MASS,
        _PHP + b"Content-Type: multipart/form-data; boundary=----------------------------a1b2\r\n",
        b"".join(
            b'------------------------------a1b2\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value.encode() + b"\r\n"
            for name, value in {"is_to_all": "false", "media_id": "@lALPDeC2uOPVEsvNAVjNAVg", **_MASS_FORM}.items()
        )
        + b"------------------------------a1b2--\r\n",
        token=MASS_TOKEN,
    ),
    "11 comma and blanks": post(
        MASS, _REQUESTS, b'{"is_to_all": "false", ' + _MASS_JSON + b', "userid_list": " zhangwei , zhangwei ,", "dep_id_list": ""}', token=MASS_TOKEN
    ),
    "11 lists as json text": post(
        MASS, _REQUESTS, b"{" + _MASS_JSON + b',"userid_list":"[\\"zhangwei\\"]","dep_id_list":"[]","roleIds":null}', token=MASS_TOKEN
    ),
    "11 quoted": post(MASS, _REQUESTS, b"{" + _MASS_JSON + b',"userid_list":"\\"zhangwei\\"","is_to_all":""}', token=MASS_TOKEN),
    "12 nulls": post(
        MASS,
        b"User-Agent: .NET\r\nContent-Type: application/json; charset=utf-8\r\n",
        b'{"is_to_all":null,"is_preview":null,"dep_id_list":null,"roleIds":null,"media_id":null,"userid_list":"zhangwei","msg_body":null,'
        + _MASS_JSON
        + b"}",
        token=MASS_TOKEN,
    ),
    "13 no content type": post(MASS, b"User-Agent: x\r\n", b"{" + _MASS_JSON + b',"userid_list":"zhangwei"}', token=MASS_TOKEN),
    "13 json as a form": post(MASS, _CURL + FORM, b"{" + _MASS_JSON + b',"userid_list":"zhangwei"}', token=MASS_TOKEN),
    "another content type": post(MASS, b"content-type: text/plain\r\n", b" {" + _MASS_JSON + b',"userid_list":"zhangwei"}', token=MASS_TOKEN),
    "a mark before the first byte": post(
        MASS, b"Content-Type: application/json; charset=utf-8\r\n", b"\xef\xbb\xbf{" + _MASS_JSON + b',"userid_list":"zhangwei"}', token=MASS_TOKEN
    ),
    "expects to be asked": Recorded(
        b"POST "
        + MASS
        + b"?access_token="
        + MASS_TOKEN
        + b" HTTP/1.1\r\nHost: oapi.dingtalk.com\r\n"
        + _CURL
        + JSON
        + b"Content-Length: @LENGTH@\r\nExpect: 100-continue\r\n\r\n",
        b"{" + _MASS_JSON + b',"userid_list":"zhangwei"}',
        waits=True,
    ),
    "an unknown host": post(MASS, JSON, b"{" + _MASS_JSON + b',"userid_list":"zhangwei"}', host=b"push.intranet.example:8443", token=MASS_TOKEN),
    "http 1.0": Recorded(
        b"POST " + MASS + b"?access_token=" + MASS_TOKEN + b" HTTP/1.0\r\n" + JSON + b"Content-Length: @LENGTH@\r\n\r\n",
        b"{" + _MASS_JSON + b',"userid_list":"zhangwei"}',
    ),
}

# --- template send

_DATA = '{"name":"@MARK@","name2":"http://www.taobao.com"}'
_ESCAPED_DATA = _DATA.replace('"', '\\"').encode()
_TEMPLATE_FORM = {"agent_id": "123", "template_id": "e27a9eed42b34a14a2xxxx", "userid_list": "zhangwei"}
_TEMPLATE_JSON = b'"template_id":"e27a9eed42b34a14a2xxxx","userid_list":"zhangwei"'

TEMPLATE_SENDS: dict[str, Recorded] = {
    "1 native": post(TEMPLATE, _GO + JSON, b'{"agent_id":123,' + _TEMPLATE_JSON + b',"data":"' + _ESCAPED_DATA + b'"}', token=SUITE_TOKEN),
    "2 java sdk": post(TEMPLATE, _JAVA, b'{"agent_id":"123",' + _TEMPLATE_JSON + b',"data":' + _DATA.encode() + b"}", token=SUITE_TOKEN),
    "3 java sdk with setUseJsonString": post(
        TEMPLATE, _JAVA, b'{"agent_id":"123",' + _TEMPLATE_JSON + b',"data":"' + _ESCAPED_DATA + b'"}', token=SUITE_TOKEN
    ),
    "3 twice encoded": post(
        TEMPLATE, _JAVA, b'{"agent_id":"123",' + _TEMPLATE_JSON + b',"data":' + json.dumps(json.dumps(_DATA)).encode() + b"}", token=SUITE_TOKEN
    ),
    "4 the sample's form, escaped and quoted": post(
        TEMPLATE,
        _CURL + FORM,
        _form(
            access_token=SUITE_TOKEN.decode(),
            agent_id="123",
            template_id="e27a9eed42b34a14a2xxxx",
            userid_list='\\"zhangwei,zhangwei\\"',
            dept_id_list='\\"\\"',
            data=_DATA.replace('"', '\\"'),
        ),
    ),
    "5 php nested": post(
        TEMPLATE, _PHP + FORM, _form(**_TEMPLATE_FORM) + b"&data%5Bname%5D=@MARK@&data%5Bname2%5D=http%3A%2F%2Fwww.taobao.com", token=SUITE_TOKEN
    ),
    "6 all in the query": post(TEMPLATE + b"?" + _form(access_token=SUITE_TOKEN.decode(), **_TEMPLATE_FORM, data=_DATA), _JAVA, b""),
    "8 chunked": Recorded(
        b"POST " + TEMPLATE + b"?access_token=" + SUITE_TOKEN + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + JSON + b"\r\n",
        b'@CHUNKED@{"agent_id":123,' + _TEMPLATE_JSON + b',"data":' + _DATA.encode() + b"}",
    ),
    "11 lists": post(
        TEMPLATE,
        _REQUESTS,
        b'{"agent_id": 123, "template_id": "e27a9eed42b34a14a2xxxx", "userid_list": ["zhangwei"], "dept_id_list": [], "data": '
        + _DATA.encode()
        + b"}",
        token=SUITE_TOKEN,
    ),
    "12 nulls": post(
        TEMPLATE, _REQUESTS, b'{"agent_id":123,"dept_id_list":null,' + _TEMPLATE_JSON + b',"data":' + _DATA.encode() + b"}", token=SUITE_TOKEN
    ),
    "13 no content type": post(
        TEMPLATE, b"User-Agent: x\r\n", b'{"agent_id":123,' + _TEMPLATE_JSON + b',"data":' + _DATA.encode() + b"}", token=SUITE_TOKEN
    ),
}

# --- asyncsend_v2

_MSG = '{"msgtype":"text","text":{"content":"@MARK@"}}'
_ESCAPED_MSG = _MSG.replace('"', '\\"').encode()


def async_sends(agent_id: int) -> dict[str, Recorded]:
    """The cases for an installation of the demo's app."""
    agent = str(agent_id).encode()
    fields = {"agent_id": str(agent_id), "userid_list": "zhangwei"}
    return {
        "1 native": post(ASYNC, _GO + JSON, b'{"agent_id":' + agent + b',"userid_list":"zhangwei","msg":' + _MSG.encode() + b"}", token=WORK_TOKEN),
        "2 java sdk": post(
            ASYNC,
            _JAVA,
            b'{"agent_id":"' + agent + b'","to_all_user":"false","userid_list":"zhangwei","msg":' + _MSG.encode() + b"}",
            token=WORK_TOKEN,
        ),
        "3 msg as text": post(
            ASYNC, _REQUESTS, b'{"agent_id": ' + agent + b', "userid_list": "zhangwei", "msg": "' + _ESCAPED_MSG + b'"}', token=WORK_TOKEN
        ),
        "4 form": post(ASYNC, _CURL + FORM, _form(access_token=WORK_TOKEN.decode(), **fields, to_all_user="false", msg=_MSG)),
        "4 form, escaped as in the curl sample": post(ASYNC, _CURL + FORM, _form(**fields, msg=_MSG.replace('"', '\\"')), token=WORK_TOKEN),
        "5 php nested": post(ASYNC, _PHP + FORM, _form(**fields) + b"&msg%5Bmsgtype%5D=text&msg%5Btext%5D%5Bcontent%5D=@MARK@", token=WORK_TOKEN),
        "6 all in the query": post(ASYNC + b"?" + _form(access_token=WORK_TOKEN.decode(), **fields, msg=_MSG), _JAVA, b""),
        "8 chunked": Recorded(
            b"POST " + ASYNC + b"?access_token=" + WORK_TOKEN + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + JSON + b"\r\n",
            b'@CHUNKED@{"agent_id":' + agent + b',"userid_list":["zhangwei"],"msg":' + _MSG.encode() + b"}",
        ),
        "11 blanks and strings": post(
            ASYNC,
            _REQUESTS,
            b'{"agent_id":"' + agent + b'","userid_list":"zhangwei, zhangwei","dept_id_list":"","msg":' + _MSG.encode() + b"}",
            token=WORK_TOKEN,
        ),
        "12 nulls for unused kinds": post(
            ASYNC,
            _REQUESTS,
            b'{"agent_id":' + agent + b',"userid_list":"zhangwei","dept_id_list":null,"to_all_user":null,'
            b'"msg":{"msgtype":"text","text":{"content":"@MARK@"},"image":null,"link":null,"oa":null}}',
            token=WORK_TOKEN,
        ),
        "13 no content type": post(
            ASYNC, b"", b'{"agent_id":' + agent + b',"userid_list":"zhangwei","msg":' + _MSG.encode() + b"}", token=WORK_TOKEN
        ),
    }


# --- upload


def _part(name: bytes, value: bytes, *, boundary: bytes, rest: bytes = b"") -> bytes:
    return b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name + b'"' + rest + b"\r\n\r\n" + value + b"\r\n"


_MULTIPART = b"Content-Type: multipart/form-data; boundary=%s\r\n"
_CURL_FILE = b'; filename="222.png"\r\nContent-Type: image/png'

UPLOADS: dict[str, Recorded] = {
    "9 curl, everything as a part": post(
        b"/media/upload",
        _CURL + _MULTIPART % b"------------------------d74496d66958873e",
        _part(b"access_token", MASS_TOKEN, boundary=b"------------------------d74496d66958873e")
        + _part(b"type", b"image", boundary=b"------------------------d74496d66958873e")
        + _part(b"media", PNG, boundary=b"------------------------d74496d66958873e", rest=_CURL_FILE)
        + b"--------------------------d74496d66958873e--\r\n",
    ),
    "9 python requests, type in the query": post(
        b"/media/upload?access_token=" + MASS_TOKEN + b"&type=image",
        b"User-Agent: python-requests/2.32.3\r\nAccept: */*\r\n" + _MULTIPART % b"0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        _part(b"media", PNG, boundary=b"0f1e2d3c4b5a69788796a5b4c3d2e1f0", rest=b'; filename="a.png"') + b"--0f1e2d3c4b5a69788796a5b4c3d2e1f0--\r\n",
    ),
    "9 java sdk": post(
        b"/media/upload?access_token=" + MASS_TOKEN,
        b"Accept: text/xml,text/javascript\r\nUser-Agent: top-sdk-java\r\n"
        b"Content-Type: multipart/form-data;charset=UTF-8;boundary=----------------------------18c1a2b3c4d\r\n",
        b'\r\n------------------------------18c1a2b3c4d\r\nContent-Disposition:form-data;name="type"\r\nContent-Type:text/plain\r\n\r\nimage'
        b'\r\n------------------------------18c1a2b3c4d\r\nContent-Disposition:form-data;name="media";filename="a.png"\r\n'
        b"Content-Type:application/octet-stream\r\n\r\n" + PNG + b"\r\n------------------------------18c1a2b3c4d--\r\n",
    ),
    "9 c#, quoted boundary, extended name": post(
        b"/media/upload?type=image&access_token=" + MASS_TOKEN,
        b'Content-Type: multipart/form-data; boundary="8dd0c1e2f3a4b5c6"\r\n',
        b"--8dd0c1e2f3a4b5c6\r\nContent-Type: image/png\r\n"
        b"Content-Disposition: form-data; name=media; filename=\"=?utf-8?B?5Zu+LnBuZw==?=.png\"; filename*=utf-8''%E5%9B%BE.png\r\n\r\n"
        + PNG
        + b"\r\n--8dd0c1e2f3a4b5c6--\r\n",
    ),
    "8 node, chunked": Recorded(
        b"POST /media/upload?access_token="
        + MASS_TOKEN
        + b"&type=image HTTP/1.1\r\nHost: oapi.dingtalk.com\r\n"
        + _MULTIPART % b"--------------------------012345678901234567890123"
        + b"Transfer-Encoding: chunked\r\n\r\n",
        b"@CHUNKED@"
        + _part(b"media", PNG, boundary=b"--------------------------012345678901234567890123", rest=b'; filename="a.png"\r\nContent-Type: image/png')
        + b"----------------------------012345678901234567890123--\r\n",
    ),
    "curl with a large file expects to be asked": Recorded(
        b"POST /media/upload?access_token="
        + MASS_TOKEN
        + b" HTTP/1.1\r\nHost: oapi.dingtalk.com\r\n"
        + _MULTIPART % b"b"
        + b"Content-Length: @LENGTH@\r\nExpect: 100-continue\r\n\r\n",
        _part(b"type", b"image", boundary=b"b") + _part(b"media", PNG + b"x" * 200_000, boundary=b"b", rest=_CURL_FILE) + b"--b--\r\n",
        waits=True,
    ),
}


# --- sending them


def _chunks(body: bytes) -> bytes:
    """In uneven pieces, with an extension that nobody reads, and a trailer."""
    cuts = [0, 1, 30, 31, len(body) // 2, len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(cuts) if end > start]
    return b"".join(b"%X;ext=1\r\n" % len(piece) + piece + b"\r\n" for piece in pieces) + b"0\r\nX-Trailer: 1\r\n\r\n"


def transmit(base_url: str, request: Recorded, mark: str) -> bytes:
    """Send it as it was recorded; answers the body of the reply, which must keep the rules for replies."""
    body = request.body.replace(b"@MARK@", mark.encode())
    if body.startswith(b"@CHUNKED@"):
        body = _chunks(body.removeprefix(b"@CHUNKED@"))
    head = request.head.replace(b"@MARK@", mark.encode()).replace(b"@LENGTH@", str(len(body)).encode())
    host, port = base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head if request.waits else head + body)
        if request.waits:
            assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(body)
        reply_head, content = _read_reply(connection)
    path = head.split(b" ")[1].split(b"?")[0].decode()
    status = int(reply_head.split(b" ")[1])
    content_type = re.search(rb"(?i)content-type: ([^\r]*)", reply_head)
    assert content_type
    assert not list(problems_of(surface_of(path), status, content_type[1].decode(), content, path)), content
    return content


def _read_reply(connection: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, content = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length, head
    while len(content) < int(length[1]):
        content += _more(connection)
    return head, content


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    assert received, "the server hung up"
    return received
