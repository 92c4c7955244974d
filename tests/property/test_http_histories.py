"""The whole server, called over HTTP, and the plain models never disagree: inboxes, unread counts, lists, progress, results, quotas, reasons."""

from collections import Counter, defaultdict

import pytest

from property.http_campaign import STEPS, play_seed, preparing

PARTS = 2
REACHED: dict[int, Counter[str]] = defaultdict(Counter)  # a search that never gets to a refusal proves nothing about it


@pytest.mark.parametrize("part", range(PARTS))
def test_a_server_does_what_the_models_say(part: int) -> None:
    steps, seed = 0, part
    with preparing() as ground:
        while steps < STEPS // PARTS:
            played = play_seed(ground, seed)
            steps += played.steps
            REACHED[part].update(played.seen)
            seed += PARTS

    wanted = {"ok", "notice", "template", "read", "not_readable", "recalled", "not_recalled", "top.41", "erased", "nobody_to_erase"}
    wanted |= {f"top.8000{n}" for n in (19, 20, 22, 35, 38, 39, 40)}
    quotas = {f"top.8000{n}" for n in (13, 14, 17, 55, 56, 57)}
    assert wanted <= set(REACHED[part]), wanted - set(REACHED[part])
    assert len(quotas & set(REACHED[part])) >= 2, "each quota has its search on the engine alone; some must be met here too"
