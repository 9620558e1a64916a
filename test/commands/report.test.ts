/** report.html of compress, evaluate and train: what it says, on any number of ranks, and as a reader meets it in Chromium. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { parseHTML } from 'linkedom';
import { openSource } from '../../src/io/hdf5/source.js';
import { browserTest, openPage } from '../browser.js';
import { killTree, mpiTest } from '../launch.js';
import { reconstructedOf, runFolder } from './fixtures/content.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { elementsOf } from './fixtures/picture.js';
import { expectCode, startSwae, temporaryFolder } from './fixtures/swae.js';
import { filesOfRun, runFiles } from './fixtures/training.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const model = writeModel(join(folder, 'model.safetensors'), 7);
/** Names that would be markup, were they not escaped. */
const hostile = '<img src=x onerror=alert(1)>&"\'.h5';
const variables = ['U_CHI', 'U_<b>K'];
writeOctants(join(data, hostile), { variables, count: 12 });
writeOctants(join(data, 'plain.h5'), { variables, count: 12, seed: 7, dtype: 'float64' });

const outputs = {
  compress: join(folder, 'compressed'),
  evaluate: join(folder, 'evaluated'),
  train: join(folder, 'trained'),
};
const compressing = (output: string) => ['compress', data, '--model-path', model, '--report', '--output-dir', output];
const evaluating = (output: string) => ['evaluate', data, '--model-path', model, '--report', '--output-dir', output];
const training = ['train', data, '--block-size', '7', '--epochs', '3', '--batch-size', '8', '--report'];
const pageOf = (output: string) =>
  join(existsSync(join(output, 'report.html')) ? output : runFolder(output), 'report.html');
const textOf = (output: string) => readFileSync(pageOf(output), 'utf8');
const documentOf = (output: string) => parseHTML(textOf(output)).document;

interface Sampled {
  readonly file: string;
  readonly variable: string;
  readonly blocks: readonly { name: string; size: number; base: number; values: string; errors: string }[];
}

function samplesOf(output: string): Sampled[] {
  return JSON.parse(/<script type="application\/json" id="samples">(.*?)<\/script>/s.exec(textOf(output))![1]);
}

/** Pictures, samples and tables but for those that tell of time and ranks. */
function contentOf(output: string) {
  const pictures = [...textOf(output).matchAll(/<svg.*?<\/svg>/gs)].map(([svg]) => svg);
  return { pictures, samples: samplesOf(output) };
}

test.before(async (t) => {
  await expectCode(t, 0, [...compressing(outputs.compress), '--plots']);
  await expectCode(t, 0, evaluating(outputs.evaluate));
  await expectCode(t, 0, [...training, '--output-dir', outputs.train]);
});

for (const [library, name, args] of [
  ['openmpi', 'compress', compressing],
  ['mpich', 'evaluate', evaluating],
] as const)
  mpiTest(library, `${name}: pictures and samples are the same on three ranks, ${library}`, async (t) => {
    const output = join(folder, `${name}-${library}`);
    await expectCode(t, 0, args(output), { library, ranks: 3 });
    t.deepEqual(contentOf(output), contentOf(outputs[name]));
  });

test('a compression that was killed and resumed has the same report', async (t) => {
  let output = join(folder, 'resumed');
  // One that ends before it is killed is no test.
  for (let attempt = 1; !(await killMidway(output)); attempt++) {
    t.true(attempt < 5);
    output = join(folder, `resumed-${attempt}`);
  }
  await expectCode(t, 0, [...compressing(output), '--resume']);
  t.deepEqual(contentOf(output), contentOf(outputs.compress));
});

/** Whether it came to that. */
async function killMidway(output: string): Promise<boolean> {
  const { pid, result } = startSwae([...compressing(output)]);
  let isOver = false;
  void result.finally(() => {
    isOver = true;
  });
  while (!isOver && journalBytes(output) < 2000) await setTimeout(2);
  const isMidway = !isOver;
  if (isMidway) killTree(pid);
  await result;
  return isMidway;
}

function journalBytes(output: string): number {
  const runs = existsSync(output) ? readdirSync(output) : [];
  const sizes = runs.map((name) => statSync(join(output, name, 'journal.tmp'), { throwIfNoEntry: false })?.size ?? 0);
  return Math.max(0, ...sizes);
}

test('samples are blocks of the sources and of the reconstruction', (t) => {
  const sampled = samplesOf(outputs.compress);
  t.is(sampled.length, 4);
  for (const { file, variable, blocks } of sampled) {
    // Eight in equal steps, and the worst, which may be one of them.
    t.true(blocks.length === 8 || blocks.length === 9);
    for (const block of blocks) {
      const octant = Number(/^octant (\d+)/.exec(block.name)![1]);
      const read = (path: string, name: string) => {
        const source = openSource(path);
        const values = source.readSlice(name, [
          [octant, octant + 1],
          [0, 7],
          [0, 7],
          [0, 7],
        ]);
        source.close();
        return values;
      };
      const original = read(join(data, file), `/${variable}`);
      const restored = read(reconstructedOf(outputs.compress), `/${file}/${variable}`);
      const floats = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
      const [values, errors] = [floats(block.values), floats(block.errors)];
      for (let i = 0; i < 343; i++) {
        // What is stored is a difference, rounded to float32; values here are of the order of 1.
        t.true(Math.abs(block.base + values[i] - original[i]) < 1e-6);
        t.true(Math.abs(errors[i] - (restored[i] - original[i])) < 1e-6);
      }
    }
    // The first has the largest error of all that are here.
    const largest = blocks.map(({ errors }) =>
      Math.max(...new Float32Array(Uint8Array.from(Buffer.from(errors, 'base64')).buffer).map(Math.abs)),
    );
    t.is(Math.max(...largest), largest[0]);
  }
});

test('tables have captions, headings and the numbers of the summary', (t) => {
  const page = documentOf(outputs.compress);
  const tables = [...page.querySelectorAll('table')];
  t.true(tables.length >= 3);
  for (const table of tables) {
    t.truthy(table.querySelector('caption')?.textContent);
    t.truthy(table.querySelector('th[scope=col]'));
  }
  const summary = JSON.parse(readFileSync(join(runFolder(outputs.compress), 'summary.json'), 'utf8'));
  const numbers = [...page.querySelectorAll('.numbers dd')].map(({ textContent }) => textContent);
  t.is(numbers[0], summary.ratio.toFixed(2));
  t.is(numbers[1], summary.ratioOnDisk.toFixed(2));
  t.is(numbers[2], summary.structuralRatio.toFixed(2));
  const rows = [...tables[0].querySelectorAll('tbody th')].map(({ textContent }) => textContent);
  t.deepEqual(
    rows,
    summary.variables.map(({ path }: { path: string }) => path.slice(1)),
  );
});

test('a training that ends before its first metrics has a report too, without a course', async (t) => {
  const output = join(folder, 'short');
  await expectCode(t, 0, [...training, '--max-steps', '2', '--output-dir', output]);
  t.deepEqual(filesOfRun(output), [...runFiles, 'report.html']);
  t.is(readFileSync(join(output, 'metrics.jsonl'), 'utf8'), '');
  const headings = (of: string) => [...documentOf(of).querySelectorAll('h2')].map((heading) => heading.textContent);
  t.true(headings(outputs.train).includes('Course'));
  t.false(headings(output).includes('Course'));
});

test('a training says how many blocks its pictures are of', (t) => {
  const text = documentOf(outputs.train).querySelector('main')!.textContent!;
  const [, shown, all] = /(\d+) of (\d+) blocks, as the network meets them/.exec(text)!;
  t.is(shown, all);
  t.regex(text, /How often errors of a size occur in normalised scale: .* Every value of these blocks is counted;/);
  t.is(text.match(new RegExp(`the largest error of the ${shown} blocks above, `, 'g'))?.length, 2);
});

test('provenance: command line, version, machine, inputs', (t) => {
  for (const output of Object.values(outputs)) {
    const rows = [...documentOf(output).querySelectorAll('section:last-of-type tr')].map(
      ({ textContent }) => textContent,
    );
    for (const what of ['command', 'started', 'swae', 'Node.js', 'machine', 'ranks', 'MPI library'])
      t.true(
        rows.some((row) => row.startsWith(what)),
        what,
      );
    t.true(
      rows.some((row) => row.includes(hostile)),
      output,
    );
    t.true(rows.some((row) => row.startsWith('commandswae ') && row.includes(data)));
  }
});

test('pictures are XML; --plots writes each as a file, --no-report no page', async (t) => {
  const plots = join(runFolder(outputs.compress), 'plots');
  const names = readdirSync(plots).sort();
  t.deepEqual(names, [
    'error-by-range.svg',
    'errors.svg',
    'latents.svg',
    'rate-distortion.svg',
    'slices-U_CHI.svg',
    'slices-U__b_K.svg',
  ]);
  for (const name of names) t.true(elementsOf(readFileSync(join(plots, name), 'utf8')).length > 20, name);
  for (const output of Object.values(outputs))
    for (const svg of contentOf(output).pictures) t.notThrows(() => elementsOf(svg));
  t.true(contentOf(outputs.evaluate).pictures.length >= 7);
  const output = join(folder, 'none');
  await expectCode(t, 0, ['compress', data, '--error-bound', '1e-3', '--output-dir', output, '--no-report']);
  t.false(readdirSync(runFolder(output)).includes('report.html'));
});

for (const [name, output] of Object.entries(outputs))
  for (const colorScheme of ['light', 'dark'] as const)
    browserTest(`${name}, ${colorScheme}: renders, asks for nothing, nothing wrong on the console, fits`, async (t) => {
      const { page, requests, problems } = await openPage(t, { colorScheme });
      const url = pathToFileURL(pageOf(output)).href;
      await page.goto(url);
      t.deepEqual(requests, [url]);
      t.deepEqual(problems, []);
      t.is(await page.locator('h1').count(), 1);
      t.is(await page.locator('img').count(), 0);
      const [text, ground] = await page.evaluate<[string, string]>(
        '[getComputedStyle(document.querySelector("svg")).fill, getComputedStyle(document.body).backgroundColor]',
      );
      const brightness = (colour: string) => Math.max(...colour.match(/\d+/g)!.map(Number));
      t.is(brightness(text) > brightness(ground), colorScheme === 'dark');
      t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    });

/** z, y and x of the largest error in a block of 7³. */
function worstPlaces({ errors }: Sampled['blocks'][number]): number[] {
  const sizes = new Float32Array(Uint8Array.from(Buffer.from(errors, 'base64')).buffer).map(Math.abs);
  const worst = sizes.indexOf(Math.max(...sizes));
  return [Math.floor(worst / 49), Math.floor(worst / 7) % 7, worst % 7];
}

browserTest('slices by keyboard alone: variable, block, axis and plane', async (t) => {
  const { page, problems } = await openPage(t);
  await page.goto(pathToFileURL(pageOf(outputs.compress)).href);
  const shown = () =>
    page
      .locator('#sampled-slices canvas')
      .evaluateAll((all) => all.map((one) => (one as never as { toDataURL(): string }).toDataURL()).join());
  const reading = () => page.locator('#sampled-slices label output').textContent();
  const sampled = samplesOf(outputs.compress);
  t.is(await reading(), `z = ${worstPlaces(sampled[0].blocks[0])[0]}`);
  // The second of each, across y.
  const worst = worstPlaces(sampled[3].blocks[1])[1];
  let before = await shown();
  const steps = [
    ['File', 'ArrowDown'],
    ['Variable', 'ArrowDown'],
    ['Block', 'ArrowDown'],
    ['Across', 'ArrowDown'],
    ['Plane', worst < 6 ? 'ArrowRight' : 'ArrowLeft'],
  ] as const;
  await page.locator('#sampled-slices select').first().focus();
  for (const [label, key] of steps) {
    t.is(await page.evaluate('document.activeElement.labels[0].firstChild.textContent.trim()'), label);
    await page.keyboard.press(key);
    const after = await shown();
    t.not(after, before, label);
    if (label === 'Across') t.is(await reading(), `y = ${worst}`);
    before = after;
    await page.keyboard.press('Tab');
  }
  t.is(await reading(), `y = ${worst < 6 ? worst + 1 : worst - 1}`);
  t.deepEqual(problems, []);
});

browserTest('without JavaScript: text, tables and pictures, and what is missing is said', async (t) => {
  const { page } = await openPage(t, { javaScriptEnabled: false });
  await page.goto(pathToFileURL(pageOf(outputs.compress)).href);
  t.true(await page.getByText('Choosing among them needs JavaScript.').isVisible());
  t.true((await page.locator('figure svg:visible').count()) >= 4);
  await page.locator('summary').first().click();
  t.true(await page.locator('details svg').first().isVisible());
});
