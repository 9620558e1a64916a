import { DataType, load, open } from 'ffi-rs';

/** An opened shared library; `key` is its name in calls of `load`. */
export interface SharedLibrary {
  readonly key: string;
  readonly path: string;
  /** Address of a function or variable, 0 where the library (with all that it links) has none of this name. */
  address(symbol: string): number;
}

const self = 'self';
const lazy = 0x1;
/** Plugins of older MPI libraries look for the library's own symbols in the global scope. */
const global = 0x100;

/** Opens a library by soname or path. Throws the dynamic linker's own words where it cannot. */
export function openSharedLibrary(path: string): SharedLibrary {
  open({ library: self, path: '' });
  const handle = callSelf('dlopen', [DataType.String, DataType.I32], [path, lazy | global]);
  // `open` looks the library up again, which costs nothing and, on failure, tells why.
  open({ library: path, path });
  return {
    key: path,
    path,
    address: (symbol) => callSelf('dlsym', [DataType.I64, DataType.String], [handle, symbol]),
  };
}

function callSelf(funcName: string, paramsType: DataType[], paramsValue: unknown[]): number {
  return load({ library: self, funcName, retType: DataType.I64, paramsType, paramsValue });
}
