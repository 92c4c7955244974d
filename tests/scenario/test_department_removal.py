"""A department that is removed is gone: for readers of the directory, and for the next send."""

from harness import World

DEPARTMENT = "/topapi/v2/department"


def test_an_empty_department_can_be_removed_and_is_gone(world: World) -> None:
    reply = world.post(f"{DEPARTMENT}/delete", {"dept_id": 30}).json()

    assert (reply["errcode"], reply["errmsg"]) == (0, "ok") and set(reply) == {"errcode", "errmsg", "request_id"}
    assert world.post(f"{DEPARTMENT}/get", {"dept_id": 30}).json()["errcode"] == 60003
    left = world.post(f"{DEPARTMENT}/listsub", {"dept_id": 1}).json()["result"]
    assert {one["dept_id"] for one in left} == {10, 20}
    assert world.send(userid_list=None, dep_id_list=[30])["errcode"] == 800019
    assert world.post(f"{DEPARTMENT}/delete", {"dept_id": 30}).json()["errcode"] == 60003
