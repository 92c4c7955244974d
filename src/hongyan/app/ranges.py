"""What numbers among the settings may be: beyond these a server would be of no use, or would promise what it cannot keep."""

from typing import Any, NamedTuple

DAYS_MAX = 36_500


class Range(NamedTuple):
    """Both ends belong to it. Not-a-number lies in none."""

    least: float
    most: float

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        return f"{self.least:,} to {self.most:,}"


RANGES: dict[str, Range] = {
    "port": Range(0, 65_535),
    "connections": Range(8, 1_000_000),
    "connections_per_address": Range(8, 1_000_000),
    "head_kb": Range(4, 1024),
    "head_seconds": Range(0.1, 3600),
    "body_seconds": Range(0.1, 3600),
    "body_rate": Range(1, 1_048_576),
    "whole_body_seconds": Range(1, 86_400),
    "idle_seconds": Range(0.1, 86_400),
    "unread_seconds": Range(0.1, 3600),
    "unread_mb": Range(1, 65_536),
    "wrong_secrets_per_key": Range(0, 1_000_000),
    "wrong_secrets_per_address": Range(0, 1_000_000),
    "requests_kept_mb": Range(0, 1_048_576),
    "requests_per_second": Range(0, 1_000_000),
    "slow_transaction_ms": Range(0, 3_600_000),
    "disk_free_mb": Range(0, 1_048_576),
    "stop_grace_seconds": Range(0, 3600),
    "stop_seconds": Range(0, 3600),
    "requests_kept_days": Range(0, DAYS_MAX),
    "sends_kept_days": Range(0, DAYS_MAX),
    "previews_kept_days": Range(0, DAYS_MAX),
    "attempts_kept_days": Range(0, DAYS_MAX),
    "usage_kept_days": Range(0, DAYS_MAX),
    "rules_kept_days": Range(0, DAYS_MAX),
    "callbacks_kept_days": Range(0, DAYS_MAX),
    "audit_kept_days": Range(0, DAYS_MAX),
    "media_kept_days": Range(0, DAYS_MAX),
}


def out_of_range(settings: object) -> str:
    """A sentence about the first number that is out of its range: its name, value and range. Empty: there is none."""
    for name, allowed in RANGES.items():
        value: Any = getattr(settings, name)
        if not allowed.holds(value):
            return f"{name} must be {allowed}, not {value}"
    return ""
