import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { program } from './program.js';

const script = resolve('launch.sh');

/** Says how it was called, with the threads and, for srun, the kind of fence that it would hand to its ranks. */
const echo =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own.
  '#!/bin/sh\n[ "$1" = --version ] && echo "$VERSION" && exit\necho "$(basename "$0") $* [$SWAE_THREADS${SLURM_PMIX_FENCE:+ $SLURM_PMIX_FENCE}]"\n';
const openMpi = { VERSION: 'mpirun.openmpi (OpenRTE) 4.1.4' };
const hydra = { VERSION: 'HYDRA build details:' };
const allocation = {
  SLURM_JOB_ID: '7',
  SLURM_NTASKS: '4',
  SLURM_JOB_NUM_NODES: '2',
  SLURM_JOB_CPUS_PER_NODE: '16(x2)',
};

const mpirunOptions = '--bind-to none --map-by slot:OVERSUBSCRIBE -x SWAE_THREADS -x UCX_MEM_EVENTS';
const train = `node ${program} train data --epochs 3`;

/** Commands that are installed, their environment, launch.sh's arguments before "train", and what is started. */
const starts: [
  title: string,
  commands: string[],
  environment: Record<string, string>,
  args: string,
  started: string,
][] = [
  ['one process', [], {}, '', `${train} [8]`],
  ['one process though MPI is there', ['mpirun.openmpi'], openMpi, '-n 1', `${train} [8]`],
  ['Open MPI', ['mpirun.openmpi'], openMpi, '-n 2', `mpirun.openmpi ${mpirunOptions} -n 2 ${train} [4]`],
  ['no blank after -n', ['mpirun.mpich'], hydra, '-n2', `mpirun.mpich -n 2 ${train} [4]`],
  ['MPICH', ['mpirun.mpich'], hydra, '-n 3', `mpirun.mpich -n 3 ${train} [2]`],
  ['more ranks than cores', ['mpirun.mpich'], hydra, '-n 9', `mpirun.mpich -n 9 ${train} [1]`],
  [
    'Open MPI before MPICH',
    ['mpirun.mpich', 'mpirun.openmpi'],
    openMpi,
    '-n 2',
    `mpirun.openmpi ${mpirunOptions} -n 2 ${train} [4]`,
  ],
  [
    'MPICH before Open MPI for a library of MPICH',
    ['mpirun.mpich', 'mpirun.openmpi'],
    { ...hydra, SWAE_MPI_LIBRARY: '/opt/lib/libmpich.so.12' },
    '-n 2',
    `mpirun.mpich -n 2 ${train} [4]`,
  ],
  [
    'the mpirun of a module before that of the system',
    ['mpirun', 'mpirun.openmpi'],
    hydra,
    '-n 2',
    `mpirun -n 2 ${train} [4]`,
  ],
  [
    'SWAE_MPIRUN and SWAE_THREADS',
    ['mpirun.openmpi', 'mine'],
    { ...hydra, SWAE_MPIRUN: 'mine -hosts a,b', SWAE_THREADS: '5' },
    '-n 2',
    `mine -hosts a,b -n 2 ${train} [5]`,
  ],
  [
    'srun with Open MPI, the tasks of the allocation',
    ['srun', 'mpirun.openmpi'],
    { ...allocation, ...openMpi },
    '',
    `srun --mpi=pmix --ntasks=4 --kill-on-bad-exit=1 ${train} [8 ring]`,
  ],
  [
    'srun with MPICH, cores per task asked for',
    ['srun', 'mpirun.mpich'],
    { ...allocation, ...hydra, SLURM_CPUS_PER_TASK: '6' },
    '-n 2',
    `srun --mpi=pmi2 --ntasks=2 --kill-on-bad-exit=1 --cpus-per-task=6 ${train} [6 ring]`,
  ],
  [
    'srun with a library named, and more options',
    ['srun', 'mpirun.openmpi'],
    { ...allocation, ...openMpi, SWAE_MPI_LIBRARY: '/opt/lib/libmpich.so.12', SWAE_SRUN_ARGS: '--mpi=cray_shasta -l' },
    '',
    `srun --mpi=pmi2 --ntasks=4 --kill-on-bad-exit=1 --mpi=cray_shasta -l ${train} [8 ring]`,
  ],
  [
    'an allocation without srun',
    ['mpirun.mpich'],
    { ...allocation, ...hydra },
    '-n 2',
    `mpirun.mpich -n 2 ${train} [4]`,
  ],
];

for (const [title, commands, environment, args, started] of starts) {
  test(`launch.sh starts: ${title}`, (t) => {
    const { stdout, status, stderr } = launch([...commands, 'node'], environment, [
      ...args.split(' ').filter(Boolean),
      ...['train', 'data', '--epochs', '3'],
    ]);
    t.is(stdout.trim(), started, stderr);
    t.is(status, 0);
  });
}

test('launch.sh: several ranks without MPI', (t) => {
  const { stdout, stderr, status } = launch(['node'], {}, ['-n', '2', 'train']);
  t.is(status, 1);
  t.is(stdout, '');
  t.regex(stderr, /-n 2 needs MPI, and no mpirun was found: apt-get install openmpi-bin .* module load openmpi/);
});

test('launch.sh: a wrong number of ranks', (t) => {
  for (const ranks of ['0', 'two', '']) {
    const { stderr, status } = launch(['node'], {}, ['-n', ranks, 'train']);
    t.is(status, 2);
    t.is(stderr, `launch.sh: -n: expected a number of ranks, got '${ranks}'\n`);
  }
});

test('launch.sh: what demo, test and setup do not take is an error', (t) => {
  const misuses: [args: string, message: string][] = [
    ['-n 2 demo', 'demo chooses its ranks itself: leave out -n 2'],
    ['-n 2 test', 'test chooses its ranks itself: leave out -n 2'],
    ['-n 2 setup', 'setup chooses its ranks itself: leave out -n 2'],
    ['demo fast now', 'demo takes no arguments, got: fast now'],
    ['setup --help', 'setup takes --cuda or --tensorflow, got: --help'],
    ['setup --cuda --tensorflow', 'setup takes --cuda or --tensorflow, got: --cuda --tensorflow'],
  ];
  for (const [args, message] of misuses) {
    const { stdout, stderr, status } = launch(['node'], {}, args.split(' '));
    t.is(stderr, `launch.sh: ${message}\n`);
    t.is(stdout, '');
    t.is(status, 2);
  }
});

test('launch.sh setup --cuda takes the libraries from PyPI and puts them where onnxruntime and ranks find them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swae-cuda-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const onnxruntime = join(folder, 'node_modules/onnxruntime-node');
  const providers = join(onnxruntime, 'bin/napi-v6/linux/x64');
  mkdirSync(providers, { recursive: true });
  writeFileSync(join(onnxruntime, 'package.json'), '{ "version": "1.30.0" }');
  copyFileSync(script, join(folder, 'launch.sh'));
  // pip's answer: the folder that it is to install into, and a file there for each that is wanted.
  const pip = `[ "$3" = --version ] && exit
echo "$*"
mkdir -p cuda/onnxruntime/capi cuda/nvidia/cudnn/lib cuda/nvidia/cu13/lib
for name in shared cuda; do echo "$name" >cuda/onnxruntime/capi/libonnxruntime_providers_$name.so; done
echo cudnn >cuda/nvidia/cudnn/lib/libcudnn.so.9`;
  const fake = `#!/bin/sh
case "$(basename "$0") $1" in
  python3*) ${pip} ;;
  'node -p') echo 1.30.0 ;;
  node*) echo "$LD_LIBRARY_PATH" ;;
esac
`;
  const run = (...args: string[]) =>
    launch(['node', 'python3'], { LD_LIBRARY_PATH: '/site' }, args, fake, join(folder, 'launch.sh'));
  t.is(run('devices').stdout, '/site\n');
  const { status, stderr } = run('setup', '--cuda');
  t.is(status, 0, stderr);
  t.regex(stderr, /^-m pip install .*--target cuda onnxruntime-gpu\[cuda,cudnn\]==1\.30\.0$/m);
  for (const name of ['shared', 'cuda'])
    t.is(readFileSync(join(providers, `libonnxruntime_providers_${name}.so`), 'utf8'), `${name}\n`);
  t.is(readFileSync(join(folder, 'cuda/nvidia/cudnn/lib/libcudnn.so'), 'utf8'), 'cudnn\n');
  const real = realpathSync(folder);
  t.is(run('devices').stdout, `/site:${real}/cuda/nvidia/cu13/lib:${real}/cuda/nvidia/cudnn/lib\n`);
  const { status: without, stderr: advice } = launch(
    ['node'],
    {},
    ['setup', '--cuda'],
    fake,
    join(folder, 'launch.sh'),
  );
  t.is(without, 1);
  t.regex(advice, /needs a Python from 3\.11 with pip/);
});

test('launch.sh setup --tensorflow builds the package of npm for the TensorFlow of PyPI', (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'swae-tensorflow-')));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node/include/node'), { recursive: true });
  writeFileSync(join(folder, 'node/include/node/node_api.h'), '');
  copyFileSync(script, join(folder, 'launch.sh'));
  const fake = `#!/bin/sh
case "$(basename "$0") $1 $3" in
  'node -p '*) echo "${folder}/node" ;;
  'python3 -m --version') ;;
  *) echo "$(basename "$0") $*" >&2 ;;
esac
`;
  const run = (...commands: string[]) =>
    launch(['node', ...commands], {}, ['setup', '--tensorflow'], fake, join(folder, 'launch.sh'));
  t.regex(run().stderr, /needs a Python from 3\.11 with pip/);
  t.regex(run('python3').stderr, /setup --tensorflow needs a C\+\+ compiler/);
  const { status, stderr } = run('python3', 'npm', 'g++', 'make');
  t.is(status, 0, stderr);
  t.regex(stderr, /^python3 -m pip install .*--target tensorflow tensorflow-cpu$/m);
  t.regex(stderr, /^npm install --no-save .*--ignore-scripts .*@tensorflow\/tfjs-node$/m);
  t.regex(stderr, new RegExp(`^npm explore npm .*node-gyp.js rebuild .*--nodedir=${folder}/node `, 'm'));
  const deps = join(folder, 'node_modules/@tensorflow/tfjs-node/deps');
  t.is(readlinkSync(join(deps, 'include')), join(folder, 'tensorflow/tensorflow/include'));
  t.is(readlinkSync(join(deps, 'lib/libtensorflow.so')), 'libtensorflow_cc.so.2');
});

test('launch.sh called by a link from elsewhere', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swae-link-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const link = join(folder, 'swae');
  symlinkSync(script, link);
  const { stdout, stderr } = launch(['node'], {}, ['train'], echo, link);
  t.is(stdout.trim(), `node ${program} train [8]`, stderr);
});

test('launch.sh: help', (t) => {
  const { stdout, status } = launch([], {}, ['--help']);
  t.is(status, 0);
  t.regex(stdout, /^usage: \.\/launch\.sh \[-n RANKS\] COMMAND/);
  const nothing = launch([], {}, []);
  t.is(nothing.status, 2);
  t.is(nothing.stderr, stdout);
});

test("launch.sh passes on the command's exit code and its arguments as they are", (t) => {
  const arguments_ = ['train', 'a  b', '*', ''];
  const fake = '#!/bin/sh\nshift\nfor word; do echo "<$word>"; done\nexit 3\n';
  const { stdout, status } = launch(['node'], {}, arguments_, fake);
  t.is(status, 3);
  t.is(stdout, arguments_.map((argument) => `<${argument}>\n`).join(''));
});

test('the demo runs on 2 ranks where SWAE_MPIRUN is all there is of MPI', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swae-demo-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'demo'));
  copyFileSync('demo/run.sh', join(folder, 'demo/run.sh'));
  writeFileSync(join(folder, 'launch.sh'), '#!/bin/sh\n', { mode: 0o755 });
  const ranks = (environment: Record<string, string>) =>
    launch(['node'], environment, [], echo, join(folder, 'demo/run.sh')).stdout.match(/launch\.sh -n \d/g);
  t.deepEqual(ranks({ SWAE_MPIRUN: '/opt/mpirun' }), Array(4).fill('launch.sh -n 2'));
  t.deepEqual(ranks({}), Array(4).fill('launch.sh -n 1'));
});

const jobs: [job: string, environment: Record<string, string>, started: string][] = [
  [
    'compress',
    { DATA: 'run', OUT: '/out' },
    `compress run --output-dir /out --resume --model-path ${resolve('save/swae_all_vars_7x7x7_mlp')}`,
  ],
  ['train', { DATA: 'run', OUT: '/out' }, 'train run --output-dir /out --resume --epochs 100 --block-size 7'],
  ['scaling', { OUT: '/out' }, 'bench scaling --output-dir /out'],
];

for (const [job, environment, started] of jobs) {
  const submit = (more: Record<string, string>, commands = ['node'], body = echo) =>
    launch(commands, more, [], body, resolve(`slurm/${job}.sbatch`));

  test(`slurm/${job}.sbatch runs from any folder`, (t) => {
    const places: Record<string, string>[] = [
      { SLURM_SUBMIT_DIR: resolve() },
      { SLURM_SUBMIT_DIR: '/nowhere', CLONE: resolve() },
    ];
    for (const place of places) {
      const { stdout, stderr, status } = submit({ ...environment, ...place });
      t.is(stdout.trim(), `node ${program} ${started} [8]`, stderr);
      t.is(status, 0);
    }
  });

  // Nothing that it does is worth going on with.
  if (job !== 'scaling')
    test(`slurm/${job}.sbatch requeues itself where a signal has stopped it, and passes on any exit code`, (t) => {
      for (const code of [0, 1, 75]) {
        const fake = `#!/bin/sh\n[ "$(basename "$0")" = scontrol ] && echo "scontrol $*" && exit\nexit ${code}\n`;
        const place = { SLURM_SUBMIT_DIR: resolve(), SLURM_JOB_ID: '7' };
        const { stdout, status, stderr } = submit({ ...environment, ...place }, ['node', 'scontrol'], fake);
        t.is(status, code, stderr);
        t.is(stdout, code === 75 ? 'scontrol requeue 7\n' : '');
      }
    });

  test(`slurm/${job}.sbatch says what is missing`, (t) => {
    for (const name of Object.keys(environment)) {
      const { stderr, status } = submit({ ...environment, SLURM_SUBMIT_DIR: resolve(), [name]: '' });
      t.not(status, 0);
      t.regex(stderr, new RegExp(`${name}: the folder .*: sbatch --export=ALL,`));
    }
    const { stderr, status } = submit({ ...environment, SLURM_SUBMIT_DIR: '/nowhere' });
    t.is(status, 2);
    t.is(stderr, 'no launch.sh in /nowhere: sbatch in the clone, or with CLONE=/path/of/it\n');
  });
}

/** Runs launch.sh (or another script) where the only commands are the few of the system that it needs, 8 cores, and `commands`. */
function launch(
  commands: readonly string[],
  environment: Record<string, string>,
  args: readonly string[],
  body = echo,
  called = script,
) {
  const folder = mkdtempSync(join(tmpdir(), 'swae-launch-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['bash', 'cat', 'dirname', 'env', 'basename', 'readlink', 'date', 'ln', 'mkdir'])
    symlinkSync(findCommand(name), join(bin, name));
  const write = (name: string, text: string) => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  write('nproc', '#!/bin/sh\necho 8\n');
  for (const name of commands) write(name, body);
  const env = { PATH: bin, SWAE_SKIP_SETUP: '1', ...environment };
  const result = spawnSync('bash', [called, ...args], { cwd: folder, env, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  return result;
}

function findCommand(name: string): string {
  return spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}
