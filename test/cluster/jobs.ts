/** What users submit on two nodes: the job files as docs/cluster.md has them, and `srun` of either MPI library. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { encodedOf, filesBelow, reconstructedOf, runFolder } from '../commands/fixtures/content.js';
import { writeModel, writeOctants } from '../commands/fixtures/data.js';
import { filesOfRun, runFiles } from '../commands/fixtures/training.js';
import { mpiLibraries } from '../launch.js';
import { program } from '../program.js';
import { clusterTest, type Lab } from './lab.js';
import { expectSearch, stopSearch } from './searches.js';

const benchFiles = ['scaling.csv', 'scaling.json', 'scaling.svg'];
const quickBench = ['--batch-size', '64', '--rank-bytes', '1e6', '--rounds', '1', '--steps', '2'];
const twoNodes = ['--nodes=2', '--ntasks-per-node=2'];

export function testJobs(lab: Lab): void {
  const scratch = join(lab.folder, 'scratch');
  const prepared = () => {
    if (!existsSync(scratch))
      for (const name of ['a', 'b', 'c'])
        writeOctants(join(scratch, `run/${name}.h5`), { variables: ['U_CHI', 'U_K'], count: 120 });
    return scratch;
  };

  for (const line of submissionsOf('docs/cluster.md'))
    clusterTest(`on the cluster: ${line}`, async (t) => {
      const isBench = line.includes('scaling.sbatch');
      const args = [...line.replaceAll('/scratch', prepared()).split(/ +/).slice(1), ...(isBench ? quickBench : [])];
      const out = /OUT=([^, ]+)/.exec(args.join(' '))![1]!;
      if (line.includes('search')) return expectSearch(t, lab, args, out);
      const id = await lab.submit({ args, env: { EPOCHS: '2' } });
      const { state, restarts } = await lab.untilOver(id);
      t.is(state, 'COMPLETED', lab.outputOf(id));
      t.is(restarts, 0);
      t.regex(lab.outputOf(id), /4 rank\(s\) by srun --mpi=pmix, 1 thread\(s\) each/);
      if (isBench) t.deepEqual(filesBelow(out), benchFiles);
      else if (line.includes('train')) t.deepEqual(filesOfRun(out), [...runFiles, 'report.html']);
      else if (line.includes('evaluate'))
        t.deepEqual(filesBelow(out), ['evaluation.csv', 'evaluation.json', 'report.html']);
      else expectArchive(t, out);
    });

  clusterTest('a search that a signal stops requeues itself and goes on', (t) =>
    stopSearch(t, lab, join(prepared(), 'run')),
  );

  for (const library of mpiLibraries)
    clusterTest(`4 ranks on 2 nodes train and compress, ${library}`, async (t) => {
      const [data, out] = [join(prepared(), 'run'), join(scratch, library)];
      const swae = (...args: string[]) =>
        lab.srun(library, twoNodes, [process.execPath, program, ...args, '--threads', '1']);
      const said = await swae(
        'train',
        data,
        '--block-size',
        '7',
        '--max-steps',
        '3',
        '--epochs',
        '5',
        '--output-dir',
        join(out, 'model'),
      );
      t.regex(said, new RegExp(`4 rank\\(s\\) of 1 thread\\(s\\), ${library === 'openmpi' ? 'Open MPI' : 'MPICH'}`));
      t.deepEqual(filesOfRun(join(out, 'model')), [...runFiles, 'report.html']);
      await swae(
        'compress',
        data,
        '--model-path',
        writeModel(join(scratch, 'model.safetensors'), 7),
        '--output-dir',
        join(out, 'results'),
      );
      expectArchive(t, join(out, 'results'));
    });

  clusterTest('every rank of a node takes another of its GPUs', async (t) => {
    const devices = async (option: string) =>
      (await lab.srun('openmpi', [...twoNodes, option], [process.execPath, 'build/test/cluster/fixtures/device.js']))
        .trim()
        .split('\n')
        .sort();
    const lines = (seen: readonly string[], taken: readonly string[]) =>
      [0, 1, 2, 3].map(
        (rank) => `rank ${rank} node${rank < 2 ? 1 : 2} sees ${seen[rank % 2]} takes ${taken[rank % 2]}`,
      );
    t.deepEqual(await devices('--gpus-per-node=2'), lines(['0,1', '0,1'], ['0', '1']));
    t.deepEqual(await devices('--gpus-per-task=1'), lines(['0', '1'], ['0', '0']));
  });

  clusterTest('no rank leaves MPI_Init before all are in it', async (t) => {
    const mark = join(lab.folder, 'late-rank');
    const said = await lab.srun('openmpi', twoNodes, [process.execPath, 'build/test/cluster/fixtures/late.js', mark]);
    t.deepEqual(
      said.trim().split('\n').sort(),
      [0, 1, 2, 3].map((rank) => `rank ${rank} waited`),
    );
  });

  clusterTest('a rank that stalls on another node is named with it, and the job ends', async (t) => {
    const started = lab.srun(
      'openmpi',
      ['--nodes=2', '--ntasks=3'],
      [process.execPath, 'build/test/dist/fixtures/stalling-rank.js', 'works'],
    );
    const { stderr } = await t.throwsAsync<Error & { stderr: string }>(started);
    t.regex(stderr, /^swae: rank 0 on node1 waits in allreduce since \d+ s for rank 2 on node2 \(at other work/m);
  });
}

function submissionsOf(page: string): string[] {
  return [...readFileSync(resolve(page), 'utf8').matchAll(/^sbatch .*$/gm)].map(([line]) => line);
}

function expectArchive(t: ExecutionContext, out: string): void {
  t.deepEqual(filesBelow(runFolder(out)), [
    'all_variables_encoded.h5',
    'all_variables_reconstructed.h5',
    'report.html',
    'summary.json',
  ]);
  for (const path of [encodedOf(out), reconstructedOf(out)]) t.true(existsSync(path));
}
