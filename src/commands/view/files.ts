/** What the page of an archive is made of. */
import { basename } from 'node:path';
import { InputError } from '../../errors.js';
import { beside, type Manifest, partNamesOf } from '../../io/archive/format.js';
import { findInputs } from '../../io/inputs.js';
import type { Served, ServedFile } from '../../page/messages.js';
import { pageFile } from '../page-file.js';
import { type Content, fileContent, textContent } from './content.js';

/** Of the bundle, by their names in it. */
const types = {
  'view.html': 'text/html; charset=utf-8',
  'view.css': 'text/css; charset=utf-8',
  'view.js': 'text/javascript; charset=utf-8',
  'decode-worker.js': 'text/javascript; charset=utf-8',
  'ort-wasm-simd-threaded.wasm': 'application/wasm',
};
const pageName = 'view.html';
const hdf5 = 'application/x-hdf5';

export interface PageFiles {
  /** By their names on the server; the page is ''. */
  readonly files: ReadonlyMap<string, Content>;
  /** For the user: which originals are not shown. */
  readonly notes: readonly string[];
}

/** `source`: the folder or file that was compressed. Throws InputError where it has none of the archive's files. */
export function filesOfPage(archive: string, manifest: Manifest, source: string | undefined): PageFiles {
  const files = new Map<string, Content>();
  for (const [name, type] of Object.entries(types))
    files.set(name === pageName ? '' : name, fileContent(pageFile(name), type));
  const add = (name: string, path: string, url: string): ServedFile => {
    const content = fileContent(path, hdf5);
    files.set(url, content);
    return { name, url, bytes: content.bytes };
  };
  const { paths, notes } = source === undefined ? { paths: [], notes: [] } : matchSources(manifest, source);
  const served: Served = {
    archive: add(basename(archive), archive, 'archive.h5'),
    parts: partNamesOf(manifest).map((part, index) => add(part, beside(archive, part), `part-${index}.h5`)),
    sources: paths.map(([name, path], index) => add(name, path, `source-${index}.h5`)),
  };
  files.set('files.json', textContent(JSON.stringify(served), 'application/json'));
  return { files, notes };
}

/** Names in the manifest and where they are; a file that is not as it was then would show errors that are none. */
function matchSources({ files }: Manifest, source: string): { paths: [name: string, path: string][]; notes: string[] } {
  const inputs = new Map(findInputs([source]).map((input) => [input.name, input]));
  const paths: [string, string][] = [];
  const notes: string[] = [];
  for (const { path: name, bytes, failed } of files) {
    const input = inputs.get(name);
    if (failed !== undefined) continue;
    if (!input) notes.push(`${name}: not in ${source}, shown without original`);
    else if (input.bytes !== bytes)
      notes.push(
        `${name}: expected ${bytes} bytes as when it was compressed, got ${input.bytes}: shown without original`,
      );
    else paths.push([name, input.path]);
  }
  if (paths.length === 0)
    throw new InputError(`source "${source}": has none of the files that were compressed, as they were then`, {
      hint: `They are ${files.map(({ path }) => path).join(' ')}`,
    });
  return { paths, notes };
}
