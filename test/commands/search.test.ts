import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { mpiLibraries, mpiTest } from '../launch.js';
import { writeSample } from './fixtures/sample.js';
import { attemptsOf, expectEachOnce, sameModels, searchArgs, tableOf, trialFolders } from './fixtures/searching.js';
import { expectCode, startSwae, swae, temporaryFolder } from './fixtures/swae.js';
import { checkpointStep } from './fixtures/training.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const data = at('data.h5');
/** By one process that nobody has disturbed. */
const alone = at('alone');

/** What it said. */
let said = '';

test.before(async () => {
  writeSample(data, { octants: 128, variables: { '/U_ALPHA': 'positive', '/U_K': 'signed' } });
  const { code, stdout, stderr } = await swae(searchArgs(data, alone));
  if (code !== 0) throw new Error(stdout + stderr);
  said = stdout;
});

test('each of the trials is told of when it begins, with how many are open', (t) => {
  const begun = [...said.matchAll(/^mlp (?:24|12,8), 5³ → [23]: rung (.*) begins, (\d) other\(s\) open$/gm)];
  t.is(begun.length, 6);
  t.deepEqual(begun[0]!.slice(1), ['1 of 2 to 3 epochs', '3']);
  t.deepEqual(begun.at(-1)![2], '0');
  t.is(begun.filter(([, rung]) => rung === '2 of 2 to 6 epochs').length, 2);
});

test('trials of equal ratio are halved, the better ones go on from where they were', async (t) => {
  const rows = await tableOf(t, alone);
  t.is(rows.length, 4);
  for (const latentSize of [2, 3]) {
    const group = rows.filter((row) => row.latentSize === latentSize);
    // Blocks of 125 float32 values, to latents, two numbers and a byte.
    for (const { ratio } of group) t.is(ratio, 500 / (4 * latentSize + 9));
    t.deepEqual(group.map(({ state }) => state).sort(), ['finished', 'stopped']);
    t.deepEqual(group.map(({ epochs }) => epochs).sort(), [3, 6]);
  }
  for (const trial of trialFolders(alone)) {
    const read = (rung: number) => JSON.parse(readFileSync(join(trial, `rung-${rung}.json`), 'utf8'));
    const [first] = [read(0)];
    const isPromoted = existsSync(join(trial, 'rung-1.json'));
    const rival = trialFolders(alone).find(
      (other) => other !== trial && other.includes(`_${first.configuration.latentSize}_`),
    )!;
    const rivals = JSON.parse(readFileSync(join(rival, 'rung-0.json'), 'utf8'));
    t.is(isPromoted, first.measured.validation.psnr > rivals.measured.validation.psnr);
    if (isPromoted) t.regex(readFileSync(join(trial, 'log.txt'), 'utf8'), /; 6 epochs, /);
  }
  expectEachOnce(t, alone);
});

test('the errors in the table are those that swae evaluate finds', async (t) => {
  const row = (await tableOf(t, alone)).find(({ state }) => state === 'finished')!;
  const model = join(alone, 'trials', String(row.trial));
  for (const part of ['validation', 'test']) {
    const output = at(`evaluation-${part}`);
    await expectCode(t, 0, ['evaluate', data, '--model-path', model, '--split', part, '--output-dir', output]);
    const [whole] = JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')).rows;
    t.is(row[`${part}Psnr`], whole.physical.psnr);
    t.is(row[`${part}NormalisedMse`], whole.normalised.mse);
  }
});

test('two processes that race in one folder do each task once, and find what one finds', async (t) => {
  const output = at('raced');
  const results = await Promise.all([swae(searchArgs(data, output)), swae(searchArgs(data, output))]);
  for (const { code, stdout, stderr } of results) t.is(code, 0, stdout + stderr);
  expectEachOnce(t, output);
  const owners = new Set(
    trialFolders(output)
      .flatMap(attemptsOf)
      .map(({ owner }) => owner.pids[0]),
  );
  t.is(owners.size, 2, 'both have had a trial');
  t.deepEqual(await tableOf(t, output), await tableOf(t, alone));
  sameModels(t, output, alone);
});

for (const library of mpiLibraries)
  mpiTest(library, `two ranks of ${library} find what one process finds`, async (t) => {
    const output = at(library);
    const { stdout } = await expectCode(t, 0, searchArgs(data, output), { library, ranks: 2 });
    t.is(stdout.match(/^4 trial\(s\), 3, 6 epochs; of equal ratio the best 1\/2 go on each time$/gm)?.length, 1);
    t.is(stdout.match(/^4 trial\(s\): 2 finished, 2 stopped; /gm)?.length, 1);
    expectEachOnce(t, output);
    t.deepEqual(await tableOf(t, output), await tableOf(t, alone));
    sameModels(t, output, alone);
  });

/** One trial, long enough to be ended midway: some seconds after its first checkpoint. */
const one = {
  '--widths': ['24'],
  '--latent-size': ['2'],
  '--epochs': ['80'],
  '--first-epochs': ['80'],
  '--patience': ['80'],
};
const undisturbed = at('undisturbed');
test.before((t) => expectCode(t, 0, searchArgs(data, undisturbed, one)));

const interrupts = test.macro({
  title: (_, signal: string) => `a search that ${signal} ends in mid-trial goes on, and ends with the same models`,
  async exec(t, signal: 'SIGKILL' | 'SIGUSR1', code: number | null, ending: string | undefined) {
    const parts = at(signal);
    const { pid, result } = startSwae([...searchArgs(data, parts, one), '--json']);
    const trial = () => trialFolders(parts)[0]!;
    let isOver = false;
    const ended = result.finally(() => {
      isOver = true;
    });
    while (!isOver && (trialFolders(parts).length === 0 || !checkpointStep(trial()))) await setTimeout(20);
    t.false(isOver, isOver ? JSON.stringify(await result) : '');
    process.kill(pid, signal);
    const { code: actual, stdout } = await ended;
    t.is(actual, code);
    if (code === null) t.is(stdout, '');
    else {
      const { trials, ...summary } = JSON.parse(stdout);
      t.deepEqual(summary, { folder: parts, finished: false, stoppedBy: signal });
      t.deepEqual(
        trials.map(({ state }: { state: string }) => state),
        ['under way'],
      );
    }
    t.false(existsSync(join(trial(), 'rung-0.json')));
    t.deepEqual(
      attemptsOf(trial()).map((attempt) => attempt.ended),
      [ending],
    );
    await expectCode(t, 0, searchArgs(data, parts, one));
    t.is(attemptsOf(trial()).length, 2);
    t.deepEqual(await tableOf(t, parts), await tableOf(t, undisturbed));
    sameModels(t, parts, undisturbed);
  },
});

test.serial(interrupts, 'SIGKILL', null, undefined);
test.serial(interrupts, 'SIGUSR1', 75, 'interrupted');

test('a trial that diverges is named and left out, the others go on: exit code 3', async (t) => {
  const output = at('diverging');
  const args = searchArgs(data, output, { '--widths': ['24'], '--latent-size': ['2'], '--lr': ['0.004', '1e30'] });
  const { stderr } = await expectCode(t, 3, args);
  t.regex(stderr, /^swae: trial mlp_24_5x5x5_2_mse_pos_log_lr1e\+30: the .* training diverged$/m);
  const rows = await tableOf(t, output);
  t.deepEqual(
    rows.map(({ state }) => state),
    ['finished', 'failed'],
  );
});

test('consolidate and analyse take several searches', async (t) => {
  const output = at('both');
  await expectCode(t, 0, ['search', 'consolidate', alone, alone, '--output-dir', output]);
  const lines = readFileSync(join(output, 'trials.csv'), 'utf8').trimEnd().split('\n');
  t.is(lines.length, 1 + 8);
  t.regex(lines[0]!, /^search,trial,state,rung,failure,arch,.*ratio.*validationPsnr.*testPsnr.*machine|node/);
  const picture = join(output, 'front.svg');
  const analyse = ['search', 'analyse', alone, '--output', picture, '--max-parameters', '1', '1e9', '--json'];
  const { budgets } = JSON.parse((await expectCode(t, 0, analyse)).stdout);
  const [none, any] = budgets.slice(-2);
  t.is(none.best, null);
  t.is(any.best.search, alone);
  t.true(trialFolders(alone).includes(join(alone, 'trials', any.best.trial)));
  const { stdout } = await expectCode(t, 0, ['search', 'analyse', alone, '--output', picture, '--min-ratio', '25']);
  t.regex(stdout, /^[1-4] of 4 measured trial\(s\) are beaten by no other/);
  t.regex(stdout, /^ratio ≥ 25 +mlp (24|12,8), 5³ → 2 /m);
  t.true(readFileSync(picture, 'utf8').startsWith('<svg'));
  const [, model] = /--model-path (\S+)$/m.exec(stdout)!;
  t.regex((await expectCode(t, 0, ['info', model!])).stdout, /^architecture +mlp (24|12,8): blocks of 5³/m);
});

const refused: Record<string, { args: string[]; code: number; message: RegExp }> = {
  'another search in the folder': {
    args: searchArgs(data, alone, { '--batch-size': ['8'] }),
    code: 1,
    message: /^swae: folder ".*alone" holds another search: batch-size: was 16, is now 8\n {2}Go on with/,
  },
  'other epochs in the folder': {
    args: searchArgs(data, alone, { '--epochs': ['12'] }),
    code: 1,
    message:
      /^swae: folder ".*alone" holds another search: epochs by the end of each rung \(--epochs, --first-epochs, --reduction\): was \[3,6\], is now \[3,6,12\]\n {2}Go on with/,
  },
  'other trials in the folder': {
    args: searchArgs(data, alone, { '--lr': ['1e-3'] }),
    code: 1,
    message: /^swae: folder ".*alone" holds another search, of other trials\n/,
  },
  'a folder without a search': {
    args: ['search', 'analyse', folder],
    code: 1,
    message: /^swae: folder ".*": holds no search, there is no search\.json\n$/,
  },
  'no such data': {
    args: searchArgs(at('nowhere.h5'), at('not-made')),
    code: 1,
    message: /^swae: input ".*nowhere\.h5": no such file or folder\n$/,
  },
  'a first rung beyond the last': {
    args: searchArgs(data, at('not-made'), { '--first-epochs': ['9'] }),
    code: 2,
    message: /^swae: --first-epochs 9 is more than --epochs 6\n/,
  },
  'a reduction by one': {
    args: ['search', 'run', data, '--output-dir', at('not-made'), '--reduction', '1'],
    code: 2,
    message: /^swae: --reduction must be a whole number from 2, got 1\n/,
  },
  'a wrong option of training': {
    args: searchArgs(data, at('not-made'), { '--projections': ['0'] }),
    code: 2,
    message: /^swae: --projections must be a whole number from 1, got 0\n/,
  },
  'no way to search': { args: ['search'], code: 2, message: /^swae: search how\?\n/ },
};

for (const [title, { args, code, message }] of Object.entries(refused))
  test(`refused: ${title}`, async (t) => {
    const { stderr } = await expectCode(t, code, args);
    t.regex(stderr, message);
    t.false(existsSync(at('not-made')));
  });
