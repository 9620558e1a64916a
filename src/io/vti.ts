/**
 * VTK's XML files, as ParaView opens them: https://docs.vtk.org/en/latest/design_documents/VTKFileFormats.html. Values are appended
 * as raw bytes, compressed by zlib in blocks.
 */
import { deflateSync } from 'node:zlib';
import type { Values } from './blocks.js';

/** A uniform grid: x, y, z each. */
export interface Grid {
  /** Coordinates of the first node. */
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  /** Nodes along each axis. */
  readonly nodes: readonly number[];
}

export interface PointArray {
  readonly name: string;
  /** One at each node, x fastest. */
  readonly values: Values;
}

/** A piece of a data set of several, and where its file is, relative to that which names it. */
export interface Piece {
  readonly name: string;
  readonly file: string;
}

export interface PieceGroup {
  readonly name: string;
  readonly pieces: readonly Piece[];
}

/** Bytes of a block before compression. */
const blockBytes = 2 ** 20;
const fileAttributes = 'version="1.0" byte_order="LittleEndian" header_type="UInt64"';

/** The parts of a `.vti` file, in order. */
export function formatVti({ origin, spacing, nodes }: Grid, arrays: readonly PointArray[]): Uint8Array[] {
  const extent = nodes.map((count) => `0 ${count - 1}`).join(' ');
  const bodies = arrays.map(({ values }) => compress(values));
  let offset = 0;
  const elements = arrays.map(({ name, values }, index) => {
    const type = values instanceof Float64Array ? 'Float64' : 'Float32';
    const element = `<DataArray type="${type}" Name="${escapeXml(name)}" format="appended" offset="${offset}"/>`;
    offset += bodies[index].reduce((sum, { length }) => sum + length, 0);
    return `        ${element}\n`;
  });
  const head = `<?xml version="1.0"?>
<VTKFile type="ImageData" ${fileAttributes} compressor="vtkZLibDataCompressor">
  <ImageData WholeExtent="${extent}" Origin="${origin.join(' ')}" Spacing="${spacing.join(' ')}">
    <Piece Extent="${extent}">
      <PointData>
${elements.join('')}      </PointData>
    </Piece>
  </ImageData>
  <AppendedData encoding="raw">
   _`;
  return [Buffer.from(head), ...bodies.flat(), Buffer.from('\n  </AppendedData>\n</VTKFile>\n')];
}

/** A `.vtm` file: data sets that are opened as one, in groups. */
export function formatVtm(groups: readonly PieceGroup[]): Uint8Array {
  const blocks = groups.map(({ name, pieces }, index) => {
    const sets = pieces.map(
      (piece, place) =>
        `      <DataSet index="${place}" name="${escapeXml(piece.name)}" file="${escapeXml(piece.file)}"/>\n`,
    );
    return `    <Block index="${index}" name="${escapeXml(name)}">\n${sets.join('')}    </Block>\n`;
  });
  return Buffer.from(`<?xml version="1.0"?>
<VTKFile type="vtkMultiBlockDataSet" ${fileAttributes}>
  <vtkMultiBlockDataSet>
${blocks.join('')}  </vtkMultiBlockDataSet>
</VTKFile>
`);
}

/** Header (numbers of blocks, bytes of a block and of the last one if it is shorter, bytes of each when compressed) and blocks. */
function compress({ buffer, byteOffset, byteLength }: Values): Uint8Array[] {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const blocks: Uint8Array[] = [];
  for (let start = 0; start < byteLength; start += blockBytes)
    blocks.push(deflateSync(bytes.subarray(start, start + blockBytes)));
  const numbers = [blocks.length, blockBytes, byteLength % blockBytes, ...blocks.map(({ length }) => length)];
  return [new Uint8Array(BigUint64Array.from(numbers, BigInt).buffer), ...blocks];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
