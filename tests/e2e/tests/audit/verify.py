#!/usr/bin/env python3
"""Verifies an audit export, a proof of a record, or a proof of growth, with Python's standard library alone.

    verify.py KEY export FILE
    verify.py KEY proof FILE            a C2SP tlog-proof with the record as its extra data
    verify.py KEY growth FILE OLDER     JSON with sizes and hashes; OLDER is a checkpoint

It shares no code with the program that wrote them. It exits with 0 for what is good and with 65 for what is not.
"""

import base64
import hashlib
import json
import struct
import sys


class Bad(Exception):
    """What is wrong."""


# Ed25519, RFC 8032: verification only.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Adds two points in extended coordinates."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P


def times(n, point):
    """Adds a point to itself so many times."""
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def is_same(a, b):
    """Compares two points."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point(data):
    """Reads a point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise Bad("a point is not on the curve")
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        raise Bad("a point is not on the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public, message, signature):
    """Tells whether a signature is good."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= L:
        return False
    digest = hashlib.sha512(r + public + message).digest()
    h = int.from_bytes(digest, "little") % L
    return is_same(times(s, BASE), add(point(r), times(h, point(public))))


# Signed notes and checkpoints.


def unbase64(text):
    """Reads base64 and nothing that is nearly base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Bad("this is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise Bad("this is not base64")
    return data


class Key:
    """A public key, `name+id+base64`."""

    def __init__(self, text):
        self.name, given, data = text.strip().split("+", 2)
        data = unbase64(data)
        if len(data) != 33 or data[0] != 1:
            raise Bad("the key is not an Ed25519 key")
        self.public = data[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.id.hex() != given:
            raise Bad("the key's identifier is not its own")

    def checkpoint(self, note):
        """Reads a checkpoint that this key has signed; gives size and root."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        for line in signatures.splitlines():
            _, name, signature = line.split(" ")
            signature = unbase64(signature)
            if name == self.name and signature[:4] == self.id:
                if not is_signed(self.public, text.encode(), signature[4:]):
                    raise Bad("a checkpoint's signature is not good")
                origin, size, root = text.splitlines()
                if origin != self.name:
                    raise Bad("a checkpoint is of another log")
                return int(size), unbase64(root)
        raise Bad("a checkpoint is not signed by this key")


# The Merkle tree, RFC 6962.


def leaf(data):
    """Hashes a record."""
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    """Hashes two hashes."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Edge:
    """The right edge of a tree."""

    def __init__(self, size, peaks):
        if len(peaks) != bin(size).count("1"):
            raise Bad("the edge does not fit its size")
        self.size, self.peaks = size, list(peaks)

    def push(self, value):
        """Adds a leaf."""
        size = self.size
        while size & 1:
            value = node(self.peaks.pop(), value)
            size >>= 1
        self.peaks.append(value)
        self.size += 1

    def root(self):
        """Gives the root."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        value = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            value = node(peak, value)
        return value


def included(value, index, size, proof):
    """Gives the root to which a proof of inclusion leads (RFC 9162, 2.1.3.2)."""
    fn, sn = index, size - 1
    for part in proof:
        if sn == 0:
            raise Bad("the proof is too long")
        if fn & 1 or fn == sn:
            value = node(part, value)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = node(value, part)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Bad("the proof is too short")
    return value


def grown(older, newer, older_root, proof):
    """Gives both roots to which a proof of consistency leads (RFC 9162, 2.1.4.2)."""
    if older == newer:
        return older_root, older_root
    if older & (older - 1) == 0:
        proof = [older_root] + proof
    if not proof:
        raise Bad("the proof is too short")
    fn, sn = older - 1, newer - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = proof[0]
    for part in proof[1:]:
        if sn == 0:
            raise Bad("the proof is too long")
        if fn & 1 or fn == sn:
            first, second = node(part, first), node(part, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node(second, part)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Bad("the proof is too short")
    return first, second


# Records: 104 bytes of header, and a body.

HEADER = struct.Struct("<4sBBHQQQHHIQ16s32sII")
KINDS = {1: "command", 4: "observation", 5: "timer", 6: "epoch", 7: "state_hash", 8: "snapshot_ref"}
KINDS.update({9: "seal", 10: "trim", 11: "version_barrier", 12: "skip", 14: "key_event"})


def crc32c(data):
    """The Castagnoli checksum."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


class Record:
    """A record by its bytes."""

    def __init__(self, data):
        if len(data) < HEADER.size or data[:4] != b"SKJ1":
            raise Bad("this is not a record")
        fields = HEADER.unpack(data[: HEADER.size])
        self.seq, self.epoch, self.clock, self.kind = fields[4:8]
        self.previous, body = fields[12], data[HEADER.size :]
        if fields[9] != len(body) or fields[13] != crc32c(body):
            raise Bad("the body is not what the header says")
        if fields[14] != crc32c(data[:100]):
            raise Bad("the header is not what its checksum says")
        self.request = fields[11].hex()
        self.hash = leaf(data)


def export(key, path):
    """Verifies an export."""
    with open(path, encoding="utf-8", newline="\n") as file:
        opening = json.loads(file.readline())
        size, root = key.checkpoint(opening["checkpoint"])
        if opening["filter"] is not None:
            raise Bad("records are left out: only their proofs can be verified")
        first = opening["from"]
        if opening["to"] != size:
            raise Bad("the first line does not fit its checkpoint")
        edge = Edge(first - 1, [unbase64(peak) for peak in opening["frontier"]])
        expected, before = first, bytes(32) if first == 1 else None
        for line in file:
            entry = json.loads(line)
            if "end" in entry:
                break
            record = Record(unbase64(entry["record"]))
            if record.seq != expected or entry["seq"] != expected:
                raise Bad(f"record {expected}: another stands in its place")
            if before is not None and record.previous != before:
                raise Bad(f"record {expected}: it does not link to the one before")
            said = (entry["hash"], entry["epoch"], entry["kind"])
            if said != (record.hash.hex(), record.epoch, KINDS.get(record.kind)):
                raise Bad(f"record {expected}: its line says something else")
            if entry.get("request", record.request) != record.request:
                raise Bad(f"record {expected}: its line says something else")
            if "proof" in entry:
                proof = [unbase64(part) for part in entry["proof"]]
                if included(record.hash, expected - 1, size, proof) != root:
                    raise Bad(f"record {expected}: its proof leads elsewhere")
            edge.push(record.hash)
            before, expected = record.hash, expected + 1
        else:
            raise Bad("the export breaks off")
    if edge.size != size or edge.root() != root:
        raise Bad("the records do not give the root that was signed")
    return f"{size - first + 1} records"


def proof_of_record(key, path):
    """Verifies a proof of inclusion."""
    with open(path, encoding="utf-8", newline="\n") as file:
        head, _, note = file.read().partition("\n\n")
    form, extra, index, *hashes = head.splitlines()
    if form != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra "):
        raise Bad("this is not a proof with a record")
    size, root = key.checkpoint(note)
    record = Record(unbase64(extra.removeprefix("extra ")))
    index = int(index.removeprefix("index "))
    if record.seq != index + 1 or index >= size:
        raise Bad("the proof is of another record")
    if included(record.hash, index, size, [unbase64(part) for part in hashes]) != root:
        raise Bad("the proof leads elsewhere")
    return f"record {record.seq} of {size}"


def proof_of_growth(key, path, older_path):
    """Verifies a proof of consistency."""
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    with open(older_path, encoding="utf-8", newline="\n") as file:
        older, older_root = key.checkpoint(file.read())
    newer, root = key.checkpoint(proof["checkpoint"])
    if (older, newer) != (proof["older"], proof["newer"]):
        raise Bad("the proof is of other checkpoints")
    hashes = [unbase64(part) for part in proof["proof"]]
    if grown(older, newer, older_root, hashes) != (older_root, root):
        raise Bad("the log is not the older one and more")
    return f"{older} records grew to {newer}"


def main(arguments):
    """Verifies what is asked."""
    ways = {"export": export, "proof": proof_of_record, "growth": proof_of_growth}
    try:
        print(ways[arguments[1]](Key(arguments[0]), *arguments[2:]))
    except (Bad, ValueError, KeyError, TypeError, struct.error) as error:
        print(f"not good: {error}", file=sys.stderr)
        return 65
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
