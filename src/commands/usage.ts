import { closestMatch } from 'leven';
import type { Argv } from 'yargs';
import { detectLaunch } from '../dist/launcher.js';
import { exitCode, UsageError } from '../errors.js';
import { complain } from '../terminal.js';

/**
 * Ends the process for a wrong command line. Every rank has the same one: the first says what is wrong with it. A question ("which
 * command?") is followed by the help.
 */
export function rejectUsage(message: string, parser: Argv, commands: readonly string[]): never {
  if ((detectLaunch(process.env)?.rank ?? 0) === 0) {
    const given = process.argv.slice(2);
    if (message.endsWith('?')) {
      complain(`${message}\n`);
      parser.showHelp();
    } else complain(...explain(message, given, optionsOf(parser), commands));
  }
  process.exit(exitCode.usage);
}

/** What is wrong with the words `given`, and what was perhaps meant. */
function explain(
  message: string,
  given: readonly string[],
  options: readonly string[],
  commands: readonly string[],
): [message: string, hint: string] {
  const command = given.find((word) => commands.includes(word));
  const help = `swae ${command === undefined ? '' : `${command} `}--help tells more.`;
  const [, names] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  if (names === undefined) return [message, help];
  if (command === undefined) return [`unknown command: ${given[0]}`, `${didYouMean(given[0], commands)}${help}`];
  // yargs names model-pth a second time as modelPth.
  const words = given.map((word) => word.replace(/=.*/s, ''));
  const unknown = words.filter((word) => names.split(', ').includes(word.replace(/^--?(no-)?/, '')));
  return [`unknown argument: ${unknown.join(' ')}`, `${didYouMean(unknown[0], options)}${help}`];
}

function didYouMean(word: string, candidates: readonly string[]): string {
  // Up to a third of it may be mistyped.
  const meant = closestMatch(word, candidates, { maxDistance: Math.ceil(word.replace(/^--/, '').length / 3) });
  return meant === undefined ? '' : `Did you mean ${meant}? `;
}

function optionsOf(parser: Argv): string[] {
  // Not what its type says: the part of the parser that knows the help.
  const { getDescriptions } = parser as unknown as { getDescriptions(): Readonly<Record<string, unknown>> };
  return Object.keys(getDescriptions()).map((name) => `--${name}`);
}

/** For yargs' `check`: throws UsageError where an option that takes one value is given twice, for yargs gives a list then. */
export function requireOnce(parsed: Readonly<Record<string, unknown>>, parser: object): true {
  // Its type declares something else than yargs passes: what is known of the options.
  const { array } = parser as { array: readonly string[] };
  const inCamelCase = array.map((name) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
  const lists = new Set([...array, ...inCamelCase]);
  for (const [name, value] of Object.entries(parsed))
    if (Array.isArray(value) && name !== '_' && !lists.has(name))
      throw new UsageError(`--${name} is given ${value.length} times: ${value.join(', ')}`);
  return true;
}
