#!/usr/bin/env python3
"""Opens one blob of the vault without the vault's program (docs/formats/blob-stream.md).

    open_blob.py --key HEX --context HEX [--suite 1|2] BLOB > PLAINTEXT

Needs the PyPI package `cryptography`; shares no code with the program. Ends with status 1 and writes nothing
further when the blob does not open.
"""

import argparse
import hmac
import os
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from xchacha20poly1305 import hchacha20

CHUNK, TAG = 16384, 16
SUITES = {1: (b"AEAD_AES_256_GCM", 12), 2: (b"AEAD_XCHACHA20_POLY1305", 24)}


def fail(why):
    sys.exit(f"open_blob: {why}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", required=True, type=bytes.fromhex, help="the data key, 32 bytes in hexadecimal")
    parser.add_argument("--context", default=b"", type=bytes.fromhex, help="the context in hexadecimal")
    parser.add_argument("--suite", default=1, type=int, choices=SUITES, help="1 AES-256-GCM, 2 XChaCha20-Poly1305")
    parser.add_argument("blob")
    options = parser.parse_args()
    if len(options.key) != 32:
        fail("a key has 32 bytes")
    name, nonce_size = SUITES[options.suite]

    size = os.path.getsize(options.blob)
    if size < 56 + TAG or (size - 56) % (CHUNK + TAG) < TAG:
        fail("truncated: no stream has this size")
    with open(options.blob, "rb") as blob:
        salt, commitment = blob.read(24), blob.read(32)
        info = b"c2sp.org/chunked-encryption@v1+" + name + b"\x00" + salt + options.context
        derived = HKDFExpand(algorithm=SHA256(), length=32 + nonce_size + 32, info=info).derive(options.key)
        key, base = derived[:32], derived[32:32 + nonce_size]
        if not hmac.compare_digest(commitment, derived[32 + nonce_size:]):
            fail("wrong key or context")
        chunk = 0
        while True:
            sealed = blob.read(CHUNK + TAG)
            nonce = (int.from_bytes(base, "big") ^ chunk).to_bytes(nonce_size, "big")
            try:
                if options.suite == 1:
                    plain = AESGCM(key).decrypt(nonce, sealed, None)
                else:
                    plain = ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], sealed, None)
            except InvalidTag:
                fail(f"chunk {chunk} was changed")
            sys.stdout.buffer.write(plain)
            if len(sealed) < CHUNK + TAG:
                break
            chunk += 1


main()
