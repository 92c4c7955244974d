"""alibabacloud-dingtalk, the official SDK of the new API: tokens, a mass send with every kind of body, records, errors."""

import asyncio
from typing import Any

from alibabacloud_dingtalk.contact_1_0 import models as contact
from alibabacloud_dingtalk.contact_1_0.client import Client as Contact
from alibabacloud_dingtalk.exclusive_1_0 import models as exclusive
from alibabacloud_dingtalk.exclusive_1_0.client import Client as Exclusive
from alibabacloud_dingtalk.oauth2_1_0 import models as oauth
from alibabacloud_dingtalk.oauth2_1_0.client import Client as OAuth
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from telling import facts, tell, tell_all, tell_failure

BARE = RuntimeOptions()


def _config() -> Config:
    return Config(protocol="http", endpoint=facts["base"].removeprefix("http://"))


def _message(uuid: str, **members: Any) -> exclusive.SendMessageRequest:
    given: dict[str, Any] = {"unionid": facts["unionid"], "is_to_all": False, "userid_list": ["u1"], "uuid": uuid, "msg_type": "text", **members}
    return exclusive.SendMessageRequest(**given)


def _text(text: str, uuid: str, **members: Any) -> exclusive.SendMessageRequest:
    return _message(uuid, text_content=text, **members)


client, oauth_client = Exclusive(_config()), OAuth(_config())
secret = oauth.GetAccessTokenRequest(app_key=facts["app_key"], app_secret=facts["secret"])
token = tell("token", oauth_client.get_access_token(secret).body.to_map())["accessToken"]
corp = oauth.GetTokenRequest(client_id=facts["app_key"], client_secret=facts["secret"], grant_type="client_credentials")
tell("corp_token", oauth_client.get_token(facts["corp_id"], corp).body.to_map())


def _send(request: exclusive.SendMessageRequest, with_token: str = token) -> Any:
    headers = exclusive.SendMessageHeaders(x_acs_dingtalk_access_token=with_token)
    return client.send_message_with_options(request, headers, BARE).body.to_map()


task = tell("sent", _send(_text("来自新版接口", "a1", dep_id_list=[20], role_ids=[7])))["task_id"]
markdown = exclusive.SendMessageRequestMsgBodyMarkdown(title="周报", text="**要点**")
tell("markdown", _send(_message("a2", msg_type="markdown", msg_body=exclusive.SendMessageRequestMsgBody(markdown=markdown))))
button = exclusive.SendMessageRequestMsgBodyActionCardButtonList(title="查看", action_url="https://example.com/1")
card = exclusive.SendMessageRequestMsgBodyActionCard(title="卡片", markdown="内容", button_list=[button], btn_orientation="0")
tell("card", _send(_message("a3", msg_type="action_card", msg_body=exclusive.SendMessageRequestMsgBody(action_card=card))))


async def _later() -> Any:
    headers = exclusive.SendMessageHeaders(x_acs_dingtalk_access_token=token)
    return await client.send_message_with_options_async(_text("异步发送", "a4"), headers, BARE)


tell("async", asyncio.run(_later()).body.to_map())
page = exclusive.QueryMsgSendRecordsRequest(unionid=facts["unionid"], page_number=1, page_size=10)
headers = exclusive.QueryMsgSendRecordsHeaders(x_acs_dingtalk_access_token=token)
tell("records", client.query_msg_send_records_with_options(page, headers, BARE).body.to_map())
one = exclusive.GetMsgRecordDetailRequest(unionid=facts["unionid"], task_id=task)
detail_headers = exclusive.GetMsgRecordDetailHeaders(x_acs_dingtalk_access_token=token)
tell("detail", client.get_msg_record_detail_with_options(one, detail_headers, BARE).body.to_map())

search = contact.SearchUserRequest(query_word="人1", offset=0, size=10, full_match_field=1)
search_headers = contact.SearchUserHeaders(x_acs_dingtalk_access_token=token)
tell("found", Contact(_config()).search_user_with_options(search, search_headers, BARE).body.to_map())

tell_failure("wrong_token", _send, _text("不会到达", "a5"), "0123456789abcdef")
tell_failure("forbidden", _send, _text("不会到达", "a6"), facts["suite_token"])
tell_failure("same_uuid", _send, _text("不会到达", "a1"))
tell_failure("wrong_unionid", _send, _text("不会到达", "a7", unionid="nobody"))
wrong_secret = oauth.GetAccessTokenRequest(app_key=facts["app_key"], app_secret="wrong")
tell_failure("wrong_secret", oauth_client.get_access_token, wrong_secret)
tell_all()
