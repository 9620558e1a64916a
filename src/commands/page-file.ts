import { packageFile } from '../package-file.js';

/** Where the build has put what runs in a browser: see bundle.ts. */
export function pageFile(name: string): string {
  return packageFile(`build/page/${name}`);
}
