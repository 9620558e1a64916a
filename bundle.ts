/** Bundles what runs in the browser (src/page) into build/page. Run after tsc, from the project folder. */
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

const common: BuildOptions = {
  outdir: 'build/page',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  logLevel: 'warning',
};

await build({
  ...common,
  entryPoints: ['view.html', 'view.css', 'view.ts', 'slice-view.css', 'sampled-slices.ts'].map(
    (name) => `src/page/${name}`,
  ),
  loader: { '.html': 'copy' },
});
await build({
  ...common,
  entryPoints: {
    'decode-worker': 'src/page/decode-worker.ts',
    'ort-wasm-simd-threaded': 'onnxruntime-web/ort-wasm-simd-threaded.wasm',
  },
  loader: { '.wasm': 'copy' },
  alias,
  plugins: [browserSession],
  inject: ['src/page/buffer.ts'],
});
