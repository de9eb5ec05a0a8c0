# SPDX-License-Identifier: MIT
"""Writes codec_samples.h: what CPython's codecs make of bytes and texts.

    python3 codec_samples.py > codec_samples.h

Some samples are in it as they are. For the rest, test_codec.c makes the same inputs, and
only a hash (FNV-1a, 64 bits) of all outcomes is in it.
"""
ENCODINGS = [("utf-8", "WEFT_UTF_8"), ("gbk", "WEFT_GBK"), ("gb18030", "WEFT_GB18030"),
             ("utf-16-le", "WEFT_UTF_16LE"), ("utf-16-be", "WEFT_UTF_16BE")]
POLICIES = ["strict", "replace", "backslashreplace"]
SAMPLES = ["fffe81", "8120", "81", "d6d0ce", "e4b878", "f09f98", "f09f9880", "80", "8061",
           "a2e3", "a8bc", "ffff", "eda080", "f4908080", "c080", "81308120", "813081",
           "813078", "81308130", "8139ffff", "8030", "e3329a35", "e3329a36", "fe39fe39",
           "00d84100", "00dc4100", "d83dde00", "3dd800de", "00d8", "00d841", "00d800d800dc"]
RANDOM = 20000  # inputs for each encoding and policy


def fnv(value, data):
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


FNV = 0xCBF29CE484222325


def decode(data, encoding, policy):
    """The text in UTF-8, and the offset of the first bad byte."""
    bad = len(data)
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        bad = error.start
    if policy == "strict":
        return data[:bad].decode(encoding).encode(), bad
    return data.decode(encoding, policy).encode(), bad


def random_inputs():
    """As test_codec.c makes them: up to 8 bytes, out of the ones that matter."""
    state = 1
    for _ in range(RANDOM):
        data = bytearray()
        state, n = step(state)
        for _ in range(n % 9):
            state, n = step(state)
            kind, byte = n >> 8 & 3, n & 0xFF
            if kind == 0:
                byte = 0x30 + byte % 12
            elif kind == 1:
                byte = 0x80 + byte % 128
            elif kind == 2:
                byte = 0xD6 + byte % 8
            data.append(byte)
        yield bytes(data)


def step(state):
    state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
    state ^= state >> 7
    state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
    return state, state >> 32


def hash_random(encoding, policy):
    value = FNV
    for data in random_inputs():
        text, bad = decode(data, encoding, policy)
        value = fnv(value, text + bytes([bad]))
    return value


def hash_scalars(encoding, policy):
    """All of Unicode."""
    value = FNV
    for scalar in range(0x110000):
        if not 0xD800 <= scalar < 0xE000:
            value = fnv(value, chr(scalar).encode(encoding, policy))
    return value


def literal(data):
    """Octal, because a hexadecimal escape has no end."""
    return '"' + "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\?'
                         else "\\%03o" % byte for byte in data) + '"'


print("/* SPDX-License-Identifier: MIT */")
print("/* Written by codec_samples.py: what CPython's codecs say. */\n")
print("static const struct sample samples[] = {")
for encoding, name in ENCODINGS:
    for sample in SAMPLES:
        data = bytes.fromhex(sample)
        line = f"    {{{name}, {literal(data)}, {len(data)}, {decode(data, encoding, 'strict')[1]}"
        for policy in POLICIES:
            text = literal(decode(data, encoding, policy)[0])
            if policy == POLICIES[0]:
                text = "{" + text
            line += (", " if len(line.split("\n")[-1] + text) < 95 else ",\n     ") + text
        print(line + "}},")
print("};\n")
print("/* By encoding and policy. */")
for table, make in ("decoded", hash_random), ("encoded", hash_scalars):
    print(f"static const uint64_t {table}_hashes[][3] = {{")
    for encoding, _ in ENCODINGS:
        row = [0 if make == hash_scalars and policy == "strict" else make(encoding, policy)
               for policy in POLICIES]
        print("    {" + ", ".join(f"0x{value:016X}" for value in row) + "},")
    print("};")
