/** Whether the links of a tree, and what stands beside the values of its datasets, are there again in a copy: what `copyTree` promises. */

import type { Tree } from './compare.js';
import { attributeDifference } from './compare-attributes.js';
import { scaleAttributes } from './copy.js';
import { isInside, type Link } from './links.js';
import { pathInTarget } from './relations.js';
import type { Source } from './source.js';

/** Dimension scales of a dataset: for each axis, their paths. */
type Scales = readonly (readonly string[])[];

/** What is known of a copy beside what stands in it. */
export interface Recorded {
  /** What could not be copied as it was: `/grp/name`, `/grp/name@attribute`. */
  readonly lost: ReadonlySet<string>;
  /** Of a dataset whose values are another matter, in the paths of the original; undefined for one that was copied. */
  scales(path: string): Scales | undefined;
}

interface Pair {
  readonly copy: Side;
  readonly original: Side;
  readonly recorded: Recorded;
}

/** One of the trees: paths are those below its root. */
class Side implements Tree {
  readonly source: Source;
  readonly root: string;
  readonly links: readonly Link[];
  readonly #byPath: ReadonlyMap<string, Link>;

  constructor({ source, root }: Tree) {
    this.source = source;
    this.root = root;
    this.links = source.links(root);
    this.#byPath = new Map(this.links.map((link) => [link.path, link]));
  }

  below(link: Link): string {
    return link.path.slice(this.root.length);
  }

  /** A group with several names is walked by one of them, which may be another one in the other tree. */
  linkAt(path: string): Link | undefined {
    const end = path.lastIndexOf('/');
    const group = this.root + path.slice(0, end) || '/';
    if (!this.source.has(group)) return undefined;
    const own = this.source.walk(this.root).ownPaths.get(this.source.address(group));
    return this.#byPath.get((own === '/' ? '' : own) + path.slice(end));
  }

  /** What a link is, with targets as in a file of its own. */
  describe(link: Link): string {
    if (link.kind === 'hard') return this.#byPath.get(link.target)?.kind ?? 'group';
    if (link.kind === 'soft') return `a soft link to "${pathInTarget({ from: this.root, to: '' }, link.target)}"`;
    if (link.kind === 'external') return `an external link to "${link.target}" in "${link.file}"`;
    return link.kind;
  }

  /** Whether two paths, below the root, lead to one object; undefined where one of them leads nowhere. */
  areOne(paths: readonly [string, string]): boolean | undefined {
    const [one, other] = paths.map((path) => this.root + path || '/') as [string, string];
    if (!this.source.has(one) || !this.source.has(other)) return undefined;
    return this.source.address(one) === this.source.address(other);
  }

  attributeNames(path: string): readonly string[] {
    return this.source.attributeNames(this.root + path || '/').filter((name) => !scaleAttributes.has(name));
  }
}

/** One line for each attribute, link or dimension scale that is not alike: where it is, what the copy has, what the original has. */
export function structureDifferences(copy: Tree, original: Tree, recorded: Recorded): string[] {
  const pair = { copy: new Side(copy), original: new Side(original), recorded };
  return [...attributeDifferences(pair, ''), ...differencesOfOriginal(pair), ...differencesOfCopy(pair)];
}

function differencesOfOriginal(pair: Pair): string[] {
  const { copy, original, recorded } = pair;
  const missing = new Set<string>();
  return original.links.flatMap((link) => {
    const path = original.below(link);
    if (isInside(path, missing)) return [];
    const had = copy.linkAt(path);
    if (had === undefined) {
      missing.add(path);
      return recorded.lost.has(path) ? [] : [`${path}: is not in the archive`];
    }
    const [expected, got] = [copy.describe(had), original.describe(link)];
    if (expected !== got) return [`${path}: expected ${expected} as in the archive, got ${got}`];
    if (link.kind === 'hard') return aliasDifferences(pair, path, had, link.target.slice(original.root.length));
    if (link.kind === 'dataset') return [...attributeDifferences(pair, path), ...scaleDifferences(pair, path)];
    return link.kind === 'group' ? attributeDifferences(pair, path) : [];
  });
}

/** What the original has is compared already. */
function differencesOfCopy({ copy, original }: Pair): string[] {
  const missing = new Set<string>();
  return copy.links.flatMap((link) => {
    const path = copy.below(link);
    if (isInside(path, missing)) return [];
    const has = original.linkAt(path);
    if (has === undefined) {
      missing.add(path);
      return [`${path}: is not in the source`];
    }
    if (link.kind !== 'hard' || has.kind === 'hard') return [];
    const other = link.target.slice(copy.root.length);
    if (original.areOne([path, other]) !== false) return [];
    return [`${path}: expected another name of "${other}" as in the archive, got an object of its own`];
  });
}

function aliasDifferences({ copy }: Pair, path: string, had: Link, other: string): string[] {
  if (copy.areOne([path, other]) !== false) return [];
  const expected =
    had.kind === 'hard' ? `another name of "${had.target.slice(copy.root.length)}"` : 'an object of its own';
  return [`${path}: expected ${expected} as in the archive, got another name of "${other}"`];
}

function attributeDifferences({ copy, original, recorded }: Pair, path: string): string[] {
  const names = [...new Set([...copy.attributeNames(path), ...original.attributeNames(path)])];
  return names.flatMap((name) => {
    const place = `${path || '/'}@${name}`;
    if (recorded.lost.has(place)) return [];
    const difference = attributeDifference(copy, original, path, name);
    return difference === undefined ? [] : [`${place}: ${difference}`];
  });
}

function scaleDifferences({ copy, original, recorded }: Pair, path: string): string[] {
  if (recorded.lost.has(path)) return [];
  const stored = copy.source.scales(copy.root + path);
  const inOriginal = { from: copy.root, to: original.root };
  const had = recorded.scales(path) ?? stored?.map((axis) => axis.map((scale) => pathInTarget(inOriginal, scale)));
  const [expected, got] = [had, original.source.scales(original.root + path)].map((scales) =>
    scalesText(original, scales ?? []),
  );
  return expected === got ? [] : [`${path}: expected ${expected} as in the archive, got ${got}`];
}

/** A scale with several names counts as one. */
function scalesText({ source, root }: Tree, scales: Scales): string {
  const { ownPaths } = source.walk(root);
  const nameOf = (scale: string) => (source.has(scale) && ownPaths.get(source.address(scale))) || scale;
  const texts = scales.flatMap((axis, index) => axis.map((scale) => `"${nameOf(scale)}" of axis ${index}`));
  return texts.length === 0 ? 'no dimension scale' : `dimension scale ${texts.join(', ')}`;
}
