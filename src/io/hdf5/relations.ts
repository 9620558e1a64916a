import { guarded, Module } from './library.js';
import { addressIn, type Walk } from './links.js';
import type { CopyProblem } from './problem.js';
import type { Source } from './source.js';
import type { Writer } from './writer.js';

/** A copy between two files, as far as paths go: `from` in the source is `to` in the target. */
export interface References {
  readonly source: Source;
  readonly target: Writer;
  readonly from: string;
  readonly to: string;
  /** What is copied. Of an object with several names its own path alone is in the target before all links are. */
  readonly walk: Walk;
}

const bytesPerReference = 8;

/** Makes links and attaches dimension scales in the target, where all objects are by now. */
export function relate(
  references: References,
  scales: (path: string) => readonly (readonly string[])[] | undefined,
): CopyProblem[] {
  const { from, walk } = references;
  return walk.links.flatMap((link) => {
    if (link.kind === 'hard') return linkHard(references, link.path, link.target);
    if (link.kind === 'soft') return linkSoft(references, link.path, link.target);
    if (link.kind === 'external')
      references.target.linkExternal(pathInTarget(references, link.path), link.file, link.target);
    if (link.kind !== 'dataset' && link.kind !== 'group') return [];
    const own = link.kind === 'dataset' ? references.source.scales(link.path) : undefined;
    const given = scales(link.path.slice(from.length))?.map((paths) => paths.map((path) => from + path));
    return attachScales(references, link.path, given ?? own ?? []);
  });
}

/**
 * Rewrites `count` object references at `pointer`, which hold addresses in the source, for the target. One whose object is
 * not in the target becomes null, and a problem.
 */
export function translate(references: References, pointer: number, count: number, place: string): CopyProblem[] {
  const { source, target, walk } = references;
  const problems: CopyProblem[] = [];
  for (let at = pointer; at < pointer + count * bytesPerReference; at += bytesPerReference) {
    const reference = Module.HEAPU8.slice(at, at + bytesPerReference);
    if (reference.every((byte) => byte === 0)) continue;
    const own = walk.ownPaths.get(addressIn(reference));
    const targetPath = own && pathInTarget(references, own);
    if (targetPath && target.has(targetPath)) {
      Module.HEAPU8.set(Module.create_object_reference(target.file, targetPath), at);
    } else {
      Module.HEAPU8.fill(0, at, at + bytesPerReference);
      problems.push({
        path: place,
        kind: 'lost',
        reason: `a reference to "${source.referenced(reference, place) ?? 'an object without a name'}", which was not copied`,
      });
    }
  }
  return problems;
}

function linkHard(references: References, path: string, object: string): CopyProblem[] {
  const { target } = references;
  const [linkPath, objectPath] = [pathInTarget(references, path), pathInTarget(references, object)];
  if (!target.has(objectPath))
    return [{ path, kind: 'lost', reason: `a hard link to "${object}", which was not copied` }];
  guarded(`${target.path}:${linkPath}`, () => Module.create_hard_link(target.file, objectPath, linkPath));
  return [];
}

function linkSoft(references: References, path: string, object: string): CopyProblem[] {
  const { target } = references;
  if (object === '') return [{ path, kind: 'lost', reason: 'a soft link to nothing' }];
  const [linkPath, to] = [
    pathInTarget(references, path),
    object.startsWith('/') ? pathInTarget(references, object) : object,
  ];
  guarded(`${target.path}:${linkPath}`, () => Module.create_soft_link(target.file, to, linkPath));
  return [];
}

/** Only datasets can have scales: an object that is a group in the target keeps them by the caller's means. */
function attachScales(references: References, path: string, scales: readonly (readonly string[])[]): CopyProblem[] {
  const { source, target, walk } = references;
  const targetPath = pathInTarget(references, path);
  if (scales.every((paths) => paths.length === 0) || !target.isDataset(targetPath)) return [];
  return scales.flatMap((paths, axis) =>
    paths.flatMap((scale): CopyProblem[] => {
      const own = source.has(scale) ? walk.ownPaths.get(source.address(scale)) : undefined;
      const scalePath = pathInTarget(references, own ?? scale);
      // What is none cannot be attached, and the library gives up on it.
      if (!target.isDataset(scalePath) || source.attribute(scale, 'CLASS') !== 'DIMENSION_SCALE')
        return [{ path, kind: 'lost', reason: `dimension scale "${scale}" of axis ${axis}` }];
      guarded(`${target.path}:${targetPath}`, () => Module.attach_scale(target.file, targetPath, scalePath, axis));
      return [];
    }),
  );
}

/** Absolute paths that are not below `from`, and relative ones, stay as they are. */
export function pathInTarget({ from, to }: Pick<References, 'from' | 'to'>, path: string): string {
  const relative = path === '/' ? '' : path;
  return relative === from || relative.startsWith(`${from}/`) ? to + relative.slice(from.length) || '/' : path;
}
