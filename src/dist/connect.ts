import { InputError } from '../errors.js';
import { findMpiLibrary } from '../ffi/abi.js';
import { bindLibmpi } from '../ffi/libmpi.js';
import type { Communicator } from './communicator.js';
import { anyFamily, detectLaunch, type Launch } from './launcher.js';
import { connectSolo } from './solo.js';
import { watch } from './watch.js';
import { World, type WorldOptions } from './world.js';

export interface ConnectOptions extends WorldOptions {
  /** How long a rank may keep others waiting before it is named and the job ends; 0 or left out: for ever. */
  readonly stallSeconds?: number;
}

/**
 * The group of ranks that this process belongs to: `world` where a launcher started several (or SWAE_MPI=1 asks for
 * it), else `solo`. Throws InputError where the MPI library is missing or is not the launcher's own.
 */
export function connect(environment: NodeJS.ProcessEnv = process.env, options: ConnectOptions = {}): Communicator {
  const launch = detectLaunch(environment);
  const wanted = (launch !== undefined && launch.size > 1) || environment.SWAE_MPI === '1';
  if (!wanted) return connectSolo();
  const world = connectWorld(launch, environment, options);
  const { stallSeconds = 0 } = options;
  return world.size > 1 && stallSeconds > 0 ? watch(world, stallSeconds) : world;
}

function connectWorld(launch: Launch | undefined, environment: NodeJS.ProcessEnv, options: WorldOptions): World {
  const library = findMpiLibrary(launch?.families ?? anyFamily, environment);
  const world = new World(bindLibmpi(library), library.name, options);
  if (launch && launch.size !== world.size) {
    const { launcher, rank, size } = launch;
    world.finalize();
    throw new InputError(
      `${launcher} started this as rank ${rank} of ${size}, but ${library.name} (${library.shared.path}) sees ${world.size}`,
      { hint: mismatchHint(launcher) },
    );
  }
  return world;
}

function mismatchHint(launcher: string): string {
  return launcher.startsWith('srun')
    ? 'Use srun --mpi=pmix with Open MPI and srun --mpi=pmi2 with MPICH, or set SWAE_MPI_LIBRARY to the libmpi that belongs to it.'
    : `Start with the mpirun that belongs to the library, or set SWAE_MPI_LIBRARY to the libmpi that belongs to ${launcher}.`;
}
