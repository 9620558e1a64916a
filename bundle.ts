/**
 * Bundles the programs into build/bin, each in one file, and what runs in the browser (src/page) into build/page. Run after tsc, from the
 * project folder.
 *
 * Opening and compiling some 450 small modules would be a third of a program's start, on every rank. With a file each, what is loaded later
 * (what draws reports) is the version that was started, whatever has been built since.
 */
import { resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** Decoding runs in Node and in the browser by the same code; these stand in there for what only Node has. */
const alias = { 'h5wasm/node': 'h5wasm', 'node:zlib': './src/page/zlib.ts' };
const browserSession: Plugin = {
  name: 'session',
  setup({ onResolve }) {
    onResolve({ filter: /\/session\.js$/ }, () => ({ path: resolve('src/page/session.ts') }));
  },
};

await build({
  entryPoints: {
    swae: 'src/cli.ts',
    'trial-process': 'src/commands/search/trial-process.ts',
    watchdog: 'src/dist/watchdog.ts',
  },
  outdir: 'build/bin',
  bundle: true,
  format: 'esm',
  target: 'node20',
  platform: 'node',
  // They find files of their own beside them.
  external: ['ffi-rs', 'h5wasm', 'onnxruntime-node'],
  // For those of the packages that are CommonJS.
  banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});

const forBrowser: BuildOptions = {
  outdir: 'build/page',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  logLevel: 'warning',
};

await build({
  ...forBrowser,
  entryPoints: ['view.html', 'view.css', 'view.ts', 'slice-view.css', 'sampled-slices.ts'].map(
    (name) => `src/page/${name}`,
  ),
  loader: { '.html': 'copy' },
});
await build({
  ...forBrowser,
  entryPoints: {
    'decode-worker': 'src/page/decode-worker.ts',
    'ort-wasm-simd-threaded': 'onnxruntime-web/ort-wasm-simd-threaded.wasm',
  },
  loader: { '.wasm': 'copy' },
  alias,
  plugins: [browserSession],
  inject: ['src/page/buffer.ts'],
});
