"""Long campaigns go on where they ended: their counts lie under `.campaigns/` in the checkout's root."""

import argparse
import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".campaigns"


class Tally:
    """The counts of one campaign, by name, over all its runs; `seed` is the next one."""

    def __init__(self, name: str, *, anew: bool = False) -> None:
        self._path = FOLDER / f"{name}.json"
        self.counts: dict[str, int] = {} if anew or not self._path.exists() else json.loads(self._path.read_text())

    def add(self, **counts: int) -> None:
        for name, n in counts.items():
            self.counts[name] = self.counts.get(name, 0) + n

    def most(self, **values: int) -> None:
        """Keep the largest of each."""
        for name, n in values.items():
            self.counts[name] = max(self.counts.get(name, 0), n)

    def next_seed(self) -> int:
        self.add(seed=1)
        return self.counts["seed"]

    def save(self) -> None:
        """Whole or not at all: the campaign may be ended at any moment."""
        FOLDER.mkdir(exist_ok=True)
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(self.counts, indent=1))
        draft.rename(self._path)

    def __str__(self) -> str:
        return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in self.counts.items() if name != "seed")


def arguments(text: str | None, minutes: float = 80.0) -> argparse.Namespace:
    """What every long form understands."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--anew", action="store_true", help="forget the counts of earlier runs")
    return parser.parse_args()
