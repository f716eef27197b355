"""Reads a log, knowing nothing but docs/format.md and the names of segments: python3 decoder.py STORE, or FRAMES in hex.

Prints each record as "segment/offset/len/type/txid/key/payload", keys and payloads in base64; then, for each segment,
"segment ends OFFSET of BYTES: OUTCOME".
"""
import base64
import os
import re
import struct
import sys

HEADER = struct.Struct("<4sHBBQII")
FIELDS = struct.Struct("<III")
GROUP_KEY = b"\0datawal.group\0\0"
KEY_MAX, PAYLOAD_MAX, GROUP_MAX = 65_536, 67_108_864, 67_108_864


def crc_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


TABLE = list(crc_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def read_frame(data, at):
    """The page's ten checks, in its order: an outcome, and the record where it is one."""
    left = len(data) - at
    if left < HEADER.size:
        return "truncated", None
    magic, version, kind, flags, txid, key_len, payload_len = HEADER.unpack_from(data, at)
    for is_wrong, outcome in (
        (magic != b"DWAL", "bad magic"),
        (version != 1, "unknown version"),
        (kind > 2, "unknown record type"),
        (flags != 0, "reserved flags"),
        (key_len > KEY_MAX, "key too large"),
        (payload_len > PAYLOAD_MAX, "payload too large"),
        (left < 28 + key_len + payload_len, "truncated"),
    ):
        if is_wrong:
            return outcome, None
    key_at, end = at + HEADER.size, at + 24 + key_len + payload_len
    (stored,) = struct.unpack_from("<I", data, end)
    if stored != crc32c(data[at:end]):
        return "CRC mismatch", None
    key, payload = data[key_at : key_at + key_len], data[key_at + key_len : end]
    return "record", (at, end + 4 - at, kind, txid, key, payload, stored)


def group_of(record):
    """The CRCs of a group's records where this is its head, else None."""
    kind, key, payload = record[2], record[4], record[5]
    if kind != 2 or key != GROUP_KEY or len(payload) < 4:
        return None
    if struct.unpack_from("<I", payload)[0] != 1:
        raise SystemExit("a group of another version: nothing more is known of it")
    if len(payload) < FIELDS.size:
        return None
    _, count, size = FIELDS.unpack_from(payload)
    if count < 2 or size > GROUP_MAX or len(payload) != FIELDS.size + 4 * count:
        return None
    return struct.unpack_from(f"<{count}I", payload, FIELDS.size)


def read_segment(data):
    """The records to the first place where none is, heads of groups apart; that place; and what stands there."""
    records, at, missing, head_at = [], 0, [], 0
    while at < len(data):
        outcome, record = read_frame(data, at)
        if outcome == "record" and missing and record[6] != missing[0]:
            outcome = "part of a group"
        if outcome != "record":
            break
        crcs = None if missing else group_of(record)
        if crcs:
            missing, head_at, shown = list(crcs), at, len(records)
        else:
            records.append(record)
            missing = missing[1:]
        at += record[1]
    else:
        outcome = "part of a group" if missing else "end"
    # A group is there whole or not at all: the log ends before its head.
    return (records[:shown], head_at, outcome) if missing else (records, at, outcome)


def base64_of(data):
    return base64.b64encode(data).decode()


def print_segment(number, data):
    records, end, outcome = read_segment(data)
    for at, length, kind, txid, key, payload, _ in records:
        print(number, at, length, kind, txid, base64_of(key), base64_of(payload), sep="/")
    print(f"{number} ends {end} of {len(data)}: {outcome}")


if os.path.isdir(sys.argv[1]):
    for name in sorted(os.listdir(sys.argv[1])):
        if re.fullmatch(r"\d{8}\.dwal", name):
            with open(os.path.join(sys.argv[1], name), "rb") as file:
                print_segment(int(name[:8]), file.read())
else:
    print_segment(1, bytes.fromhex(sys.argv[1]))
