import { readFileSync } from 'node:fs';

/** The package's version; this file lies in build/src. */
export const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
