"""What the demo says, in Chinese and in English."""

import os
from collections.abc import Mapping

import msgspec


class DemoTexts(msgspec.Struct, frozen=True):
    """One language. Fields in braces are filled in."""

    title: str
    listening: str
    sent: str
    reached: str
    nobody: str
    left_out: str
    preview_only: str
    departments: str
    colon: str
    paste_send: str
    paste_sample: str
    paste_token: str
    greeting: str
    noticed: str
    paste_notice: str
    notice_name: str
    open_inbox: str
    arrives_live: str
    open_console: str
    link_once: str
    more: str
    stop: str


_ENGLISH = DemoTexts(
    title="Hongyan",
    listening="listens on {url}    data: {folder}",
    sent="1  A first message was sent: the request of the mass-send page, unchanged",
    reached="Reached",
    nobody="Nobody was reached.",
    left_out="Left out",
    preview_only="it is a preview, and a preview goes to the first userid alone",
    departments="departments {depts}",
    colon=": ",
    paste_send="2  Paste this into another terminal: a text for two people",
    paste_sample="3  The page's own sample, with the address changed",
    paste_token="4  An access token, as an application fetches it",
    greeting="Hello from curl, it is",
    noticed="A template work notification was sent too",
    paste_notice="5  The template page's own sample, with the address changed",
    notice_name="Li Lei",
    open_inbox="6  The inbox of {name}: open it, then paste step 2 again",
    arrives_live="Every message arrives there the moment it is sent.",
    open_console="7  The console: every send, every call, and why somebody did not get a message",
    link_once="The link works once; another one: {command} operator link {name}{data}",
    more="More commands\n  {command} task list{data}\n  {command} explain TASK USER{data}\n  {command} inbox {userid} --follow{data}",
    stop="Serving. Ctrl-C stops it; what was sent is kept.",
)
_CHINESE = DemoTexts(
    title="鸿雁",
    listening="已启动：{url}    数据目录：{folder}",
    sent="1  已发出第一条消息：群发接口文档里的示例请求，原样发送",
    reached="已送达",
    nobody="没有人收到。",
    left_out="未送达",
    preview_only="这是预览消息，只发给名单里的第一个人",
    departments="部门 {depts}",
    colon="：",
    paste_send="2  粘贴到另一个终端：给两个人发一条文本消息",
    paste_sample="3  文档示例，只改了地址",
    paste_token="4  获取 access_token，和应用里的做法一样",
    greeting="你好，鸿雁！现在是",
    noticed="还发出了一条模板工作通知",
    paste_notice="5  模板工作通知的文档示例，只改了地址",
    notice_name="李雷",
    open_inbox="6  {name}的收件箱：在浏览器打开，再粘贴一次第 2 步",
    arrives_live="消息一发出，页面上立刻就能看到。",
    open_console="7  控制台：每一次发送、每一次调用，以及某人为什么没收到",
    link_once="这个链接只能用一次；再要一个：{command} operator link {name}{data}",
    more="更多命令\n  {command} task list{data}\n  {command} explain 任务 用户{data}\n  {command} inbox {userid} --follow{data}",
    stop="服务运行中。按 Ctrl-C 停止，已发送的内容会保留。",
)


def demo_texts(environ: Mapping[str, str] = os.environ) -> DemoTexts:
    """Chinese where the locale says so."""
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    return _CHINESE if locale.lower().startswith("zh") else _ENGLISH
