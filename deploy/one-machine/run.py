"""Runs the proxy and the hub side by side, and starts anew what ends by itself.

`course.py hub` calls it in the hub's environment. Ctrl-C, or SIGTERM, ends both.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import alone
import state as hub_state
from accounts import limit_disk

HERE = Path(__file__).resolve().parent
PAUSE = 2  # seconds before something that ended is started anew


class Running:
    """The proxy and the hub as processes.

    state : the folder of settings and secrets
    trial : whether students' servers end with the hub
    held : the file that says that there is a hub
    """

    def __init__(self, state: Path, data: Path, trial: bool, held: BinaryIO) -> None:
        self.settings, self.held = hub_state.settings(state), held
        api, hub = alone.ports(state)
        token = (state / "proxy_token").read_text()
        self.environ = {
            **os.environ,
            "COURSE_HUB_STATE": str(state),
            "COURSE_HUB_HOMES": str(state / "homes"),
            "COURSE_HUB_DATA": str(data),
            "COURSE_HUB_PORT": str(hub),
            "COURSE_HUB_PROXY": f"http://127.0.0.1:{api}",
            "COURSE_HUB_TRIAL": "1" if trial else "",
            "CONFIGPROXY_AUTH_TOKEN": token,
        }
        self.state, self.stopping = state, False
        proxy = self.proxy_command(api, hub)
        config = str(HERE / "jupyterhub_config.py")
        self.commands = {
            "proxy": proxy,
            "hub": [sys.executable, "-m", "jupyterhub", "--config", config],
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def proxy_command(self, api: int, hub: int) -> list[str]:
        given = self.settings["hub"]
        # Node packages stand beside the environment that runs this.
        node = Path(sys.prefix) / "node_modules/configurable-http-proxy/bin"
        command = ["node", str(node / "configurable-http-proxy")]
        command += ["--ip", given["address"], "--port", str(given["port"])]
        command += ["--api-ip", "127.0.0.1", "--api-port", str(api)]
        command += ["--log-level", "warn"]  # else a line each time the hub looks
        command += ["--default-target", f"http://127.0.0.1:{hub}"]
        command += ["--error-target", f"http://127.0.0.1:{hub}/hub/error"]
        if given["certificate"]:
            command += ["--ssl-cert", given["certificate"], "--ssl-key", given["key"]]
        else:
            # A web server in front has said that the browser came with TLS. What ours
            # would add to that is the last hop, and cookies would not be kept to TLS.
            command.append("--no-x-forward")
        return command

    def start(self, name: str) -> None:
        self.processes[name] = subprocess.Popen(
            self.commands[name],
            cwd=self.state,
            env=self.environ,
            pass_fds=[self.held.fileno()],
            preexec_fn=alone.end_with_parent,
        )

    def stop(self, *_: object) -> None:
        """Ask both to end, the hub first: it tells the proxy about its students."""
        self.stopping = True
        for name in ("hub", "proxy"):
            process = self.processes.get(name)
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()

    def watch(self) -> None:
        """Until `stop`: what ended is started again."""
        for name in self.commands:
            self.start(name)
        while not self.stopping:
            time.sleep(0.5)
            for name, process in list(self.processes.items()):
                if process.poll() is not None and not self.stopping:
                    print(f"The {name} ended; it is started anew.", flush=True)
                    time.sleep(PAUSE)
                    self.start(name)


def prepared(state: Path, data: Path, trial: bool) -> tuple[Running, str]:
    """All that the hub needs, and the commit of the lessons that it hands out.

    Raises
    ------
    OSError, ValueError, RuntimeError, subprocess.CalledProcessError
        Where something is missing, with words for who starts it.
    """
    hub_state.prepare(state)
    held = alone.hold(state)
    if not data.exists():
        data.mkdir(parents=True)
        data.chmod(0o755)
    newest = hub_state.publish(state)
    homes = state / "homes"
    running = Running(state, data, trial, held)
    hub = running.settings["hub"]
    alone.check_address(hub["address"], hub["port"])
    if os.geteuid() == 0:
        for needed in (Path(sys.executable), HERE, state):
            closed = hub_state.closed_to_others(needed)
            if closed:
                raise PermissionError(
                    f"students cannot reach {needed}, since {closed} is closed to "
                    "other users. Put the course, its state and Python where they can, "
                    "such as /srv/cnn-course and /usr/bin/python3."
                )
        if running.settings["student"]["disk_gb"]:
            homes.mkdir(exist_ok=True)
            limit_disk("root", homes, 0)  # whether that can be done here
    return running, newest


def welcome(given: dict[str, dict[str, Any]]) -> None:
    """Say where to go first."""
    hub, people = given["hub"], given["people"]
    scheme = "https" if hub["certificate"] else "http"
    where = f"{scheme}://{hub['address'] or socket.gethostname()}:{hub['port']}/hub"
    if people["authenticator"] == "native":
        print(f"First sign up as {people['admins'][0]}, whose password you choose:")
        where += "/signup"
    print(f"  {where}")
    if os.geteuid() != 0:
        print("All servers run as you, so that students could read each other's files:")
        print("a trial only. For a class start it as root; see docs/hub.md.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="course.py hub", description=__doc__)
    parser.add_argument("--state", type=Path, help="folder of settings and secrets")
    parser.add_argument("--data", type=Path, help="folder of data sets, for all")
    parser.add_argument("--service", action="store_true", help="as systemd runs it")
    args = parser.parse_args()
    state = (args.state or hub_state.usual_place()).resolve()
    data = (args.data or state / "data").resolve()
    os.umask(0o077)
    alone.end_with_parent()
    trouble = (OSError, ValueError, RuntimeError, subprocess.CalledProcessError)
    try:
        running, newest = prepared(state, data, trial=not args.service)
    except trouble as why:
        sys.exit(f"The hub does not start: {why}")
    print(f"Lessons of {newest[:8]}; settings and secrets are in {state}.")
    welcome(running.settings)
    sys.stdout.flush()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, running.stop)
    running.watch()


if __name__ == "__main__":
    main()
