import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { InputError } from '../errors.js';
import { archiveBytes } from '../io/archive/archive-bytes.js';
import { openArchive } from '../io/archive/archive-reader.js';
import { countBlocks } from '../io/archive/block-counts.js';
import { describeCoding } from '../io/archive/describe-coding.js';
import { encodedName, formatName, type ManifestVariable } from '../io/archive/format.js';
import { openSource } from '../io/hdf5/source.js';
import { bytesOf } from '../io/variable-bytes.js';
import { labelOf } from '../models/architectures.js';
import { flopsOf } from '../models/layers.js';
import { describeScaling } from '../models/scaling.js';
import { printingCommand, type Result } from './command-module.js';
import { bestModelName, readModel } from './model-file.js';
import { formatBytes } from './progress.js';
import { formatDecibels } from './quality.js';
import { formatTable } from './table.js';

function options(parser: Argv) {
  return parser
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'archive, model, checkpoint, folder of a run or HDF5 file',
    })
    .example('$0 info results/compressed_…', 'files, variables, ratios and errors')
    .example('$0 info save/swae_all_vars_5x5x5_mlp', 'architecture and training');
}

export const infoCommand = printingCommand(
  'info <file>',
  'say what an archive, model, checkpoint or HDF5 file holds',
  options,
  ({ file }) => {
    const path = resolvePath(file);
    return kindOf(path) === 'hdf5' ? describeHdf5(path) : describeModel(path);
  },
);

/** For a folder, what a run has left in it: the model of a training, or the archive. */
function resolvePath(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const found = [bestModelName, encodedName].map((name) => join(path, name)).find((file) => existsSync(file));
  if (!found) throw new InputError(`folder "${path}": there is neither ${bestModelName} nor ${encodedName}`);
  return found;
}

/** By its first bytes. Throws InputError where it is neither. */
function kindOf(path: string): 'hdf5' | 'safetensors' {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new InputError(`file "${path}": there is none`);
  const file = openSync(path, 'r');
  const start = Buffer.alloc(9);
  const length = readSync(file, start, 0, start.length, 0);
  closeSync(file);
  const text = start.toString('latin1');
  if (text.startsWith('\x89HDF\r\n\x1a\n')) return 'hdf5';
  // Behind the length of its header.
  if (text[8] === '{') return 'safetensors';
  const what = length === 0 ? 'it is empty' : 'its first bytes are those of something else';
  throw new InputError(`file "${path}": neither an HDF5 file nor a model (safetensors): ${what}`);
}

function describeHdf5(path: string): Result {
  const source = openSource(path);
  const isArchive = source.attribute('/', 'format') === formatName;
  const datasets = source.datasets();
  const links = source.links().filter((link) => link.kind === 'external');
  source.close();
  if (isArchive) return describeArchive(path);
  const bytes = statSync(path).size;
  const rows = datasets.map(({ path: name, typeName, shape, filters }) => [
    name,
    typeName,
    `[${shape.join(', ')}]`,
    filters.join(' '),
  ]);
  return {
    result: {
      kind: 'hdf5',
      path,
      bytes,
      datasets: datasets.map(({ path: name, typeName: type, shape, filters }) => ({
        path: name,
        type,
        shape,
        filters,
      })),
      links: links.map(({ path: name, file, target }) => ({ path: name, file, target })),
    },
    lines: [
      `HDF5 file, ${formatBytes(bytes)}`,
      formatTable(['dataset', 'type', 'shape', 'filters'], rows),
      ...links.map(({ path: name, file, target }) => `${name} is ${target} of the file ${file}`),
    ],
  };
}

function describeArchive(path: string): Result {
  const archive = openArchive(path);
  archive.close();
  const { header, manifest } = archive;
  const bytes = archiveBytes(path, manifest);
  const lines = [
    `archive of ${manifest.files.length} file(s), ${formatBytes(bytes)}, made ${header.created} by swae ${header.swaeVersion}`,
    `command        ${header.command}`,
    ...describeCoding(header.coding).map(([name, value]) => `${name.padEnd(15)}${value}`),
  ];
  for (const file of manifest.files) {
    lines.push(
      '',
      `${file.path}  (${formatBytes(file.bytes)}, ${file.modified})${file.failed ? `  LEFT OUT: ${file.failed}` : ''}`,
    );
    if (file.copied.length > 0) lines.push(`copied         ${file.copied.map(({ path: object }) => object).join(' ')}`);
    for (const { path: object, reason } of file.problems) lines.push(`not as it was  ${object}: ${reason}`);
    if (file.variables.length > 0) lines.push(formatTable(archiveHeading, file.variables.map(archiveRow)));
  }
  return { result: { kind: 'archive', path, bytes, header, manifest }, lines };
}

const archiveHeading = ['variable', 'type', 'shape', 'data', 'blocks', 'constant', 'exact', 'PSNR', 'max error'];

function archiveRow(
  variable: ReturnType<typeof openArchive>['manifest']['files'][number]['variables'][number],
): string[] {
  const { path, dtype, shape, block_size: k, errors } = variable;
  const { blocks, constant, exact } = countBlocks(variable);
  return [
    path,
    dtype,
    `[${shape.join(', ')}]`,
    formatBytes(bytesOf(variable)),
    `${blocks} of ${k}³`,
    String(constant),
    String(exact),
    describePsnr(errors),
    errors.max_abs?.toExponential(2) ?? '–',
  ];
}

function describeModel(path: string): Result {
  const { model, file } = readModel(path);
  const { name, blockSize, latentSize, encoder, decoder } = model.architecture;
  const { position, training, run } = parseRecords(file.metadata);
  const kind = position ? 'checkpoint' : 'model';
  const bytes = statSync(path).size;
  const flops = { encode: flopsOf(encoder), decode: flopsOf(decoder) };
  const lines = [
    `${kind}, ${formatBytes(bytes)}`,
    `architecture   ${labelOf(model.architecture)}: blocks of ${blockSize}³ to ${latentSize} latents, ${model.parameters.length.toLocaleString('en')} parameters`,
    `FLOPs a block  ${flops.encode.toLocaleString('en')} to encode, ${flops.decode.toLocaleString('en')} to decode`,
    `normalisation  ${model.normalisation}`,
    ...(model.scaling ? [`scaling        ${describeScaling(model.scaling)}`] : []),
  ];
  for (const record of [training, run, position])
    for (const [key, value] of Object.entries(record ?? {}))
      lines.push(`${key.padEnd(22)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  const { normalisation, scaling, parameters } = model;
  const architecture = { name, blockSize, latentSize, parameters: parameters.length, flops };
  const result = {
    kind,
    path,
    bytes,
    architecture,
    normalisation,
    ...(scaling && { scaling: Object.fromEntries(scaling) }),
    ...{ training, run, position },
  };
  return { result, lines };
}

/** What the metadata have as JSON. */
function parseRecords(metadata: Readonly<Record<string, string>>) {
  const parse = (text: string | undefined): object | undefined => text && JSON.parse(text);
  return { training: parse(metadata.training), run: parse(metadata.run), position: parse(metadata.position) };
}

/** The manifest has null for what JSON cannot hold: a PSNR that is infinite, but also one that overflowed. */
function describePsnr({ psnr, max_abs }: ManifestVariable['errors']): string {
  if (typeof psnr === 'number') return formatDecibels(psnr);
  return max_abs === 0 ? formatDecibels(Number.POSITIVE_INFINITY) : '–';
}
