import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Communicator } from '../../../dist/communicator.js';
import { writeSafetensors } from '../../../io/checkpoint.js';
import { Writer } from '../../../io/hdf5/writer.js';
import type { Architecture } from '../../../models/architectures.js';
import { modelMetadata, modelTensors } from '../../model-file.js';
import { makeFolder } from '../../output-folder.js';
import { initialModel, randomValues } from '../speed/setting.js';

/** What is compressed: a file for each rank, all alike, and a model. */
export interface Scratch {
  readonly files: readonly string[];
  readonly modelPath: string;
  /** For results. */
  readonly folder: string;
}

/** A variable is a slab. */
const variableBytes = 16e6;

/** Every rank writes its file, of about `bytes`, into `folder`, which all nodes must see. A collective call. */
export function makeScratch(
  communicator: Communicator,
  folder: string,
  architecture: Architecture,
  bytes: number,
): Scratch {
  const { rank, size } = communicator;
  const files = Array.from({ length: size }, (_, i) => join(folder, `rank-${String(i).padStart(4, '0')}.h5`));
  const modelPath = join(folder, 'model.safetensors');
  makeFolder(folder);
  writeVariables(files[rank], architecture.blockSize, bytes);
  const model = initialModel(architecture);
  if (rank === 0) writeSafetensors(modelPath, modelTensors(model), modelMetadata(model));
  communicator.barrier();
  return { files, modelPath, folder };
}

export function removeScratch(communicator: Communicator, { folder }: Scratch): void {
  communicator.barrier();
  if (communicator.rank === 0) rmSync(folder, { recursive: true });
}

function writeVariables(path: string, blockSize: number, bytes: number): void {
  const variables = Math.max(1, Math.round(bytes / variableBytes));
  const blocks = Math.max(1, Math.floor(bytes / variables / (4 * blockSize ** 3)));
  const shape = [blocks, blockSize, blockSize, blockSize];
  const values = randomValues(blocks * blockSize ** 3);
  const writer = new Writer(path);
  for (let i = 0; i < variables; i++) writer.writeDataset(`/U_${i}`, 'float32', shape, values);
  writer.finish();
}
