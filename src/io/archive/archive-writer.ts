import { crc32 } from 'node:zlib';
import { attributesChecksum, checksum, structureChecksum } from '../hdf5/checksum.js';
import { copyAttributes, copyTree, type TreeCopy } from '../hdf5/copy.js';
import type { CopyProblem } from '../hdf5/problem.js';
import { type DatasetInfo, Source } from '../hdf5/source.js';
import { Writer } from '../hdf5/writer.js';
import type { Input } from '../inputs.js';
import { countBlocks } from './block-counts.js';
import {
  type ArchiveHeader,
  type Checked,
  codingAttributes,
  decoderPath,
  descriptionPath,
  formatName,
  formatVersion,
  groupOf,
  headerAttributes,
  headerChecksum,
  leftOutAttribute,
  type Manifest,
  type ManifestFile,
  type ManifestVariable,
  manifestChecksum,
  manifestPath,
  modelPath,
  type Payload,
  partPath,
  type VariableDtype,
  type VariablePart,
  variablePath,
} from './format.js';
import { VariableWriter } from './variable-writer.js';

export interface ArchiveModel {
  /** ONNX bytes of the decoder for variables of each dtype. */
  readonly decoders: Partial<Record<VariableDtype, Uint8Array>>;
  /** JSON. */
  readonly description: string;
}

interface OpenFile {
  readonly input: Input;
  readonly source: Source;
  readonly copy: TreeCopy;
  readonly variables: ManifestVariable[];
  readonly problems: CopyProblem[];
}

const decoderDeflate = 9;

/** Writes an archive in order: files one after the other, in a file its variables, in a variable its blocks. */
export class ArchiveWriter {
  readonly #writer: Writer;
  readonly #header: ArchiveHeader;
  readonly #files: ManifestFile[] = [];
  readonly #model: Checked[] = [];
  #file: OpenFile | undefined;
  #variable: VariableWriter | undefined;

  /** Throws an InputError when the folder is missing or may not be written; so do the other methods on a full disk. */
  constructor(path: string, header: ArchiveHeader, model?: ArchiveModel) {
    this.#writer = new Writer(path);
    this.#header = header;
    this.#writer.writeAttribute('/', 'format', formatName);
    this.#writer.writeAttribute('/', 'format_version', BigInt(formatVersion));
    for (const [name, value] of attributesOf(header)) this.#writer.writeAttribute('/', name, value);
    if (model) this.#writeModel(model);
    this.#writer.createGroup('/files');
  }

  /** Copies everything of the file but the `variables` (paths), which are to follow in any order. */
  beginFile(input: Input, source: Source, variables: readonly string[]): void {
    const options = { from: '', to: groupOf(input.name), skip: new Set(variables) };
    this.#file = { input, source, copy: copyTree(source, this.#writer, options), variables: [], problems: [] };
  }

  beginVariable(info: DatasetInfo, blockSize: number): void {
    const { input } = this.#openFile();
    this.#variable = new VariableWriter(this.#writer, input.name, info, blockSize, this.#header.coding);
  }

  /** Takes the next slab of the variable, of so many blocks. */
  append(payload: Payload, blocks: number): void {
    this.#openVariable().append(payload, blocks);
  }

  endVariable(errors: Readonly<Record<string, number>>): ManifestVariable {
    const variable = this.#openVariable();
    const { path, dtype, shape, chunks } = variable.info;
    const { input, source, variables, problems } = this.#openFile();
    variable.end();
    problems.push(...copyAttributes(source, path, this.#writer, variablePath(input.name, path)));
    const scales = source.scales(path);
    const entry: ManifestVariable = {
      path,
      dtype: dtype as VariableDtype,
      shape,
      ...(chunks === undefined ? {} : { chunks }),
      block_size: variable.blockSize,
      slabs: variable.slabs,
      errors: Object.fromEntries(
        Object.entries(errors).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
      ),
      ...(scales === undefined ? {} : { scales }),
    };
    variables.push(entry);
    this.#variable = undefined;
    return entry;
  }

  endFile(): ManifestFile {
    const { input, copy, variables, problems } = this.#openFile();
    // Latents are no place for the scales of a variable's axes: those are kept in the manifest.
    const compressed = new Set(variables.map(({ path }) => path));
    const found = copy.finish((path) => (compressed.has(path) ? [] : undefined));
    const copied = copy.copied.map((path) => ({ path, crc32: this.#checksum(groupOf(input.name) + path) }));
    const structure = structureChecksum(this.#written(), groupOf(input.name));
    const file = { ...entryOf(input), variables, copied, structure, problems: [...found, ...problems] };
    this.#close(file);
    return file;
  }

  /** Leaves a file out, begun or not: what stands of it in the archive is not to be read. */
  failFile(input: Input, reason: string): void {
    if (this.#file) this.#writer.writeAttribute(groupOf(input.name), leftOutAttribute, reason);
    this.#close({ ...entryOf(input), variables: [], copied: [], structure: 0, problems: [], failed: reason });
  }

  /** Takes in the model of `part`, an archive beside this one, by a link. */
  linkModel(model: readonly Checked[], part: string): void {
    if (model.length > 0) this.#writer.linkExternal(modelPath, part, modelPath);
    this.#model.push(...model);
  }

  /** Takes in a file of `part`, an archive of the same coding beside this one, by links to what it has there. */
  linkFile(file: ManifestFile, part: string): void {
    if (file.failed === undefined) for (const path of treesOf(file)) this.#writer.linkExternal(path, part, path);
    this.#files.push({ ...file, part });
  }

  finish(): Manifest {
    const manifest: Manifest = { files: this.#files, model: this.#model };
    const text = JSON.stringify(manifest);
    this.#writer.writeText(manifestPath, text);
    this.#writer.writeAttribute('/', manifestChecksum, BigInt(crc32(text)));
    this.#writer.writeAttribute('/', headerChecksum, BigInt(attributesChecksum(this.#written(), '/', headerChecksum)));
    this.#writer.finish();
    return manifest;
  }

  discard(): void {
    this.#writer.discard();
  }

  #writeModel({ decoders, description }: ArchiveModel): void {
    for (const [dtype, bytes] of Object.entries(decoders)) {
      const path = decoderPath(dtype as VariableDtype);
      const layout = { chunks: [bytes.length], deflate: decoderDeflate };
      this.#writer.writeDataset(path, 'uint8', [bytes.length], bytes, layout);
      this.#model.push({ path, crc32: this.#checksum(path) });
    }
    this.#writer.writeText(descriptionPath, description);
    this.#model.push({ path: descriptionPath, crc32: this.#checksum(descriptionPath) });
  }

  #checksum(path: string): number {
    return checksum(this.#written(), path);
  }

  /** What stands in the archive now. */
  #written(): Source {
    return new Source(this.#writer.path, this.#writer.file);
  }

  #close(file: ManifestFile): void {
    this.#files.push(file);
    this.#file = undefined;
    this.#variable = undefined;
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw new Error('archive: no file was begun');
    return this.#file;
  }

  #openVariable(): VariableWriter {
    if (this.#variable === undefined) throw new Error('archive: no variable was begun');
    return this.#variable;
  }
}

type HeaderValue = string | number | undefined;

/** Numbers are counts, but for what was asked for of records. */
function attributesOf(header: ArchiveHeader): [string, string | number | bigint][] {
  const { coding } = header;
  const own: (readonly [string, string])[] = [...codingAttributes[coding.kind]];
  const value = (from: object, key: string) => (from as Record<string, HeaderValue>)[key];
  const counted = (found: HeaderValue) => (typeof found === 'number' ? BigInt(found) : found);
  return [
    ...headerAttributes.map(([name, key]) => [name, counted(value(header, key))] as const),
    ['coding', coding.kind] as const,
    ...own.map(([name, key]) => {
      const found = value(coding, key);
      return [name, coding.kind === 'latents' ? counted(found) : found] as const;
    }),
  ].filter((entry): entry is [string, string | number | bigint] => entry[1] !== undefined);
}

/** All groups that an archive has of a file. */
function treesOf({ path, variables }: ManifestFile): string[] {
  const counts = variables.map(countBlocks);
  const holdsRows: Record<VariablePart, boolean> = {
    scale: counts.some(({ encoded }) => encoded > 0),
    code: counts.some(({ constant, exact }) => constant + exact > 0),
    constant: counts.some(({ constant }) => constant > 0),
    exact: counts.some(({ exact }) => exact > 0),
  };
  const parts = (Object.keys(holdsRows) as VariablePart[]).filter((part) => holdsRows[part]);
  return [groupOf(path), ...parts.map((part) => partPath(part, path, ''))];
}

function entryOf({ name, bytes, modified }: Input) {
  return { path: name, bytes, modified };
}
