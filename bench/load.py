"""Load, and what it costs: wrk for the most that goes, h2load for a rate that stays."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

CONNECTIONS = 64
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system time of processes and their children, dead ones included."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, waiting = 0, list(pids)
    while waiting:
        one = waiting.pop()
        waiting += parents.get(one, [])
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))
        except OSError:
            pass
    return total / TICKS


def memory_mb(target):
    """What the target's own process has in memory."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{target.pids[0]}/status").read_text())[1]) / 1024


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def most(target, seconds=5, script=None, connections=CONNECTIONS):
    """As much as goes: requests a second, CPU in microseconds a request, p50 and p99 in ms, refused answers."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += [word for header in target.headers for word in ("-H", header)]
    if script:
        command += ["-s", str(script)]
    before = cpu_seconds(target.pids)
    text = subprocess.run([*command, target.url], capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(target.pids) - before
    requests = int(re.search(r"(\d+) requests in", text)[1])
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {
        "rps": requests / seconds,
        "cpu": used / max(requests, 1) * 1e6,
        "p50": milliseconds(re.search(r"^ +50% +(\S+)", text, re.M)[1]),
        "p99": milliseconds(re.search(r"^ +99% +(\S+)", text, re.M)[1]),
        "refused": int(refused[1]) if refused else 0,
    }


def steady(target, rate, seconds=5):
    """At a fixed rate, whether the answers keep up or not: p50 and p99 in ms, from every single request."""
    each = max(1, round(rate / CONNECTIONS))
    with tempfile.NamedTemporaryFile() as log:
        command = ["h2load", "--h1", f"-c{CONNECTIONS}", "-t1", f"--rps={each}", f"-D{seconds}", f"--log-file={log.name}"]
        command += [word for header in target.headers for word in ("-H", header)]
        subprocess.run([*command, target.url], capture_output=True, check=True)
        times = sorted(int(line.split("\t")[2]) for line in Path(log.name).read_text().splitlines())
    at = lambda part: times[int(len(times) * part)] / 1000 if times else float("nan")  # noqa: E731
    return {"rate": len(times) / seconds, "p50": at(0.5), "p99": at(0.99)}
