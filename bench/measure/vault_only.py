"""What only the vault is asked: how soon it answers with a full store, and how fast its journal is verified."""

import http.client
import re
import statistics
import subprocess
import time


def first_answer_ms(server, starts):
    """Stops and starts a full vault; milliseconds from the start of the process to the first right answer."""
    server.learn("list")
    request = server.metadata("list", "document-000000.bin")
    times = []
    for _ in range(starts):
        server.stop()
        began = time.monotonic()
        server.start()
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            connection.request(request.method, request.target, headers=dict(request.headers))
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                break
            if time.monotonic() - began > 30:
                raise RuntimeError(f"after a restart the vault answers {status}")
            time.sleep(0.001)
        times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)


def journal_verification(server):
    """Verifies the journal of a stopped vault: (events, events a second), the start of the program included."""
    began = time.monotonic()
    answer = subprocess.run(
        [server.program, "journal", "verify", "--data", server.path("data"), "--keys", server.path("keys")],
        capture_output=True, text=True, timeout=300)
    seconds = time.monotonic() - began
    if answer.returncode != 0:
        raise RuntimeError(f"journal verify failed: {(answer.stdout + answer.stderr)[-300:]}")
    counts = [int(number.replace(",", "")) for number in re.findall(r"([\d,]*\d)\s+(?:events|entries|rows)", answer.stdout)]
    events = max(counts, default=0)
    return events, events / seconds


def openssl_speed(algorithm, seconds=1):
    """MiB a second of one core on pieces of 16 KiB, as `openssl speed` measures it."""
    answer = subprocess.run(
        ["openssl", "speed", "-mr", "-bytes", "16384", "-seconds", str(seconds), "-evp", algorithm],
        capture_output=True, text=True, timeout=60)
    for line in answer.stdout.splitlines():
        if line.startswith("+F:"):
            return float(line.split(":")[-1]) / (1 << 20)
    raise RuntimeError(f"openssl speed {algorithm}: {answer.stderr[-200:]}")
