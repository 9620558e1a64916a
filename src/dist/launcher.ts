import type { Family } from '../ffi/abi.js';

/** What started this process as one of several ranks. */
export interface Launch {
  /** As a user would call it, e.g. "srun --mpi=pmix". */
  readonly launcher: string;
  readonly rank: number;
  readonly size: number;
  /** Libraries that this launcher can connect, best first. */
  readonly families: readonly Family[];
}

export const anyFamily: readonly Family[] = ['openmpi', 'mpich', 'standard'];
const openMpi: readonly Family[] = ['openmpi', 'standard'];
const mpich: readonly Family[] = ['mpich', 'standard'];

/** Reads from the environment which launcher started this process; undefined when none did. */
export function detectLaunch(environment: NodeJS.ProcessEnv): Launch | undefined {
  const { OMPI_COMM_WORLD_SIZE, OMPI_COMM_WORLD_RANK, PMI_SIZE, PMI_RANK } = environment;
  // Either mpirun may itself have used srun to reach the nodes, so Slurm's own variables are asked last.
  if (OMPI_COMM_WORLD_SIZE) {
    return launch('mpirun of Open MPI', OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE, openMpi);
  }
  if (PMI_SIZE) {
    const bySlurm = PMI_SIZE === environment.SLURM_STEP_NUM_TASKS;
    return launch(bySlurm ? 'srun --mpi=pmi2' : 'mpirun of MPICH', PMI_RANK, PMI_SIZE, mpich);
  }
  // Only what srun starts has a step; a batch script has SLURM_NTASKS, but is one process.
  if (environment.SLURM_STEP_NUM_TASKS) {
    const type = environment.SLURM_MPI_TYPE ?? 'none';
    const families = type.startsWith('cray') ? mpich : anyFamily;
    return launch(`srun --mpi=${type}`, environment.SLURM_PROCID, environment.SLURM_STEP_NUM_TASKS, families);
  }
  return undefined;
}

function launch(launcher: string, rank: string | undefined, size: string, families: readonly Family[]): Launch {
  return { launcher, rank: Number(rank ?? 0), size: Number(size), families };
}
