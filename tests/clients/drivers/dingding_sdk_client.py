"""dingding-sdk: an access token before every call, contact reads as forms, notices as JSON."""

from dingtalk.dingtalk import DingTalk
from telling import facts, tell, tell_all, tell_failure

client = DingTalk(facts["app_key"], facts["secret"], facts["corp_id"], facts["agent_id"])
tell("token", client.core._get_enterprise_access_token())
tell("newer_token", client.core._v2_get_access_token())
task = tell("sent", client.workmessage.send_notification({"text": {"content": "来自 dingding-sdk"}}, userid_list="u1,u2"))
tell("progress", client.workmessage.get_notificatioin_progress(task))
tell("result", client.workmessage.get_notification_result(task))
picture = ("dot.png", bytes.fromhex(facts["picture"]), "image/png")
media_id = tell("media_id", client.doc.upload("image", picture))
tell("picture", client.workmessage.send_notification({"image": {"media_id": media_id}}, "image", userid_list="u3"))
tell("recalled", client.workmessage.recall(task))
tell("children", client.department.get_children(1))
tell("user", client.user.get("u1"))
dept = tell("new_dept", client.department.create("新部门", 10))
tell("new_user", client.user.create("新人", "13800138000", str(dept), userid="newcomer"))
tell("new_sent", client.workmessage.send_notification({"text": {"content": "欢迎新人"}}, dept_id_list=str(dept)))
tell("roles", client.role.get())
tell_failure("no_receiver", client.workmessage.send_notification, {"text": {"content": "不会到达"}})
stranger = DingTalk(facts["app_key"], facts["secret"], facts["corp_id"], 99)
tell_failure("not_its_agent", stranger.workmessage.send_notification, {"text": {"content": "不会到达"}}, userid_list="u1")
tell_all()
