import type { Model } from '../../models/swae.js';
import { openCodec } from '../open-codec.js';
import { countErrors } from '../survey/counts.js';
import { countLatents } from '../survey/latent-counts.js';
import { takeRows } from '../survey/normalised.js';
import { evenly, sampleBlock } from '../survey/samples.js';
import { emptySurvey, type Survey } from '../survey/survey.js';
import type { Dataset } from './dataset.js';
import type { Shown } from './shown-blocks.js';

const samplesOfVariable = 4;

/** What a model makes of blocks, in normalised scale, by variable. */
export async function sampleModel(
  model: Model,
  dataset: Dataset,
  { rows: chosen, blocks }: Shown,
  threads: number,
): Promise<ReadonlyMap<string, Survey>> {
  const { blockSize: k, latentSize } = model.architecture;
  const { latent, decoded } = await code(model, blocks, chosen.length, threads);
  const surveys = new Map<string, Survey>();
  for (const [variable, name] of dataset.variableNames.entries()) {
    const rows = Uint32Array.from(chosen.keys()).filter((row) => dataset.variableOf[chosen[row]] === variable);
    if (rows.length === 0) continue;
    const { counts, worst } = countErrors(blocks, decoded, rows, k ** 3);
    surveys.set(name, {
      ...emptySurvey(),
      blocks: rows.length,
      normalised: counts,
      latents: countLatents(takeRows(latent, rows, latentSize), latentSize),
      samples: [...new Set([worst, ...evenly(rows.length, samplesOfVariable)])].map((i) =>
        sampleBlock(blocks, decoded, rows[i], k, `block ${chosen[rows[i]]}`, [0, 1]),
      ),
    });
  }
  return surveys;
}

/** The values are normalised already: the network alone, without the normalisation around it. */
async function code(model: Model, blocks: Float32Array<ArrayBuffer>, count: number, threads: number) {
  const bare: Model = { ...model, normalisation: 'none', scaling: undefined };
  const { encoder, decoder, release } = await openCodec(bare, 'float32', { threads });
  const encoded = await encoder.encode(blocks, count);
  const decoded = await decoder.decode(encoded, count);
  await release();
  return { latent: Float32Array.from(encoded.latent), decoded };
}
