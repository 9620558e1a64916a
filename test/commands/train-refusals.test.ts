import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fillFolder, runOptions } from './fixtures/refusals-folder.js';
import { train } from './fixtures/training.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
let before: readonly string[];
let outputs = 0;

test.before(async () => {
  await fillFolder(folder);
  before = everything();
});

test.after.always((t) => {
  // A refused run leaves what it found, and nothing half-written.
  t.deepEqual(everything(), before);
  rmSync(folder, { recursive: true });
});

const refused = test.macro({
  title: (_, what: string) => `refused: ${what}`,
  async exec(t, _what: string, args: string, message: RegExp, code: 1 | 2 = 1) {
    // Each in a folder of its own: two processes may not work on one.
    outputs += 1;
    const own = args.replace('--output-dir out', `--output-dir out/${outputs}`);
    const result = await train(own.split(' '), { cwd: folder });
    t.is(result.code, code, result.stderr);
    t.regex(result.stderr, new RegExp(message, 'm'));
    t.notRegex(result.stderr, /^ +at /m, 'a stack is for our defects, not for what the user can mend');
  },
});

const resume = 'data --max-steps 2 --output-dir run --resume --batch-size';
const changed = (what: string, was: string, is: string) =>
  new RegExp(
    `^swae: checkpoint "run/last\\.safetensors": ${what} was ${was}, is now ${is}\n {2}Resume with the options`,
  );

// One after another: two processes may not work on one folder.
test.serial(refused, 'resume with another batch size', `${resume} 8`, changed('batch-size', '16', '8'));
test.serial(refused, 'resume with another learning rate', `${resume} 16 --lr 1e-3`, changed('lr', '0.004', '0.001'));
test.serial(
  refused,
  'resume with another loss weight',
  `${resume} 16 --divergence-weight 0`,
  changed('divergence-weight', '0.0001', '0'),
);
test.serial(
  refused,
  'resume with more data',
  `more/a.h5 ${resume} 16`.replace(' data', ''),
  changed('blocks', '64', '80'),
);
test.serial(
  refused,
  'resume with other data',
  `other/a.h5 ${resume} 16`.replace(' data', ''),
  changed('checksum of the blocks', '\\d+', '\\d+'),
);
test(
  refused,
  'an output folder that holds a run',
  `data ${runOptions.join(' ')} --output-dir run`,
  /^swae: output folder "run" holds a run already\n {2}Go on with it by --resume, or choose another --output-dir\.$/,
);
test(
  refused,
  'resume from a checkpoint cut short',
  'data --batch-size 16 --output-dir cut --resume',
  /^swae: .*cut\/last\.safetensors.*truncated: the header says \d+ bytes, the file has 100000$/,
);
test(
  refused,
  'resume from a model',
  'data --batch-size 16 --output-dir state --resume',
  /^swae: checkpoint "state\/last\.safetensors": holds a model, but no training state$/,
);
test(
  refused,
  'output below a regular file',
  'data --output-dir regular/run',
  /^swae: output folder "regular\/run" cannot be made: .*not a directory/,
);

test(refused, 'a missing folder', 'nowhere --output-dir out', /^swae: input "nowhere": no such file or folder$/);
test(
  refused,
  'an empty folder',
  'empty --output-dir out',
  /^swae: input "empty": no HDF5 files \(.*\) in this folder$/,
);
test(refused, 'a text file named .h5', 'text --output-dir out', /^swae: hdf5 ".*text\/notes\.h5": .*not.* HDF5/);
test(refused, 'an HDF5 file cut short', 'broken --output-dir out', /^swae: hdf5 ".*broken\/a\.h5": .*truncated/);
test(
  refused,
  'a dataset of integers',
  'odd --variables levels --output-dir out',
  /^swae: hdf5 ".*odd\/a\.h5:\/levels": expected float32 or float64, got /,
);
test(
  refused,
  'a dataset of rank 1',
  'odd --variables radius --output-dir out',
  /^swae: hdf5 ".*odd\/a\.h5:\/radius": expected rank 3 or more, got 1$/,
);
test(
  refused,
  'a pattern that matches nothing',
  'data --variables U_CHI *K --output-dir out',
  /^swae: --variables U_CHI: matches nothing\n {2}There is .*\/U_ALPHA \/U_FLAT \/U_K/,
);
test(
  refused,
  'fewer blocks than the batch',
  'data --batch-size 64 --output-dir out',
  /^swae: only 51 blocks to train on, fewer than --batch-size 64\n {2}Give more data or a smaller batch\.$/,
);
test(
  refused,
  'nothing but constant blocks',
  'flat --output-dir out',
  /^swae: there is nothing to train on: every block is constant/,
);

test(
  refused,
  'an option out of range',
  'data --output-dir out --lr 0',
  /^swae: --lr must be a number above 0, got 0$/,
  2,
);
test(
  refused,
  'an unknown option',
  'data --output-dir out --batchsize 16',
  /^swae: unknown argument: --batchsize\n.*--batch-size\? /,
  2,
);
test(
  refused,
  'an unknown architecture',
  'data --output-dir out --arch cnn',
  /^swae: Invalid values:[\s\S]*Argument: arch, Given: "cnn", Choices: "mlp"/,
  2,
);
test(
  refused,
  'an unknown normalisation',
  'data --output-dir out --normalisation log',
  /^swae: Invalid values:[\s\S]*Given: "log", Choices: "pos_log"/,
  2,
);
test(
  refused,
  'an option given twice',
  'data --output-dir a --output-dir b',
  /^swae: --output-dir is given 2 times: a, b$/,
  2,
);
test(refused, 'no input', '--output-dir out', /^swae: train needs <input\.\.>/, 2);

function everything(): string[] {
  // The output folder itself is made early, so that one that cannot be made is known before the data are loaded.
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !/^out(\/\d+)?$/.test(path),
  );
  return paths.sort().map((path) => `${path} ${statSync(join(folder, path)).mtimeMs}`);
}
