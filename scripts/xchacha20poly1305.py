"""AEAD_XCHACHA20_POLY1305 (draft-irtf-cfrg-xchacha-03, RFC 8439) and HKDF-Expand (RFC 5869) in plain Python.

Slow, straight from the specifications, and independent of the program: the second opinion behind its vectors.
Standard library only. Not constant-time: for test data and for opening one's own files.
"""

import hashlib
import hmac
import struct

MASK = 0xFFFFFFFF
SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def _rounds(state):
    s = list(state)

    def quarter(a, b, c, d):
        s[a] = (s[a] + s[b]) & MASK
        s[d] ^= s[a]
        s[d] = (s[d] << 16 | s[d] >> 16) & MASK
        s[c] = (s[c] + s[d]) & MASK
        s[b] ^= s[c]
        s[b] = (s[b] << 12 | s[b] >> 20) & MASK
        s[a] = (s[a] + s[b]) & MASK
        s[d] ^= s[a]
        s[d] = (s[d] << 8 | s[d] >> 24) & MASK
        s[c] = (s[c] + s[d]) & MASK
        s[b] ^= s[c]
        s[b] = (s[b] << 7 | s[b] >> 25) & MASK

    for _ in range(10):
        quarter(0, 4, 8, 12)
        quarter(1, 5, 9, 13)
        quarter(2, 6, 10, 14)
        quarter(3, 7, 11, 15)
        quarter(0, 5, 10, 15)
        quarter(1, 6, 11, 12)
        quarter(2, 7, 8, 13)
        quarter(3, 4, 9, 14)
    return s


def hchacha20(key, nonce16):
    """Section 2.2 of the draft: a 32-byte key from a key and the first 16 bytes of a nonce."""
    state = SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16)
    out = _rounds(state)
    return struct.pack("<8I", *out[:4], *out[12:])


def chacha20_block(key, counter, nonce12):
    state = SIGMA + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce12)
    out = _rounds(state)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(out, state)))


def keystream(key, nonce12, length, counter=1):
    blocks = (chacha20_block(key, counter + i, nonce12) for i in range((length + 63) // 64))
    return b"".join(blocks)[:length]


def xor(a, b):
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(key[16:], "little")
    accumulator = 0
    for i in range(0, len(message), 16):
        block = message[i:i + 16] + b"\x01"
        accumulator = (accumulator + int.from_bytes(block, "little")) * r % ((1 << 130) - 5)
    return ((accumulator + s) & ((1 << 128) - 1)).to_bytes(16, "little")


def _tag(key, nonce12, ciphertext, aad):
    pad = lambda data: data + bytes(-len(data) % 16)
    message = pad(aad) + pad(ciphertext) + struct.pack("<QQ", len(aad), len(ciphertext))
    return poly1305(chacha20_block(key, 0, nonce12)[:32], message)


def seal(key, nonce24, plain, aad=b""):
    """ciphertext ‖ tag"""
    subkey, nonce12 = hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:]
    ciphertext = xor(plain, keystream(subkey, nonce12, len(plain))) if plain else b""
    return ciphertext + _tag(subkey, nonce12, ciphertext, aad)


def open_(key, nonce24, sealed, aad=b""):
    """The plaintext; ValueError when the tag does not fit."""
    if len(sealed) < 16:
        raise ValueError("too short")
    subkey, nonce12 = hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:]
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if not hmac.compare_digest(tag, _tag(subkey, nonce12, ciphertext, aad)):
        raise ValueError("does not open")
    return xor(ciphertext, keystream(subkey, nonce12, len(ciphertext))) if ciphertext else b""


def hkdf_expand(key, info, length):
    """HKDF-Expand with SHA-256."""
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
        counter += 1
    return output[:length]


def _self_test():
    # draft-irtf-cfrg-xchacha-03, sections 2.2.1 and A.3.1
    key = bytes(range(32))
    assert hchacha20(key, bytes.fromhex("000000090000004a0000000031415927")).hex() == (
        "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")
    plain = (b"Ladies and Gentlemen of the class of '99: If I could offer you "
             b"only one tip for the future, sunscreen would be it.")
    sealed = seal(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)), plain,
                  bytes.fromhex("50515253c0c1c2c3c4c5c6c7"))
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"
    assert sealed[:16].hex() == "bd6d179d3e83d43b9576579493c0e939"


_self_test()
