/** Assembles the WebAssembly of src into build/src. Run after tsc, from the project folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const { parseWat } = await wabt();
for (const name of ['models/adam', 'models/assign']) {
  const file = `src/${name}.wat`;
  writeFileSync(`build/src/${name}.wasm`, parseWat(file, readFileSync(file, 'utf8')).toBinary({}).buffer);
}
