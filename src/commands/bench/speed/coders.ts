import { calibrate } from '../../../engines/onnx/calibration.js';
import { createDecoder, createEncoder } from '../../../engines/onnx/codec.js';
import { createSession, tensor } from '../../../engines/onnx/session.js';
import { clockFor, subject } from '../../../engines/throughput.js';
import { coderOf, type InferencePrecision, type Quantised } from '../../../models/quantise.js';
import { decoderGraph, encoderGraph, folded, type Model } from '../../../models/swae.js';
import { build, input } from '../../../onnx/index.js';
import { initialModel, type OpenSubject, randomValues, type Setting } from './setting.js';

export type Side = 'encode' | 'decode';

/** Encoder or decoder as `compress` runs them, or bare. */
export async function openCoder(side: Side, setting: Setting, precision: InferencePrecision): Promise<OpenSubject> {
  const { architecture, rows, threads, bare } = setting;
  const { blockSize, latentSize } = architecture;
  const model = initialModel(architecture);
  const blocks = randomValues(rows * blockSize ** 3);
  const quantised =
    precision === 'float32' ? undefined : { precision, calibration: await calibrate(model, blocks, { threads }) };
  if (bare) return openNetwork(side, setting, model, quantised);
  const options = { blockSize, latentSize, threads, rows, precision };
  const encoder = await createEncoder(encoderGraph(model, 'float32', 'pos_log', quantised), options);
  const decoder = await createDecoder(decoderGraph(model, 'float32', quantised), options);
  const encoded = await encoder.encode(blocks, rows);
  const run = side === 'encode' ? () => encoder.encode(blocks, rows) : () => decoder.decode(encoded, rows);
  return {
    ...subject(rows, run, clockFor(threads)),
    async release() {
      await encoder.release();
      await decoder.release();
    },
  };
}

/** Float32 values to latents or back, into memory that is there already. */
async function openNetwork(
  side: Side,
  { architecture, rows, threads }: Setting,
  trained: Model,
  quantised: Quantised | undefined,
): Promise<OpenSubject> {
  const coder = coderOf(folded(trained), quantised);
  const sizes = [architecture.blockSize ** 3, architecture.latentSize];
  const [from, to] = side === 'encode' ? sizes : sizes.reverse();
  const x = input('x', 'float32', ['batch', from]);
  const y = side === 'encode' ? coder.encode(x) : coder.decode(x);
  const session = await createSession(build({ inputs: { x }, outputs: { y } }, { name: side }), { threads });
  const feeds = { x: tensor(randomValues(rows * from), [rows, from]) };
  const results = { y: tensor(new Float32Array(rows * to), [rows, to]) };
  return {
    ...subject(rows, () => session.run(feeds, results), clockFor(threads)),
    release: () => session.release(),
  };
}
