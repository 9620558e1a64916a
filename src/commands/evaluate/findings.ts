import { emptySums, type Sums, sumKeys } from './sums.js';

/** Sums of what has one refinement level. */
export interface Finding {
  /** What was measured: values in one of two scales, or a constraint. */
  readonly quantity: string;
  /** Undefined where it is not known. */
  readonly level: number | undefined;
  readonly sums: Sums;
}

/** Findings, one for each quantity and level. */
export class FindingTable {
  readonly #findings = new Map<string, Finding>();

  sums(quantity: string, level: number | undefined): Sums {
    const key = `${level} ${quantity}`;
    if (!this.#findings.has(key)) this.#findings.set(key, { quantity, level, sums: emptySums() });
    return this.#findings.get(key)!.sums;
  }

  all(): Finding[] {
    return [...this.#findings.values()];
  }
}

interface Header {
  readonly failure?: string;
  readonly findings?: readonly (readonly [quantity: string, level: number | null])[];
}

/**
 * What a rank has found in a unit, or why it could not be read, as bytes: length of the header (float64), header (JSON), sums (float64, so that
 * no digit is lost and NaN remains).
 */
export function packFindings(found: readonly Finding[] | string): Uint8Array {
  const header: Header =
    typeof found === 'string'
      ? { failure: found }
      : { findings: found.map(({ quantity, level }) => [quantity, level ?? null]) };
  const text = Buffer.from(JSON.stringify(header));
  const sums = typeof found === 'string' ? [] : found.flatMap(({ sums: values }) => sumKeys.map((key) => values[key]));
  return Buffer.concat([bytesOf([text.length]), text, bytesOf(sums)]);
}

/** The inverse of `packFindings`. */
export function unpackFindings(bytes: Uint8Array): Finding[] | string {
  // A Buffer's own `slice` would not copy, and arrays of float64 begin at multiples of 8.
  const own = Uint8Array.from(bytes);
  const [headerLength] = new Float64Array(own.slice(0, 8).buffer);
  const header: Header = JSON.parse(Buffer.from(own.slice(8, 8 + headerLength)).toString());
  if (header.failure !== undefined) return header.failure;
  const numbers = new Float64Array(own.slice(8 + headerLength).buffer);
  return header.findings!.map(([quantity, level], index) => ({
    quantity,
    level: level ?? undefined,
    sums: Object.assign(
      emptySums(),
      Object.fromEntries(sumKeys.map((key, i) => [key, numbers[index * sumKeys.length + i]])),
    ),
  }));
}

function bytesOf(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}
