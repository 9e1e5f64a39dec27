"""docs/INSTALL.md: its commands, in their order, as root in a copy of this machine with a network of its own."""

import os
import re
import shutil
import subprocess
import textwrap

import pytest
from conftest import BINARY, ROOT

# There is no systemd to ask. This checks the unit as systemd would, and starts what it names as the user that it names.
SYSTEMCTL = r"""#!/bin/bash
set -euo pipefail
verb=$1; shift
units=(); for word in "$@"; do [[ $word == --* ]] || units+=("$word"); done
of() { sed -n "s/^$2=//p" "/etc/systemd/system/$1"; }
case $verb in
daemon-reload) ;;
enable | start | stop | reload) for unit in "${units[@]}"; do case $verb-$unit in
    reload-nginx.service) pgrep -x nginx >/dev/null && nginx -s reload || nginx ;;
    enable-*.timer) systemd-analyze verify "/etc/systemd/system/$unit" ;;
    enable-latchkey.service | start-latchkey.service)
        systemd-analyze verify "/etc/systemd/system/$unit"
        umask "$(of $unit UMask)"; set -a; . "$(of $unit EnvironmentFile)"; set +a
        (cd / && exec setsid setpriv --reuid "$(of $unit User)" --regid "$(of $unit Group)" --clear-groups --no-new-privs \
            $(of $unit ExecStart) >>/var/log/latchkey.log 2>&1 </dev/null) & ;;
    stop-latchkey.service) pkill -TERM -x latchkey; while pgrep -x latchkey >/dev/null; do sleep 0.1; done ;;
    reload-latchkey.service) set -a; . "$(of $unit EnvironmentFile)"; set +a; export MAINPID=$(pgrep -x latchkey)
        of "$unit" ExecReload | while read -r line; do bash -c "$line" >/dev/null; done ;;
    start-*.service) umask "$(of $unit UMask)"; of "$unit" ExecStart | sed 's/\$\$/$/g; s/%%/%/g' | while read -r line; do bash -c "set -f; $line"; done ;;
    *) echo "systemctl $verb $unit?" >&2; exit 1 ;;
    esac; done ;;
*) echo "systemctl $verb?" >&2; exit 1 ;;
esac
"""

# What is true before the first line of the page, what is looked at after its last.
BEFORE = """
set -euxo pipefail
ip link set lo up
pg_lsclusters --no-header | grep -q . || pg_createcluster "$(ls /usr/lib/postgresql | sort -V | tail -1)" main
pg_lsclusters --no-header | while read -r version name _; do pg_ctlcluster "$version" "$name" start; done
trap 'cat /var/log/latchkey.log || true' ERR
"""
AFTER = """
curl --fail --silent http://127.0.0.1:9464/metrics | grep -q latchkey_build_info
until grep -q "the catalogue was read again" /var/log/latchkey.log; do sleep 0.1; done
runuser -u latchkey -- latchkey token list | grep "First key" | tee /dev/stderr | cut -f 1 > /tmp/id
runuser -u latchkey -- latchkey token rotate "$(cat /tmp/id)" | awk '$1 == "key" { print $2 }' > /tmp/key
status() { curl --silent --output /dev/null --write-out '%{http_code}' -H "X-API-Key: $(cat /tmp/key)" -H "X-Forwarded-Method: $1" \
    -H "X-Forwarded-Host: api.example.com" -H "X-Forwarded-Uri: /v2/orders" http://127.0.0.1:8080/gateway/check; }
echo "GET $(status GET) POST $(status POST)" > /tmp/result
[ "$(stat -c %a:%U /var/lib/latchkey/master.key /etc/latchkey/database | sort -u)" = "600:latchkey" ]
[ "$(stat -c %a "$newest")" = 600 ]
"""


def blocks():
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs/INSTALL.md").read_text(), re.DOTALL)


@pytest.mark.skipif(os.geteuid() != 0, reason="the page is for root")
def test_the_page_leads_from_an_empty_debian_to_a_working_service(tmp_path):
    packages, *rest = blocks()
    assert packages.startswith("apt-get update\napt-get install")
    for folder in ["upper", "work", "root"]:
        (tmp_path / folder).mkdir()
    mount = "mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root"
    trial = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "sh", "-c", mount], cwd=tmp_path, check=False)
    if trial.returncode:
        pytest.skip("a copy of this machine needs the right to mount, and a network of its own")
    checkout = tmp_path / "upper/checkout"
    (checkout / "target/release").mkdir(parents=True)
    shutil.copytree(ROOT / "deploy", checkout / "deploy")
    shutil.copy(BINARY, checkout / "target/release/latchkey")
    (checkout / "packages").write_text("set -eux\nexport DEBIAN_FRONTEND=noninteractive\n" + packages)
    (checkout / "page").write_text("\n".join([BEFORE, *rest, AFTER]))
    systemctl = tmp_path / "upper/usr/local/sbin/systemctl"
    systemctl.parent.mkdir(parents=True)
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    script = textwrap.dedent(f"""
        set -eu
        cd {tmp_path}
        {mount}
        for folder in proc sys dev; do mount --rbind /$folder root/$folder; done
        # Debian starts what it installs; a machine without an init does not.
        chroot root env -C /checkout bash packages
        unshare --net chroot root env -C /checkout -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
            LANG=C.UTF-8 setsid --wait bash page
        cp root/tmp/result result
    """)
    # The end of its first process ends all that the page has started.
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", script]
    told = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert told.returncode == 0, f"{told.stdout[-3000:]}\n{told.stderr[-6000:]}"
    assert re.search(r"^gained\t.*\tGET api.example.com/v2/prices", told.stdout, re.MULTILINE), told.stdout
    assert (tmp_path / "result").read_text() == "GET 200 POST 403\n"
