import { InputError } from '../errors.js';
import { type DatasetInfo, openSource, type Source } from '../io/hdf5/source.js';
import { findInputs, type Input } from '../io/inputs.js';

/** A dataset that is compressed and trained on: its last three axes are space. */
export interface Variable {
  /** Inside its file, from the root: "/U_CHI". */
  readonly path: string;
  readonly dtype: 'float32' | 'float64';
  readonly shape: readonly number[];
  readonly chunks: readonly number[] | undefined;
}

export interface SelectedFile extends Input {
  readonly variables: readonly Variable[];
}

/**
 * The variables of the HDF5 files that `inputs` (files, or folders of them) name. `patterns` are names or globs; without
 * them, every float dataset of rank 3 or more is taken. Throws InputError where a pattern matches nothing, or names a
 * dataset that is no variable; a file that cannot be read goes to `onBroken`, which throws by default. `onOpen` may look at each file that can.
 */
export function selectVariables(
  inputs: readonly string[],
  patterns: readonly string[] | undefined,
  onBroken: (input: Input, error: InputError) => void = (_, error) => {
    throw error;
  },
  onOpen: (source: Source) => void = () => {},
): SelectedFile[] {
  const files: SelectedFile[] = [];
  const broken: InputError[] = [];
  const unmatched = new Set(patterns);
  const seen = new Set<string>();
  for (const input of findInputs(inputs)) {
    const datasets = listDatasets(input, onOpen, (error) => {
      broken.push(error);
      onBroken(input, error);
    });
    if (!datasets) continue;
    for (const { path: name } of datasets) seen.add(name);
    files.push({ ...input, variables: chooseVariables(input.path, datasets, patterns, unmatched) });
  }
  if (unmatched.size > 0) {
    const separate = [...unmatched].some((name) => name.includes(','))
      ? 'Names are separated by blanks, not by commas. '
      : '';
    throw new InputError(`--variables ${[...unmatched].join(' ')}: matches nothing`, {
      hint: `${separate}There is ${[...seen].join(' ')}`,
    });
  }
  if (files.length === 0) throw broken[0];
  if (files.every(({ variables }) => variables.length === 0))
    throw new InputError(`no variable in ${inputs.join(' ')}: expected float32 or float64 datasets of rank 3 or more`);
  return files;
}

function listDatasets(
  input: Input,
  onOpen: (source: Source) => void,
  onBroken: (error: InputError) => void,
): DatasetInfo[] | undefined {
  try {
    const source = openSource(input.path);
    try {
      const datasets = source.datasets();
      onOpen(source);
      return datasets;
    } finally {
      source.close();
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    onBroken(error);
    return undefined;
  }
}

/** Takes the patterns that match out of `unmatched`. */
export function chooseVariables(
  file: string,
  datasets: readonly DatasetInfo[],
  patterns: readonly string[] | undefined,
  unmatched: Set<string>,
): Variable[] {
  return datasets.flatMap((dataset): Variable[] => {
    const matching = patterns?.filter((pattern) => matches(dataset.path, pattern));
    const variable = asVariable(dataset);
    if (!matching) return variable ? [variable] : [];
    for (const pattern of matching) {
      if (variable) unmatched.delete(pattern);
      else if (!isGlob(pattern)) throw notVariable(file, dataset);
    }
    return variable && matching.length > 0 ? [variable] : [];
  });
}

function asVariable({ path, dtype, shape, chunks }: DatasetInfo): Variable | undefined {
  if ((dtype !== 'float32' && dtype !== 'float64') || shape.length < 3) return undefined;
  return { path, dtype, shape, chunks: chunks ?? undefined };
}

function notVariable(file: string, { path, dtype, typeName, shape }: DatasetInfo): InputError {
  const name = `hdf5 "${file}:${path}"`;
  if (dtype !== 'float32' && dtype !== 'float64')
    return new InputError(`${name}: expected float32 or float64, got ${typeName}`);
  return new InputError(`${name}: expected rank 3 or more, got ${shape.length}`);
}

const isGlob = (pattern: string) => /[*?]/.test(pattern);

/** `*` and `?` as in a shell; the case does not matter; a pattern without "/" is matched with the last name of the path. */
function matches(path: string, pattern: string): boolean {
  const subject = pattern.includes('/') ? path.replace(/^\//, '') : path.slice(path.lastIndexOf('/') + 1);
  const escaped = pattern.replace(/^\//, '').replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i').test(subject);
}
