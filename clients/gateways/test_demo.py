"""`cargo xtask run -- --demo`: what it prints is what happens."""

import os
import re
import signal
import subprocess
import threading

import pytest
from conftest import BINARY, ROOT


@pytest.mark.skipif("XTASK" not in os.environ, reason="cargo xtask test says where it is")
def test_what_the_demo_prints_is_what_happens(tmp_path):
    env = os.environ | {"LATCHKEY_BIN": str(BINARY), "CARGO_TARGET_DIR": str(tmp_path)}
    command = [os.environ["XTASK"], "run", "--", "--demo"]
    demo = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
    stop = threading.Timer(60, demo.kill)
    stop.start()
    try:
        lines = []
        while "Ctrl-C" not in "".join(lines[-1:]):
            line = demo.stdout.readline()
            assert line, lines
            lines.append(line)
        steps = [line.strip() for line in lines if re.match("  (curl|/)", line)]
        statuses = []
        for step in steps:
            told = subprocess.run(step.split("#")[0], shell=True, capture_output=True, text=True, timeout=20, check=True)
            if step.startswith("curl"):
                statuses.append((told.stdout.split()[1], step.split("# ")[1][:3]))
        assert statuses == [("200", "200"), ("403", "403"), ("401", "401")]
    finally:
        stop.cancel()
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(timeout=20)
