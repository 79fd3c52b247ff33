"""Signatures over elliptic curves: ECDSA (FIPS 186-5) and Ed25519 (RFC 8032), verified only.

Everything that goes in here is public, so nothing needs to take constant time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

Point = tuple[int, int, int]
"""A point in Jacobian coordinates; its last coordinate is 0 at infinity."""

_INFINITY: Point = (1, 1, 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """``y² = x³ - 3x + b`` over the field of ``p``, with a base point of order ``n``."""

    name: str
    p: int
    b: int
    n: int
    x: int
    y: int

    def holds(self, x: int, y: int) -> bool:
        """Whether the point is on the curve."""
        on_curve = (y * y - x * x * x + 3 * x - self.b) % self.p == 0
        return 0 <= x < self.p and 0 <= y < self.p and on_curve

    def double(self, point: Point) -> Point:
        """Twice a point."""
        x, y, z = point
        p = self.p
        if not y or not z:
            return _INFINITY
        gamma = y * y % p
        beta = x * gamma % p
        alpha = 3 * (x - z * z) * (x + z * z) % p
        new_x = (alpha * alpha - 8 * beta) % p
        new_z = 2 * y * z % p
        return new_x, (alpha * (4 * beta - new_x) - 8 * gamma * gamma) % p, new_z

    def add(self, first: Point, second: Point) -> Point:
        """The sum of two points."""
        if not first[2] or not second[2]:
            return second if not first[2] else first
        p = self.p
        (x1, y1, z1), (x2, y2, z2) = first, second
        u1, u2 = x1 * z2 * z2 % p, x2 * z1 * z1 % p
        s1, s2 = y1 * z2**3 % p, y2 * z1**3 % p
        h, r = (u2 - u1) % p, (s2 - s1) % p
        if not h:
            return _INFINITY if r else self.double(first)
        h2 = h * h % p
        h3, v = h * h2 % p, u1 * h2 % p
        x3 = (r * r - h3 - 2 * v) % p
        return x3, (r * (v - x3) - s1 * h3) % p, h * z1 * z2 % p

    def combine(self, a: int, point: Point, b: int, other: Point) -> Point:
        """``a * point + b * other``."""
        choices = {1: point, 2: other, 3: self.add(point, other)}
        found = _INFINITY
        for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
            found = self.double(found)
            choice = (a >> bit & 1) + 2 * (b >> bit & 1)
            if choice:
                found = self.add(found, choices[choice])
        return found


P256 = Curve(
    "P-256",
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384 = Curve(
    "P-384",
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)
P521 = Curve(
    "P-521",
    2**521 - 1,
    int(
        "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e1"
        "56193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        16,
    ),
    int(
        "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
        "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        16,
    ),
    int(
        "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dba"
        "a14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        16,
    ),
    int(
        "11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662"
        "c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        16,
    ),
)
CURVES = (P256, P384, P521)


def verify_ecdsa(curve: Curve, x: int, y: int, digest: bytes, signature: bytes) -> bool:
    """Whether ``signature``, two numbers of equal length, signs the digest with this key."""
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    if not (0 < r < curve.n and 0 < s < curve.n and curve.holds(x, y)):
        return False
    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    found = curve.combine(
        number * inverse % curve.n, (curve.x, curve.y, 1), r * inverse % curve.n, (x, y, 1)
    )
    if not found[2]:
        return False
    return found[0] * pow(found[2], -2, curve.p) % curve.p % curve.n == r


_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

Extended = tuple[int, int, int, int]


def _add(a: Extended, b: Extended) -> Extended:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    w, x, y, z = f - e, h - g, h + g, f + e
    return w * x % _P, y * z % _P, x * y % _P, w * z % _P


def _times(scalar: int, point: Extended) -> Extended:
    found: Extended = (0, 1, 1, 0)
    for bit in range(scalar.bit_length() - 1, -1, -1):
        found = _add(found, found)
        if scalar >> bit & 1:
            found = _add(found, point)
    return found


def _read(data: bytes) -> Extended | None:
    """The point behind 32 bytes: its y, and the sign of its x in the highest bit."""
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if y >= _P or (x * x - square) % _P or (not x and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE = _read((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def verify_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature signs the message with this key."""
    if len(key) != 32 or len(signature) != 64 or _BASE is None:
        return False
    public, commitment = _read(key), _read(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or s >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    left, right = _times(s, _BASE), _add(commitment, _times(challenge, public))
    same_x = (left[0] * right[2] - right[0] * left[2]) % _P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % _P == 0
