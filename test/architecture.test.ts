import { fileURLToPath } from 'node:url';
import test from 'ava';
import { violations } from './architecture-rules.js';
import { loadedWith, readSources } from './source-tree.js';

const root = fileURLToPath(new URL('../../src', import.meta.url));

test('src keeps its rules', (t) => {
  const files = readSources(root);
  t.true(files.length > 20);
  t.deepEqual(violations(files), []);
});

test('what draws is loaded when something is drawn: neither at the start nor by every rank', (t) => {
  const files = readSources(root);
  const loaded = [...loadedWith('cli.ts', files), ...loadedWith('commands/compress/compress.ts', files)];
  t.true(loaded.includes('commands/compress/worker.ts'));
  t.deepEqual(
    loaded.filter((path) => path.startsWith('plots/')),
    [],
  );
  t.true(loadedWith('commands/compress/run-report.ts', files).has('plots/draw.ts'));
});

const broken: [path: string, text: string, message: string][] = [
  ['io/a.ts', "import { x } from '../models/b.js';", 'io/a.ts: io must not import models/b.ts'],
  ['io/a.ts', "import type { X } from '../dist/b.js';", 'io/a.ts: io must not import dist/b.ts'],
  ['models/a.ts', "import {\n  x,\n  y,\n} from '../io/b.js';", 'models/a.ts: models must not import io/b.ts'],
  ['models/a.ts', "import { x } from '../engines/onnx/b.js';", 'models/a.ts: models must not import engines/onnx/b.ts'],
  ['dist/a.ts', "export * from '../models/b.js';", 'dist/a.ts: dist must not import models/b.ts'],
  ['onnx/a.ts', "import { InputError } from '../errors.js';", 'onnx/a.ts: onnx must not import errors.ts'],
  ['engines/onnx/a.ts', "await import('../../io/b.js');", 'engines/onnx/a.ts: engines must not import io/b.ts'],
  ['ffi/a.ts', "import '../dist/b.js';", 'ffi/a.ts: ffi must not import dist/b.ts'],
  ['commands/a.ts', "import { x } from '../ffi/b.js';", 'commands/a.ts: commands must not import ffi/b.ts'],
  ['commands/a.ts', "import { x } from '../cli.js';", 'commands/a.ts: commands must not import cli.ts'],
  ['cli.ts', "import { x } from './io/b.js';", 'cli.ts: src must not import io/b.ts'],
  ['io/a.ts', "import { x } from '../../test/b.js';", 'io/a.ts: imports ../test/b.ts outside of src'],
  ['dist/a.ts', "import { load } from 'ffi-rs';", 'dist/a.ts: must not import ffi-rs'],
  ['io/a.ts', "import { File } from 'h5wasm/node';", 'io/a.ts: must not import h5wasm'],
  ['models/a.ts', "import * as ort from 'onnxruntime-node';", 'models/a.ts: must not import onnxruntime-node'],
  ['io/a.ts', "const x = require('left-pad');", 'io/a.ts: imports "left-pad", which no rule names'],
  ['extra/a.ts', '', 'extra/a.ts: "extra" is no room'],
  ['dist/a.ts', 'abort(MPI_COMM_WORLD);', 'dist/a.ts: names MPI_COMM_WORLD'],
  ['io/a.ts', "process.stderr.write('!');", 'io/a.ts: prints past terminal.ts'],
  ['io/util.ts', '', 'io/util.ts: is named util'],
  ['io/utils/a.ts', '', 'io/utils/a.ts: is named util'],
  ['io/file-utils.ts', '', 'io/file-utils.ts: is named util'],
  ['io/fileNames.ts', '', 'io/fileNames.ts: is no kebab-case name'],
  ['io/a.ts', 'export default function x() {}', 'io/a.ts: has a default export'],
  ['io/b.ts', 'export { x as default };', 'io/b.ts: has a default export'],
  ['io/a.ts', `${'\n'.repeat(300)}x`, 'io/a.ts: has 301 lines, 300 are allowed'],
];
for (const [path, text, message] of broken)
  test(`refused: ${message}`, (t) => {
    t.deepEqual(violations([{ path, text }]), [message]);
  });

test('refused: files that import one another in a ring', (t) => {
  const files = [
    { path: 'io/a.ts', text: "import { b } from './b.js';" },
    { path: 'io/b.ts', text: "export { c } from './deep/c.js';" },
    { path: 'io/deep/c.ts', text: "import { type A, a } from '../a.js';" },
  ];
  t.deepEqual(violations(files), ['cycle: io/a.ts → io/b.ts → io/deep/c.ts → io/a.ts']);
  t.deepEqual(violations(files.slice(0, 2)), []);
  // A type goes round no ring: it is gone when the files are loaded.
  const typed = files.map(({ path, text }) => ({ path, text: text.replace('{ type A, a }', 'type { A }') }));
  t.deepEqual(violations(typed), []);
});

test('allowed: the ways that docs/architecture.md names', (t) => {
  const files = [
    { path: 'cli.ts', text: "import yargs from 'yargs';\nimport { x } from './commands/a.js';\nimport './errors.js';" },
    { path: 'commands/a.ts', text: "import { x } from '../io/b.js';\nimport { y } from '../dist/c.js';" },
    { path: 'engines/onnx/a.ts', text: "import { x } from '../../models/a.js';\nimport 'onnxruntime-node';" },
    { path: 'io/hdf5.ts', text: "import { File } from 'h5wasm/node';\nimport { readFileSync } from 'node:fs';" },
    {
      path: 'dist/a.ts',
      text: "import { f } from '../ffi/a.js';\nimport { InputError } from '../errors.js';\n// OMPI_COMM_WORLD_RANK",
    },
  ];
  t.deepEqual(violations(files), []);
});
