"""Reads one record of an archive within a bound. docs/record.md says what is in it, and this follows that page. Needs NumPy."""

import math
import struct
import zlib

import numpy as np

from block_reader import COEFFICIENTS, RAW, BlockReader, scan_of

EIGHTHS = [
    1.0,
    0.9170040432046712,
    0.8408964152537145,
    0.7711054127039704,
    0.7071067811865476,
    0.6484197773255048,
    0.5946035575013605,
    0.5452538663326288,
]


def decode_record(record, k, count, dtype):
    """The blocks [count, k, k, k] of a record. Raises ValueError where it is none."""
    dtype = np.dtype(dtype).newbyteorder("<")
    step, bound, stream, exact = unpack(bytes(record), dtype)
    reader = BlockReader(stream, k)
    blocks = [reader.read() for _ in range(count)]
    return restore(blocks, step, bound, exact, k, dtype)


def unpack(record, dtype):
    if len(record) < 20:
        raise ValueError(f"record: {len(record)} bytes are too few")
    step, bound, length = struct.unpack_from("<ddI", record)
    if 20 + length > len(record):
        raise ValueError(f"record: ends at {len(record)}, the stream at {20 + length}")
    try:
        planes = zlib.decompress(record[20 + length :]) if len(record) > 20 + length else b""
    except zlib.error as error:
        raise ValueError(f"record: exact values: {error}") from error
    if len(planes) % dtype.itemsize:
        raise ValueError(f"record: {len(planes)} bytes of exact values")
    exact = np.frombuffer(planes, np.uint8).reshape(dtype.itemsize, -1).T.tobytes()
    return step, bound, record[20 : 20 + length], np.frombuffer(exact, dtype)


def restore(blocks, step, bound, exact, k, dtype):
    """[count, k, k, k] From what the stream says of the blocks."""
    values = np.zeros((len(blocks), k**3), dtype)
    exact = ExactValues(exact)
    place = [(z * k + y) * k + x for z, y, x in scan_of(k)]
    before, chosen, coefficients, bounds, exceptions = 0.0, [], [], [], []
    for i, (form, *content) in enumerate(blocks):
        if form == COEFFICIENTS:
            fineness, numbers, *_, places = content
            scale = EIGHTHS[fineness & 7] * math.ldexp(1.0, -(fineness >> 3))
            own = np.array(numbers, np.float64) * (step * scale)
            before = own[0] = first_coefficient(numbers[0], before, 4.0 * (step * scale))
            chosen.append(i)
            coefficients.append(own)
            bounds.append(bound * scale)
            exceptions.append((i, places, exact.take(len(places))))
        else:
            values[i] = exact.take(k**3 if form == RAW else 1)
            first = float(values[i, 0])
            before = first * math.sqrt(k**3) if math.isfinite(first) else 0.0
    exact.finish()
    if chosen:
        cubes = np.zeros((len(chosen), k**3))
        cubes[:, place] = coefficients
        with np.errstate(over="ignore", invalid="ignore"):
            decoded = inverse_transform(cubes.reshape(-1, k, k, k), k).reshape(-1, k**3)
            for row, i in enumerate(chosen):
                _, _, _, at, amounts, _ = blocks[i]
                decoded[row, at] += np.array(amounts, np.float64) * (2.0 * bounds[row])
            values[chosen] = decoded.astype(dtype)
    for i, places, kept in exceptions:
        values[i, places] = kept
    return values.reshape(-1, k, k, k)


def first_coefficient(number, before, step):
    if not step > 0:
        raise ValueError(f"record: a step of {step / 4}")
    steps = before / step + 0.5
    predicted = math.floor(steps) if abs(steps) < 2**53 else 0
    return float(predicted + number) * step


class ExactValues:
    def __init__(self, values):
        self.values, self.next = values, 0

    def take(self, count):
        taken = self.values[self.next : self.next + count]
        if len(taken) < count:
            raise ValueError(f"record: {len(self.values)} exact values, more are wanted")
        self.next += count
        return taken

    def finish(self):
        if self.next < len(self.values):
            raise ValueError(f"record: {len(self.values) - self.next} exact values too many")


def polynomials(k):
    """[degree][node] The orthonormal Gram polynomials."""
    rows = [[1] * k]
    for n in range(k - 1):
        older = rows[n - 1] if n else [0] * k
        rows.append(
            [
                ((2 * n + 1) * (2 * x - k + 1) * rows[n][x] - n * (k * k - n * n) * older[x]) // (n + 1)
                for x in range(k)
            ]
        )
    return [[t / math.sqrt(sum(s * s for s in row)) for t in row] for row in rows]


def inverse_transform(cubes, k):
    """[blocks, z, y, x] of coefficients → of values"""
    phi = polynomials(k)
    for axis in (3, 2, 1):
        degrees = np.moveaxis(cubes, axis, 0)
        nodes = np.empty_like(degrees)
        for x in range((k + 1) // 2):
            even, odd = (
                sum_in_order([degrees[n] * phi[n][x] if n < k else 0.0 for n in range(first, 8, 2)])
                for first in (0, 1)
            )
            nodes[k - 1 - x] = even - odd
            nodes[x] = even + odd
        cubes = np.moveaxis(nodes, 0, axis)
    return cubes


def sum_in_order(terms):
    first, second, third, fourth = terms
    return ((first + second) + third) + fourth
