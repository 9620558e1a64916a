/** Numbers as they are typed: yargs gives NaN for what is none, and takes an option without its value for one that is not given. */
import { UsageError } from '../errors.js';

/** yargs would read -1e-3 as options named 1 and e: a negative number becomes one word with the option before it. */
export function joinNegative(typed: readonly string[]): string[] {
  const words: string[] = [];
  for (const word of typed) {
    const isValue = word.startsWith('-') && isNumber(word) && /^--[^=]+$/.test(words.at(-1) ?? '');
    if (isValue) words.push(`${words.pop()}=${word}`);
    else words.push(word);
  }
  return words;
}

/** Throws UsageError with the words that were typed where an option has no number that takes one, or some. */
export function requireNumbers(typed: readonly string[], parser: object): void {
  // What yargs passes to `check`: names of options, in groups.
  const { number: numbers, array: lists } = parser as { number: readonly string[]; array: readonly string[] };
  const end = typed.indexOf('--');
  const words = end < 0 ? typed : typed.slice(0, end);
  for (const [index, word] of words.entries()) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || !numbers.includes(kebab(name))) continue;
    const values = valuesOf(value, words.slice(index + 1), lists.includes(kebab(name)));
    if (values.length === 0 || values.includes('')) throw new UsageError(`--${name} needs a value`);
    const wrong = values.find((text) => !isNumber(text));
    if (wrong !== undefined) throw new UsageError(`--${name} must be a number, got "${wrong}"`);
  }
}

function valuesOf(joined: string | undefined, following: readonly string[], isList: boolean): readonly string[] {
  if (joined !== undefined) return [joined];
  const next = following.findIndex((word) => word.startsWith('-'));
  const own = next < 0 ? following : following.slice(0, next);
  return isList ? own : own.slice(0, 1);
}

const isNumber = (text: string): boolean => text.trim() !== '' && !Number.isNaN(Number(text));

/** yargs takes errorBound for error-bound. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
