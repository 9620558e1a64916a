import { calibrate } from '../../../engines/onnx/calibration.js';
import { createSession, tensor } from '../../../engines/onnx/session.js';
import { clockFor, subject } from '../../../engines/throughput.js';
import { coderOf, type InferencePrecision, type Quantised } from '../../../models/quantise.js';
import { folded, type Model } from '../../../models/swae.js';
import { build, input } from '../../../onnx/index.js';
import { openCodec } from '../../open-codec.js';
import { initialModel, type OpenSubject, randomValues, type Setting } from './setting.js';

export type Side = 'encode' | 'decode';

/** Encoder or decoder as `compress` runs them, or bare. */
export async function openCoder(side: Side, setting: Setting, precision: InferencePrecision): Promise<OpenSubject> {
  const { architecture, rows, threads, device, bare } = setting;
  const model = initialModel(architecture);
  const blocks = randomValues(rows * architecture.blockSize ** 3);
  const quantised = await quantisedOn(model, blocks, precision, threads);
  if (bare) return openNetwork(side, setting, model, quantised);
  const { encoder, decoder, release } = await openCodec(model, 'float32', { threads, device, rows }, quantised);
  const encoded = await encoder.encode(blocks, rows);
  const run = side === 'encode' ? () => encoder.encode(blocks, rows) : () => decoder.decode(encoded, rows);
  return { ...subject(rows, run, clockFor(threads, device)), release };
}

/** Calibrated on normalised blocks; undefined in float32. */
export async function quantisedOn(
  model: Model,
  blocks: Float32Array,
  precision: InferencePrecision,
  threads: number,
): Promise<Quantised | undefined> {
  if (precision === 'float32') return undefined;
  return { precision, calibration: await calibrate(model, blocks, { threads }) };
}

/** Float32 values to latents or back, into memory that is there already. */
async function openNetwork(
  side: Side,
  { architecture, rows, threads, device }: Setting,
  trained: Model,
  quantised: Quantised | undefined,
): Promise<OpenSubject> {
  const coder = coderOf(folded(trained), quantised);
  const sizes = [architecture.blockSize ** 3, architecture.latentSize];
  const [from, to] = side === 'encode' ? sizes : sizes.reverse();
  const x = input('x', 'float32', ['batch', from]);
  const y = side === 'encode' ? coder.encode(x) : coder.decode(x);
  const session = await createSession(build({ inputs: { x }, outputs: { y } }, { name: side }), { threads, device });
  const feeds = { x: tensor(randomValues(rows * from), [rows, from]) };
  const results = { y: tensor(new Float32Array(rows * to), [rows, to]) };
  return {
    ...subject(rows, () => session.run(feeds, results), clockFor(threads, device)),
    release: () => session.release(),
  };
}
