/** Bundles what runs in the browser (src/page) into build/page. Run after tsc, from the project folder. */
import { build } from 'esbuild';

await build({
  entryPoints: ['src/page/slice-view.css', 'src/page/sampled-slices.ts'],
  outdir: 'build/page',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  logLevel: 'warning',
});
