import { UsageError } from '../../errors.js';

/** Whether a number is in a list of numbers and ranges, "0-9,20". Without one, every number is. Throws UsageError for other texts. */
export function parseSelection(option: string, text: string | undefined): (number: number) => boolean {
  if (text === undefined) return () => true;
  const ranges = text.split(',').map((part) => {
    const [, first, last = first] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part) ?? [];
    if (first === undefined || Number(last) < Number(first))
      throw new UsageError(`--${option} must be numbers and ranges like 0-9,20, got "${text}"`);
    return [Number(first), Number(last)];
  });
  return (number) => ranges.some(([first, last]) => number >= first && number <= last);
}
