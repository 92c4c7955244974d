"""dingtalk.api, the official SDK of the older API. It knows ports 80 and 443 only, so its calls are carried to the server.

It returns what the server says and raises TopException for an errcode other than 0.
"""

import io
import time
from typing import Any

import dingtalk.api as api
from telling import facts, tell, tell_all, tell_failure

HOST = "https://oapi.dingtalk.com"
WORK = f"{HOST}/topapi/message/corpconversation"
# The organisation's clock stands still on a day of its own; a signature names the time.
time.time = lambda: facts["now"] / 1000


def _fill(request: Any, members: dict[str, Any]) -> Any:
    for name, value in members.items():
        assert hasattr(request, name), f"the SDK does not know {name}"
        setattr(request, name, value)
    return request


def ask(request: Any, token: str = "", **members: Any) -> dict[str, Any]:
    return _fill(request, members).getResponse(token)


asking = api.OapiGettokenRequest(f"{HOST}/gettoken")
token = tell("token", ask(asking, appkey=facts["app_key"], appsecret=facts["secret"]))["access_token"]


def ask_signed(request: Any, **members: Any) -> dict[str, Any]:
    signed = _fill(request, {"auth_corpid": facts["corp_id"], **members})
    return signed.getResponse("", facts["suite_key"], facts["suite_secret"], facts["suite_ticket"])


suite_token = tell("corp_token", ask_signed(api.OapiServiceGetCorpTokenRequest(f"{HOST}/service/get_corp_token")))["access_token"]
tell("auth_info", ask_signed(api.OapiServiceGetAuthInfoRequest(f"{HOST}/service/get_auth_info")))
suite_agent = {"suite_key": facts["suite_key"], "agentid": facts["suite_agent"]}
tell("agent", ask_signed(api.OapiServiceGetAgentRequest(f"{HOST}/service/get_agent"), **suite_agent))

mass = {"unionid": facts["unionid"], "is_to_all": False, "msg_type": "text", "userid_list": "u1,u2", "dep_id_list": "20", "roleIds": "7"}
MASS = f"{HOST}/topapi/message/mass"
sent = tell("mass", ask(api.OapiMessageMassSendRequest(f"{MASS}/send"), token, **mass, text_content="群发给大家", uuid="o1"))
again = api.OapiMessageMassSendRequest(f"{MASS}/send")
tell_failure("same_uuid", ask, again, token, **mass, text_content="不会到达", uuid="o1")
recall = api.OapiMessageMassRecallRequest(f"{MASS}/recall")
tell("mass_recalled", ask(recall, token, unionid=facts["unionid"], task_id=sent["task_id"]))

notice = {"agent_id": facts["agent_id"], "userid_list": "u1", "msg": {"msgtype": "text", "text": {"content": "工作通知一"}}}
work = tell("sent", ask(api.OapiMessageCorpconversationAsyncsendV2Request(f"{WORK}/asyncsend_v2"), token, **notice))["task_id"]
own = {"agent_id": facts["agent_id"], "task_id": work}
tell("progress", ask(api.OapiMessageCorpconversationGetsendprogressRequest(f"{WORK}/getsendprogress"), token, **own))
tell("result", ask(api.OapiMessageCorpconversationGetsendresultRequest(f"{WORK}/getsendresult"), token, **own))

template = {"agent_id": facts["suite_agent"], "template_id": facts["template_id"], "userid_list": "u3", "data": '{"name":"张三","名字":"李四"}'}
by_template = api.OapiMessageCorpconversationSendbytemplateRequest(f"{WORK}/sendbytemplate")
tell("template", ask(by_template, suite_token, **template))
taking_back = api.OapiMessageCorpconversationRecallRequest(f"{WORK}/recall")
tell("recalled", ask(taking_back, token, agent_id=facts["agent_id"], msg_task_id=work))

# The port to Python 3 spoils bytes, so the file is one that is text.
report = api.FileItem("report.pdf", io.StringIO("%PDF-1.4\n%%EOF\n"))
media_id = tell("media", ask(api.OapiMediaUploadRequest(f"{HOST}/media/upload"), token, type="file", media=report))["media_id"]
file = {"agent_id": facts["agent_id"], "userid_list": "u6", "msg": {"msgtype": "file", "file": {"media_id": media_id}}}
tell("file", ask(api.OapiMessageCorpconversationAsyncsendV2Request(f"{WORK}/asyncsend_v2"), token, **file))

tell("accounts", ask(api.OapiServiceaccountListRequest(f"{HOST}/topapi/serviceaccount/list"), token, pageStart=1, pageSize=10))
tell("user", ask(api.OapiV2UserGetRequest(f"{HOST}/topapi/v2/user/get"), token, userid="u1"))
tell("children", ask(api.OapiV2DepartmentListsubidRequest(f"{HOST}/topapi/v2/department/listsubid"), token, dept_id=1))
page = api.OapiV2UserListRequest(f"{HOST}/topapi/v2/user/list")
tell("members", ask(page, token, dept_id=20, cursor=0, size=3))
nobody = api.OapiV2UserGetRequest(f"{HOST}/topapi/v2/user/get")
tell_failure("no_user", ask, nobody, token, userid="ghost")

own_again = api.OapiMessageCorpconversationGetsendresultRequest(f"{WORK}/getsendresult")
tell_failure("wrong_token", ask, own_again, "0123456789abcdef", **own)
forbidden = api.OapiMessageMassSendRequest(f"{MASS}/send")
tell_failure("forbidden", ask, forbidden, suite_token, **mass, text_content="不会到达", uuid="o2")
wrong = api.OapiGettokenRequest(f"{HOST}/gettoken")
tell_failure("wrong_secret", ask, wrong, appkey=facts["app_key"], appsecret="wrong")
tell_all()
