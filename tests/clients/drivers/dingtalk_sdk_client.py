"""dingtalk-sdk: the token and media from oapi.dingtalk.com, the notices through the TOP router at eco.taobao.com."""

import io

from dingtalk import AppKeyClient
from dingtalk.model.message import ImageBody, MarkdownBody, TextBody
from telling import facts, tell, tell_all, tell_failure


def _client(secret: str = facts["secret"]) -> AppKeyClient:
    return AppKeyClient(facts["corp_id"], facts["app_key"], secret, timeout=20)


client, agent = _client(), facts["agent_id"]
tell("token", client.access_token)
task = tell("sent", client.message.asyncsend_v2(TextBody("来自 dingtalk-sdk"), agent, userid_list=["u1", "u2"]))
tell("older", client.message.asyncsend(MarkdownBody("周报", "**要点**"), agent, userid_list=["u1"], dept_id_list=[20]))
tell("progress", client.message.getsendprogress(agent, task))
tell("result", client.message.getsendresult(agent, task))
tell_failure("recalled", client.message.recall, agent, task)
tell("roles", client.role.list())
tell("user", client.user.get("u1"))
tell("departments", client.department.list_ids(1))
tell("members", client.user.get_dept_member(20))
tell("page", client.user.simple_list(20, offset=0, size=3))
picture = ("dot.png", io.BytesIO(bytes.fromhex(facts["picture"])), "image/png")
media_id = tell("media_id", client.message.media_upload("image", picture)["media_id"])
tell("picture", client.message.asyncsend_v2(ImageBody(media_id), agent, userid_list=["u3"]))

tell_failure("no_receiver", client.message.asyncsend_v2, TextBody("不会到达"), agent)
tell_failure("wrong_secret", _client("wrong").get_access_token)
client.cache.access_token.set(value="0123456789abcdef", ttl=100)
tell_failure("wrong_token", client.message.getsendresult, agent, task)
tell_all()
