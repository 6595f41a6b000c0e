#!/usr/bin/env python3
"""Makes Tests/CryptoTests/Vectors/chunked-encryption-xchacha20-poly1305.json.

Vectors for the second suite of docs/formats/blob-stream.md, in the form of the C2SP chunked-encryption vectors.
Standard library only, shares no code with the program. Run from the root of the repository; every run gives the same
file. As in the C2SP set, the plaintext of full chunks is the key stream, so their ciphertext is zeros and stays small.
"""

import hashlib
import json
import pathlib

from xchacha20poly1305 import _tag, hchacha20, hkdf_expand, keystream, seal

AEAD = b"AEAD_XCHACHA20_POLY1305"
CHUNK = 16384
OUT = pathlib.Path("Tests/CryptoTests/Vectors/chunked-encryption-xchacha20-poly1305.json")


def fixed(label, length):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(b"cloudspace vault vectors: " + label.encode()).digest(length)


KEY = fixed("input key", 32)


def derive(key, salt, context):
    info = b"c2sp.org/chunked-encryption@v1+" + AEAD + b"\x00" + salt + context
    derived = hkdf_expand(key, info, 32 + 24 + 32)
    return derived[:32], derived[32:56], derived[56:]


def nonce(base, chunk):
    return (int.from_bytes(base, "big") ^ chunk).to_bytes(24, "big")


class Stream:
    """A sealed stream as its parts: salt, commitment, list of sealed chunks."""

    def __init__(self, name, length, context=b"", key=KEY):
        self.key, self.context = key, context
        self.salt = fixed("salt of " + name, 24)
        self.aead_key, self.base, self.commitment = derive(key, self.salt, context)
        self.plain, self.chunks = b"", []
        full, last = divmod(length, CHUNK)
        for chunk in range(full):
            n = nonce(self.base, chunk)
            subkey, nonce12 = hchacha20(self.aead_key, n[:16]), bytes(4) + n[16:]
            self.plain += keystream(subkey, nonce12, CHUNK)
            self.chunks.append(bytes(CHUNK) + _tag(subkey, nonce12, bytes(CHUNK), b""))
        text = fixed("last chunk of " + name, last)
        self.plain += text
        self.chunks.append(seal(self.aead_key, nonce(self.base, full), text))

    def sealed(self):
        return self.salt + self.commitment + b"".join(self.chunks)


def runs(data):
    parts, position = [], 0
    zeros = bytes(CHUNK)
    while position < len(data):
        at = data.find(zeros, position)
        if at == -1:
            parts.append([data[position:].hex(), 1])
            break
        if at > position:
            parts.append([data[position:at].hex(), 1])
        parts.append(["00", CHUNK])
        position = at + CHUNK
    return parts


cases = []


def case(name, comment, expect, stream, sealed, key=None, context=None):
    entry = {
        "name": name, "comment": comment, "expect": expect, "key": (key or stream.key).hex(),
        "context": (stream.context if context is None else context).hex(), "ciphertext": runs(sealed),
        "aead_key": stream.aead_key.hex(), "base_nonce": stream.base.hex(),
    }
    if expect == "success":
        entry["payload_sha256"] = hashlib.sha256(stream.plain).hexdigest()
        entry["payload_length"] = len(stream.plain)
    cases.append(entry)


def good(name, comment, length, context=b""):
    stream = Stream(name, length, context)
    case(name, comment, "success", stream, stream.sealed())


def bad(name, comment, length, change, **changed):
    stream = Stream(name, length, changed.pop("sealed_context", b""))
    case(name, comment, "failure", stream, change(stream), **changed)


def flip(data, index, bit=1):
    index %= len(data)
    return data[:index] + bytes([data[index] ^ bit]) + data[index + 1:]


def join(stream, chunks):
    return stream.salt + stream.commitment + b"".join(chunks)


good("empty", "empty message: one empty chunk", 0)
good("short", "one short chunk", 7)
good("one_less", "the longest single chunk", CHUNK - 1)
good("one_chunk", "full chunk and empty last chunk", CHUNK)
good("two_chunks", "full chunk and short chunk", CHUNK + 1)
good("three_chunks", "two full chunks and short chunk", 2 * CHUNK + 100)
good("many_chunks", "257 full chunks and short chunk: the counter passes 0xff", 257 * CHUNK + 1)
good("context", "with a context", 40, b"context of the blob")
good("context_with_null", "with a context that holds a zero byte", 40, b"a\x00b")

bad("no_bytes", "nothing at all", 7, lambda s: b"")
bad("header_cut", "one byte less than a header", 7, lambda s: s.sealed()[:55])
bad("no_chunks", "header only", 7, lambda s: s.sealed()[:56])
bad("tag_cut", "less than one tag", 0, lambda s: s.sealed()[:-1])
bad("flipped_salt", "one bit of the salt flipped", 7, lambda s: flip(s.sealed(), 0))
bad("flipped_commitment", "one bit of the commitment flipped", 7, lambda s: flip(s.sealed(), 55, 128))
bad("flipped_text", "one bit of the ciphertext flipped", 7, lambda s: flip(s.sealed(), 56))
bad("flipped_tag", "one bit of the tag flipped", 7, lambda s: flip(s.sealed(), -1))
bad("flipped_second", "one bit of the second chunk flipped", CHUNK + 9, lambda s: flip(s.sealed(), 56 + CHUNK + 16))
bad("flipped_empty_last", "one bit of an empty last chunk flipped", CHUNK, lambda s: flip(s.sealed(), -5))
bad("last_chunk_dropped", "the short last chunk is missing", CHUNK + 9, lambda s: join(s, s.chunks[:-1]))
bad("empty_last_dropped", "the empty last chunk is missing", CHUNK, lambda s: join(s, s.chunks[:-1]))
bad("swapped", "the two full chunks swapped", 2 * CHUNK + 9,
    lambda s: join(s, [s.chunks[1], s.chunks[0], s.chunks[2]]))
bad("repeated", "a full chunk twice", CHUNK + 9, lambda s: join(s, [s.chunks[0], s.chunks[0], s.chunks[1]]))
bad("garbage_short", "12 bytes behind the last chunk", 40, lambda s: s.sealed() + bytes(12))
bad("garbage_long", "20 bytes behind a stream that ends at a full chunk", CHUNK, lambda s: s.sealed() + bytes(20))
bad("wrong_key", "another key", 7, lambda s: s.sealed(), key=fixed("another key", 32))
bad("short_key", "a key of 31 bytes", 7, lambda s: s.sealed(), key=KEY[:31])
bad("long_key", "a key of 33 bytes", 7, lambda s: s.sealed(), key=KEY + b"\x00")
bad("wrong_context", "another context", 7, lambda s: s.sealed(), context=b"b", sealed_context=b"a")
bad("no_context", "the context is missing", 7, lambda s: s.sealed(), context=b"", sealed_context=b"a")

OUT.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(f"{OUT}: {len(cases)} cases")
