import { existsSync } from 'node:fs';
import { closestMatch } from 'leven';
import type { Argv } from 'yargs';
import { detectLaunch } from '../dist/launcher.js';
import { exitCode, UsageError } from '../errors.js';
import { complain } from '../terminal.js';

/**
 * Ends the process for a wrong command line. Every rank has the same one: the first says what is wrong with it. A question ("which
 * command?") is followed by the help.
 */
export function rejectUsage(message: string, given: readonly string[], parser: Argv, program: Argv): never {
  if ((detectLaunch(process.env)?.rank ?? 0) === 0) {
    if (message.endsWith('?')) {
      complain(`${message}\n`);
      parser.showHelp();
    } else complain(...explain(message, given, knownBy(parser, program)));
  }
  process.exit(exitCode.usage);
}

/** yargs renders the help of each command that it has run, for who asks later: nobody does, and it takes longer than all its parsing. */
export function withoutHelpAfterwards(program: Argv): Argv {
  internalsOf(program).getUsageInstance().cacheHelpMessage = () => {};
  return program;
}

/** Not in its types. */
interface Internals {
  getContext(): { readonly commands: readonly string[]; readonly fullCommands: readonly string[] };
  getUsageInstance(): { cacheHelpMessage(): void };
}

function internalsOf(program: Argv): Internals {
  return (program as unknown as { getInternalMethods(): Internals }).getInternalMethods();
}

/** What is wrong with the words `given`, and what was perhaps meant. */
function explain(
  message: string,
  given: readonly string[],
  { path, positionals, commands, options, lists }: Known,
): [message: string, hint: string] {
  const help = `${['swae', ...path].join(' ')} --help tells more.`;
  const [, names] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  if (names === undefined && /^Not enough/.test(message))
    return [`${path.join(' ')} needs ${positionals}`, `${takenByList(given, lists)}${help}`];
  if (names === undefined) return [message, help];
  const [wrong] = names.split(', ');
  if (commands.length > 0 && given.includes(wrong))
    return [`unknown command: ${[...path, wrong].join(' ')}`, `${didYouMean(wrong, commands)}${help}`];
  const unknown = unknownWords(given, names.split(', '));
  return [`unknown argument: ${unknown.join(' ')}`, `${didYouMean(unknown[0], options)}${help}`];
}

/** The words for which yargs has these names: it names model-pth a second time as modelPth, and -abc by its letters. */
function unknownWords(given: readonly string[], names: readonly string[]): readonly string[] {
  const words = given.map((word) => word.replace(/=.*/s, ''));
  const letters = words.filter((word) => /^-[^-]./.test(word) && [...word].some((letter) => names.includes(letter)));
  if (letters.length > 0) return letters;
  const unknown = words.filter((word) => names.includes(word.replace(/^--?(no-)?/, '')));
  return unknown.length > 0 ? unknown : names;
}

/** A list goes on to the next option: a file behind it is one more of its words. */
function takenByList(given: readonly string[], lists: readonly string[]): string {
  let list: string | undefined;
  for (const word of given) {
    if (word.startsWith('-')) list = lists.find((name) => word === `--${name}`);
    else if (list !== undefined && existsSync(word))
      return `${word} was taken for one more of --${list}: write it before that. `;
  }
  return '';
}

function didYouMean(word: string, candidates: readonly string[]): string {
  // Up to a third of it may be mistyped.
  const meant = closestMatch(word, candidates, { maxDistance: Math.ceil(word.replace(/^--?/, '').length / 3) });
  return meant === undefined ? '' : `Did you mean ${meant}? `;
}

interface Known {
  /** The words of the command so far. */
  readonly path: readonly string[];
  /** Those that the last of them needs. */
  readonly positionals: string;
  /** That may follow. */
  readonly commands: readonly string[];
  readonly options: readonly string[];
  /** Names of those that take several words. */
  readonly lists: readonly string[];
}

function knownBy(parser: Argv, program: Argv): Known {
  // Not what its type says: the part of the parser that knows the help.
  const help = parser as unknown as {
    getDescriptions(): Readonly<Record<string, unknown>>;
    getCommands(): readonly (readonly [usage: string])[];
  };
  const { array: lists } = (program as unknown as { getOptions(): { readonly array: readonly string[] } }).getOptions();
  const { commands: path, fullCommands } = internalsOf(program).getContext();
  return {
    path,
    positionals:
      fullCommands
        .at(-1)
        ?.match(/<[^>]*>/g)
        ?.join(' ') ?? '',
    commands: help.getCommands().map(([usage]) => usage.split(' ')[0]),
    options: Object.keys(help.getDescriptions()).map((name) => `--${name}`),
    lists,
  };
}

/** For yargs' `check`: throws UsageError where an option that takes one value is given twice, for yargs gives a list then. */
export function requireOnce(parsed: Readonly<Record<string, unknown>>, parser: object): void {
  // Its type declares something else than yargs passes: what is known of the options.
  const { array } = parser as { array: readonly string[] };
  const inCamelCase = array.map((name) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
  const lists = new Set([...array, ...inCamelCase]);
  for (const [name, value] of Object.entries(parsed))
    if (Array.isArray(value) && name !== '_' && !lists.has(name))
      throw new UsageError(`--${name} is given ${value.length} times: ${value.join(', ')}`);
}
