/** Whether an attribute is there again in a copy. */
import { describe, refersAlike, type Tree } from './compare.js';
import { type Metadata, Module } from './library.js';
import { addressIn } from './links.js';
import { readAttributeParts } from './parts.js';
import { isReference, type Plan, typeName, writePlan } from './types.js';

/** More of a value is not shown. */
const shownCharacters = 60;

/** What distinguishes an attribute of the object at `path` from its copy, with both values, undefined where nothing does. */
export function attributeDifference(copy: Tree, original: Tree, path: string, name: string): string | undefined {
  const [had, has] = [attributeAt(copy, path, name), attributeAt(original, path, name)];
  if (had && has && equal(copy, original, had, has)) return undefined;
  const isShown = [had, has].every((attribute) => attribute === undefined || isPlain(attribute.metadata));
  const [expected, got] = [had, has].map((attribute) => (attribute ? valueText(attribute, isShown) : 'none')) as [
    string,
    string,
  ];
  // Equal values are of two types.
  return expected === got ? differenceText(typeText(had!), typeText(has!)) : differenceText(...excerpts(expected, got));
}

function differenceText(expected: string, got: string): string {
  return `expected ${expected} as in the archive, got ${got}`;
}

/** Of long texts, what stands where they part. */
function excerpts(one: string, other: string): [string, string] {
  const parting = [...one].findIndex((character, index) => character !== other[index]);
  const start = Math.max(0, (parting < 0 ? one.length : parting) - shownCharacters / 2);
  const excerpt = (text: string) => {
    if (text.length <= shownCharacters) return text;
    const end = start + shownCharacters;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
  };
  return [excerpt(one), excerpt(other)];
}

/** As it is, or as a copy has it. */
interface Attribute {
  readonly tree: Tree;
  readonly object: string;
  readonly name: string;
  readonly metadata: Metadata;
  readonly plan: Plan;
}

function attributeAt(tree: Tree, path: string, name: string): Attribute | undefined {
  const object = tree.root + path || '/';
  if (!tree.source.attributeNames(object).includes(name)) return undefined;
  const metadata = tree.source.attributeMetadata(object, name);
  return { tree, object, name, metadata, plan: writePlan(metadata) };
}

function typeText({ plan, metadata }: Attribute): string {
  return plan.metadata ? describe(plan.metadata) : typeName(metadata);
}

/** An array type has one part for each array, its copy one for each element. */
function equal(copy: Tree, original: Tree, one: Attribute, other: Attribute): boolean {
  if (!one.plan.metadata || !other.plan.metadata || typeText(one) !== typeText(other)) return false;
  const [had, has] = [partsOf(one), partsOf(other)];
  if (had.length !== has.length) return Buffer.concat(had).equals(Buffer.concat(has));
  if (isReference(other.metadata)) return has.every((part, index) => refersAlike(copy, original, had[index]!, part));
  return has.every((part, index) => part.equals(had[index]!));
}

function partsOf({ tree, object, name }: Attribute): Buffer[] {
  return readAttributeParts(tree.source, object, name);
}

/** `isShown`: as what it means, not as its bytes. */
function valueText(attribute: Attribute, isShown: boolean): string {
  const { metadata, plan } = attribute;
  if (!plan.metadata) return `a value of type ${typeName(metadata)}`;
  const items = itemTexts(attribute, isShown);
  return metadata.shape?.length === 0 ? items.join(' ') : `[${items.join(', ')}]`;
}

function itemTexts(attribute: Attribute, isShown: boolean): string[] {
  const { tree, object, name, metadata } = attribute;
  if (isReference(metadata)) return partsOf(attribute).map((part) => referenceText(tree, part));
  if (!isShown) return partsOf(attribute).map((part) => `0x${part.toString('hex')}`);
  const value = tree.source.attribute(object, name);
  const values = ArrayBuffer.isView(value) || Array.isArray(value) ? Array.from(value as ArrayLike<unknown>) : [value];
  return values.map((item) => (typeof item === 'string' ? JSON.stringify(item) : String(item)));
}

function referenceText({ source, root }: Tree, reference: Buffer): string {
  if (reference.every((byte) => byte === 0)) return 'null';
  const own = source.walk(root).ownPaths.get(addressIn(reference));
  return `a reference to ${own === undefined ? 'an object without a name' : `"${own.slice(root.length) || '/'}"`}`;
}

/** What JavaScript has a value for. */
function isPlain({ type, size }: Metadata): boolean {
  const { H5T_INTEGER, H5T_FLOAT, H5T_STRING, H5T_ENUM } = Module.H5T_class_t;
  if (type === H5T_FLOAT.value) return size === 4 || size === 8;
  return [H5T_INTEGER, H5T_STRING, H5T_ENUM].some(({ value }) => value === type);
}
