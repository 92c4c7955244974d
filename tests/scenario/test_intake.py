"""Sends are decided on the organisation as it is in their transaction, whatever the process remembers of it."""

from concurrency.crowd import crowd
from harness import World
from hongyan.directory.edit import DeptEntry, OrgChange, UserEntry, apply_org_txn
from hongyan.model.ids import CorpId


def _change_unseen(world: World, change: OrgChange) -> None:
    """As when another caller's change has just been committed and nobody was told yet."""
    world.write(apply_org_txn, world.corp, CorpId(world.corp_id), change)


def test_who_has_just_come_is_reached(world: World) -> None:
    world.send_ok()
    _change_unseen(world, OrgChange(users=(UserEntry("fresh", "新人", (10,)),)))

    task_id = world.send_ok(userid_list="fresh")

    assert world.people(task_id, "unread") == {"fresh"}


def test_a_department_that_has_just_been_made_is_reached(world: World) -> None:
    world.send_ok()
    _change_unseen(world, OrgChange((DeptEntry(77, "新部门"),), (UserEntry("fresh", "新人", (77,)),)))

    task_id = world.send_ok(userid_list=None, dep_id_list=[77])

    assert world.people(task_id, "unread") == {"fresh"}


def test_who_has_just_left_is_refused(world: World) -> None:
    world.send_ok()
    _change_unseen(world, OrgChange(leave=("u1",)))

    assert world.send()["errcode"] == 800022


def test_who_has_just_left_is_in_no_department(world: World) -> None:
    world.send_ok(userid_list=None, dep_id_list=[10])
    world.advance(61_000)
    _change_unseen(world, OrgChange(leave=("u3",)))

    task_id = world.send_ok(userid_list=None, dep_id_list=[10], text_content="another")

    assert "u3" not in world.people(task_id, "unread")


def test_a_refusal_leaves_those_beside_it_alone(world: World) -> None:
    world.observe_all_but()
    bodies = [world.a_send(userid_list="u2" if n % 2 else "nobody") for n in range(20)]

    answers = crowd(world, bodies)

    assert [answer["errcode"] for answer in answers] == [0 if n % 2 else 800022 for n in range(20)]
