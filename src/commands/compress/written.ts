import { deserialize, serialize } from 'node:v8';
import type { Communicator } from '../../dist/communicator.js';
import type { Manifest } from '../../io/archive/format.js';
import { joinSurveyed, type Surveyed } from '../survey/survey-table.js';
import type { VariableOutcome } from './output.js';

/** What became of the files that a writer has written, or all of them; plain data. */
export interface Written {
  readonly manifest: Manifest;
  readonly outcomes: readonly VariableOutcome[];
  /** Messages about files and objects that were left out. */
  readonly complaints: readonly string[];
  /** Objects that were copied in another type: what of them, and the files where it was so. */
  readonly changed: ReadonlyMap<string, readonly string[]>;
  /** Bytes of the datasets that were copied as they are. */
  readonly copiedBytes: number;
  /** What the report shows, of the files that are not left out. */
  readonly surveys: Surveyed;
}

/** Rank 0 gets what each writer gives, in the order of ranks. A collective call. */
export function gatherWritten(communicator: Communicator, own: Written | undefined): Written[] | undefined {
  // JSON has neither infinities nor maps.
  const bytes = own ? serialize(own) : new Uint8Array();
  const all = communicator.gather(bytes, 0)?.filter(({ length }) => length > 0);
  return all?.map((part) => deserialize(part));
}

/** All writers together; `manifest` is that of the index. */
export function joinWritten(parts: readonly Written[], manifest: Manifest): Written {
  const changed = new Map<string, readonly string[]>();
  for (const [what, files] of parts.flatMap((part) => [...part.changed]))
    changed.set(what, [...(changed.get(what) ?? []), ...files]);
  return {
    manifest,
    outcomes: parts.flatMap(({ outcomes }) => outcomes),
    complaints: parts.flatMap(({ complaints }) => complaints),
    changed,
    copiedBytes: parts.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0),
    surveys: joinSurveyed(parts.map(({ surveys }) => surveys)),
  };
}
