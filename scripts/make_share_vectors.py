#!/usr/bin/env python3
"""Makes Tests/CryptoTests/Vectors/shares.json: shares of split keys, and a key ring that such a key locks.

Written from docs/formats/key-ring.md; shares no code with the program: GF(2^8) here is arithmetic on powers of a generator.
Run from the root of the repository; every run gives the same file.
"""

import base64
import hashlib
import json
import pathlib
import struct

from xchacha20poly1305 import hkdf_expand, seal

OUT = pathlib.Path("Tests/CryptoTests/Vectors/shares.json")



def fixed(label, length):
    return hashlib.shake_256(b"cloudspace vault vectors: " + label.encode()).digest(length)


def derived(key, label):
    return hkdf_expand(key, b"cloudspace-vault/v1/derive\x00" + bytes([len(label)]) + label, 32)


# Powers of 3, which generates the field of AES.
EXP, LOG = [0] * 255, {}
value = 1
for power in range(255):
    EXP[power], LOG[value] = value, power
    value ^= (value << 1) ^ (0x11B if value & 0x80 else 0)
    value &= 0xFF


def multiply(a, b):
    return 0 if 0 in (a, b) else EXP[(LOG[a] + LOG[b]) % 255]


def point(secret, coefficients, x):
    """The polynomials whose constant terms are the secret's bytes, at x."""
    out = bytearray(secret)
    factor = 1
    for row in coefficients:
        factor = multiply(factor, x)
        for index, coefficient in enumerate(row):
            out[index] ^= multiply(coefficient, factor)
    return bytes(out)


def share(vault, split, threshold, index, secret_value):
    body = vault.to_bytes(16, "big") + struct.pack(">IBB", split, threshold, index) + secret_value
    body += hashlib.sha256(b"CSVSHARE1" + body).digest()[:4]
    letters = base64.b32encode(body).decode().rstrip("=")
    return "-".join(["CSVSHARE1"] + [letters[i:i + 8] for i in range(0, len(letters), 8)])


VAULT = 0x0192F0C1A2B37C4D8E5F60718293FFFF
CASES = []
for threshold, count in [(2, 2), (2, 3), (3, 5), (5, 9), (2, 255)]:
    label = f"split {threshold} of {count}"
    secret = fixed(label, 32)
    coefficients = [fixed(f"{label}, coefficient {power}", 32) for power in range(1, threshold)]
    split = int.from_bytes(fixed(label + " id", 4), "big")
    shares = [share(VAULT, split, threshold, x, point(secret, coefficients, x)) for x in range(1, count + 1)]
    CASES.append({"threshold": threshold, "count": count, "set": split, "key": secret.hex(),
                  "shares": shares if count < 20 else [shares[0], shares[127], shares[254]]})

KEY = bytes.fromhex(CASES[2]["key"])
header = (b"CSVRING\x02\x03\x00" + struct.pack(">HI", 6, 0) + VAULT.to_bytes(16, "big")
          + struct.pack(">BBI", 3, 5, CASES[2]["set"]))
nonce, root, master = fixed("nonce of the shares ring", 24), fixed("root", 32), fixed("master 1", 32)
body = root + struct.pack(">III", 1, 1, 1) + master
ring = header + nonce + seal(derived(KEY, b"key ring file"), nonce, body, header)

OUT.write_text(json.dumps({
    "vault": f"{VAULT:032x}", "cases": CASES, "ring": ring.hex(), "ring_case": 2,
    "ring_stable_key": derived(root, b"journal").hex(),
}, indent=1) + "\n")
print(OUT)
