import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface SourceFile {
  /** Path inside src, with slashes: "onnx/graph.ts". */
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files below a folder. */
export function readSources(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }));
}

/** What a file imports, types too: packages by name, files of the tree by their path in it. */
export function importsOf(file: SourceFile): string[] {
  const call = /\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]/g;
  return [...importedAtStart(file), ...[...file.text.matchAll(call)].map((match) => resolveName(file, match[1]))];
}

/** Without what is imported by a call, when it is needed. */
function importedAtStart(file: SourceFile): string[] {
  const statement = /^\s*(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;
  return [...file.text.matchAll(statement)].map((match) => resolveName(file, match[1] ?? match[2]));
}

function resolveName({ path }: SourceFile, name: string): string {
  return name.startsWith('.') ? posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts') : name;
}

/** The files that are loaded with the one at `path`, itself among them. */
export function loadedWith(path: string, files: readonly SourceFile[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set<string>();
  const visit = (name: string) => {
    const file = byPath.get(name);
    if (!file || loaded.has(name)) return;
    loaded.add(name);
    for (const target of importedAtStart(withoutTypes(file))) visit(target);
  };
  visit(path);
  return loaded;
}

/** The first folder of a path in src, or '' for a file that lies in src itself. */
export function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

export function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Files that this one needs when it runs: `import type` is erased. */
function loadedBy(file: SourceFile): string[] {
  return importsOf(withoutTypes(file));
}

function withoutTypes({ path, text }: SourceFile): SourceFile {
  return { path, text: text.replaceAll(/^\s*(?:import|export) type\b[^;]*;/gm, '') };
}

/** A chain of files that load one another and lead back to the first, or undefined. */
export function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const imports = new Map(files.map((file) => [file.path, loadedBy(file)]));
  const done = new Set<string>();
  const visit = (path: string, chain: readonly string[]): string[] | undefined => {
    if (chain.includes(path)) return [...chain.slice(chain.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const target of imports.get(path) ?? []) {
      const cycle = visit(target, [...chain, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}
