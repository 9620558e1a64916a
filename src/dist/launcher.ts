import type { Family } from '../ffi/search.js';

/** What started this process as one of several ranks. */
export interface Launch {
  /** As a user would call it, e.g. "srun --mpi=pmix". */
  readonly launcher: string;
  readonly rank: number;
  readonly size: number;
  /** This rank's index among those of its node. */
  readonly localRank: number;
  /** Libraries that this launcher can connect, best first. */
  readonly families: readonly Family[];
}

export const anyFamily: readonly Family[] = ['openmpi', 'mpich', 'standard'];
const openMpi: readonly Family[] = ['openmpi', 'standard'];
const mpich: readonly Family[] = ['mpich', 'standard'];

/** Reads from the environment which launcher started this process; undefined when none did. */
export function detectLaunch(environment: NodeJS.ProcessEnv): Launch | undefined {
  const { OMPI_COMM_WORLD_SIZE, OMPI_COMM_WORLD_RANK, PMI_SIZE, PMI_RANK, SLURM_LOCALID } = environment;
  // Either mpirun may itself have used srun to reach the nodes, so Slurm's own variables are asked last.
  if (OMPI_COMM_WORLD_SIZE) {
    const local = environment.OMPI_COMM_WORLD_LOCAL_RANK;
    return launch('mpirun of Open MPI', OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE, local, openMpi);
  }
  if (PMI_SIZE) {
    const bySlurm = PMI_SIZE === environment.SLURM_STEP_NUM_TASKS;
    if (bySlurm) return launch('srun --mpi=pmi2', PMI_RANK, PMI_SIZE, SLURM_LOCALID, mpich);
    return launch('mpirun of MPICH', PMI_RANK, PMI_SIZE, environment.MPI_LOCALRANKID, mpich);
  }
  // Only what srun starts has a step; a batch script has SLURM_NTASKS, but is one process.
  if (environment.SLURM_STEP_NUM_TASKS) {
    const type = environment.SLURM_MPI_TYPE ?? 'none';
    const families = type.startsWith('cray') ? mpich : anyFamily;
    const { SLURM_PROCID, SLURM_STEP_NUM_TASKS } = environment;
    return launch(`srun --mpi=${type}`, SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, families);
  }
  return undefined;
}

function launch(
  launcher: string,
  rank: string | undefined,
  size: string,
  localRank: string | undefined,
  families: readonly Family[],
): Launch {
  return { launcher, rank: Number(rank ?? 0), size: Number(size), localRank: Number(localRank ?? 0), families };
}
