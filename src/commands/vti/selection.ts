import { UsageError } from '../../errors.js';

/** Numbers that a user has chosen. */
export interface Selection {
  has(number: number): boolean;
  /** The largest that is asked for by its number. */
  readonly largest: number | undefined;
}

/** Of a list of numbers and ranges, "0-9,20"; without one, every number. Throws UsageError for other texts. */
export function parseSelection(option: string, text: string | undefined): Selection {
  if (text === undefined) return { has: () => true, largest: undefined };
  const ranges = text.split(',').map((part) => {
    const [, first, last = first] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part) ?? [];
    if (first === undefined || Number(last) < Number(first))
      throw new UsageError(`--${option} must be numbers and ranges like 0-9,20, got "${text}"`);
    return [Number(first), Number(last)];
  });
  return {
    has: (number) => ranges.some(([first, last]) => number >= first && number <= last),
    largest: Math.max(...ranges.map(([, last]) => last)),
  };
}
