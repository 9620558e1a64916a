import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { drawMermaid } from '../../src/commands/diagram/mermaid.js';
import { drawSvg } from '../../src/commands/diagram/svg.js';
import { type Architecture, architecture, architectureNames } from '../../src/models/architectures.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { elementsOf, mermaidLabels } from './fixtures/picture.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();

/** What a layer is called in a picture. */
const names = {
  linear: /^Linear \d+ → \d+$/,
  convolution: /^Conv3d 3³, stride [12], \d+ → \d+ ch$/,
  'transposed-convolution': /^ConvTranspose3d 2³, stride 2, \d+ → \d+ ch$/,
  'batch-norm': /^BatchNorm$/,
  relu: /^ReLU$/,
  crop: /^Crop to [5-8]³$/,
};
const isLayer = (label: string) => Object.values(names).some((name) => name.test(label));

/** The values of "1,024" and "64 + 64 statistics". */
const countOf = (parameters: string) =>
  [...parameters.matchAll(/[\d,]+/g)].reduce((sum, [digits]) => sum + Number(digits.replaceAll(',', '')), 0);

function kindsOf({ encoder, decoder }: Architecture): RegExp[] {
  return [...encoder, ...decoder].map(({ kind }) => names[kind]);
}

const everyArchitecture = architectureNames.flatMap((name) =>
  [5, 6, 7, 8].flatMap((blockSize) => [1, 7, 16, 333].map((latents) => architecture(name, blockSize, latents))),
);

for (const described of everyArchitecture) {
  const { name, blockSize, latentSize } = described;
  const title = `${name}, k = ${blockSize}, ${latentSize} latents`;

  test(`svg, ${title}: well-formed, every layer in order, all parameters, within its frame`, (t) => {
    const elements = elementsOf(drawSvg(described));
    const texts = elements.filter(({ tag }) => tag === 'text');
    const layers = texts.map(({ content }) => content).filter(isLayer);
    const expected = kindsOf(described);
    t.is(layers.length, expected.length);
    for (const [i, kind] of expected.entries()) t.regex(layers[i], kind);
    const rightmost = Math.max(...texts.map(({ attributes }) => Number(attributes.x)));
    const counts = texts.filter(({ attributes }) => Number(attributes.x) === rightmost).map(({ content }) => content);
    t.is(
      counts.reduce((sum, content) => sum + countOf(content), 0),
      parameterLayout(described).length,
    );
    const [{ attributes: frame }] = elements;
    for (const { attributes } of elements.slice(1)) {
      for (const [key, value] of Object.entries(attributes))
        if (['x', 'y', 'width', 'height', 'rx'].includes(key)) t.regex(value, /^\d+(\.\d)?$/, `${key}="${value}"`);
      for (const [, x, y] of (attributes.d ?? '').matchAll(/[ML](\S+) (\S+?)(?=[MLVZ]|$)/g)) {
        t.true(Number(x) >= 0 && Number(x) <= Number(frame.width), `x ${x}`);
        t.true(Number(y) >= 0 && Number(y) <= Number(frame.height), `y ${y}`);
      }
    }
  });

  test(`mermaid, ${title}: every layer in order, all parameters, arrows between what is declared`, (t) => {
    const { nodes, arrows } = mermaidLabels(drawMermaid(described));
    const lines = [...nodes.values()].flatMap((label) => label.split('<br/>')).map((line) => line.split(' · '));
    const layers = lines.filter(([layer]) => isLayer(layer));
    const expected = kindsOf(described);
    t.is(layers.length, expected.length);
    for (const [i, kind] of expected.entries()) t.regex(layers[i][0], kind);
    t.is(
      layers.reduce((sum, [, parameters = '']) => sum + countOf(parameters), 0),
      parameterLayout(described).length,
    );
    t.deepEqual(
      arrows.map(({ from }) => from),
      [...nodes.keys()].slice(0, -1),
    );
    t.deepEqual(
      arrows.map(({ to }) => to),
      [...nodes.keys()].slice(1),
    );
  });
}

test('the shapes of conv-bn, block by block', (t) => {
  const shapes = (blockSize: number) =>
    mermaidLabels(drawMermaid(architecture('conv-bn', blockSize, 16))).arrows.map(({ label }) => label);
  const inner = ['2³ × 128', '2³ × 128', ...new Array(4).fill('2³ × 256'), '16', '16', '2048', '4³ × 128'];
  const outer = ['8³ × 64', '16³ × 32', '32³ × 1'];
  t.deepEqual(shapes(5), ['5³ × 1', '5³ × 32', '3³ × 64', ...inner, ...outer, '5³ × 1']);
  t.deepEqual(shapes(8), ['8³ × 1', '8³ × 32', '4³ × 64', ...inner, ...outer, '8³ × 1']);
});

const drawn = architecture('conv', 7, 5);
const asked = ['--arch', 'conv', '--block-size', '7', '--latent-size', '5'];

test('the extension says the format', async (t) => {
  for (const [file, picture] of Object.entries({ 'a.svg': drawSvg(drawn), 'a.mmd': drawMermaid(drawn) })) {
    const output = join(folder, file);
    const { stdout } = await expectCode(t, 0, ['diagram', ...asked, '--output', output]);
    t.regex(stdout, /: conv, blocks of 7³, (svg|mermaid)\n$/);
    t.is(readFileSync(output, 'utf8'), `${picture}\n`);
  }
  t.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('without a file: to stdout, as mermaid unless asked otherwise', async (t) => {
  t.is((await expectCode(t, 0, ['diagram', ...asked])).stdout, `${drawMermaid(drawn)}\n`);
  t.is((await expectCode(t, 0, ['diagram', ...asked, '--format', 'svg'])).stdout, `${drawSvg(drawn)}\n`);
});

test('--format wins over the extension', async (t) => {
  const output = join(folder, 'picture.txt');
  await expectCode(t, 0, ['diagram', ...asked, '--format', 'svg', '--output', output]);
  t.is(readFileSync(output, 'utf8'), `${drawSvg(drawn)}\n`);
});

test('a model is drawn by what its file says', async (t) => {
  const { stdout } = await expectCode(t, 0, ['diagram', '--model-path', 'save/swae_all_vars_7x7x7_mlp']);
  t.is(stdout, `${drawMermaid(architecture('mlp', 7, 16))}\n`);
});

test('the picture in docs is what the command draws', (t) => {
  t.is(readFileSync('docs/architecture-conv-bn.svg', 'utf8'), `${drawSvg(architecture('conv-bn', 5, 16))}\n`);
});

const wrong: [args: string[], message: RegExp][] = [
  [['--output', 'a.png'], /^swae: --output "a\.png": expected \.svg, \.mmd, \.mermaid, or --format svg\|mermaid$/m],
  [['--format', 'png'], /Argument: format, Given: "png", Choices: "svg", "mermaid"/],
  [['--arch', 'vgg'], /Argument: arch, Given: "vgg"/],
  [['--block-size', '9'], /Argument: block-size, Given: 9/],
  [['--latent-size', '0'], /^swae: --latent-size must be a whole number from 1, got 0$/m],
  [['--model-path', 'save', '--arch', 'mlp'], /^swae: Arguments model-path and arch are mutually exclusive$/m],
  [['--output', 'a.svg', '--output', 'b.svg'], /^swae: --output is given 2 times: a\.svg, b\.svg$/m],
];
for (const [args, message] of wrong)
  test(`${args.join(' ')}: exit code 2`, async (t) => {
    const { stdout, stderr } = await expectCode(t, 2, ['diagram', ...args]);
    t.is(stdout, '');
    t.regex(stderr, message);
    t.false(existsSync('a.svg'));
  });

test('a file that cannot be written is named', async (t) => {
  const { stderr } = await expectCode(t, 1, ['diagram', '--output', join(folder, 'nowhere', 'a.svg')]);
  t.regex(stderr, /^swae: file ".*nowhere\/a\.svg": no such file or directory$/m);
});
