"""The machine and its processes, read from /proc; children that cannot outlive the run."""

import contextlib
import ctypes
import mmap
import os
import platform
import re
import signal
import socket
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

# Where spawn notes each server's session, so that a later run can end what a killed one left behind.
sessions_file = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} did not open port {port}")


def spawn(command, log, environment=None):
    """Starts a server in a session of its own. The kernel kills it should this process die first.

    `environment` is added to this process's own.
    """

    def follow_parent():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    with open(log, "ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                                   preexec_fn=follow_parent, env={**os.environ, **(environment or {})})
    if sessions_file:
        with open(sessions_file, "a") as sessions:
            sessions.write(f"{process.pid} {_start_time(process.pid)}\n")
    return process


def end_leftovers():
    """Ends what an interrupted run left: a server's children outlive it when it is killed (nginx's workers do).

    A session's number is not given out again while a process is in it, so membership is proof, unless the session's
    leader is another process than the one that was noted.
    """
    try:
        with open(sessions_file) as sessions:
            noted = [line.split() for line in sessions]
    except OSError:
        return
    for session, start in ((int(pair[0]), pair[1]) for pair in noted if len(pair) == 2):
        if _start_time(session) not in (None, start):
            continue
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if _is_in_session(int(pid), session):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(int(pid), signal.SIGKILL)


def _start_time(pid):
    """Clock ticks since boot when the process started, as text; None when there is no such process."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[19]
    return None


def family(pid):
    """The process and its descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{thread}/children") as children:
                    waiting += [int(child) for child in children.read().split()]
    return found


def stop(process, seconds=15):
    """Asks a server and its children to end, and makes them when they do not. Returns the exit status."""
    everyone = family(process.pid)
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    for pid in everyone:
        if os.path.exists(f"/proc/{pid}") and (pid == process.pid or _is_in_session(pid, process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return process.wait()


def _is_in_session(pid, session):
    with contextlib.suppress(OSError):
        return os.getsid(pid) == session
    return False


def _status(pid, key):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as status:
        match = re.search(rf"^{key}:\s+(\d+) kB", status.read(), re.M)
        return int(match.group(1)) if match else 0
    return 0


def resident_mib(pid):
    """Resident memory now, the process and its children together."""
    return sum(_status(one, "VmRSS") for one in family(pid)) / 1024


def peak_mib(pid):
    """Most resident memory so far, the process and its children together."""
    return sum(_status(one, "VmHWM") for one in family(pid)) / 1024


def _busy():
    """Seconds in which a core was not idle, over all cores, since boot."""
    with open("/proc/stat") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(seconds):
    """Waits until the cores are nearly idle, or until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        busy, began = _busy(), time.monotonic()
        time.sleep(0.2)
        if (_busy() - busy) / ((time.monotonic() - began) * os.cpu_count()) < 0.1:
            return


def touch_memory(mib):
    """Has the machine's memory at hand: a virtual machine fetches pages from its host at first use, which is slow and
    would be charged to whoever writes a large file first."""
    with mmap.mmap(-1, mib << 20) as memory:
        page = bytes(1 << 20)
        for _ in range(mib):
            memory.write(page)


def describe():
    """The machine in a few words each."""
    model = "unknown processor"
    memory = 0
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as info:
        match = re.search(r"^model name\s*:\s*(.+)$", info.read(), re.M)
        model = match.group(1).strip() if match else model
    with contextlib.suppress(OSError), open("/proc/meminfo") as info:
        memory = int(re.search(r"MemTotal:\s+(\d+)", info.read()).group(1)) / (1 << 20)
    system = "Linux"
    with contextlib.suppress(OSError), open("/etc/os-release") as release:
        match = re.search(r'^PRETTY_NAME="?([^"\n]+)', release.read(), re.M)
        system = match.group(1) if match else system
    return {
        "processor": f"{os.cpu_count()} cores, {model}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{system}, kernel {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def filesystem(path):
    answer = subprocess.run(["df", "--output=fstype", path], capture_output=True, text=True)
    return answer.stdout.split()[-1] if answer.returncode == 0 else "unknown"
