#!/usr/bin/env python3
"""Verifies exports of a CloudSpace Vault journal (docs/formats/journal.md).

A second verifier, written apart from the vault and with nothing but Python's standard library, so that nobody has to
trust the vault about its own journal. Ed25519 and the Merkle tree are implemented below.

    verify_journal.py [--key NAME+ID+KEY] [--checkpoint FILE]... EXPORT...

--key         the journal's key, known from elsewhere; without it the export's own key is taken at its word
--checkpoint  a checkpoint of the journal that was kept elsewhere; may be given several times

For each export one line is printed: `OK …` or `REFUSED line N: reason`. Exit status 0 if all are good, 1 otherwise.
"""

import argparse
import base64
import hashlib
import re
import struct
import sys

LONGEST_LINE = 1 << 20
LARGEST_INTEGER = (1 << 63) - 1
SMALLEST_INTEGER = -(1 << 63)


class Refused(Exception):
    """The export is not good; the reason is one of ExportFault.Reason in the vault's sources."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


# ---------------------------------------------------------------------------------------------------------------------
# Ed25519 (RFC 8032, section 5.1): verification only. Strict, as libsodium: canonical numbers, no points of small order.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def point_decode(encoded):
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_OF_MINUS_1 % P
    if (x * x - square) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def point_add(a, b):
    m = (a[1] - a[0]) * (b[1] - b[0]) % P
    n = (a[1] + a[0]) * (b[1] + b[0]) % P
    c = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = n - m, z - c, z + c, n + m
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
NEUTRAL = point_encode((0, 1, 1, 0))


def ed25519_verify(signature, message, public_key):
    if len(signature) != 64 or len(public_key) != 32:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    key_point, r_point = point_decode(public_key), point_decode(r)
    if s >= ORDER or key_point is None or r_point is None:
        return False
    for point in (key_point, r_point):
        if point_encode(point_multiply(8, point)) == NEUTRAL:
            return False
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % ORDER
    negated = (P - key_point[0], key_point[1], 1, P - key_point[3])
    return point_encode(point_add(point_multiply(s, BASE), point_multiply(k, negated))) == r


# ---------------------------------------------------------------------------------------------------------------------
# Signed notes and checkpoints (C2SP signed-note and tlog-checkpoint).

WHITE_SPACE = set("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))


def base64_decode(text):
    """Strict: None for anything but the one spelling of some bytes."""
    try:
        encoded = text.encode("ascii") if isinstance(text, str) else text
        decoded = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    return decoded if base64.b64encode(decoded) == encoded else None


def is_name(name):
    return name != "" and not any(c == "+" or c < " " or c in WHITE_SPACE for c in name)


class Key:
    """`name+id+key`, an Ed25519 key."""

    def __init__(self, text):
        parts = text.split("+", 2)
        decoded = base64_decode(parts[2]) if len(parts) == 3 else None
        if decoded is None or len(decoded) != 33 or decoded[0] != 1 or not is_name(parts[0]):
            raise Refused("key")
        self.name, self.public_key, self.text = parts[0], decoded[1:], text
        self.id = hashlib.sha256(self.name.encode() + b"\n" + decoded).digest()[:4]
        if parts[1] != self.id.hex():
            raise Refused("key")

    def open_note(self, note, reason):
        """The text of a note that this key has signed."""
        if len(note.encode()) > 1 << 20 or not note.endswith("\n"):
            raise Refused(reason)
        if any(c < " " and c != "\n" for c in note):
            raise Refused(reason)
        blank = note.rfind("\n\n")
        if blank < 0 or blank + 2 >= len(note):
            raise Refused(reason)
        text, lines = note[: blank + 1], note[blank + 2 : -1].split("\n")
        if len(lines) > 100:
            raise Refused(reason)
        own = []
        for line in lines:
            fields = line.split(" ")
            decoded = base64_decode(fields[2]) if len(fields) == 3 else None
            if decoded is None or fields[0] != "\u2014" or not is_name(fields[1]) or len(decoded) <= 4:
                raise Refused(reason)
            if fields[1] == self.name and decoded[:4] == self.id:
                own.append(decoded[4:])
        if not own or not all(ed25519_verify(s, text.encode(), self.public_key) for s in own):
            raise Refused(reason)
        return text

    def open_checkpoint(self, note, reason):
        """Tree size and root of a checkpoint of the journal that this key is named after."""
        lines = self.open_note(note, reason)[:-1].split("\n")
        if len(lines) < 3 or "" in lines or lines[0] != self.name or not re.fullmatch("0|[1-9][0-9]*", lines[1]):
            raise Refused(reason)
        size, root = int(lines[1]), base64_decode(lines[2])
        if size > LARGEST_INTEGER or root is None or len(root) != 32:
            raise Refused(reason)
        return size, root


# ---------------------------------------------------------------------------------------------------------------------
# The Merkle tree (RFC 9162, section 2.1).


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree, of which only the complete subtrees at the right edge are kept."""

    def __init__(self):
        self.size = 0
        self.edge = []

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf = node_hash(self.edge.pop(), leaf)
            size >>= 1
        self.edge.append(leaf)
        self.size += 1

    def root(self):
        if not self.edge:
            return hashlib.sha256(b"").digest()
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root


def inclusion_verifies(index, size, leaf, path, root):
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    node, last = index, size - 1
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return False
        if node & 1 or node == last:
            leaf = node_hash(sibling, leaf)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            leaf = node_hash(leaf, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and leaf == root


# ---------------------------------------------------------------------------------------------------------------------
# The lines. Each has one canonical spelling; anything else is malformed.

TEXT = rb'"([^"\\\x00-\x1f]*(?:\\(?:["\\]|u00[01][0-9a-f])[^"\\\x00-\x1f]*)*)"'
OPTIONAL_TEXT = rb"(?:null|" + TEXT + rb")"
INTEGER = rb"(0|-?[1-9][0-9]*)"
OPTIONAL_INTEGER = rb"(?:null|" + INTEGER + rb")"
OPTIONAL_UUID = rb'(?:null|"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")'
BASE64 = rb'"([A-Za-z0-9+/=]*)"'
OPTIONAL_BASE64 = rb"(?:null|" + BASE64 + rb")"

HEADER = re.compile(
    rb'\{"type":"cloudspace-journal","version":1,"origin":' + TEXT + rb',"public_key":' + TEXT
    + rb',"checkpoint":' + TEXT + rb',"form":(?:"full","filter":null|"(selection)","filter":\{"from":'
    + OPTIONAL_INTEGER + rb',"to":' + OPTIONAL_INTEGER + rb',"actor_id":' + OPTIONAL_UUID + rb',"action":'
    + OPTIONAL_TEXT + rb',"target_kind":' + OPTIONAL_TEXT + rb',"target_id":' + OPTIONAL_UUID + rb',"space_id":'
    + OPTIONAL_UUID + rb"\})\}"
)
EVENT = re.compile(
    rb'\{"type":"event","leaf_index":' + INTEGER + rb',"sequence":' + INTEGER + rb',"time":' + INTEGER
    + rb',"actor_kind":"(user|api_key|system|anonymous)","outcome":"(success|refused|failed)","actor_id":'
    + OPTIONAL_UUID + rb',"action":' + TEXT + rb',"target_kind":' + OPTIONAL_TEXT + rb',"target_id":' + OPTIONAL_UUID
    + rb',"space_id":' + OPTIONAL_UUID + rb',"address":' + OPTIONAL_TEXT + rb',"request_id":' + OPTIONAL_TEXT
    + rb',"sealed_details":' + OPTIONAL_BASE64 + rb',"details":' + OPTIONAL_TEXT
    + rb'(?:,"proof":(\[(?:"[A-Za-z0-9+/=]*"(?:,"[A-Za-z0-9+/=]*")*)?\]))?\}'
)
END = re.compile(rb'\{"type":"end","events":' + INTEGER + rb',"note":' + TEXT + rb"\}")

ACTOR_KINDS = {b"user": 1, b"api_key": 2, b"system": 3, b"anonymous": 4}
OUTCOMES = {b"success": 1, b"refused": 2, b"failed": 3}

ESCAPE = re.compile(rb'\\(?:(["\\])|u00([01][0-9a-f]))')


def unescape(text):
    if text is None or b"\\" not in text:
        return text
    return ESCAPE.sub(lambda m: m[1] or bytes([int(m[2], 16)]), text)


def integer(digits):
    value = int(digits) if len(digits) <= 20 else LARGEST_INTEGER + 1
    if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
        raise Refused("malformed")
    return value


def required_base64(encoded):
    decoded = base64_decode(encoded)
    if decoded is None:
        raise Refused("malformed")
    return decoded


def field(content):
    """An optional field of the leaf format."""
    return b"\x00" if content is None else b"\x01" + struct.pack(">I", len(content)) + content


def identifier(text):
    return None if text is None else bytes.fromhex(text.replace(b"-", b"").decode())


class Verifier:
    def __init__(self, expected_key, remembered):
        self.expected_key = expected_key
        self.remembered = remembered
        self.key = None
        self.tree = Tree()
        self.later_roots = {}
        self.compared = 0
        self.count = 0
        self.last_sequence = None
        self.digest = hashlib.sha256()
        self.finished = False

    def take(self, raw):
        if self.finished:
            raise Refused("trailing")
        line = raw[:-1] if raw.endswith(b"\n") else raw
        if len(line) > LONGEST_LINE:
            raise Refused("malformed")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("malformed") from None
        if self.key is None:
            self.take_header(line)
        elif line.startswith(b'{"type":"end"'):
            self.take_end(line)
            self.finished = True
            return
        else:
            self.take_event(line)
        self.digest.update(line + b"\n")

    def take_header(self, line):
        match = HEADER.fullmatch(line)
        if match is None:
            raise Refused("malformed")
        for number in match.group(5, 6):
            if number is not None:
                integer(number)
        origin, key_text, note = (unescape(text).decode() for text in match.group(1, 2, 3))
        key = Key(key_text)
        if key.name != origin or self.expected_key not in (None, key_text):
            raise Refused("key")
        self.size, self.root = key.open_checkpoint(note, "checkpoint")
        self.is_full = match[4] is None
        for kept in self.remembered:
            size, root = key.open_checkpoint(kept, "contradiction")
            if size == self.size:
                if root != self.root:
                    raise Refused("contradiction")
                self.compared += 1
            elif size < self.size and self.is_full:
                self.later_roots.setdefault(size, set()).add(root)
        self.key = key
        self.compare_remembered()

    def compare_remembered(self):
        roots = self.later_roots.pop(self.tree.size, None)
        if roots is not None:
            if roots != {self.tree.root()}:
                raise Refused("contradiction")
            self.compared += 1

    def take_event(self, line):
        match = EVENT.fullmatch(line)
        if match is None or (match[15] is None) != self.is_full:
            raise Refused("malformed")
        index, sequence, time = (integer(digits) for digits in match.group(1, 2, 3))
        sealed = None if match[13] is None else required_base64(match[13])
        entry = b"".join(
            (
                b"\x01",
                struct.pack(">qqBB", sequence, time, ACTOR_KINDS[match[4]], OUTCOMES[match[5]]),
                field(identifier(match[6])),
                field(unescape(match[7])),
                field(unescape(match[8])),
                field(identifier(match[9])),
                field(identifier(match[10])),
                field(unescape(match[11])),
                field(unescape(match[12])),
                field(sealed),
                field(unescape(match[14])),
            )
        )
        if self.is_full:
            if index != self.tree.size or index >= self.size:
                raise Refused("order")
            self.tree.append(leaf_hash(entry))
            if self.later_roots:
                self.compare_remembered()
        else:
            path = [required_base64(part.strip(b'"')) for part in match[15][1:-1].split(b",") if part]
            if self.last_sequence is not None and sequence <= self.last_sequence:
                raise Refused("order")
            if not inclusion_verifies(index, self.size, leaf_hash(entry), path, self.root):
                raise Refused("inclusion")
            self.last_sequence = sequence
        self.count += 1

    def take_end(self, line):
        match = END.fullmatch(line)
        if match is None:
            raise Refused("malformed")
        count, note = integer(match[1]), unescape(match[2]).decode()
        if self.is_full and (self.tree.size != self.size or self.tree.root() != self.root):
            raise Refused("root")
        if count != self.count:
            raise Refused("count")
        text = self.key.open_note(note, "signature")
        digest = base64.b64encode(self.digest.digest()).decode()
        if text != f"cloudspace-journal-export/v1\n{self.key.name}\n{count}\n{digest}\n":
            raise Refused("digest")


def verdict(export, expected_key, remembered):
    """The verdict on one export, an open binary file: `OK …` or `REFUSED line N: reason`."""
    verifier = Verifier(expected_key, remembered)
    number = 0
    try:
        while raw := export.readline(LONGEST_LINE + 2):
            number += 1
            verifier.take(raw)
        if not verifier.finished:
            number += 1
            raise Refused("unfinished")
    except Refused as refused:
        return f"REFUSED line {number}: {refused.reason}"
    form = "full" if verifier.is_full else "selection"
    root = base64.b64encode(verifier.root).decode()
    return (
        f"OK {form} export: {verifier.count} events of {verifier.size} in {verifier.key.name}, root {root}, "
        f"{verifier.compared} checkpoints compared, key {verifier.key.text}"
    )


def verify(path, expected_key, remembered):
    """Prints the verdict on the export at `path`; returns whether it is good."""
    with open(path, "rb") as export:
        words = verdict(export, expected_key, remembered)
    print(words)
    return words.startswith("OK ")


def main():
    parser = argparse.ArgumentParser(description="Verifies exports of a CloudSpace Vault journal.")
    parser.add_argument("--key", metavar="NAME+ID+KEY", help="the journal's key, known from elsewhere")
    parser.add_argument(
        "--checkpoint", metavar="FILE", action="append", default=[], help="a checkpoint that was kept elsewhere")
    parser.add_argument("exports", metavar="EXPORT", nargs="+")
    arguments = parser.parse_args()
    remembered = []
    for path in arguments.checkpoint:
        with open(path, encoding="utf-8", newline="") as file:
            remembered.append(file.read())
    good = [verify(path, arguments.key, remembered) for path in arguments.exports]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
