/**
 * The folder of a search, which any number of processes share: `search.json`, what is searched, and for each trial a folder of its own with
 * its training run, the attempts at it and `rung-N.json`, the result of a rung. Each file is made whole and once.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { createFileAtomic, nameFile } from '../../io/atomic-file.js';
import { makeFolder } from '../output-folder.js';
import type { Configuration } from './configuration.js';
import { climb } from './ladder.js';
import { type Result, scoreOf } from './result.js';

/** What is searched: all that its outcome depends on. */
export interface Definition {
  readonly format: 'swae-search';
  readonly formatVersion: 1;
  /** Options of the training that all trials share, as JSON has them. */
  readonly training: Readonly<Record<string, unknown>>;
  /** Epochs at the end of each rung. */
  readonly rungs: readonly number[];
  /** The best 1 / so many of a rung are promoted. */
  readonly reduction: number;
  readonly trials: readonly { readonly name: string; readonly configuration: Configuration }[];
}

/** A trial that is to train to the end of a rung. */
export interface Task {
  readonly trial: string;
  readonly rung: number;
}

export type State = 'finished' | 'stopped' | 'failed' | 'under way';

export interface Standing {
  readonly trial: string;
  readonly configuration: Configuration;
  readonly state: State;
  /** Of the highest rung that it has come to; undefined before the first. */
  readonly result: Result | undefined;
}

const definitionName = 'search.json';

export class SearchFolder {
  readonly path: string;
  readonly definition: Definition;
  /** Results do not change: each is read once. */
  readonly #results = new Map<string, Result>();

  private constructor(path: string, definition: Definition) {
    this.path = path;
    this.definition = definition;
  }

  /** Begins a search in a folder, or joins the one that is there. Throws InputError where that is another one. */
  static join(path: string, definition: Definition): SearchFolder {
    makeFolder(join(path, 'trials'));
    createFileAtomic(join(path, definitionName), [Buffer.from(`${JSON.stringify(definition, null, 1)}\n`)]);
    const folder = SearchFolder.open(path);
    expectSame(path, folder.definition, JSON.parse(JSON.stringify(definition)));
    for (const { name } of definition.trials) makeFolder(folder.folderOf(name));
    return folder;
  }

  /** Throws InputError where there is no search. */
  static open(path: string): SearchFolder {
    const file = join(path, definitionName);
    if (!existsSync(file)) throw new InputError(`folder "${path}": holds no search, there is no ${definitionName}`);
    const definition: Definition = parse(file);
    if (definition.format !== 'swae-search' || definition.formatVersion !== 1)
      throw new InputError(
        `search "${file}": expected format swae-search 1, got ${definition.format} ${definition.formatVersion}`,
      );
    return new SearchFolder(path, definition);
  }

  folderOf(trial: string): string {
    return join(this.path, 'trials', trial);
  }

  /** Looks whether there is one by now. */
  result({ trial, rung }: Task): Result | undefined {
    const path = this.#resultPath({ trial, rung });
    const known = this.#results.get(path);
    if (known || !existsSync(path)) return known;
    const result: Result = parse(path);
    this.#results.set(path, result);
    return result;
  }

  /** Where two processes have done the same task, after one was taken for dead, the first result counts. */
  record(result: Result): void {
    createFileAtomic(this.#resultPath(result), [Buffer.from(`${JSON.stringify(result, null, 1)}\n`)]);
  }

  /** What is known to be wanted and has no result, the highest rung first. */
  openTasks(): Task[] {
    const tasks = [...this.#members().values()].flatMap((members) =>
      members.flatMap((trials, rung) => trials.map((trial) => ({ trial, rung }))),
    );
    return tasks.filter((task) => !this.result(task)).sort((a, b) => b.rung - a.rung);
  }

  /** Of every trial, in order. */
  standings(): Standing[] {
    const groups = this.#members();
    return this.definition.trials.map(({ name: trial, configuration }) => {
      const members = groups.get(groupOf(configuration))!;
      const rung = members.findLastIndex((trials) => trials.includes(trial));
      const result = this.result({ trial, rung }) ?? (rung > 0 ? this.result({ trial, rung: rung - 1 }) : undefined);
      return { trial, configuration, state: this.#stateOf(result, rung, members), result };
    });
  }

  #stateOf(result: Result | undefined, rung: number, members: readonly (readonly string[])[]): State {
    if (result?.rung !== rung) return 'under way';
    if (result.failure !== undefined) return 'failed';
    if (rung + 1 === this.definition.rungs.length) return 'finished';
    // All who can join the rung have, and have come to its end.
    const isDecided = members
      .slice(0, rung + 1)
      .every((trials, below) => trials.every((other) => this.result({ trial: other, rung: below })));
    return isDecided ? 'stopped' : 'under way';
  }

  /** The rungs of each group. Only trials of the same ratio compete: fewer latents never have the smaller error. */
  #members(): Map<string, string[][]> {
    const { trials, rungs, reduction } = this.definition;
    const groups = new Map<string, string[]>();
    for (const { name, configuration } of trials) {
      const group = groupOf(configuration);
      groups.set(group, [...(groups.get(group) ?? []), name]);
    }
    const scoreAt = (trial: string, rung: number) => {
      const result = this.result({ trial, rung });
      return result && scoreOf(result);
    };
    return new Map([...groups].map(([group, names]) => [group, climb(names, rungs.length, reduction, scoreAt)]));
  }

  #resultPath({ trial, rung }: Task): string {
    return join(this.folderOf(trial), `rung-${rung}.json`);
  }
}

function groupOf({ blockSize, latentSize }: Configuration): string {
  return `${blockSize} ${latentSize}`;
}

/** What is no option's own name. */
const namesOf: Readonly<Record<string, string>> = {
  rungs: 'epochs by the end of each rung (--epochs, --first-epochs, --reduction)',
};

function expectSame(path: string, { training, ...there }: Definition, { training: wanted, ...rest }: Definition): void {
  const [before, now] = [
    { ...there, ...training },
    { ...rest, ...wanted },
  ].map((all) => all as Record<string, unknown>);
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [one, other] = [before[key], now[key]].map((value) => JSON.stringify(value));
    if (one === other) continue;
    const values = key === 'trials' ? '' : `: ${namesOf[key] ?? key}: was ${one}, is now ${other}`;
    throw new InputError(`folder "${path}" holds another search${values || ', of other trials'}`, {
      hint: 'Go on with the options of its first start, or choose another --output-dir; consolidate and analyse take several.',
    });
  }
}

function parse<T>(path: string): T {
  const text = nameFile(path, () => readFileSync(path, 'utf8'));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`file "${path}": should be JSON`, { cause });
  }
}
