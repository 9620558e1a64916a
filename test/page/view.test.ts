/** `swae view` from end to end, in Chromium: what its page shows of an archive is what `swae decompress` gives. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { openSource } from '../../src/io/hdf5/source.js';
import type { Writer } from '../../src/io/hdf5/writer.js';
import { type Plane, planeBox } from '../../src/page/plane.js';
import { axisNames } from '../../src/page/slice.js';
import { browserAbsence, browserTest, openPage } from '../browser.js';
import { encodedOf } from '../commands/fixtures/content.js';
import { wave, writeFile } from '../commands/fixtures/data.js';
import { expectCode, type SwaeOptions, temporaryFolder } from '../commands/fixtures/swae.js';
import { startViewer } from '../commands/fixtures/viewer.js';
import { absence } from '../launch.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
const octants = 6;
const shapes = { '/U_CHI': [octants, 5, 5, 5], '/U_K': [octants, 5, 5, 5], '/grid': [7, 11, 6] } as const;
for (const [index, name] of ['a.h5', 'b.h5'].entries())
  writeFile(join(input, name), (writer) => fill(writer, 10 * index));

/** Blocks 1 and 2 are kept in other ways than the rest. */
function fill(writer: Writer, seed: number): void {
  const [chi] = wave([...shapes['/U_CHI']], 'float32', seed + 1);
  chi.fill(3, 125, 250);
  chi[260] = Number.NaN;
  writer.writeDataset('/U_CHI', 'float32', shapes['/U_CHI'], chi);
  writer.writeDataset('/U_K', 'float64', shapes['/U_K'], ...wave([...shapes['/U_K']], 'float64', seed + 2));
  writer.writeDataset('/grid', 'float64', shapes['/grid'], ...wave([...shapes['/grid']], 'float64', seed + 3));
  writer.writeDataset('/octant_level', 'int8', [octants], Int8Array.of(3, 4, 5, 6, 7, 8));
}

const model = ['--model-path', 'save/swae_all_vars_5x5x5_mlp'];
/**
 * Single precision networks add in another order in the browser, over layers of some hundred products: parts of the largest value. Bounded records
 * are decoded to the same bits anywhere.
 */
const codings: Record<string, { options: readonly string[]; tolerance: number; launch?: SwaeOptions }> = {
  latents: { options: model, tolerance: 1e-5 },
  int8: { options: [...model, '--enable-int8', '--force'], tolerance: 1e-5 },
  float8: { options: [...model, '--use-float8', '--force'], tolerance: 1e-5 },
  bounded: { options: ['--error-bound', '1e-4'], tolerance: 0 },
  ...(!absence('openmpi') && {
    parts: { options: [...model, '--writers', '2'], tolerance: 1e-5, launch: { library: 'openmpi', ranks: 2 } },
  }),
};
const resultsOf = (name: string) => join(folder, name);
const decompressedOf = (name: string) => join(folder, `${name}-decompressed`);

test.before(async (t) => {
  if (browserAbsence) return;
  for (const [name, { options, launch }] of Object.entries(codings)) {
    await expectCode(
      t,
      0,
      ['compress', input, '--no-reconstruct', '--output-dir', resultsOf(name), ...options],
      launch,
    );
    await expectCode(t, 0, ['decompress', encodedOf(resultsOf(name)), '--output-dir', decompressedOf(name)]);
  }
});

interface Choice extends Plane {
  readonly file: string;
  readonly variable: keyof typeof shapes;
}

async function choose(page: Page, { file, variable, volume, axis, index }: Choice): Promise<void> {
  await page.getByLabel('File').selectOption(file);
  await page.getByLabel('Variable').selectOption(variable.slice(1));
  await page.getByRole('radio', { name: axisNames[axis] }).check();
  if (shapes[variable].length === 4) {
    await page.getByRole('spinbutton', { name: 'Octant' }).fill(String(volume));
    await page.keyboard.press('Enter');
  }
  await page.getByLabel('index of the slice').fill(String(index));
  await settled(page);
}

/** Nothing is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main[aria-busy=false]').waitFor();
}

/** The values of a panel, row by row, as it tells them under a pointer: shortest texts of float32 or float64. */
async function readPanel(page: Page, title: string, rows: number, columns: number): Promise<number[]> {
  const texts = await page.evaluate<string[]>(`(() => {
    const titles = [...document.querySelectorAll('.slice-title')];
    const panel = titles.find((element) => element.textContent === '${title}').parentElement;
    const canvas = panel.querySelector('.slice-canvas');
    const { left, bottom, width, height } = canvas.getBoundingClientRect();
    return Array.from({ length: ${rows * columns} }, (_, i) => {
      const [row, column] = [Math.floor(i / ${columns}), i % ${columns}];
      const clientX = left + (width * (column + 0.5)) / ${columns};
      const clientY = bottom - (height * (row + 0.5)) / ${rows};
      canvas.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY }));
      return panel.querySelector('.slice-reading').textContent;
    });
  })()`);
  return texts.map((text) => Number(/: (.*)$/.exec(text)![1]!.replaceAll('−', '-')));
}

function valuesOf(path: string, { variable, ...plane }: Choice) {
  const source = openSource(path);
  const values = source.readSlice(variable, planeBox(shapes[variable], plane));
  source.close();
  return values;
}

function near(
  t: ExecutionContext,
  told: readonly number[],
  expected: ReturnType<typeof valuesOf>,
  tolerance: number,
): void {
  const got = expected instanceof Float32Array ? Float32Array.from(told) : told;
  t.is(got.length, expected.length);
  const largest = Math.max(...expected.filter(Number.isFinite).map(Math.abs));
  for (const [i, value] of expected.entries()) {
    if (Number.isFinite(value)) t.true(Math.abs(got[i]! - value) <= tolerance * largest, `${i}: ${got[i]}, ${value}`);
    else t.is(got[i], value);
  }
}

const choices: readonly (Choice & { rows: number; columns: number })[] = [
  { file: 'a.h5', variable: '/U_CHI', volume: 5, axis: 0, index: 4, rows: 5, columns: 5 },
  { file: 'a.h5', variable: '/U_CHI', volume: 1, axis: 1, index: 0, rows: 5, columns: 5 },
  // The place of the NaN.
  { file: 'a.h5', variable: '/U_CHI', volume: 2, axis: 0, index: 0, rows: 5, columns: 5 },
  { file: 'b.h5', variable: '/U_K', volume: 3, axis: 2, index: 1, rows: 5, columns: 5 },
  { file: 'b.h5', variable: '/grid', volume: 0, axis: 1, index: 10, rows: 7, columns: 6 },
];

for (const [name, { tolerance }] of Object.entries(codings))
  browserTest(`${name}: files, variables, octants and planes as decompressed`, async (t) => {
    const viewer = await startViewer(t, [encodedOf(resultsOf(name))]);
    const { page, requests, problems } = await openPage(t);
    await page.goto(viewer.url);
    await settled(page);
    t.deepEqual(await page.locator('.slice-title:visible').allTextContents(), ['Reconstruction']);
    for (const choice of choices) {
      await choose(page, choice);
      const got = await readPanel(page, 'Reconstruction', choice.rows, choice.columns);
      near(t, got, valuesOf(join(decompressedOf(name), choice.file), choice), tolerance);
    }
    t.deepEqual(problems, []);
    t.deepEqual(
      requests.filter((url) => !url.startsWith(viewer.url)),
      [],
    );
    t.true(requests.includes(`${viewer.url}archive.h5`));
  });

browserTest('keys move through octants, planes, axes and variables; pictures and numbers follow', async (t) => {
  const viewer = await startViewer(t, [encodedOf(resultsOf('latents'))]);
  const { page, problems } = await openPage(t);
  await page.goto(viewer.url);
  await settled(page);
  const seen = new Set<string>();
  const picture = async () => (await page.locator('.slice-canvas:visible').first().screenshot()).toString('base64');
  seen.add(await picture());
  for (const key of ['ArrowRight', 'ArrowUp', 'y', 'x', 'n', 'ArrowLeft']) {
    await page.keyboard.press(key);
    await settled(page);
    const shown = await picture();
    // The octant of one value looks the same from everywhere.
    if (!['ArrowUp', 'y', 'x'].includes(key)) t.false(seen.has(shown), key);
    seen.add(shown);
  }
  t.is(await page.getByLabel('Variable').inputValue(), '1');
  t.is(await page.getByRole('spinbutton').inputValue(), '0');
  t.is(await page.locator('#index').textContent(), 'x = 3');
  t.true(await page.getByRole('radio', { name: 'x' }).isChecked());
  t.regex((await page.locator('#numbers').textContent())!, /float64 \[6, 5, 5, 5\][\s\S]*level 3[\s\S]*as latents/);
  await page.keyboard.press('p');
  await page.keyboard.press('ArrowRight');
  await settled(page);
  t.regex((await page.locator('#numbers').textContent())!, /float32 \[6, 5, 5, 5\][\s\S]*level 4[\s\S]*as one value/);
  t.deepEqual(problems, []);
});

browserTest('with the source: the original, and the error of the reconstruction', async (t) => {
  const viewer = await startViewer(t, [encodedOf(resultsOf('bounded')), '--source', input]);
  const { page, problems } = await openPage(t, { colorScheme: 'dark' });
  await page.goto(viewer.url);
  await settled(page);
  t.deepEqual(await page.locator('.slice-title:visible').allTextContents(), ['Original', 'Reconstruction', 'Error']);
  const choice = choices[3]!;
  await choose(page, choice);
  const original = valuesOf(join(input, choice.file), choice);
  const decoded = valuesOf(join(decompressedOf('bounded'), choice.file), choice);
  t.deepEqual(await readPanel(page, 'Original', 5, 5), [...original]);
  t.deepEqual(
    await readPanel(page, 'Error', 5, 5),
    [...decoded].map((value, i) => value - original[i]!),
  );
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
  t.is(background, 'rgb(20, 24, 29)');
  t.deepEqual(problems, []);
});

browserTest('a damaged variable is told, the others are shown', async (t) => {
  const intact = encodedOf(resultsOf('bounded'));
  const source = openSource(intact);
  const record = source.readBytes('/files/a.h5/U_CHI');
  source.close();
  const bytes = readFileSync(intact);
  bytes[bytes.indexOf(record) + 30]! ^= 0x10;
  const damaged = join(folder, 'damaged.h5');
  writeFileSync(damaged, bytes);
  const viewer = await startViewer(t, [damaged]);
  const { page, problems } = await openPage(t);
  await page.goto(viewer.url);
  await settled(page);
  const message = page.getByRole('alert');
  t.regex((await message.textContent())!, /^archive "damaged\.h5:\/files\/a\.h5\/U_CHI": damaged: expected checksum/);
  t.is(await page.locator('.slice:visible').count(), 0);
  await page.keyboard.press('n');
  await settled(page);
  t.false(await message.isVisible());
  t.is(await page.locator('.slice:visible').count(), 1);
  t.deepEqual(problems, []);
});

browserTest('a server that has gone is told', async (t) => {
  const viewer = await startViewer(t, [encodedOf(resultsOf('bounded')), '--source', input]);
  const { page } = await openPage(t);
  await page.goto(viewer.url);
  await settled(page);
  await viewer.end();
  // The archive is smaller than what is read of it at a time; of the other source nothing has been.
  await page.getByLabel('File').selectOption('b.h5');
  await settled(page);
  t.regex((await page.getByRole('alert').textContent())!, /^hdf5 "source\/b\.h5": i\/O error/);
});
