import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import test from 'ava';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lock: { packages: Record<string, { hasInstallScript?: boolean; resolved?: string; integrity?: string }> } =
  JSON.parse(read('package-lock.json'));

/** Where npm looks for a package whose place the lock file leaves open. */
const registry = 'https://registry.npmjs.org/';

/** A dependency is a promise to follow somebody else's releases: a new one is added here, with its reason. */
const dependencies: Record<string, string> = {
  '@observablehq/plot': 'draws the plots',
  buffer: "Node's Buffer in the browser",
  'd3-color': 'reads the colours of the next',
  'd3-scale-chromatic': 'tables of colours for pictures on pages',
  'ffi-rs': "calls the site's MPI library",
  fflate: 'inflates in the browser',
  h5wasm: 'reads and writes HDF5 without a system library',
  leven: 'what a mistyped option was meant to be',
  linkedom: 'the document that plots are drawn into, without a browser',
  'onnxruntime-node': 'runs the graphs',
  'onnxruntime-web': 'runs the graphs in the browser',
  protobufjs: 'encodes ONNX files and TensorBoard events',
  yargs: 'the command line',
};

const devDependencies: Record<string, string> = {
  '@biomejs/biome': 'format and lint',
  '@tensorflow/tfjs-backend-cpu': 'runs the second implementation of the training step, for its test',
  '@tensorflow/tfjs-core':
    'types of the second engine, and the automatic differentiation to check our gradients against',
  '@types/d3-color': 'types',
  '@types/d3-scale-chromatic': 'types',
  '@types/node': 'types of the lowest Node that is supported',
  '@types/yargs': 'types',
  ava: 'tests; 7 is the last for Node 20',
  esbuild: 'bundles the programs, and what runs in the browser',
  'fast-check': 'properties on random input',
  'playwright-core': 'drives Chromium in tests; brings none of its own',
  typescript: 'the compiler',
  wabt: 'assembles the WebAssembly of src',
};

/** Those that the user installs, or not. */
const peerDependencies: Record<string, string> = {
  '@tensorflow/tfjs-node': 'the second engine on CPUs',
  '@tensorflow/tfjs-node-gpu': 'and on GPUs',
};

test('dependencies are those agreed on', (t) => {
  t.deepEqual(Object.keys(manifest.dependencies), Object.keys(dependencies));
  t.deepEqual(Object.keys(manifest.devDependencies), Object.keys(devDependencies));
});

test('what the user may install is not installed without asking', (t) => {
  const names = Object.keys(peerDependencies);
  t.deepEqual(Object.keys(manifest.peerDependencies), names);
  t.deepEqual(manifest.peerDependenciesMeta, Object.fromEntries(names.map((name) => [name, { optional: true }])));
  t.deepEqual(
    names.filter((name) => `node_modules/${name}` in lock.packages),
    [],
  );
});

test('Node from 20.19', (t) => {
  t.deepEqual(manifest.engines, { node: '>=20.19' });
  t.regex(manifest.devDependencies['@types/node'], /^\^20\./);
});

test('an ESM package that is not published by accident', (t) => {
  t.is(manifest.type, 'module');
  t.true(manifest.private);
  t.is(manifest.license, 'MIT');
  t.deepEqual(manifest.bin, { swae: 'build/bin/swae.js' });
});

test('a program is one file, beside the packages that find files of their own', (t) => {
  for (const name of ['swae', 'trial-process', 'watchdog']) {
    const imported = [...read(`build/bin/${name}.js`).matchAll(/^import .* from "([^"]+)";$/gm)].map(
      ([, from]) => from!,
    );
    const packages = imported.filter((from) => !isBuiltin(from)).map((from) => from.replace(/\/.*/, ''));
    t.true(imported.length > 0, name);
    t.deepEqual(
      packages.filter((from) => !['ffi-rs', 'h5wasm', 'onnxruntime-node'].includes(from)),
      [],
    );
  }
});

test('no install script is needed: none of ours, and those of dependencies are refused by name', (t) => {
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) t.false(script in manifest.scripts, script);
  const withScripts = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  t.deepEqual(Object.fromEntries(withScripts.map((name) => [name, false])), manifest.allowScripts);
  t.regex(read('.npmrc'), /^ignore-scripts=true$/m);
});

test('everything comes from the npm registry, with a checksum', (t) => {
  const foreign = Object.entries(lock.packages).filter(
    ([path, { resolved = registry, integrity }]) => path !== '' && !(resolved.startsWith(registry) && integrity),
  );
  t.deepEqual(foreign, []);
});

test('tests run one process for each file: MPI initialises once per process', (t) => {
  t.is(manifest.ava.workerThreads, false);
  t.deepEqual(manifest.ava.files, ['build/test/**/*.test.js']);
});
