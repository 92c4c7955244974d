"""What people really got."""

from harness import World


def received(world: World, userid: str) -> list[str]:
    """The texts in a person's inbox, newest first. What was recalled has none any more."""
    bodies = [entry["body"] or {} for entry in world.inbox(userid)]
    return [body["text"] for body in bodies if "text" in body]


def recalled(world: World, userid: str, task_id: int | str) -> bool:
    """Whether the task lies in the inbox as recalled."""
    return [entry["recalled_at"] is not None for entry in world.inbox(userid) if entry["task_id"] == str(task_id)] == [True]
