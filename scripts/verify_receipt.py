#!/usr/bin/env python3
"""Checks a receipt that a vault signed for an upload, with nothing of ours but this file and verify_journal.py.

    verify_receipt.py RECEIPT --key 'cloudspace-vault/…/receipts+1a2b3c4d+AW…' [--file FILE]

RECEIPT is the signed note, or a line of the file that `cloudspace push` keeps (`-` is standard input; several lines may
follow each other). With --file the content's size and SHA-256 must be those of FILE. docs/formats/upload-receipt.md says
what is checked. Exit status 0 when everything holds, 1 otherwise, 2 when the arguments make no sense.
"""

import argparse
import hashlib
import json
import re
import sys

from verify_journal import Key, Refused

LINES = re.compile(
    r"cloudspace-receipt/v1\n"
    r"file (?P<file>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n"
    r"version (?P<version>[1-9][0-9]*)\n"
    r"size (?P<size>0|[1-9][0-9]*)\n"
    r"sha256 (?P<sha256>[0-9a-f]{64})\n"
    r"stored (?P<stored>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n"
)


def receipts(text):
    """The signed notes in a file of either form."""
    if not text.startswith("{"):
        yield text
        return
    for line in text.splitlines():
        entry = json.loads(line)
        if "receipt" in entry:
            yield entry["receipt"]


def check(note, key, path):
    fields = LINES.fullmatch(key.open_note(note, "receipt"))
    if fields is None:
        raise Refused("receipt")
    if path is not None:
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        if (content, str(size)) != (fields["sha256"], fields["size"]):
            raise Refused("another content")
    return fields


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("receipt")
    parser.add_argument("--key", required=True)
    parser.add_argument("--file")
    arguments = parser.parse_args()
    try:
        key = Key(arguments.key)
    except Refused:
        parser.error("--key is no verifier key")
    with open(0 if arguments.receipt == "-" else arguments.receipt, encoding="utf-8") as file:
        text = file.read()
    count = 0
    for note in receipts(text):
        try:
            fields = check(note, key, arguments.file)
        except Refused as reason:
            print(f"receipt: NOT good: {reason}")
            return 1
        count += 1
        print(f"receipt: good: file {fields['file']}, version {fields['version']}, {fields['size']} bytes, {fields['stored']}")
    if count == 0:
        print("receipt: there is none")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
