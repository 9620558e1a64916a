import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { browserTest, openPage } from '../browser.js';

const script = `
import { createSliceView } from './src/page/slice-view.ts';
const view = createSliceView();
document.body.append(view.element);
const reconstruction = { values: Float64Array.of(1, 2, 3, 4, 5, NaN), rows: 2, columns: 3 };
const original = { values: Float64Array.of(1, 2, 3, 4, 4.5, 7), rows: 2, columns: 3 };
globalThis.alone = () => view.show({ reconstruction, axis: 0 });
globalThis.beside = () => view.show({ reconstruction, original, axis: 0 });
globalThis.within = () =>
  view.show({ reconstruction, original, axis: 0, extremes: [0, 10], errorExtremes: [-1, 3] });
globalThis.pixel = (panel, row, column) => {
  const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  copy.drawImage(document.querySelectorAll('.slice-canvas')[panel], 0, 0);
  return [...copy.getImageData(column, row, 1, 1).data].slice(0, 3);
};
`;

const bundled = build({
  stdin: { contents: script, resolveDir: '.' },
  bundle: true,
  write: false,
  format: 'iife',
}).then(({ outputFiles }) => outputFiles[0]!.text);
const style = readFileSync('src/page/slice-view.css', 'utf8');

browserTest('the reconstruction alone, its first row at the bottom', async (t) => {
  const { page, problems } = await openPage(t);
  await page.setContent('<!doctype html><title>slices</title>');
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: await bundled });
  await page.evaluate('alone()');
  t.deepEqual(await page.locator('.slice-title:visible').allTextContents(), ['Reconstruction']);
  t.deepEqual(await page.locator('.slice:visible .slice-label').allTextContents(), ['1', '3', '5']);
  t.is(await page.locator('.slice:visible .slice-reading').textContent(), 'x → y ↑, 1 to 5');
  // The ends of viridis as matplotlib has them, #440154 and #fde725; row 1 is at the top.
  t.deepEqual(await page.evaluate('pixel(1, 1, 0)'), [0x44, 0x01, 0x54]);
  t.deepEqual(await page.evaluate('pixel(1, 0, 1)'), [0xfd, 0xe7, 0x25]);
  // NaN has a colour of its own.
  t.deepEqual(await page.evaluate('pixel(1, 0, 2)'), [255, 0, 255]);
  t.deepEqual(problems, []);
});

browserTest('colours between given extremes, those of errors around 0', async (t) => {
  const { page, problems } = await openPage(t);
  await page.setContent('<!doctype html><title>slices</title>');
  await page.addScriptTag({ content: await bundled });
  await page.evaluate('within()');
  const labels = await page.locator('.slice-label').allTextContents();
  t.deepEqual(labels, ['0', '5', '10', '0', '5', '10', '−3', '0', '3']);
  t.deepEqual(problems, []);
});

browserTest('original and error beside it, in the same colours; the pointer reads values in all of them', async (t) => {
  const { page, problems } = await openPage(t);
  await page.setContent('<!doctype html><title>slices</title>');
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: await bundled });
  await page.evaluate('beside()');
  t.deepEqual(await page.locator('.slice-title:visible').allTextContents(), ['Original', 'Reconstruction', 'Error']);
  const labels = await page.locator('.slice-label').allTextContents();
  t.deepEqual(labels, ['1', '4', '7', '1', '4', '7', '−0.5', '0', '0.5']);
  t.deepEqual(await page.evaluate('pixel(0, 1, 0)'), await page.evaluate('pixel(1, 1, 0)'));
  const picture = (await page.locator('.slice-canvas').nth(1).boundingBox())!;
  // The middle of column 1 in the upper row.
  await page.mouse.move(picture.x + picture.width / 2, picture.y + picture.height / 4);
  t.deepEqual(await page.locator('.slice-reading').allTextContents(), [
    'x 1, y 1: 4.5',
    'x 1, y 1: 5',
    'x 1, y 1: 0.5',
  ]);
  t.is(await page.locator('.slice-marker:visible').count(), 3);
  t.deepEqual(problems, []);
});
