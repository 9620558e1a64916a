import { findCycle, importsOf, packageOf, roomOf, type SourceFile } from './source-tree.js';

/** Rooms of src and the rooms that each may import besides itself; every room but onnx may import the files of src itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  onnx: [],
  models: ['onnx'],
  engines: ['models', 'onnx'],
  io: [],
  transform: [],
  plots: [],
  ffi: [],
  dist: ['ffi'],
  decode: ['engines', 'transform', 'io'],
  /** What runs in a browser. */
  page: ['decode', 'engines', 'io'],
  commands: ['onnx', 'models', 'engines', 'transform', 'plots', 'io', 'dist', 'decode', 'page'],
  /** cli.ts and what stands beside it. */
  '': ['commands'],
};

/** Packages, and where their only importers lie. */
const importers: Readonly<Record<string, RegExp>> = {
  '@observablehq/plot': /^plots\/draw\.ts$/,
  buffer: /^page\//,
  'd3-color': /^page\//,
  'd3-scale-chromatic': /^page\//,
  'ffi-rs': /^ffi\//,
  fflate: /^page\//,
  h5wasm: /^(io\/hdf5(\/|\.ts$)|page\/remote-file\.ts$)/,
  linkedom: /^plots\/draw\.ts$/,
  'onnxruntime-node': /^engines\/onnx\//,
  'onnxruntime-web': /^page\//,
  '@tensorflow/tfjs-core': /^engines\/tensorflow\//,
  '@tensorflow/tfjs-node': /^engines\/tensorflow\//,
  '@tensorflow/tfjs-node-gpu': /^engines\/tensorflow\//,
  protobufjs: /^(onnx\/|io\/tensorboard\.ts$)/,
  leven: /^commands\/usage\.ts$/,
  yargs: /^(cli\.ts$|commands\/)/,
};

const longest = 300;

/** What breaks the rules of layout, one line each, naming the file. */
export function violations(files: readonly SourceFile[]): string[] {
  const cycle = findCycle(files);
  return [
    ...files.flatMap((file) => [...importViolations(file), ...textViolations(file)]),
    ...(cycle ? [`cycle: ${cycle.join(' → ')}`] : []),
  ];
}

function importViolations(file: SourceFile): string[] {
  const room = roomOf(file.path);
  if (!(room in mayImport)) return [`${file.path}: "${room}" is no room`];
  return importsOf(file).flatMap((target) => {
    if (target.startsWith('node:')) return [];
    if (target.startsWith('..')) return [`${file.path}: imports ${target} outside of src`];
    if (!target.endsWith('.ts')) return packageViolations(file.path, packageOf(target));
    const other = roomOf(target);
    if (other === room || mayImport[room].includes(other)) return [];
    if (other === '' && room !== 'onnx' && target !== 'cli.ts') return [];
    return [`${file.path}: ${room || 'src'} must not import ${target}`];
  });
}

function packageViolations(path: string, name: string): string[] {
  if (!(name in importers)) return [`${path}: imports "${name}", which no rule names`];
  return importers[name].test(path) ? [] : [`${path}: must not import ${name}`];
}

function textViolations({ path, text }: SourceFile): string[] {
  const found: string[] = [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/(^|[-/])utils?(\.|[-/])/.test(path)) found.push(`${path}: is named util`);
  if (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name)) found.push(`${path}: is no kebab-case name`);
  if (/^\s*export\s+default\b|\bas\s+default\b/m.test(text)) found.push(`${path}: has a default export`);
  // Launchers' variables (OMPI_…, PMI_…, MPI_LOCALRANKID, SWAE_MPI_LIBRARY) are no names of MPI's own.
  const named = path.startsWith('ffi/') ? undefined : /\bMPI_(?!LOCALRANKID)\w+/.exec(text)?.[0];
  if (named !== undefined) found.push(`${path}: names ${named}`);
  if (path !== 'terminal.ts' && /\bconsole\.|\bprocess\.std(out|err)\.write/.test(text))
    found.push(`${path}: prints past terminal.ts`);
  const lines = text.trimEnd().split('\n').length;
  if (lines > longest) found.push(`${path}: has ${lines} lines, ${longest} are allowed`);
  return found;
}
