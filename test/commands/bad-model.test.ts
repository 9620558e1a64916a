/** Models and archives that are not what they should be; each is named, and nothing is written. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { modelMetadata, modelTensors } from '../../src/commands/model-file.js';
import { writeSafetensors } from '../../src/io/checkpoint.js';
import { architecture } from '../../src/models/architectures.js';
import { initialParameters, parameterLayout } from '../../src/models/parameters.js';
import type { Model } from '../../src/models/swae.js';
import { cutShort, writeText } from './fixtures/broken.js';
import { writeFile, writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const input = writeOctants(at('input/a.h5'));

mkdirSync(at('no-model'));
writeText(at('text.safetensors'));
const left = cutShort(writeModel(at('cut.safetensors'), 7), 0.5);
cutShort(writeModel(at('stump.safetensors'), 7), 1e-4);
writeSafetensors(at('other.safetensors'), { weight: { shape: [2], data: Float32Array.of(1, 2) } }, { format: 'pt' });
const metadata = modelMetadata({
  architecture: architecture('mlp', 7, 16),
  normalisation: 'pos_log',
  parameters: new Float32Array(0),
});
writeSafetensors(at('empty.safetensors'), {}, metadata);
writeSafetensors(at('newer.safetensors'), {}, { ...metadata, format_version: '2' });
writeSafetensors(at('resnet.safetensors'), {}, { ...metadata, architecture: 'resnet' });
writeSafetensors(at('nine.safetensors'), {}, { ...metadata, block_size: '9' });
writeSafetensors(at('unscaled.safetensors'), {}, { ...metadata, normalisation: 'adaptive' });
writeSafetensors(
  at('misscaled.safetensors'),
  {},
  { ...metadata, normalisation: 'adaptive', scaling: '{"U_K":"zscore"}' },
);
writeSafetensors(at('garbled.safetensors'), {}, { ...metadata, normalisation: 'adaptive', scaling: '{"U_K":' });

writeSafetensors(at('listed.safetensors'), {}, { ...metadata, normalisation: 'adaptive', scaling: '["pos_log"]' });

const baseline: Model = {
  architecture: architecture('conv-bn', 7, 16),
  normalisation: 'pos_log',
  parameters: new Float32Array(0),
};
const layout = parameterLayout(baseline.architecture);
const whole: Model = { ...baseline, parameters: initialParameters(layout, 1) };
const { 'encoder.1.running_mean': _, ...withoutMean } = modelTensors(whole);
writeSafetensors(at('meanless.safetensors'), withoutMean, modelMetadata(whole));
whole.parameters[layout.length - 1] = -1;
writeSafetensors(at('negative.safetensors'), modelTensors(whole), modelMetadata(whole));

const models: Record<string, RegExp> = {
  'nowhere.safetensors':
    /^swae: file ".*nowhere\.safetensors": (there is none\n|no such file or directory\n {2}swae train leaves .*\n)$/,
  'no-model':
    /^swae: file ".*no-model\/best_model\.safetensors": no such file or directory\n {2}swae train leaves .*\n$/,
  'text.safetensors': /^swae: checkpoint ".*text\.safetensors": not safetensors/,
  'cut.safetensors': new RegExp(
    `"[^"]*cut\\.safetensors": truncated: the header says \\d+ bytes, the file has ${left}\n$`,
  ),
  'stump.safetensors': /"[^"]*stump\.safetensors": truncated: the header alone has \d+ bytes, the file has \d+\n$/,
  'input/a.h5': /^swae: checkpoint ".*a\.h5": not safetensors/,
  'other.safetensors': /^swae: model ".*other\.safetensors": expected format "swae-model", got "pt"\n$/,
  'empty.safetensors': /^swae: model ".*empty\.safetensors": parameter "encoder.*" is missing\n$/,
  'newer.safetensors': /^swae: model ".*newer\.safetensors": expected format version 1, got 2\n$/,
  'resnet.safetensors': /^swae: .*architecture "resnet" is unknown; there is mlp/,
  'nine.safetensors': /^swae: .*block size must be a whole number from 5 to 8, got 9\n$/,
  'unscaled.safetensors': /^swae: model ".*unscaled\.safetensors": scaling should be JSON \{.*\}, is missing\n$/,
  'misscaled.safetensors': /^swae: model ".*misscaled\.safetensors": scaling .*, is \{"U_K":"zscore"\}\n$/,
  'listed.safetensors': /^swae: model ".*listed\.safetensors": scaling .*, is \["pos_log"\]\n$/,
  'meanless.safetensors': /^swae: model ".*meanless\.safetensors": parameter "encoder\.1\.running_mean" is missing\n$/,
  'negative.safetensors':
    /^swae: model ".*negative\.safetensors": "decoder\.\d+\.running_variance" should hold variances from 0, has -1\n$/,
  'garbled.safetensors': /^swae: model ".*garbled\.safetensors": scaling .*, is \{"U_K":\n$/,
};

for (const [name, message] of Object.entries(models)) {
  test(`compress refuses the model ${name}`, async (t) => {
    const output = at(`out-${name.replace('/', '-')}`);
    const { stderr } = await expectCode(t, 1, ['compress', input, '--model-path', at(name), '--output-dir', output]);
    t.regex(stderr, message);
    t.false(existsSync(output));
  });
}

const archive = (name: string, version: number) =>
  writeFile(at(name), (writer) => {
    writer.writeAttribute('/', 'format', 'swae-archive');
    writer.writeAttribute('/', 'format_version', version);
  });
archive('newer.h5', 3);
archive('incomplete.h5', 2);
cutShort(writeOctants(at('cut.h5')), 0.5);

const archives: Record<string, RegExp> = {
  'nowhere.h5': /^swae: hdf5 ".*nowhere\.h5": no such file or directory\n$/,
  'text.safetensors': /^swae: hdf5 ".*text\.safetensors": not an HDF5 file\n$/,
  'cut.h5': /^swae: hdf5 ".*cut\.h5": truncated: expected \d+ bytes, got \d+\n$/,
  'input/a.h5': /^swae: archive ".*a\.h5": not a swae archive\n$/,
  'newer.h5': /^swae: archive ".*newer\.h5": expected format version 2, got 3\n {2}Read it with/,
  'incomplete.h5': /^swae: archive ".*incomplete\.h5": incomplete, it has no manifest\n$/,
};

for (const [name, message] of Object.entries(archives)) {
  for (const rest of [['decompress'], ['verify', input]]) {
    test(`${rest[0]} refuses the archive ${name}`, async (t) => {
      const output = at(`back-${name.replace('/', '-')}`);
      const options = rest[0] === 'decompress' ? ['--output-dir', output] : rest.slice(1);
      const { stderr } = await expectCode(t, 1, [rest[0]!, at(name), ...options]);
      t.regex(stderr, message);
      t.false(existsSync(output));
    });
  }
}
