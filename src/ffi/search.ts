/** Where MPI libraries are looked for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Which binary interface a library has: the meaning of handles and constants differs, the functions do not. */
export type Family = 'openmpi' | 'mpich' | 'standard';

/** File names of the libraries of each family. */
export const sonames: Record<Family, readonly string[]> = {
  openmpi: ['libmpi.so.40'],
  mpich: ['libmpich.so.12', 'libmpi.so.12'],
  standard: ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.so'],
};

/** Variables by which environment modules tell where an MPI lives. */
const rootVariables = ['MPI_HOME', 'MPI_ROOT', 'I_MPI_ROOT', 'CRAY_MPICH_DIR', 'EBROOTOPENMPI', 'EBROOTMPICH'];
const systemDirectories: Record<Family, readonly string[]> = {
  openmpi: [
    '/usr/lib64/openmpi/lib',
    '/usr/lib/x86_64-linux-gnu/openmpi/lib',
    '/usr/lib/aarch64-linux-gnu/openmpi/lib',
  ],
  mpich: ['/usr/lib64/mpich/lib'],
  standard: [],
};

/**
 * Names and paths at which a library may be found, most trusted first: where the user or a module points to, beside the mpirun that is found,
 * and only then where the linker looks, since a node may have another MPI installed than the one that is loaded.
 */
export function candidates(families: readonly Family[], environment: NodeJS.ProcessEnv): string[] {
  const names = families.flatMap((family) => sonames[family]);
  return [
    ...chosenDirectories(environment).flatMap((directory) => names.map((name) => join(directory, name))),
    ...names,
    ...families.flatMap((family) =>
      systemDirectories[family].flatMap((directory) => sonames[family].map((name) => join(directory, name))),
    ),
  ];
}

function chosenDirectories(environment: NodeJS.ProcessEnv): string[] {
  const listed = (variable: string) => environment[variable]?.split(':').filter(Boolean) ?? [];
  const roots = rootVariables.flatMap((variable) => environment[variable] || []);
  const bin = listed('PATH').find((directory) => existsSync(join(directory, 'mpirun')));
  return [
    ...listed('LD_LIBRARY_PATH'),
    ...roots.flatMap((root) => [join(root, 'lib'), join(root, 'lib/release')]),
    ...(bin === undefined ? [] : [join(bin, '../lib'), join(bin, '../lib64')]),
  ];
}
