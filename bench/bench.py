"""`cargo xtask bench [SECTION…]`: tables of ratios from alternating rounds of one run.

The load generator shares the machine with what it loads, so CPU a request stands beside requests a second, and every
figure is compared with the yardstick of the same run. Medians of the rounds; the spread is the least and the most.
"""

import sys
import tempfile
from pathlib import Path

import decisions
import growth
import instructions
import proxies
import revocation

SECTIONS = {
    "decision": decisions.decision,
    "keys": decisions.keys,
    "proxies": proxies.proxies,
    "revocation": revocation.revocation,
    "growth": growth.growth,
    "instructions": instructions.instructions,
}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        sys.exit(f"there is no section {unknown[0]}; the sections are {', '.join(SECTIONS)}")
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="latchkey-bench-") as place:
            SECTIONS[name](Path(place))
