"""The statistic of the long form tells samples apart that differ, and none that do not."""

import random

from security.campaign import mann_whitney


def test_the_statistic_sees_a_difference_and_invents_none() -> None:
    rng = random.Random(7)
    one, same, longer = ([rng.gauss(300 + shift, 20) for _ in range(1000)] for shift in (0, 0, 10))

    assert mann_whitney(one, same) > 0.01
    assert mann_whitney(one, longer) < 0.001
    assert mann_whitney([1.0] * 100, [1.0] * 100) == 1.0
