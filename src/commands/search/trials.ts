import { ownWidths } from './configuration.js';
import { SearchFolder, type Standing } from './search-folder.js';

/** A trial, and the folder of its search. */
export interface Trial extends Standing {
  readonly search: string;
}

/** In the order of the folders, then of their trials. Throws InputError where a folder holds no search. */
export function readTrials(folders: readonly string[]): Trial[] {
  return folders.flatMap((path) =>
    SearchFolder.open(path)
      .standings()
      .map((standing) => ({ search: path, ...standing })),
  );
}

type Row = Readonly<Record<string, string | number | null | undefined>>;

/** Flat, for tables that programs read. */
export function rowOf({ search, trial, configuration, state, result }: Trial): Row {
  const { widths, ...rest } = configuration;
  const { validation, test, speed, machine, ...figures } = result?.measured ?? {};
  return {
    search,
    trial,
    state,
    rung: result?.rung,
    failure: result?.failure,
    ...rest,
    widths: widths ?? ownWidths,
    ...figures,
    ...prefixed('validation', validation),
    ...prefixed('test', test),
    ...speed,
    ...machine,
  };
}

/** psnr → validationPsnr */
function prefixed(prefix: string, figures: object | undefined): Row {
  const entries: [string, string | number | null][] = Object.entries(figures ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [prefix + name[0].toUpperCase() + name.slice(1), value]));
}
