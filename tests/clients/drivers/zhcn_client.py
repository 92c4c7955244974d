"""dingtalk-oapi-zhcn: a token of the new API used on both, and method names in Chinese."""

import os
import tempfile
from pathlib import Path

from dingtalk_oapi_zhcn import DingTalkClient
from telling import facts, tell, tell_all, tell_failure

# It keeps its token in a file of the home folder.
home = Path(tempfile.mkdtemp(dir=facts["folder"]))
os.environ["HOME"] = str(home)
client = DingTalkClient(facts["app_key"], facts["app_key"], facts["secret"], agent_id=facts["agent_id"])
notices = client.即时通信.工作通知
text = {"msgtype": "text", "text": {"content": "来自中文客户端"}}
tell("sent", notices.发送工作通知(text, to_all_user=False, user_list=["u1"], dept_id_list=["20"]))
tell("kept", [file.name for file in home.iterdir()])
tell("no_receiver", notices.发送工作通知(text, to_all_user=False))
tell("user", client.通讯录管理.用户管理.查询用户详情("u1"))
tell("members", client.通讯录管理.用户管理.获取部门用户userid列表(20))
tell("children", client.通讯录管理.部门管理.获取子部门ID列表(1))
picture = home / "dot.png"
picture.write_bytes(bytes.fromhex(facts["picture"]))
tell("media", client.文档文件.媒体文件.上传媒体文件(picture, "image"))
stranger = DingTalkClient("other", facts["app_key"], "wrong", agent_id=facts["agent_id"])
tell_failure("wrong_secret", stranger.即时通信.工作通知.发送工作通知, text, to_all_user=False, user_list=["u1"])
tell_all()
