#!/usr/bin/env python3
"""Makes Tests/CryptoTests/Vectors/sealing.json: derived keys, tags, sealed metadata, wrapped keys and key rings.

Written from docs/formats/{sealed-metadata,wrapped-keys,key-ring}.md; shares no code with the program. Needs the PyPI
package `cryptography` (Argon2id). Run from the root of the repository; every run gives the same file.
"""

import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from xchacha20poly1305 import hkdf_expand, seal

OUT = pathlib.Path("Tests/CryptoTests/Vectors/sealing.json")


def fixed(label, length):
    return hashlib.shake_256(b"cloudspace vault vectors: " + label.encode()).digest(length)


def derived(key, label, context=b""):
    info = b"cloudspace-vault/v1/derive\x00" + bytes([len(label)]) + label + context
    return hkdf_expand(key, info, 32)


def tag(key, message):
    return hmac.new(key, b"cloudspace-vault/v1/tag\x00" + message, hashlib.sha256).digest()


def context_bytes(purpose, ids, number):
    return (bytes([len(purpose)]) + purpose + bytes([len(ids)])
            + b"".join(i.to_bytes(16, "big") for i in ids) + struct.pack(">q", number))


def box(key, label, generation, context, nonce, plain):
    return b"\x01" + nonce + seal(key, nonce, plain, label + struct.pack(">I", generation) + context)


def ring(name, unlocking_key, unlocking, vault, root, masters, active):
    nonce = fixed("nonce of " + name, 24)
    header = b"CSVRING\x01" + unlocking + vault.to_bytes(16, "big")
    assert len(header) == 56
    body = root + struct.pack(">II", active, len(masters))
    for generation, key in sorted(masters.items()):
        body += struct.pack(">I", generation) + key
    return header + nonce + seal(derived(unlocking_key, b"key ring file"), nonce, body, header)


KEY = fixed("sealing key", 32)
IDS = [0x0192F0C1A2B37C4D8E5F60718293A4B5, 0x0192F0C1A2B37C4D8E5F60718293A4B6]
NODE_NAME = context_bytes(b"node name", IDS, 0)
DATA_KEY = context_bytes(b"data key", IDS, -3)

VAULT = 0x0192F0C1A2B37C4D8E5F60718293FFFF
ROOT, MASTERS = fixed("root", 32), {2: fixed("master 2", 32), 5: fixed("master 5", 32)}
UNLOCKING, SALT, PASSPHRASE = fixed("vault.key", 32), fixed("argon2 salt", 16), "chaîne de bâtons"
stretched = Argon2id(salt=SALT, length=32, iterations=3, lanes=1, memory_cost=64).derive(PASSPHRASE.encode())
with_passphrase = b"\x02\x13\x00\x00" + struct.pack(">III", 64, 3, 1) + SALT
wrapping = derived(MASTERS[5], b"key ring wrapping")

OUT.write_text(json.dumps({
    "key": KEY.hex(),
    "ids": [f"{i:032x}" for i in IDS],
    "derived": derived(KEY, b"some label").hex(),
    "derived_with_context": derived(KEY, b"some label", b"of this").hex(),
    "tag": tag(KEY, b"rapport.pdf").hex(),
    "context_node_name": NODE_NAME.hex(),
    "context_data_key": DATA_KEY.hex(),
    "metadata_plain": "rapport annuel.pdf",
    "metadata_sealed": box(KEY, b"cloudspace box 1", 0, NODE_NAME, fixed("nonce a", 24),
                           "rapport annuel.pdf".encode()).hex(),
    "inner_key": fixed("inner key", 32).hex(),
    "wrapped_key": box(KEY, b"cloudspace key 1", 0, DATA_KEY, fixed("nonce b", 24), fixed("inner key", 32)).hex(),
    "ring_vault": f"{VAULT:032x}",
    "ring_unlocking_key": UNLOCKING.hex(),
    "ring_with_key_file": ring("file ring", UNLOCKING, b"\x01" + bytes(31), VAULT, ROOT, MASTERS, 5).hex(),
    "ring_passphrase": PASSPHRASE,
    "ring_with_passphrase": ring("passphrase ring", stretched, with_passphrase, VAULT, ROOT, MASTERS, 5).hex(),
    "ring_stable_key": derived(ROOT, b"journal").hex(),
    "ring_derived_key_2": derived(MASTERS[2], b"tokens").hex(),
    "ring_wrapped_generation": 5,
    "ring_wrapped_key": box(wrapping, b"cloudspace key 1", 5, NODE_NAME, fixed("nonce c", 24),
                            fixed("inner key", 32)).hex(),
}, indent=1) + "\n")
print(OUT)
