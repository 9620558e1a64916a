"""Decodes the records of docs/record.md, from that text alone. Needs Python 3.9 and NumPy."""

import math
import struct
import zlib
from collections import defaultdict

import numpy as np

SQUASH = [math.floor(65536 / (1 + math.exp(-d / 256)) + 0.5) for d in range(-2047, 2048)]
STRETCH = [max(-2047, min(2047, math.floor(256 * math.log((i + 0.5) / (4095.5 - i)) + 0.5))) for i in range(4096)]
RATE = [65536 // (2 * c + 3) for c in range(251)]
EIGHTHS = [2.0 ** (-i / 8) for i in range(8)]


def decode_record(record, k, count, dtype):
    """The blocks [count, k, k, k] of a record (bytes)."""
    dtype = np.dtype(dtype).newbyteorder("<")
    step, bound, length = struct.unpack_from("<ddI", record)
    rest = record[20 + length :]
    planes = np.frombuffer(zlib.decompress(rest) if rest else b"", np.uint8).reshape(dtype.itemsize, -1)
    exact = np.ascontiguousarray(planes.T).view(dtype).ravel()
    blocks, taken = Blocks(k, Bits(record[20 : 20 + length])), 0
    values = np.empty((count, k**3), dtype)
    coded = []  # (index, coefficients, corrections), transformed together at the end
    first, root = 0.0, math.sqrt(k**3)
    for index in range(count):
        block = blocks.next()
        if block.form == 0:
            scale = EIGHTHS[block.fineness & 7] * 2.0 ** -(block.fineness >> 3)
            h, beta = step * scale, bound * scale
            quotient = first / (4 * h) + 0.5 if h > 0 else math.nan
            q = math.floor(quotient) if math.isfinite(quotient) else math.nan
            first = ((q if abs(q) <= 2**53 - 1 else 0) + block.coefficients[0]) * (4 * h)
            coefficients = np.zeros(k**3)
            for (z, y, x), c in zip(blocks.scan, block.coefficients):
                coefficients[(z * k + y) * k + x] = c * h
            coefficients[0] = first
            corrections = [(place, amount * (2 * beta)) for place, amount in block.corrections]
            places = block.exceptions
            coded.append((index, coefficients, corrections, places, exact[taken : taken + len(places)]))
            taken += len(places)
        else:
            size = k**3 if block.form == 2 else 1
            values[index] = exact[taken : taken + size]
            taken += size
            start = float(values[index, 0])
            first = start * root if math.isfinite(start) else 0.0
    if coded:
        decoded = inverse(np.array([c for _, c, *_ in coded]), k)
        for (index, _, corrections, places, kept), block_values in zip(coded, decoded):
            for place, amount in corrections:
                block_values[place] += amount
            values[index] = block_values
            values[index, places] = kept
    return values.reshape(count, k, k, k)


def inverse(coefficients, k):
    """Coefficients [blocks, z, y, x degrees] to values: operation by operation as the specification has it."""
    t = [[1] * k]
    for n in range(k - 1):
        before = t[n - 1] if n else [0] * k
        t.append([((2 * n + 1) * (2 * j - k + 1) * t[n][j] - n * (k * k - n * n) * before[j]) // (n + 1) for j in range(k)])
    p = [[float(v) / math.sqrt(sum(w * w for w in row)) for v in row] for row in t]
    data = coefficients.reshape(-1, k, k, k)
    for axis in (3, 2, 1):
        lines = np.moveaxis(data, axis, 0)
        result = np.empty_like(lines)
        for j in range((k + 1) // 2):
            even, odd = (sum_terms(lines, p, j, range(parity, k, 2)) for parity in (0, 1))
            result[k - 1 - j] = even - odd
            result[j] = even + odd
        data = np.moveaxis(result, 0, axis)
    return np.ascontiguousarray(data).reshape(-1, k**3)


def sum_terms(lines, p, j, degrees):
    total = np.zeros_like(lines[0])
    for n in degrees:
        total = total + lines[n] * p[n][j]
    return total


class Bits:
    """Range decoder, contexts, mixing, numbers."""

    def __init__(self, stream):
        self.stream, self.position = stream, 4
        self.range, self.offset = 2**32 - 1, int.from_bytes(stream[:4].ljust(4, b"\0"), "big")
        self.contexts = defaultdict(lambda: [32768, 0])
        self.weights = defaultdict(lambda: [26214] * 4)
        self.lengths = defaultdict(lambda: (0, 0))

    def decode(self, p):
        bound = self.range * p // 65536
        bit = 1 if self.offset < bound else 0
        if bit:
            self.range = bound
        else:
            self.offset -= bound
            self.range -= bound
        while self.range < 2**24:
            byte = self.stream[self.position] if self.position < len(self.stream) else 0
            self.position += 1
            self.range, self.offset = self.range * 256, self.offset * 256 + byte
        return bit

    def even(self):
        return self.decode(32768)

    @staticmethod
    def learn(context, bit):
        p, c = context
        context[0] = p + (((65519 if bit else 16) - p) * RATE[c] >> 15)
        if c < 250:
            context[1] = c + 1

    def alone(self, name):
        context = self.contexts[name]
        bit = self.decode(context[0])
        self.learn(context, bit)
        return bit

    def mixed(self, names, weights):
        four = [self.contexts[name] for name in names]
        w = self.weights[weights]
        s = [STRETCH[context[0] >> 4] for context in four]
        d = sum(w[j] * s[j] >> 8 for j in range(4)) >> 8
        p = SQUASH[max(-2047, min(2047, d)) + 2047]
        bit = self.decode(p)
        e = 65536 * bit - p
        for j in range(4):
            w[j] = max(-262143, min(262143, w[j] + (s[j] * e >> 14)))
            self.learn(four[j], bit)
        return bit

    def tail_bits(self, b):
        value = 1
        for _ in range(b):
            value = 2 * value + self.even()
        return value

    def small(self, kind):
        for j in range(12):
            if not self.alone((kind, j)):
                return j
        b = 0
        while b < 30 and self.even():
            b += 1
        return self.tail_bits(b) + 11

    def number(self, kind, u, four, t):
        for j in range(u):
            if not self.mixed([(kind, name, j) for name in four], (kind, t, min(j, 3))):
                return j
        one, two = self.lengths[kind]
        b = 0
        while b < 30:
            names = [(kind, "length", 0, b), (kind, "length", 1, one, b), (kind, "length", 2, two, b), (kind, "length", 3, t, b)]
            if not self.mixed(names, (kind, "length")):
                break
            b += 1
        self.lengths[kind] = (b, one)
        return self.tail_bits(b) + u - 1


def bucket(n):
    if n < 2:
        return n
    b = n.bit_length() - 1
    return min(23, 2 * b + (n >> (b - 1) & 1))


class Block:
    form = fineness = 0
    coefficients, corrections, exceptions = (), (), ()


class Blocks:
    """What the stream says of one block after the other."""

    def __init__(self, k, bits):
        self.k, self.bits = k, bits
        degrees = [(z, y, x) for z in range(k) for y in range(k) for x in range(k)]
        self.scan = sorted(degrees, key=lambda d: (sum(d), max(d), d[1], d[2]))
        self.sums = [sum(d) for d in self.scan]
        self.neighbours = [self.neighbours_of(i) for i in range(k**3)]
        self.form = self.fineness = self.move = self.count = 0
        self.s1 = self.s2 = self.v1 = self.v2 = self.mu = 0
        self.mean, self.before, self.sign = [0] * k**3, [0] * k**3, [0] * k**3

    def neighbours_of(self, i):
        place = {d: j for j, d in enumerate(self.scan)}
        found = []
        for steps in ((-1, 0), (-2, 0), (-1, 1)):
            kind = []
            for axis in range(3):
                d = list(self.scan[i])
                d[axis] += steps[0]
                d[(axis + 1) % 3] += steps[1]
                j = place.get(tuple(d), 0)
                kind.append(j if j < i else 0)
            found.append(kind)
        return found

    def next(self):
        bits, block = self.bits, Block()
        block.form = self.form = bits.small(("form", self.form))
        if block.form != 0:
            return block
        m = bits.small(("move", min(self.move, 3)))
        down = m > 0 and bits.alone("move sign")
        self.move = m
        self.fineness += -m if down else m
        block.fineness = self.fineness
        block.coefficients = self.coefficients()
        places = self.places(("count", bucket(self.count)))
        self.count = len(places)
        block.corrections = []
        for place in places:
            amount = bits.small("amount") + 1
            block.corrections.append((place, -amount if bits.even() else amount))
        block.exceptions = self.places("exceptions")
        return block

    def places(self, kind):
        count = self.bits.small(kind)
        b = (self.k**3 // (count + 1) | 1).bit_length() - 1
        places, place = [], -1
        for _ in range(count):
            gap = self.bits.small("gap")
            for _ in range(b):
                gap = 2 * gap + self.bits.even()
            place += 1 + gap
            places.append(place)
        return places

    def shells(self):
        s = 0
        while s < 3 * self.k - 2:
            names = [("a", self.s1, self.s2, s), ("b", self.s1, s), ("c", self.s1 + self.s2 >> 1, s), ("d", s)]
            if not self.bits.mixed([("shell", *name) for name in names], "shell"):
                break
            s += 1
        self.s1, self.s2 = s, self.s1
        return s

    def first(self, s):
        four = [("a", bucket(self.mu >> 2)), ("b", bucket(self.v1)), ("c", bucket(self.v2)), ("d", s)]
        v = self.bits.number("first", 20, four, 0)
        capped = min(v, 4096)
        self.mu += 64 * capped - self.mu >> 2
        self.v1, self.v2 = capped, self.v1
        return -v if v and self.bits.even() else v

    def coefficients(self):
        bits, mean = self.bits, self.mean
        s = self.shells()
        c = [0] * self.k**3
        c[0] = self.first(s)
        magnitude = [0] * self.k**3
        total = expected = 0
        i = 1
        while i < self.k**3 and self.sums[i] < s:
            one, two, side = (sum(magnitude[j] for j in kind) for kind in self.neighbours[i])
            scaled = bucket(min(2**20, mean[i] * (total + 77) // (expected + 77)) >> 3)
            near = bucket(one + 2 * two + side)
            past = bucket(128 * self.before[i] + (mean[i] >> 1) >> 3)
            tail = min(s - self.sums[i], 3) - 1
            four = [("a", scaled, near, tail), ("b", past, min(two, 4), min(one, 4)), ("c", i, near), ("d", i, s)]
            v = bits.number("magnitude", 14, four, tail)
            magnitude[i] = min(v, 4096)
            if v:
                n = tuple((c[j] > 0) - (c[j] < 0) if j else 0 for j in self.neighbours[i][1])
                g, small = self.sign[i], min(v, 3)
                names = [("a", i, g), ("b", n, g, small), ("c", i, n), ("d", g, small)]
                c[i] = -v if bits.mixed([("sign", *name) for name in names], "sign") else v
            total += 256 * magnitude[i] - (total >> 3)
            expected += mean[i] - (expected >> 3)
            i += 1
        for j in range(1, self.k**3):
            mean[j] += 256 * magnitude[j] - mean[j] >> 5
            if magnitude[j]:
                self.sign[j] = -1 if c[j] < 0 else 1
            elif j >= i:
                self.sign[j] = 0
        self.before = magnitude
        return c
