/** The polynomial of CRC-32, bits reversed: the highest bit is x⁰. */
const polynomial = 0xedb88320;
/** x^(2^n) modulo the polynomial, n = 0 … 31; the powers recur after that. */
const powers = powersOfX();

/** CRC-32 of two texts one after the other from those of each, the second of `length` bytes (M. Adler, crc32_combine of zlib 1.2.12). */
export function joinCrc32(first: number, second: number, length: number): number {
  let shift = 1 << 31;
  // Eight bits a byte: from x^(2^3) on.
  for (let rest = length, n = 3; rest > 0; rest = Math.floor(rest / 2), n++)
    if (rest % 2 === 1) shift = multiply(powers[n % 32], shift);
  return (multiply(shift, first) ^ second) >>> 0;
}

/** a · b modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= b;
    b = b & 1 ? (b >>> 1) ^ polynomial : b >>> 1;
  }
  return product;
}

function powersOfX(): number[] {
  const squares = [1 << 30];
  while (squares.length < 32) squares.push(multiply(squares.at(-1)!, squares.at(-1)!));
  return squares;
}
