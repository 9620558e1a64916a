/**
 * Kills at random moments. SWAE_TEST_CLUSTER_KILLS is how many a run must survive (default 6, as each start takes seconds; 20 say more),
 * SWAE_TEST_SEED chooses moments and victims (default 1).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readSafetensors } from '../../src/io/checkpoint.js';
import { random } from '../../src/models/random.js';
import { writeSample } from '../commands/fixtures/sample.js';
import { checkpointStep, sameRun } from '../commands/fixtures/training.js';
import { killCompression, stopCompression } from './compression.js';
import { trainingArgs } from './interruptions.js';
import { clusterTest, type Lab, type Submission } from './lab.js';
import { killAgainAndAgain } from './random-kills.js';

const kills = Number(process.env.SWAE_TEST_CLUSTER_KILLS ?? 6);
const seed = Number(process.env.SWAE_TEST_SEED ?? 1);

export function testKills(lab: Lab): void {
  const often = `was killed ${kills} times (seed ${seed})`;
  clusterTest(`a training run that ${often} ends with the same bytes`, (t) => killTraining(t, lab));
  clusterTest(`a compression that ${often} ends with the same files`, (t) =>
    killCompression(t, lab, kills, random(seed, 2)),
  );
  clusterTest('a compression that a signal stops requeues itself and ends with the same files', (t) =>
    stopCompression(t, lab),
  );
}

async function killTraining(t: ExecutionContext, lab: Lab): Promise<void> {
  const data = join(lab.folder, 'killed.h5');
  writeSample(data, { octants: 128 });
  const [parts, whole] = [join(lab.folder, 'killed'), join(lab.folder, 'spared')];
  const submission = (out: string, ...more: string[]): Submission => ({
    args: [...trainingArgs, '--checkpoint-every', '6', ...more],
    env: { DATA: data, OUT: out, BLOCK_SIZE: '5', EPOCHS: '100000' },
  });
  let known = 0;
  const target = {
    submission: submission(parts),
    output: parts,
    progress: () => checkpointStep(parts) ?? 0,
    isWhole: () => false,
    check() {
      const step = checkpointStep(parts) ?? 0;
      t.true(step >= known, `the checkpoint of step ${known} became one of step ${step}`);
      known = step;
      for (const name of finalNames(parts, '.safetensors')) readSafetensors(join(parts, name));
      for (const name of finalNames(parts, '.onnx')) t.true(readFileSync(join(parts, name)).length > 0, name);
    },
  };
  t.is(await killAgainAndAgain(lab, random(seed, 1), target, kills), kills, 'the training ended by itself');
  const limit = ['--max-steps', String(known + 30)];
  for (const out of [parts, whole]) {
    const id = await lab.submit(submission(out, ...limit));
    t.is((await lab.untilOver(id)).state, 'COMPLETED', lab.outputOf(id));
  }
  t.log(`${known} steps behind the last kill`);
  sameRun(t, parts, whole);
}

function finalNames(folder: string, ending: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(ending)) : [];
}
