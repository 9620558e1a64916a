import { UsageError } from '../../errors.js';

const powers: Readonly<Record<string, number>> = { '': 0, k: 3, M: 6, G: 9, T: 12, P: 15 };

/** "1PB", "250 GB", "1e15" in bytes. Throws UsageError where it is none. */
export function parseBytes(option: string, text: string): number {
  const [, amount, prefix = ''] = /^([\d.]+(?:e\d+)?) ?(?:([kMGTP]?)B)?$/.exec(text) ?? [];
  const bytes = Number(amount) * 10 ** powers[prefix];
  if (!Number.isFinite(bytes) || bytes <= 0)
    throw new UsageError(`--${option} "${text}": expected bytes above 0, e.g. 1PB, 250GB or 1e15`);
  return bytes;
}

/** "100,2" as two numbers above 0. Throws UsageError where it is not that. */
export function parsePair(option: string, text: string): [number, number] {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 2 || !numbers.every((value) => Number.isFinite(value) && value > 0))
    throw new UsageError(`--${option} "${text}": expected two numbers above 0, e.g. 100,2`);
  return [numbers[0], numbers[1]];
}
