"""dingapi: one internal app, work notices, the older contact reads, media."""

import tempfile
from typing import Any

import dingapi.client
from telling import facts, tell, tell_all, tell_failure


def _client(secret: str) -> dingapi.client.DingApi:
    client = dingapi.client.DingApi(facts["app_key"], secret, facts["agent_id"])
    client.host = facts["base"]
    return client


client = _client(facts["secret"])
tell("token", client.get_access_token())
task = tell("sent", client.message.asyncsend_v2({"msgtype": "text", "text": {"content": "来自 dingapi"}}, userid_list=["u1", "u2"]))["task_id"]
tell("progress", client.message.getsendprogres(task))
tell("result", client.message.getsendresult(task))


def _upload(content: bytes, kind: str) -> Any:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(content)
        file.flush()
        return client.media.upload(kind, file.name)


tell("user", client.user.get("u1"))
tell("members", client.user.getDeptMember(20))
tell("departments", client.department.list(1, fetch_child=True))
media_id = tell("media", _upload(bytes.fromhex(facts["picture"]), "image"))["media_id"]
tell("picture", client.message.asyncsend_v2({"msgtype": "image", "image": {"media_id": media_id}}, userid_list="u3"))
tell_failure("not_a_picture", _upload, b"MZ", "image")
tell_failure("no_receiver", client.message.asyncsend_v2, {"msgtype": "text", "text": {"content": "谁也没有"}})
tell_failure("wrong_secret", _client("wrong").get_access_token)
client.cache.set("access_token", "0123456789abcdef", 60)
tell_failure("wrong_token", client.message.getsendresult, task)
tell_all()
