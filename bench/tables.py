"""Rounds, medians, tables."""

import statistics
import sys

import load

ROUNDS = 5


def median(rounds, what):
    return statistics.median(round[what] for round in rounds)


def spread(rounds, what, digits=1):
    values = [round[what] for round in rounds]
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def show(title, head, rows):
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    sys.stdout.flush()


def alternate(all_targets, rounds=ROUNDS, seconds=5):
    """Rounds of every target in turn, so that what disturbs the machine disturbs all of them. Every other round goes backwards:
    what one target leaves behind (closed connections, a warm processor) shall not always hit the same other one.
    """
    for target in all_targets:
        load.most(target, 2)
    measured = {target: [] for target in all_targets}
    for round in range(rounds):
        for target in all_targets if round % 2 == 0 else all_targets[::-1]:
            measured[target].append(load.most(target, seconds))
    return measured
