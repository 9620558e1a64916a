import { fileURLToPath } from 'node:url';

/** A file of the package, by its path in there. This one lies in build/src, or within a program in build/bin: two folders down either way. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
