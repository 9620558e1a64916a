/** Archives that are damaged or made to harm: nothing is written outside of the folder, nor half under a final name. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import { headerAttributes } from '../../src/io/archive/format.js';
import { attributesChecksum } from '../../src/io/hdf5/checksum.js';
import { openSource, Source } from '../../src/io/hdf5/source.js';
import { encodedOf, filesBelow } from './fixtures/content.js';
import { writeFile, writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();

const leading: Record<string, string> = {
  'the folder above': '../x.h5',
  'the folder above, by a detour': 'run/../../x.h5',
  'the root': '/tmp/swae-x.h5',
};

for (const [index, [title, name]] of Object.entries(leading).entries()) {
  for (const options of [[], ['--overwrite']]) {
    test(`decompress refuses a file name that leads to ${title} ${options}`, async (t) => {
      const archive = join(folder, `leading-${index}${options}.h5`);
      writeFile(archive, (writer) => {
        writer.writeAttribute('/', 'format', 'swae-archive');
        writer.writeAttribute('/', 'format_version', 2);
        for (const [attribute] of headerAttributes) writer.writeAttribute('/', attribute, 7);
        writer.writeAttribute('/', 'coding', 'bounded');
        const files = ['good.h5', name].map((path) => ({ path, variables: [], copied: [], problems: [] }));
        for (const { path } of files) if (!path.startsWith('/')) writer.createGroup(`/files/${path}`);
        const manifest = JSON.stringify({ files, model: [] });
        writer.writeText('/manifest', manifest);
        writer.writeAttribute('/', 'manifest_crc32', crc32(manifest));
        const header = attributesChecksum(new Source(archive, writer.file), '/', 'header_crc32');
        writer.writeAttribute('/', 'header_crc32', header);
      });
      const output = join(folder, `leading-${index}${options}`, 'out');
      const { stderr } = await expectCode(t, 1, ['decompress', archive, '--output-dir', output, ...options]);
      t.is(stderr, `swae: archive "${archive}": the file name "${name}" leads out of the output folder\n`);
      t.false(existsSync(output));
      t.false(existsSync(join(folder, 'x.h5')));
    });
  }
}

test('a damaged archive: the file whose blocks are gone is not made', async (t) => {
  const inputs = join(folder, 'inputs');
  for (const name of ['a.h5', 'b.h5', 'c.h5'])
    writeOctants(join(inputs, name), { count: 800, seed: name.charCodeAt(0) });
  const model = writeModel(join(folder, 'model.safetensors'), 7);
  const results = join(folder, 'results');
  await expectCode(t, 0, ['compress', inputs, '--model-path', model, '--output-dir', results, '--no-reconstruct']);
  const archive = join(folder, 'damaged.h5');
  cpSync(encodedOf(results), archive);
  damageLatents(archive, '/files/b.h5/U_CHI');
  const back = join(folder, 'back');
  const { stderr } = await expectCode(t, 1, ['decompress', archive, '--output-dir', back]);
  t.is(stderr.split('\n').at(-2), `swae: hdf5 "${archive}:/files/b.h5/U_CHI": damaged: a chunk does not decompress`);
  t.deepEqual(filesBelow(back), ['a.h5']);
  const verified = await expectCode(t, 1, ['verify', archive, inputs]);
  t.regex(verified.stdout, /^b\.h5 .* 1 difference\(s\)$/m);
  t.is(verified.stdout.match(/as recorded$/gm)?.length, 2);
});

/** Breaks the deflated chunk of a dataset: the archive opens as before. */
function damageLatents(archive: string, path: string): void {
  const whole = readFileSync(archive);
  // Three files of some 50 kB stand at the end, in order; this one is the second.
  for (let place = whole.length - 90_000; place < whole.length - 4096; place += 4096) {
    const damaged = Buffer.from(whole);
    damaged.fill(0xa5, place, place + 64);
    writeFileSync(archive, damaged);
    if (unreadable(archive).join() === path) return;
  }
  throw new Error(`${archive}: no chunk of ${path} found`);
}

function unreadable(path: string): string[] {
  const source = openSource(path);
  const paths = source.datasets().map((dataset) => dataset.path);
  const broken = paths.filter((dataset) => {
    try {
      source.readBytes(dataset);
      return false;
    } catch {
      return true;
    }
  });
  source.close();
  return broken;
}
