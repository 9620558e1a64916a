import { DataType, load } from 'ffi-rs';
import { InputError } from '../errors.js';
import { candidates, type Family, sonames } from './search.js';
import { openSharedLibrary, type SharedLibrary } from './shared-library.js';

export type Datatype = 'byte' | 'int' | 'float' | 'double';
export type Operation = 'sum' | 'min' | 'max';

/** Handles and constants of one binary interface. */
export interface Abi {
  readonly family: Family;
  /** Handles are ints (4) or pointers (8). */
  readonly handleBytes: 4 | 8;
  readonly world: number;
  readonly errorsReturn: number;
  readonly infoNull: number;
  readonly datatypes: Record<Datatype, number>;
  readonly operations: Record<Operation, number>;
  /** Special addresses. */
  readonly inPlace: number;
  readonly statusIgnore: number;
  /** Enumerated values. */
  readonly threadFunneled: number;
  readonly typeShared: number;
}

/** An MPI library, opened but not initialised. */
export interface MpiLibrary {
  readonly shared: SharedLibrary;
  readonly abi: Abi;
  /** e.g. "Open MPI 4.1.4" */
  readonly name: string;
}

/** MPICH and all that follow its ABI initiative (Intel MPI, Cray MPICH, MVAPICH). */
const mpich: Abi = {
  family: 'mpich',
  handleBytes: 4,
  world: 0x44000000,
  errorsReturn: 0x54000001,
  infoNull: 0x1c000000,
  datatypes: { byte: 0x4c00010d, int: 0x4c000405, float: 0x4c00040a, double: 0x4c00080b },
  operations: { sum: 0x58000003, min: 0x58000002, max: 0x58000001 },
  inPlace: -1,
  statusIgnore: 1,
  threadFunneled: 1,
  typeShared: 1,
};

/** MPI 5.0, chapter 20: https://www.mpi-forum.org/docs/mpi-5.0/mpi50-report.pdf */
const standard: Abi = {
  family: 'standard',
  handleBytes: 8,
  world: 0x101,
  errorsReturn: 0x143,
  infoNull: 0x130,
  datatypes: { byte: 0x247, int: 0x209, float: 0x210, double: 0x214 },
  operations: { sum: 0x21, min: 0x22, max: 0x23 },
  inPlace: 1,
  statusIgnore: 0,
  threadFunneled: 1024,
  typeShared: 221,
};

/** Open MPI's handles are addresses of its own variables. */
function openMpi(library: SharedLibrary): Abi {
  const address = (name: string) => library.address(`ompi_${name}`);
  return {
    family: 'openmpi',
    handleBytes: 8,
    world: address('mpi_comm_world'),
    errorsReturn: address('mpi_errors_return'),
    infoNull: address('mpi_info_null'),
    datatypes: {
      byte: address('mpi_byte'),
      int: address('mpi_int'),
      float: address('mpi_float'),
      double: address('mpi_double'),
    },
    operations: { sum: address('mpi_op_sum'), min: address('mpi_op_min'), max: address('mpi_op_max') },
    inPlace: 1,
    statusIgnore: 0,
    threadFunneled: 1,
    typeShared: 0,
  };
}

/**
 * Opens the library that SWAE_MPI_LIBRARY names, else the first one found of `families`. Throws InputError where there
 * is none, or where the file is no MPI library of a known binary interface.
 */
export function findMpiLibrary(families: readonly Family[], environment: NodeJS.ProcessEnv = process.env): MpiLibrary {
  // UCX's hooks on memory calls crash V8 now and then, so they must be off before a library brings UCX in.
  process.env.UCX_MEM_EVENTS ??= 'n';
  const named = environment.SWAE_MPI_LIBRARY;
  const paths = named ? [named] : candidates(families, environment);
  const failures: string[] = [];
  for (const path of paths) {
    const shared = tryOpen(path, failures);
    if (shared) return identify(shared);
  }
  throw new InputError(named ? `SWAE_MPI_LIBRARY: ${failures[0]}` : missing(families), {
    hint: named ? 'Set it to the full path of libmpi, or unset it to search the usual places.' : installHint(families),
  });
}

function tryOpen(path: string, failures: string[]): SharedLibrary | undefined {
  try {
    return openSharedLibrary(path);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function missing(families: readonly Family[]): string {
  const tried = families.flatMap((family) => sonames[family]).join(', ');
  return `no MPI library found (looked for ${tried})`;
}

function installHint(families: readonly Family[]): string {
  const [apt, module] = families[0] === 'mpich' ? ['mpich', 'mpich'] : ['openmpi-bin', 'openmpi'];
  return `Install one (apt-get install ${apt}), load it (module load ${module}), or set SWAE_MPI_LIBRARY to the path of libmpi.`;
}

/** Tells the binary interface from what the library says of itself. */
export function identify(shared: SharedLibrary): MpiLibrary {
  if (shared.address('MPI_Get_library_version') === 0) {
    throw new InputError(`${shared.path}: not an MPI library (it has no MPI_Get_library_version)`);
  }
  const name = shortName(versionText(shared));
  if (hasStandardAbi(shared)) return { shared, abi: standard, name };
  if (shared.address('ompi_mpi_comm_world') !== 0) return { shared, abi: openMpi(shared), name };
  if (/mpich|intel|mvapich/i.test(name)) return { shared, abi: mpich, name };
  throw new InputError(`${shared.path}: unknown binary interface of "${name}"`, {
    hint: 'Known are Open MPI, MPICH and its relatives (Intel, Cray, MVAPICH), and the standard one of MPI 5 (libmpi_abi.so).',
  });
}

/** A library of MPI 5 with another binary interface than the standard one answers -1. */
function hasStandardAbi(shared: SharedLibrary): boolean {
  if (shared.address('MPI_Abi_get_version') === 0) return false;
  const major = new Int32Array(1);
  const minor = new Int32Array(1);
  load({
    library: shared.key,
    funcName: 'MPI_Abi_get_version',
    retType: DataType.I32,
    paramsType: [DataType.U8Array, DataType.U8Array],
    paramsValue: [major, minor],
  });
  return major[0]! > 0;
}

/** May be called before initialisation. */
function versionText(shared: SharedLibrary): string {
  const text = Buffer.alloc(8192);
  const length = new Int32Array(1);
  load({
    library: shared.key,
    funcName: 'MPI_Get_library_version',
    retType: DataType.I32,
    paramsType: [DataType.U8Array, DataType.U8Array],
    paramsValue: [text, length],
  });
  return text.toString('latin1', 0, length[0]);
}

/** "Open MPI v4.1.4, package: …" → "Open MPI 4.1.4"; "MPICH Version:      4.0.2\n…" → "MPICH 4.0.2". */
export function shortName(versionText: string): string {
  const line = versionText.split('\n')[0]!.replaceAll('\0', '').trim();
  const match =
    /^(Open MPI) v([^\s,]+)/.exec(line) ?? /^(?:MPI VERSION\s*:\s*)?(.*?)\s+version\s*:?\s*(\S+)/i.exec(line);
  return match ? `${match[1]} ${match[2]}` : line;
}
