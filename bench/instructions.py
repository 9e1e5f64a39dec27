"""How many instructions a decision takes, by callgrind: the same on every machine, whatever else it does."""

import os
import re
import subprocess

import tables
import targets

CASES = ("hit", "wrong secret", "junk: another scheme", "junk: wrong checksum")


def instructions(folder):
    rows = []
    for case in CASES:
        # The difference leaves out what the start costs.
        few, many = counted(case, 1000), counted(case, 2000)
        rows.append([case, round((many - few) / 1000)])
    tables.show("Instructions of a decision (callgrind)", ["", "instructions"], rows)


def counted(case, times):
    environment = {
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER": "valgrind --tool=callgrind --callgrind-out-file=/dev/null",
        "DECISIONS": f"{times} {case}",
    }
    command = ["cargo", "bench", "--quiet", "--locked", "-p", "latchkey", "--bench", "decide"]
    ended = subprocess.run(command, cwd=targets.ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return int(re.search(r"Collected : (\d+)", ended.stderr)[1])
