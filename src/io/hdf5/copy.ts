/**
 * Copies of groups, datasets and attributes from one file to another. In two passes: objects first, then what relates
 * them (links, references, dimension scales), because the caller may write some of the objects itself in between.
 */
import { cutBoxes, product, volume } from '../boxes.js';
import { guarded, type Metadata, Module, reading, withMemory } from './library.js';
import { isInside, type Link } from './links.js';
import type { CopyProblem } from './problem.js';
import { type References, relate, translate } from './relations.js';
import type { Source } from './source.js';
import { extentOf, hasPointers, isReference, type Plan, writePlan } from './types.js';
import { chunksFor, type Writer } from './writer.js';

export interface CopyOptions {
  /** Group of the source whose content is copied: '' for the whole file. */
  readonly from: string;
  /** Group of the target that takes it: '' for the root. */
  readonly to: string;
  /** Objects that the caller writes: paths below `from`, e.g. '/U_CHI'. Their values are not copied. */
  readonly skip: ReadonlySet<string>;
}

export interface TreeCopy {
  /** Paths, below `from`, of the datasets that were copied. */
  readonly copied: readonly string[];
  /**
   * To be called when the skipped objects are there too. Gives all problems of the copy, with paths below `from`.
   * `scales` gives the dimension scales of a skipped object: for each axis, paths below `from`.
   */
  finish(scales?: (path: string) => readonly (readonly string[])[] | undefined): CopyProblem[];
}

const pieceBytes = 16 * 2 ** 20;
/** Attributes of the dimension scales of HDF5: `relate` makes them again by attaching the scales. */
export const scaleAttributes: ReadonlySet<string> = new Set(['DIMENSION_LIST', 'REFERENCE_LIST']);

/** Copies everything but the values of the skipped objects, whose attributes are left to `copyAttributes`. */
export function copyTree(source: Source, target: Writer, options: CopyOptions): TreeCopy {
  const { from, to, skip } = options;
  const problems: CopyProblem[] = [];
  const copied: string[] = [];
  const later: (() => CopyProblem[])[] = [];
  const { links: all, ownPaths } = source.walk(
    from,
    [...skip].map((path) => from + path),
  );
  const links = all.filter(({ path }) => !isInside(path.slice(from.length), skip));
  const references: References = { source, target, from, to, walk: { links, ownPaths } };

  target.createGroup(to);
  problems.push(...copyAttributes(source, from || '/', target, to || '/'));
  for (const link of links) {
    const name = link.path.slice(from.length);
    if (skip.has(name)) {
      // The caller gives the values, in the byte order that can be written.
      if (link.kind === 'dataset') problems.push(...problemsOf(link.path, writePlan(source.metadata(link.path))));
      continue;
    }
    if (link.kind === 'group') target.createGroup(to + name);
    else if (link.kind === 'dataset') {
      copied.push(name);
      if (isReference(source.metadata(link.path))) {
        later.push(() => [
          ...copyDataset(references, link.path),
          ...copyAttributes(source, link.path, target, to + name),
        ]);
        continue;
      }
      const found = copyDataset(references, link.path);
      problems.push(...found);
      if (found.some(({ kind }) => kind === 'lost')) {
        copied.pop();
        continue;
      }
    } else {
      problems.push(...uncopied(link));
      continue;
    }
    problems.push(...copyAttributes(source, link.path, target, to + name));
  }

  return {
    copied,
    finish: (scales = () => undefined) => {
      problems.push(...later.flatMap((copy) => copy()));
      for (const path of [from || '/', ...objectsOf(links)])
        problems.push(...copyReferenceAttributes(references, path));
      problems.push(...relate(references, scales));
      return problems.map((problem) => ({ ...problem, path: problem.path.slice(from.length) }));
    },
  };
}

/** Copies the attributes of an object, but those that refer to other objects. */
export function copyAttributes(source: Source, path: string, target: Writer, targetPath: string): CopyProblem[] {
  return source.attributeNames(path).flatMap((name) => {
    const metadata = source.attributeMetadata(path, name);
    if (scaleAttributes.has(name) || isReference(metadata)) return [];
    return copyAttribute(source, path, name, metadata, target, targetPath, () => []);
  });
}

function copyReferenceAttributes(references: References, path: string): CopyProblem[] {
  const { source, target, from, to } = references;
  const targetPath = to + path.slice(from.length) || '/';
  return source.attributeNames(path).flatMap((name) => {
    const metadata = source.attributeMetadata(path, name);
    if (scaleAttributes.has(name) || !isReference(metadata) || !target.has(targetPath)) return [];
    const place = `${path}@${name}`;
    const edit = (pointer: number) => translate(references, pointer, metadata.total_size, place);
    return copyAttribute(source, path, name, metadata, target, targetPath, edit);
  });
}

function copyAttribute(
  source: Source,
  path: string,
  name: string,
  metadata: Metadata,
  target: Writer,
  targetPath: string,
  edit: (pointer: number) => CopyProblem[],
): CopyProblem[] {
  const place = `${path}@${name}`;
  const plan = writePlan(metadata);
  const problems = problemsOf(place, plan);
  if (plan.metadata === undefined) return problems;
  const shape = extentOf(plan.metadata.shape!);
  const creation = { ...plan.metadata, shape, maxshape: shape, chunks: null } as Parameters<
    typeof Module.create_attribute
  >[4];
  withMemory(`${source.path}:${place}`, metadata.size * metadata.total_size, (pointer) => {
    if (metadata.total_size > 0) {
      reading(`${source.path}:${place}`, () => Module.get_attribute_data(source.file, path, name, BigInt(pointer)));
    }
    problems.push(...edit(pointer));
    guarded(`${target.path}:${targetPath}@${name}`, () =>
      Module.create_attribute(target.file, targetPath, name, BigInt(pointer), creation),
    );
    if (hasPointers(metadata))
      reading(`${source.path}:${place}`, () => Module.reclaim_vlen_memory(source.file, path, name, BigInt(pointer)));
  });
  return problems;
}

/** Small datasets are written whole, large ones in pieces. Layout, deflate and maximal extent are kept where possible. */
function copyDataset(references: References, path: string): CopyProblem[] {
  const { source, target, from, to } = references;
  const metadata = source.metadata(path);
  const plan = writePlan(metadata);
  const problems = problemsOf(path, plan);
  if (plan.metadata === undefined) return problems;
  const targetPath = to + path.slice(from.length);
  const name = `${source.path}:${path}`;
  const deflate = deflateOf(source, path, metadata);
  const edit = (pointer: number, count: number) => {
    if (isReference(metadata)) problems.push(...translate(references, pointer, count, path));
  };
  if (metadata.size * metadata.total_size <= pieceBytes) {
    withMemory(name, metadata.size * metadata.total_size, (pointer) => {
      if (metadata.total_size > 0) reading(name, () => source.readInto(pointer, path));
      edit(pointer, metadata.total_size);
      // What is in one piece cannot grow, but in external files.
      const maxshape = metadata.chunks ? plan.metadata.maxshape : plan.metadata.shape;
      target.createFrom(pointer, targetPath, { ...plan.metadata, maxshape }, deflate);
      if (hasPointers(metadata))
        reading(name, () => Module.reclaim_vlen_memory(source.file, path, '', BigInt(pointer)));
    });
    return problems;
  }
  const chunks = plan.metadata.chunks ?? chunksFor(plan.metadata.shape!, plan.metadata.size);
  target.createUnfilled(targetPath, { ...plan.metadata, chunks }, deflate);
  const shape = metadata.shape!;
  for (const box of cutBoxes(shape, Math.floor(pieceBytes / metadata.size), (axis) => metadata.chunks?.[axis] ?? 1)) {
    withMemory(name, metadata.size * volume(box), (pointer) => {
      reading(name, () => source.readInto(pointer, path, box));
      edit(pointer, volume(box));
      // Axes that the plan added (of array types) are taken whole.
      const added = plan.metadata.shape!.slice(shape.length).map((size) => [0, size] as const);
      target.writeFrom(pointer, targetPath, [...box, ...added]);
      const count = box.map(([start, stop]) => BigInt(stop - start));
      if (hasPointers(metadata))
        reading(name, () => Module.reclaim_vlen_memory_count(source.file, path, '', BigInt(pointer), count));
    });
  }
  return problems;
}

function deflateOf(source: Source, path: string, metadata: Metadata): number | undefined {
  if (metadata.chunks === null || hasPointers(metadata) || product(metadata.chunks) === 0) return undefined;
  const filters = reading(`${source.path}:${path}`, () => Module.get_dataset_filters(source.file, path));
  return filters.find(({ id }) => id === Module.H5Z_FILTER_DEFLATE)?.cd_values[0];
}

function objectsOf(links: readonly Link[]): string[] {
  return links.filter(({ kind }) => kind === 'group' || kind === 'dataset').map(({ path }) => path);
}

function uncopied({ kind, path }: Link): CopyProblem[] {
  if (kind === 'type')
    return [{ path, kind: 'lost', reason: 'named datatypes cannot be written; what uses it has the type itself' }];
  return kind === 'unknown' ? [{ path, kind: 'lost', reason: 'a link of unknown kind' }] : [];
}

function problemsOf(path: string, plan: Plan): CopyProblem[] {
  if (plan.metadata === undefined) return [{ path, kind: 'lost', reason: plan.reason }];
  return plan.change === undefined ? [] : [{ path, kind: 'changed', reason: plan.change }];
}
