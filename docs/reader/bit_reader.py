"""Bits and numbers of a record's stream: the sections *Bits* and *Numbers* of docs/record.md."""

import math

EXTREME = 2047
SQUASH = [math.floor(65536 / (1 + math.exp(-d / 256)) + 0.5) for d in range(-EXTREME, EXTREME + 1)]
STRETCH = [
    min(max(math.floor(256 * math.log((i + 0.5) / (4095.5 - i)) + 0.5), -EXTREME), EXTREME) for i in range(4096)
]
RATE = [65536 // (2 * n + 3) for n in range(251)]
HEAVIEST = 262143


class BitReader:
    """Bits of the stream. A context is a list [probability, count], a set of weights a list of four."""

    def __init__(self, stream):
        # A valid stream is never read further than some bytes after its end.
        self.bytes = iter(stream)
        self.range = 0xFFFFFFFF
        self.offset = int.from_bytes(bytes(next(self.bytes, 0) for _ in range(4)), "big")
        if self.offset >= self.range:
            raise ValueError("record: the stream is none")

    def bit(self, probability):
        split = self.range * probability >> 16
        bit = self.offset < split
        if bit:
            self.range = split
        else:
            self.range -= split
            self.offset -= split
        while self.range < 1 << 24:
            self.range <<= 8
            self.offset = self.offset << 8 | next(self.bytes, 0)
        return bit

    def even(self, bits):
        """So many even bits as a number."""
        number = 0
        for _ in range(bits):
            number = 2 * number + self.bit(32768)
        return number

    def alone(self, context):
        bit = self.bit(context[0])
        see(bit, context)
        return bit

    def mixed(self, a, b, c, d, weights):
        w, x, y, z = weights
        s, t, u, v = STRETCH[a[0] >> 4], STRETCH[b[0] >> 4], STRETCH[c[0] >> 4], STRETCH[d[0] >> 4]
        dot = ((w * s >> 8) + (x * t >> 8) + (y * u >> 8) + (z * v >> 8)) >> 8
        probability = SQUASH[min(max(dot, -EXTREME), EXTREME) + EXTREME]
        bit = self.bit(probability)
        error = (65536 if bit else 0) - probability
        weights[0] = w + (s * error >> 14)
        weights[1] = x + (t * error >> 14)
        weights[2] = y + (u * error >> 14)
        weights[3] = z + (v * error >> 14)
        if max(weights) > HEAVIEST or min(weights) < -HEAVIEST:
            weights[:] = [min(max(weight, -HEAVIEST), HEAVIEST) for weight in weights]
        see(bit, a, b, c, d)
        return bit


def see(bit, *contexts):
    goal = 65519 if bit else 16
    for context in contexts:
        p, n = context
        context[0] = p + ((goal - p) * RATE[n] >> 15)
        if n < 250:
            context[1] = n + 1


class Rows(dict):
    """Contexts that share all of their name but the last part, by the rest: made when they are asked for."""

    def __missing__(self, name):
        row = self[name] = [[32768, 0] for _ in range(32)]
        return row


class Weights(dict):
    def __missing__(self, name):
        weights = self[name] = [26214] * 4
        return weights


class NumberReader:
    """Mixed numbers of one kind."""

    def __init__(self, bits, limit):
        self.bits, self.limit = bits, limit
        self.rows, self.weights = Rows(), Weights()
        self.length1 = self.length2 = 0

    def read(self, choice, *names):
        """`choice`: the set."""
        mixed = self.bits.mixed
        a, b, c, d = (self.rows[i, name] for i, name in enumerate(names))
        for j in range(self.limit):
            if not mixed(a[j], b[j], c[j], d[j], self.weights[choice, j if j < 3 else 3]):
                return j
        names = (0,), (1, self.length1), (2, self.length2), (3, choice)
        a, b, c, d = (self.rows["length", name] for name in names)
        length = 0
        while length < 30 and mixed(a[length], b[length], c[length], d[length], self.weights["length"]):
            length += 1
        self.length1, self.length2 = length, self.length1
        return self.limit - 1 + (1 << length | self.bits.even(length))


def bucket(n):
    if n < 2:
        return n
    half = n.bit_length() - 1
    return min(23, 2 * half + (n >> (half - 1) & 1))
