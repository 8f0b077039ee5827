"""The hub of a class on one machine. What an instructor decides is in settings.toml.

`run.py` starts it, beside the proxy, with COURSE_HUB_STATE: the folder of its state.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import classroom  # noqa: E402
import clock  # noqa: E402
import lessons  # noqa: E402
import state as hub_state  # noqa: E402

# Given by JupyterHub.
c = get_config()  # type: ignore[name-defined]  # noqa: F821
STATE = Path(os.environ["COURSE_HUB_STATE"])
settings = hub_state.settings(STATE)
trial = bool(os.environ.get("COURSE_HUB_TRIAL"))
memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
clock.steady_timers()

# --- The way in. The proxy runs beside the hub, not below it: when the hub is started
# anew, the students' servers stay reachable.
hub = settings["hub"]
scheme = "https" if hub["certificate"] else "http"
c.JupyterHub.bind_url = f"{scheme}://{hub['address']}:{hub['port']}"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = int(os.environ["COURSE_HUB_PORT"])
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = os.environ["COURSE_HUB_PROXY"]
c.ConfigurableHTTPProxy.auth_token = (STATE / "proxy_token").read_text()
# A proxy that was started anew knows nobody. The hub tells it when it next looks at who
# is active: after seconds, where JupyterHub would let five minutes pass.
c.JupyterHub.last_activity_interval = 10

# --- What must outlive the hub, in a folder of its own: who is there, which server runs
# where, the keys of cookies. JupyterHub makes the secret itself, for its owner alone.
c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
# A hub that is stopped leaves the students at work; a trial ends with its terminal.
c.JupyterHub.cleanup_servers = trial

# --- Who may come in.
people = settings["people"]
pages = [str(HERE / "templates")]
c.JupyterHub.template_paths = pages
c.JupyterHub.authenticator_class = people["authenticator"]
c.Authenticator.admin_users = set(people["admins"])
if people["authenticator"] == "native":
    import approving
    import nativeauthenticator

    approving.only_on_the_page()
    pages.append(str(Path(nativeauthenticator.__file__).parent / "templates"))
    # Names stand on that page, unquoted, and in its addresses: others would be code
    # that is run by the admin who opens it, or the address of somebody else.
    c.Authenticator.username_pattern = approving.NAMES
    # Approval on /hub/authorize is what lets a student in.
    c.Authenticator.allow_all = True
    c.NativeAuthenticator.open_signup = False
    # A hub on the open network is tried with lists of passwords.
    c.NativeAuthenticator.check_common_password = True
    c.NativeAuthenticator.minimum_password_length = 10
    c.NativeAuthenticator.allowed_failed_logins = 10
    c.NativeAuthenticator.seconds_before_next_try = 300
for name, value in people["options"].items():
    c.Authenticator[name] = value

# --- What a student gets.
student = settings["student"]
c.JupyterHub.spawner_class = classroom.ClassroomSpawner
# -P: no file in the student's home, nor beside the script, takes the place of a module.
c.Spawner.cmd = [sys.executable, "-P", str(HERE / "start_student.py")]
# Nothing of the hub's own output: whoever has it can stop a terminal, or end the log of
# the system, for the hub as well. What a server says is in a file in the home.
c.LocalProcessSpawner.popen_kwargs = dict.fromkeys(
    ("stdin", "stdout", "stderr"), subprocess.DEVNULL
)
c.ClassroomSpawner.homes = os.environ["COURSE_HUB_HOMES"]
c.ClassroomSpawner.processes = student["processes"]
c.ClassroomSpawner.disk_gb = student["disk_gb"]
c.Spawner.mem_limit = int(student["memory_gb"] * hub_state.GIB)
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = f"/lab/tree/{lessons.FIRST}"
# A configuration in the home of a student could stop the server from ever starting.
c.Spawner.disable_user_config = True
c.Spawner.environment = {
    "COURSE_LESSONS": str(STATE / "lessons"),
    "JUPYTER_CONFIG_PATH": str(HERE),
    # Data and converted networks are there once, for all, and not to be written.
    "COURSE_DATA_DIR": os.environ["COURSE_HUB_DATA"],
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # A class shares the processors: more threads than these only change places.
    "TF_NUM_INTRAOP_THREADS": "2",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}

# --- A whole class at once. Servers start in a queue of ours (classroom.py), in which
# the last of thirty waits for minutes; JupyterHub's own limit would send them away.
at_once = settings["class"]["starting_at_once"]
c.ClassroomSpawner.at_once = at_once or (os.cpu_count() or 1) + 1
c.JupyterHub.concurrent_spawn_limit = 0
c.Spawner.start_timeout = 900
# Once it is its turn: seconds on an idle machine, more while others compute.
c.Spawner.http_timeout = 180
# Who has to wait sees the page that tells so, not a browser that seems to hang.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 1}
# Who comes back to a server that was stopped, or lost its start with the hub, gets one.
c.JupyterHub.implicit_spawn_seconds = 1
# Failures of single students must not close the hub for all.
c.Spawner.consecutive_failure_limit = 0
# When all places are taken the next student reads so; the machine does not swap.
c.JupyterHub.active_server_limit = settings["class"]["places"] or hub_state.places(
    memory
)

# --- Servers that nobody uses give their memory back.
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            *(sys.executable, "-P", str(HERE / "idle_culler.py")),
            f"--timeout={int(student['idle_minutes'] * 60)}",
            "--cull-every=120",
        ],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "services": ["idle-culler"],
        # What it needs and no more: it sees and stops servers, and reads no files.
        "scopes": [
            "list:users",
            "read:users:activity",
            "read:servers",
            "delete:servers",
        ],
    }
]
# On a terminal the address to open must not be lost among who loads which page.
c.JupyterHub.log_level = "WARN" if sys.stderr.isatty() else "INFO"
