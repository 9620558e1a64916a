import { fileURLToPath } from 'node:url';

/** Where the build has put what runs in a browser: see bundle.ts. */
export function pageFile(name: string): string {
  return fileURLToPath(new URL(`../../page/${name}`, import.meta.url));
}
