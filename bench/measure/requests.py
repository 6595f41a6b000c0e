"""Requests as data: rendered once, then replayed by loadgen, or sent from here when an answer is needed."""

import dataclasses
import http.client
import struct


@dataclasses.dataclass(frozen=True)
class Request:
    """One HTTP request. Its body is a window into the endless repetition of the body file."""

    method: str
    target: str
    headers: tuple = ()
    body_offset: int = 0
    body_length: int = 0

    def head(self, port):
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body_length or self.method in ("PUT", "POST"):
            lines.append(f"Content-Length: {self.body_length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def write_plan(path, requests, port):
    """Writes requests in the form bench/loadgen.c reads (its first lines describe it)."""
    with open(path, "wb") as plan:
        for request in requests:
            head = request.head(port)
            flags = 1 if request.method == "HEAD" else 0
            plan.write(struct.pack("=IIQQ", len(head), flags, request.body_offset, request.body_length) + head)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def send(port, method, target, headers=(), body=b"", expect=range(200, 300)):
    """Sends one request outside the clock. `expect` None takes any status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, target, body=body if body or method in ("PUT", "POST") else None, headers=dict(headers))
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
    if expect is not None and answer.status not in expect:
        raise RuntimeError(f"{method} {target.split('?')[0]} answered {answer.status}: {answer.body[:200]!r}")
    return answer
