"""One decoder under atheris: `python -m tests.fuzz.guided NAME SECONDS LONGEST`. Started by `decoders`, which reads the counts it leaves."""

import atexit
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import atheris

with atheris.instrument_imports(include=["hongyan", "python_multipart", "markdown_it"]):
    from fuzz.targets import BY_NAME

from fuzz.decoders import STATE, Count, try_one
from fuzz.mutator import Mutator


def main() -> None:
    name, seconds, longest = sys.argv[1:4]
    target, count = BY_NAME[name], Count(name)
    folder = STATE / "corpus" / name.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (folder / f"seed-{number}").write_bytes(seed)
    words = STATE / f"{name.replace(' ', '-')}.dict"
    words.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in token) + '"\n' for token in target.tokens if token))

    def one(data: bytes) -> None:
        try_one(target, data, count)
        if count.inputs % 1000 == 0:
            count.save()

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        # Half of the inputs are made by tokens, the others as libFuzzer does it.
        if seed % 2:
            return atheris.Mutate(data, max_size)
        return Mutator((data or target.seeds[0],), target.tokens, seed).next()[:max_size]

    atexit.register(count.save)
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-max_len={longest}",
        f"-dict={words}",
        "-verbosity=0",
        "-print_final_stats=0",
        str(folder),
    ]
    atheris.Setup(arguments, one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
