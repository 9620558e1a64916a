/** One byte flipped in the values of each dataset of an archive: it is found, and the message says where. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import test from 'ava';
import { Group } from '../../src/io/hdf5/library.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { encodedOf, filesBelow } from './fixtures/content.js';
import { wave, writeFile, writeModel } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
writeFile(join(input, 'a.h5'), (writer) => {
  const [values] = wave([40, 5, 5, 5], 'float32', 1);
  values.fill(3, 0, 250);
  values[260] = Number.NaN;
  writer.writeDataset('/U_CHI', 'float32', [40, 5, 5, 5], values);
  writer.writeDataset(
    '/level',
    'int8',
    [50],
    Int8Array.from({ length: 50 }, (_, i) => 3 * i - 70),
  );
  new Group(writer.file, '/').create_dataset({ name: 'names', data: ['a text of its own', 'another one'] });
});
writeModel(join(folder, 'model.safetensors'), 5);

const copies = ['/files/a.h5/level', '/files/a.h5/names', '/files/a.h5/U_CHI', '/manifest'];
const codings = {
  latents: {
    options: ['--model-path', join(folder, 'model.safetensors')],
    datasets: [
      ...copies,
      '/code/a.h5/U_CHI',
      '/constant/a.h5/U_CHI',
      '/exact/a.h5/U_CHI',
      '/model/decoder_float32',
      '/model/description',
      '/scale/a.h5/U_CHI',
    ],
  },
  bounded: { options: ['--error-bound', '1e-4'], datasets: copies },
};

for (const [name, { options, datasets }] of Object.entries(codings)) {
  const results = join(folder, name);
  test.before(async (t) => {
    await expectCode(t, 0, ['compress', input, '--output-dir', results, '--no-reconstruct', ...options]);
  });

  for (const dataset of datasets)
    test(`${name}: a byte of ${dataset} is flipped`, async (t) => {
      const archive = join(folder, `${name}${dataset.replaceAll('/', '-')}`);
      const bytes = readFileSync(encodedOf(results));
      const place = placeOf(bytes, encodedOf(results), dataset);
      bytes[place]! ^= 0x10;
      writeFileSync(archive, bytes);
      const message = new RegExp(`^swae: (archive|hdf5) "${archive}:${dataset}": damaged`, 'm');
      t.regex((await expectCode(t, 1, ['verify', archive])).stderr, message);
      // What is in a bounded archive is in one of latents as well.
      if (name === 'latents') t.regex((await expectCode(t, 1, ['verify', archive, input])).stderr, message);
      const output = `${archive}-back`;
      t.regex((await expectCode(t, 1, ['decompress', archive, '--output-dir', output])).stderr, message);
      t.deepEqual(existsSync(output) ? filesBelow(output) : [], []);
    });
}

/** A place in the middle of a dataset's values, stored as they are or deflated in one chunk. */
function placeOf(file: Buffer, path: string, dataset: string): number {
  const source = openSource(path);
  const isText = source.dataset(dataset).typeName === 'string' && source.metadata(dataset).vlen;
  const values = isText ? Buffer.from('a text of its own') : Buffer.from(source.readBytes(dataset));
  const isDeflated = source.dataset(dataset).filters.length > 0;
  source.close();
  if (!isDeflated) {
    const place = file.indexOf(values);
    if (place < 0) throw new Error(`${dataset}: not found`);
    return place + (values.length >> 1);
  }
  for (let place = file.indexOf(0x78); place >= 0; place = file.indexOf(0x78, place + 1)) {
    const length = lengthAt(file.subarray(place), values);
    if (length !== undefined) return place + (length >> 1);
  }
  throw new Error(`${dataset}: no chunk found`);
}

/** Bytes of a zlib stream that inflates to these values. */
function lengthAt(stream: Buffer, values: Buffer): number | undefined {
  try {
    const { buffer, engine } = inflateSync(stream, { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return buffer.equals(values) ? engine.bytesWritten : undefined;
  } catch {
    return undefined;
  }
}
