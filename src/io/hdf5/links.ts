import { SourceError } from '../../errors.js';
import { type FileId, Module, reading } from './library.js';

/** What stands at a path of a file. The first path at which an object is met is its own; others are hard links to it. */
export type Link =
  | { readonly kind: 'group' | 'dataset' | 'type'; readonly path: string }
  | { readonly kind: 'hard' | 'soft'; readonly path: string; readonly target: string }
  | { readonly kind: 'external'; readonly path: string; readonly file: string; readonly target: string }
  | { readonly kind: 'unknown'; readonly path: string };

export interface Walk {
  readonly links: readonly Link[];
  /** Each object's own path, by its address. */
  readonly ownPaths: ReadonlyMap<string, string>;
}

/**
 * All links below `root` ('' for the whole file), parents first. Cycles of hard links end at the first path. `named`: objects that have
 * these as their own paths, wherever they are met first.
 */
export function walk(file: FileId, name: string, root = '', named: Iterable<string> = []): Walk {
  const found: Link[] = [];
  const start = reading(`${name}:${root || '/'}`, () => address(file, root || '/'));
  const firstPath = new Map([[start, root || '/']]);
  for (const path of withParents(named, root))
    reading(`${name}:${path}`, () => remember(firstPath, address(file, path), path));
  const visit = (group: string) => {
    const children = reading(`${name}:${group || '/'}`, () => Module.get_names(file, group || '/', false));
    if (new Set(children).size < children.length)
      throw new SourceError(`hdf5 "${name}:${group || '/'}": damaged: two links of one name`);
    for (const child of children) {
      const path = `${group}/${child}`;
      const link = reading(`${name}:${path}`, () => linkAt(file, path, firstPath));
      found.push(link);
      if (link.kind === 'group') visit(link.path);
    }
  };
  visit(root);
  return { links: found, ownPaths: firstPath };
}

/** Whether a path is below one of these. */
export function isInside(path: string, groups: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (groups.has(path.slice(0, end))) return true;
  }
  return false;
}

function linkAt(file: FileId, path: string, firstPath: Map<string, string>): Link {
  const soft: string | null = Module.get_symbolic_link(file, path);
  if (soft !== null) return { kind: 'soft', path, target: soft };
  const external = Module.get_external_link(file, path);
  if (external.filename !== undefined)
    return { kind: 'external', path, file: external.filename, target: external.obj_path };
  const kind = objectKind(Module.get_type(file, path));
  if (kind === 'unknown') return { kind, path };
  const target = remember(firstPath, address(file, path), path);
  return target === path ? { kind, path } : { kind: 'hard', path, target };
}

function objectKind(type: number): 'group' | 'dataset' | 'type' | 'unknown' {
  if (type === Module.H5G_GROUP) return 'group';
  if (type === Module.H5G_DATASET) return 'dataset';
  return type === Module.H5G_TYPE ? 'type' : 'unknown';
}

/** A path is met only where its groups are met by the names that they have in it. */
function withParents(paths: Iterable<string>, root: string): Set<string> {
  const all = new Set<string>();
  for (const path of paths)
    for (let end = path.length; end > root.length; end = path.lastIndexOf('/', end - 1)) all.add(path.slice(0, end));
  return all;
}

/** Equal for equal objects of a file. */
export function address(file: FileId, path: string): string {
  return addressIn(Module.create_object_reference(file, path));
}

/** An object reference is the object's address in the file. */
export function addressIn(reference: Uint8Array): string {
  return reference.join();
}

function remember(firstPath: Map<string, string>, key: string, path: string): string {
  const known = firstPath.get(key);
  if (known !== undefined) return known;
  firstPath.set(key, path);
  return path;
}
