/** Reads VTK's XML files by their specification: regular expressions and Node's zlib, nothing of ours; and by VTK itself. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { pythonAbsence, pythonWith } from '../python.js';

export interface ImageFile {
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  /** First and last node along x, y, z. */
  readonly extent: readonly number[];
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array>>;
}

export function readVti(path: string): ImageFile {
  const bytes = readFileSync(path);
  const marker = '<AppendedData encoding="raw">\n   _';
  const start = bytes.indexOf(marker) + marker.length;
  if (start < marker.length) throw new Error(`${path}: no appended data`);
  const head = bytes.subarray(0, start).toString();
  for (const attribute of ['type="ImageData"', 'byte_order="LittleEndian"', 'compressor="vtkZLibDataCompressor"'])
    if (!head.includes(attribute)) throw new Error(`${path}: no ${attribute}`);
  if (!bytes.subarray(-30).toString('latin1').endsWith('\n  </AppendedData>\n</VTKFile>\n'))
    throw new Error(`${path}: no end`);
  const numbers = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(head)![1]!.split(' ').map(Number);
  const elements = [
    ...head.matchAll(/<DataArray type="(Float\d+)" Name="([^"]*)" format="appended" offset="(\d+)"\/>/g),
  ];
  const arrays = elements.map(([, type, name, offset]) => {
    const { buffer } = decompress(bytes, start + Number(offset));
    return [unescapeXml(name!), type === 'Float64' ? new Float64Array(buffer) : new Float32Array(buffer)];
  });
  const extent = numbers('Extent');
  if (extent.join() !== numbers('WholeExtent').join()) throw new Error(`${path}: a part of the extent`);
  return { origin: numbers('Origin'), spacing: numbers('Spacing'), extent, arrays: Object.fromEntries(arrays) };
}

/** Header of uint64: blocks, bytes of a block, of the last one if it is shorter, compressed bytes of each; then the blocks. */
function decompress(bytes: Buffer, start: number): Uint8Array<ArrayBuffer> {
  const at = (index: number) => Number(bytes.readBigUInt64LE(start + 8 * index));
  const [count, size, rest] = [at(0), at(1), at(2)];
  const whole = new Uint8Array(count * size - (rest === 0 ? 0 : size - rest));
  let from = start + 8 * (3 + count);
  for (let block = 0; block < count; block++) {
    const part = inflateSync(bytes.subarray(from, from + at(3 + block)));
    const expected = block === count - 1 && rest > 0 ? rest : size;
    if (part.length !== expected) throw new Error(`block ${block} has ${part.length} bytes, expected ${expected}`);
    whole.set(part, block * size);
    from += at(3 + block);
  }
  return whole;
}

/** Names of groups, and the file of each of their data sets. */
export function readVtm(path: string): { name: string; files: string[] }[] {
  const text = readFileSync(path, 'utf8');
  const blocks = [...text.matchAll(/<Block index="(\d+)" name="([^"]*)">(.*?)<\/Block>/gs)];
  return blocks.map(([, index, name, body], place) => {
    const sets = [...body!.matchAll(/<DataSet index="(\d+)" name="[^"]*" file="([^"]*)"\/>/g)];
    for (const [i, [, number]] of [...sets.entries()].concat([[place, blocks[place] as never]]))
      if (Number(number) !== i) throw new Error(`${path}: index ${number} of block ${index}, expected ${i}`);
    return { name: unescapeXml(name!), files: sets.map(([, , file]) => unescapeXml(file!)) };
  });
}

function unescapeXml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}

const python = pythonWith('vtk');

/** Why VTK cannot be asked; undefined where it can. */
export const vtkAbsence = python ? undefined : `${pythonAbsence('vtk')} (apt-get install python3-vtk9)`;

/** What VTK's own reader makes of a `.vtm`: name, grid and sums of the arrays of each data set, in order. */
export interface VtkSet {
  readonly group: string;
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  readonly dimensions: readonly number[];
  readonly arrays: Readonly<Record<string, readonly number[]>>;
}

const script = `
import json, sys, vtk
reader = vtk.vtkXMLMultiBlockDataReader()
reader.SetFileName(sys.argv[1])
reader.Update()
whole = reader.GetOutput()
sets = []
for g in range(whole.GetNumberOfBlocks()):
    group = whole.GetBlock(g)
    name = whole.GetMetaData(g).Get(vtk.vtkCompositeDataSet.NAME())
    for i in range(group.GetNumberOfBlocks()):
        image = group.GetBlock(i)
        data = image.GetPointData()
        arrays = [data.GetArray(a) for a in range(data.GetNumberOfArrays())]
        sets.append(dict(group=name, origin=image.GetOrigin(), spacing=image.GetSpacing(), dimensions=image.GetDimensions(),
            arrays={a.GetName(): [a.GetTuple1(n) for n in range(a.GetNumberOfTuples())] for a in arrays}))
print(json.dumps(sets))
`;

export function readByVtk(path: string): VtkSet[] {
  const { stdout, stderr, status } = spawnSync(python!, ['-c', script, path], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  // VTK reports errors on stderr and goes on.
  if (status !== 0 || stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}
