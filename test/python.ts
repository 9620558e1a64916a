/** A Python with what a test needs. */
import { spawnSync } from 'node:child_process';

/** SWAE_PYTHON names another one. Debian's packages are for its own, which need not be the first on the path. */
const interpreters = process.env.SWAE_PYTHON ? [process.env.SWAE_PYTHON] : ['python3', '/usr/bin/python3'];

/** The interpreter that can import these modules ("h5py, numpy"); undefined where there is none. */
export function pythonWith(modules: string): string | undefined {
  return interpreters.find((name) => spawnSync(name, ['-c', `import ${modules}`]).status === 0);
}

/** For the title of a test that is skipped. */
export function pythonAbsence(modules: string): string {
  return `no ${modules} for ${interpreters.join(' or ')}: SWAE_PYTHON=INTERPRETER names one that has it`;
}
