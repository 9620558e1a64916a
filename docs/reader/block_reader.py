"""What a record's stream says of each block: the section *The stream* of docs/record.md."""

from bit_reader import BitReader, NumberReader, Rows, Weights, bucket

COEFFICIENTS, CONSTANT, RAW = range(3)
CAP = 4096


def scan_of(k):
    """Degrees (z, y, x) of all coefficients in the order of the stream."""
    every = [(z, y, x) for z in range(k) for y in range(k) for x in range(k)]
    return sorted(every, key=lambda d: (sum(d), max(d), d[1], d[2]))


def neighbours(scan, shift):
    """[coefficient][axis] Place in the scan of the neighbour whose degrees on (this axis, the next) differ by `shift`; 0: none."""
    place = {degrees: i for i, degrees in enumerate(scan)}
    found = []
    for i, degrees in enumerate(scan):
        three = []
        for axis in range(3):
            other = list(degrees)
            other[axis] += shift[0]
            other[(axis + 1) % 3] += shift[1]
            at = place.get(tuple(other), 0)
            three.append(at if at < i else 0)
        found.append(three)
    return found


class CoefficientReader:
    def __init__(self, bits, k):
        self.bits, self.k = bits, k
        self.scan = scan_of(k)
        self.shell = [sum(degrees) for degrees in self.scan]
        self.lower = neighbours(self.scan, (-1, 0))
        self.lowest = neighbours(self.scan, (-2, 0))
        self.beside = neighbours(self.scan, (-1, 1))
        self.first = NumberReader(bits, 20)
        self.other = NumberReader(bits, 14)
        self.rows, self.weights = Rows(), Weights()
        self.shells1 = self.shells2 = 0
        self.first1 = self.first2 = self.first_mean = 0
        self.mean, self.before, self.sign = ([0] * k**3 for _ in range(3))

    def read(self):
        """All k³ numbers of a block in the order of the scan."""
        shells = self.read_shells()
        values = [0] * self.k**3
        values[0] = self.read_first(shells)
        sizes = self.read_others(values, shells)
        self.remember(values, sizes, shells)
        return values

    def read_shells(self):
        one, two = self.shells1, self.shells2
        names = (0, one, two), (1, one), (2, (one + two) // 2), (3,)
        rows = [self.rows["shells", name] for name in names]
        shells = 0
        while shells < 3 * self.k - 2 and self.bits.mixed(*(row[shells] for row in rows), self.weights["shells"]):
            shells += 1
        self.shells1, self.shells2 = shells, one
        return shells

    def read_first(self, shells):
        size = self.first.read(0, bucket(self.first_mean // 4), bucket(self.first1), bucket(self.first2), shells)
        capped = min(size, CAP)
        self.first_mean += (64 * capped - self.first_mean) // 4
        self.first1, self.first2 = capped, self.first1
        return -size if size and self.bits.even(1) else size

    def read_others(self, values, shells):
        """Fills `values` in; gives their capped magnitudes."""
        sizes = [0] * len(values)
        u = v = 0
        for i in range(1, len(values)):
            if self.shell[i] >= shells:
                break
            mean = self.mean[i]
            one, two, side = (sum(sizes[j] for j in near[i]) for near in (self.lower, self.lowest, self.beside))
            scaled = bucket(min(1 << 20, mean * (u + 77) // (v + 77)) // 8)
            near = bucket(one + 2 * two + side)
            past = bucket((128 * self.before[i] + mean // 2) // 8)
            tail = min(shells - self.shell[i], 3) - 1
            size = self.other.read(
                tail, (scaled, near, tail), (past, min(two, 4), min(one, 4)), (i, near), (i, shells)
            )
            if size:
                sizes[i] = min(size, CAP)
                values[i] = -size if self.read_sign(values, i, min(size, 3)) else size
            u += 256 * sizes[i] - u // 8
            v += mean - v // 8
        return sizes

    def read_sign(self, values, i, size):
        q = tuple(0 if j == 0 else (values[j] > 0) - (values[j] < 0) for j in self.lowest[i])
        past = self.sign[i]
        names = (0, i, past), (1, q, past, size), (2, i, q), (3, past, size)
        return self.bits.mixed(*(self.rows["sign", name][0] for name in names), self.weights["sign"])

    def remember(self, values, sizes, shells):
        for i in range(1, len(values)):
            self.mean[i] += (256 * sizes[i] - self.mean[i]) // 32
            if values[i]:
                self.sign[i] = 1 if values[i] > 0 else -1
            elif self.shell[i] >= shells:
                self.sign[i] = 0
        self.before = sizes


class BlockReader:
    def __init__(self, stream, k):
        self.bits = BitReader(stream)
        self.size = k**3
        self.coefficients = CoefficientReader(self.bits, k)
        self.rows = Rows()
        self.form = COEFFICIENTS
        self.fineness = self.change = self.corrected = 0

    def read(self):
        """(form,) or (form, fineness, coefficients, places and amounts of corrections, places of exceptions)"""
        self.form = self.plain("form", self.form)
        if self.form != COEFFICIENTS:
            return (self.form,)
        self.change, before = self.plain("move", min(self.change, 3)), self.change
        down = self.change and self.bits.alone(self.rows["sign of move"][0])
        self.fineness += -self.change if down else self.change
        if self.fineness < 0:
            raise ValueError("record: a step above that of the header")
        values = self.coefficients.read()
        at = self.places(self.plain("count", bucket(self.corrected)))
        self.corrected = len(at)
        amounts = [self.amount() for _ in at]
        exceptions = self.places(self.plain("exceptions"))
        return COEFFICIENTS, self.fineness, values, at, amounts, exceptions

    def plain(self, *name):
        row = self.rows[name]
        for j in range(12):
            if not self.bits.alone(row[j]):
                return j
        length = 0
        while length < 30 and self.bits.even(1):
            length += 1
        return 11 + (1 << length | self.bits.even(length))

    def amount(self):
        size = 1 + self.plain("amount")
        return -size if self.bits.even(1) else size

    def places(self, count):
        if count > self.size:
            raise ValueError("record: more places than values")
        low = max(1, self.size // (count + 1)).bit_length() - 1
        places, last = [], -1
        for _ in range(count):
            last += 1 + (self.plain("gap") << low | self.bits.even(low))
            places.append(last)
        if last >= self.size:
            raise ValueError("record: a place outside of the block")
        return places
