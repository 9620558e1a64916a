import test from 'ava';
import { modelMetadata, modelTensors, parseModel } from '../../src/commands/model-file.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/checkpoint.js';
import { architecture, architectureNames, labelOf } from '../../src/models/architectures.js';
import { initialParameters, parameterLayout } from '../../src/models/parameters.js';
import { describeLayer } from '../../src/models/summary.js';

const own: Readonly<Record<string, readonly number[]>> = {
  mlp: [512, 256],
  conv: [32, 64, 128, 256],
  'conv-bn': [32, 64, 128, 128, 256, 256, 256, 256],
};

for (const name of architectureNames)
  test(`${name}: its own widths, given or not, are the same network and the same file`, (t) => {
    const [plain, given] = [architecture(name, 7, 16), architecture(name, 7, 16, own[name])];
    t.deepEqual(given, plain);
    t.is(labelOf(given), name);
    const metadata = modelMetadata({
      architecture: given,
      normalisation: 'pos_log',
      parameters: new Float32Array(0),
    });
    t.false('widths' in metadata);
  });

test('widths of an mlp, and back through the same', (t) => {
  const { encoder, decoder } = architecture('mlp', 5, 4, [64, 32, 8]);
  const titles = [...encoder, ...decoder].map(describeLayer).filter((title) => title !== 'ReLU');
  const sizes = [125, 64, 32, 8, 4, 8, 32, 64, 125];
  t.deepEqual(
    titles,
    sizes.slice(1).map((size, i) => `Linear ${sizes[i]} → ${size}`),
  );
});

for (const [name, widths] of [
  ['mlp', [100]],
  ['conv', [4, 6, 10]],
  ['conv-bn', [2, 4, 4, 8, 9]],
] as const)
  test(`a model of ${name} ${widths} is read as it was written`, (t) => {
    const described = architecture(name, 6, 3, widths);
    t.is(labelOf(described), `${name} ${widths}`);
    const parameters = initialParameters(parameterLayout(described), 1);
    const model = { architecture: described, normalisation: 'minmax', parameters } as const;
    const bytes = Uint8Array.from(encodeSafetensors(modelTensors(model), modelMetadata(model)));
    const read = parseModel(decodeSafetensors(bytes, 'model'), 'model');
    t.deepEqual(read.architecture, described);
    t.deepEqual(read.parameters, parameters);
  });

const refused: [name: string, widths: number[], message: RegExp][] = [
  ['conv', [8, 16], /widths of conv: expected 3 or more, got 2 \(8,16\)/],
  ['mlp', [], /widths of mlp: expected 1 or more, got 0/],
  ['mlp', [0], /widths of mlp must be whole numbers from 1 to 65536, got 0/],
  ['mlp', [64, 2.5], /widths of mlp must be whole numbers from 1 to 65536, got 2\.5/],
  ['mlp', [Number.NaN], /widths of mlp must be whole numbers .* got NaN/],
  ['conv-bn', [8, 8, 70_000], /widths of conv-bn must be whole numbers .* got 70000/],
];
for (const [name, widths, message] of refused)
  test(`refused: ${name} ${widths}`, (t) => {
    t.throws(() => architecture(name, 5, 16, widths), { message });
  });
