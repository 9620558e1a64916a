import test from 'ava';
import { detectLaunch } from '../../src/dist/launcher.js';

/** Variables as the launchers set them, shortened. */
const openMpi = {
  OMPI_COMM_WORLD_RANK: '1',
  OMPI_COMM_WORLD_SIZE: '4',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  PMIX_RANK: '1',
};
const hydra = { PMI_FD: '6', PMI_RANK: '2', PMI_SIZE: '3', MPI_LOCALRANKID: '0' };
const batch = { SLURM_JOB_ID: '1', SLURM_NTASKS: '4', SLURM_PROCID: '0' };
const step = { ...batch, SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '4', SLURM_PROCID: '3', SLURM_LOCALID: '1' };

const cases = [
  { title: 'no launcher', environment: {}, expected: undefined },
  { title: 'batch script', environment: batch, expected: undefined },
  { title: 'mpirun of Open MPI', environment: openMpi, expected: ['mpirun of Open MPI', 1, 4, 'openmpi'] },
  { title: 'mpirun of MPICH', environment: hydra, expected: ['mpirun of MPICH', 2, 3, 'mpich'] },
  {
    title: 'mpirun of Open MPI in an allocation',
    environment: { ...step, ...openMpi },
    expected: ['mpirun of Open MPI', 1, 4, 'openmpi'],
  },
  {
    title: 'mpirun of MPICH in an allocation',
    environment: { ...step, ...hydra },
    expected: ['mpirun of MPICH', 2, 3, 'mpich'],
  },
  {
    title: 'srun, pmix',
    environment: { ...step, SLURM_MPI_TYPE: 'pmix', PMIX_RANK: '3' },
    expected: ['srun --mpi=pmix', 3, 4, 'openmpi'],
  },
  {
    title: 'srun, pmi2',
    environment: { ...step, SLURM_MPI_TYPE: 'pmi2', PMI_RANK: '3', PMI_SIZE: '4' },
    expected: ['srun --mpi=pmi2', 3, 4, 'mpich'],
  },
  { title: 'srun, none', environment: step, expected: ['srun --mpi=none', 3, 4, 'openmpi'] },
];

for (const { title, environment, expected } of cases) {
  test(`launcher: ${title}`, (t) => {
    const launch = detectLaunch(environment);
    t.deepEqual(launch && [launch.launcher, launch.rank, launch.size, launch.families[0]], expected);
  });
}

test("a rank's place on its node, whoever started it", (t) => {
  const places = [openMpi, hydra, step, { ...step, PMI_RANK: '3', PMI_SIZE: '4' }].map(
    (environment) => detectLaunch(environment)!.localRank,
  );
  t.deepEqual(places, [1, 0, 1, 1]);
});
