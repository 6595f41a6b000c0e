#!/usr/bin/env python3
"""Proves that nothing that is left of a purged file can be opened, without the vault's program.

    prove_shredding.py --data DIR --keys DIR --node UUID [--copy DIR] [--with-its-keys] [--file FILE] [--secret HEX]

For a vault in a directory (SQLite, local blobs) with the file key provider, stopped or served. Standard library only; shares no
code with the program but the formats (docs/formats/).

1. Opens the key ring, and with it every wrapped key that the database holds.
2. Looks for the file's own key: its row must be gone, the tombstone and the rows of its versions must be there.
3. Tries to open everything sealed that is left of the file with every key there is: names in the tree's history, version rows,
   the journal's details, and with --copy also contents, comments and links out of a copy of the data directory from before the
   purge. The copy's own wrapped keys are left out, unless --with-its-keys: they open as long as the ring still holds the
   generation they are wrapped under (docs/threat-model.md, "After erasure").
4. Searches every file below DIR, database, log and free pages included, and each --file, for each --secret.

A file that lives is opened first in the same way, so that a method that opens nothing does not pass for a proof.
Ends with status 0 when the file is gone, 1 when something of it opens or is found.
"""

import argparse
import hashlib
import hmac
import os
import sqlite3
import struct
import sys
import uuid

from xchacha20poly1305 import hkdf_expand, open_

BOX, KEY = b"cloudspace box 1", b"cloudspace key 1"
SUITES = {1: (b"AEAD_AES_256_GCM", 12), 2: (b"AEAD_XCHACHA20_POLY1305", 24)}


def derived(key, label):
    return hkdf_expand(key, b"cloudspace-vault/v1/derive\x00" + bytes([len(label)]) + label, 32)


def context(purpose, *ids, number=0):
    return bytes([len(purpose)]) + purpose + bytes([len(ids)]) + b"".join(ids) + struct.pack(">q", number)


def open_box(key, box, label, where, generation=0):
    """The plaintext, or None when the box does not open."""
    if len(box) < 41 or box[0] != 1:
        return None
    try:
        return open_(key, box[1:25], box[25:], label + struct.pack(">I", generation) + where)
    except ValueError:
        return None


def open_ring(directory):
    with open(os.path.join(directory, "vault.key"), "rb") as file:
        unlocking = file.read()
    with open(os.path.join(directory, "ring.sealed"), "rb") as file:
        ring = file.read()
    if ring[:8] != b"CSVRING\x01" or ring[8] != 1:
        sys.exit("prove_shredding: not a key ring with a key file")
    body = open_(derived(unlocking, b"key ring file"), ring[56:80], ring[80:], ring[:56])
    count = struct.unpack(">I", body[36:40])[0]
    masters = {}
    for index in range(count):
        start = 40 + index * 36
        generation = struct.unpack(">I", body[start:start + 4])[0]
        masters[generation] = derived(body[start + 4:start + 36], b"key ring wrapping")
    return masters


def rows(database, query, *values):
    try:
        return database.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise


def unwrap_all(database, masters, only=None):
    """Every wrapped key that the ring opens: owner -> key; and the owners whose key it does not open."""
    opened, closed = {}, []
    purposes = {0: b"cloudspace node key", 1: b"cloudspace account key"}
    for owner, kind, space, generation, wrapped in rows(
            database, "SELECT owner_id, owner_kind, space_id, generation, wrapped FROM file_keys"):
        if only is not None and owner != only:
            continue
        purpose, master = purposes.get(kind), masters.get(generation)
        key = purpose and master and open_box(master, wrapped, KEY, context(purpose, owner, space), generation)
        if key:
            opened[owner] = key
        else:
            closed.append((owner, kind))
    return opened, closed


def remains(database, node):
    """Everything sealed that speaks of the node: what it is, the box, its label and its context."""
    for (meta,) in rows(database, "SELECT sealed_meta FROM nodes WHERE id = ? AND sealed_meta IS NOT NULL", node):
        yield "name in the tree", meta, BOX, context(b"cloudspace node metadata", node)
    for (meta,) in rows(database, "SELECT sealed_meta FROM node_history WHERE node_id = ? AND sealed_meta IS NOT NULL", node):
        yield "name in the tree's history", meta, BOX, context(b"cloudspace node metadata", node)
    for version, number, blob, meta in rows(
            database, "SELECT id, number, blob_id, sealed_meta FROM versions WHERE node_id = ?", node):
        where = context(b"cloudspace version metadata", node, version, blob, number=number)
        yield f"version {number}", meta, BOX, where
    for (details,) in rows(
            database, "SELECT sealed_details FROM journal_events WHERE target_id = ? AND sealed_details IS NOT NULL", node):
        yield "journal details", details, BOX, context(b"cloudspace journal details", node)
    for comment, text in rows(database, "SELECT id, sealed_text FROM comments WHERE node_id = ?", node):
        yield "comment", text, BOX, context(b"cloudspace comment", node, comment)
    for link, token in rows(database, "SELECT id, sealed_token FROM share_links WHERE node_id = ?", node):
        yield "link", token, BOX, context(b"cloudspace link token", link)
    for blob, wrapped in rows(database, "SELECT id, wrapped_key FROM blobs WHERE node_id = ?", node):
        yield "data key of a content", wrapped, KEY, context(b"cloudspace data key", node, blob)


def streams(database, directory, node):
    """Every sealed content of the node: blob, suite, its first bytes."""
    for blob, suite, inline in rows(database, "SELECT id, suite, inline_content FROM blobs WHERE node_id = ?", node):
        if inline is not None:
            yield blob, suite, inline[:56]
            continue
        for folder, _, names in os.walk(os.path.join(directory, "blobs")):
            for name in names:
                if blob.hex() in name.replace("-", ""):
                    with open(os.path.join(folder, name), "rb") as file:
                        yield blob, suite, file.read(56)


def commits_to(key, suite, head, node, blob):
    """Whether the key is the one that a stream was sealed with: its header commits to it."""
    name, nonce = SUITES[suite]
    info = b"c2sp.org/chunked-encryption@v1+" + name + b"\x00" + head[:24] + b"\x01" + node + blob
    return hmac.compare_digest(hkdf_expand(key, info, 64 + nonce)[32 + nonce:], head[24:56])


def read_only(directory):
    return sqlite3.connect(f"file:{os.path.join(directory, 'vault.db')}?mode=ro", uri=True)


def control(database, keys):
    """Opens the name of a node that lives, to show that what follows could open something."""
    for owner, key in keys.items():
        for what, box, label, where in remains(database, owner):
            if open_box(key, box, label, where) is not None:
                return True
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--keys", required=True)
    parser.add_argument("--node", required=True, type=lambda text: uuid.UUID(text).bytes)
    parser.add_argument("--copy", help="a copy of the data directory from before the purge")
    parser.add_argument("--with-its-keys", action="store_true", help="the copy's wrapped keys are not left out")
    parser.add_argument("--file", action="append", default=[], help="another file to search, such as a journal export")
    parser.add_argument("--secret", action="append", default=[], type=bytes.fromhex,
                        help="bytes to search for, in hexadecimal: the file's wrapped key, a marker in its content")
    options = parser.parse_args()
    node, faults = options.node, []

    masters = open_ring(options.keys)
    database = read_only(options.data)
    keys, closed = unwrap_all(database, masters)
    print(f"{len(masters)} master keys open {len(keys)} wrapped keys; {len(closed)} are of kinds not looked at, or do not open")
    if not control(database, keys):
        sys.exit("prove_shredding: nothing at all opens; this proves nothing")

    if node in keys or (node, 0) in closed:
        faults.append("the file's own key is still there")
    if not rows(database, "SELECT 1 FROM nodes WHERE id = ? AND state = 2", node):
        faults.append("there is no tombstone: the file was not purged")
    versions = len(rows(database, "SELECT 1 FROM versions WHERE node_id = ?", node))
    if not versions:
        faults.append("the rows of its versions are gone")

    places = [("", options.data, database)]
    candidates = list(keys.values()) + list(masters.values())
    if options.copy:
        copy = read_only(options.copy)
        places.append(("in the copy: ", options.copy, copy))
        if options.with_its_keys:
            candidates += unwrap_all(copy, masters)[0].values()
    tried = 0
    for prefix, directory, place in places:
        for what, box, label, where in remains(place, node):
            tried += 1
            if any(open_box(key, box, label, where) is not None for key in candidates):
                faults.append(f"{prefix}{what} opens")
        for blob, suite, head in streams(place, directory, node):
            tried += 1
            if any(commits_to(key, suite, head, node, blob) for key in candidates):
                faults.append(f"{prefix}content {blob.hex()} opens")
    print(f"{versions} version rows are there; {tried} sealed things of the file were tried with {len(candidates)} keys")

    files = list(options.file)
    for folder, _, names in os.walk(options.data):
        files += [os.path.join(folder, name) for name in names]
    for path in files:
        with open(path, "rb") as file:
            content = file.read()
        for secret in options.secret:
            if secret in content:
                faults.append(f"{hashlib.sha256(secret).hexdigest()[:16]}… (SHA-256 of the secret) is in {path}")
    print(f"{len(options.secret)} secrets were looked for in {len(files)} files")
    for fault in faults:
        print(f"NOT SHREDDED: {fault}")
    if not faults:
        print("nothing that is left of the file opens")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
