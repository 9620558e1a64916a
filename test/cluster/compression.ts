/** Compressions on two nodes that are ended untimely. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openSource } from '../../src/io/hdf5/source.js';
import type { Random } from '../../src/models/random.js';
import {
  contentOf,
  encodedOf,
  filesBelow,
  reconstructedOf,
  runDependent,
  runFolder,
} from '../commands/fixtures/content.js';
import { writeModel, writeOctants } from '../commands/fixtures/data.js';
import type { Lab, Submission } from './lab.js';
import { killAgainAndAgain, type Target } from './random-kills.js';

const variables = Array.from({ length: 24 }, (_, i) => `U_${i}`);

/** Where the input is, and the results of a run that nobody has disturbed. */
interface Prepared {
  readonly whole: string;
  submission(out: string): Submission;
}

export async function stopCompression(t: ExecutionContext, lab: Lab): Promise<void> {
  const prepared = await prepare(t, lab);
  const out = join(lab.folder, 'compression-stopped');
  const id = await lab.submit(prepared.submission(out));
  await lab.until(id, () => journalBytes(out) > 0);
  await lab.login(['scancel', '--signal=USR1', id]);
  const { state, restarts } = await lab.untilOver(id);
  t.deepEqual([state, restarts], ['COMPLETED', 1], lab.outputOf(id));
  t.regex(lab.outputOf(id), /^swae: rank \d: stopped by SIGUSR1$/m);
  sameContent(t, out, prepared.whole);
}

export async function killCompression(t: ExecutionContext, lab: Lab, kills: number, source: Random): Promise<void> {
  const prepared = await prepare(t, lab);
  for (let run = 0, left = kills; left > 0; run++) {
    const out = join(lab.folder, `compression-${run}`);
    const target = targetOf(t, out, prepared.submission(out));
    left -= await killAgainAndAgain(lab, source, target, left);
    if (!target.isWhole()) await complete(t, lab, target.submission);
    sameContent(t, out, prepared.whole);
  }
}

async function prepare(t: ExecutionContext, lab: Lab): Promise<Prepared> {
  const [input, model, whole] = ['to-compress', 'model.safetensors', 'compressed'].map((name) =>
    join(lab.folder, name),
  );
  const submission = (out: string): Submission => ({
    args: ['--ntasks-per-node=1', 'slurm/compress.sbatch'],
    env: { DATA: input!, OUT: out, MODEL: model! },
  });
  if (!existsSync(whole!)) {
    for (const name of ['a', 'b', 'c', 'd']) writeOctants(join(input!, `${name}.h5`), { variables, count: 60 });
    writeModel(model!, 7);
    await complete(t, lab, submission(whole!));
  }
  return { whole: whole!, submission };
}

async function complete(t: ExecutionContext, lab: Lab, submission: Submission): Promise<void> {
  const id = await lab.submit(submission);
  t.is((await lab.untilOver(id)).state, 'COMPLETED', lab.outputOf(id));
}

function targetOf(t: ExecutionContext, output: string, submission: Submission): Target {
  return {
    submission,
    output,
    progress: () => journalBytes(output),
    isWhole: () => namesIn(output).length > 0 && namesIn(runFolder(output)).join() === whatIsWhole.join(),
    check() {
      for (const run of namesIn(output))
        for (const name of namesIn(join(output, run)).filter((name) => name.endsWith('.h5'))) {
          const source = openSource(join(output, run, name));
          t.true(source.datasets().length > 4 * variables.length, name);
          source.close();
        }
    },
  };
}

const whatIsWhole = ['all_variables_encoded.h5', 'all_variables_reconstructed.h5', 'report.html', 'summary.json'];

function sameContent(t: ExecutionContext, actual: string, expected: string): void {
  t.deepEqual(filesBelow(runFolder(actual)), filesBelow(runFolder(expected)));
  const except = runDependent;
  t.deepEqual(contentOf(encodedOf(actual), { except }), contentOf(encodedOf(expected), { except }));
  t.deepEqual(contentOf(reconstructedOf(actual)), contentOf(reconstructedOf(expected)));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Of the run in `output` while it is unfinished, else 0. */
function journalBytes(output: string): number {
  const [run] = namesIn(output);
  return run === undefined ? 0 : (statSync(join(output, run, 'journal.tmp'), { throwIfNoEntry: false })?.size ?? 0);
}
