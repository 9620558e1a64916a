import type { Communicator } from '../../../dist/communicator.js';
import { type Subject, subject } from '../../../engines/throughput.js';
import { InputError } from '../../../errors.js';
import { split } from '../../../io/blocks.js';
import { openSource } from '../../../io/hdf5/source.js';
import type { CompressOptions } from '../../compress/command.js';
import { chooseMethod } from '../../compress/compress.js';
import { bytesOfUnit, makePlan, unitsOf } from '../../compress/plan.js';
import { resolveResources } from '../../options.js';

export interface Alone {
  /** Each rank codes one slab over and over, from memory to memory; items are bytes of blocks. */
  readonly encode: Subject;
  readonly decode: Subject;
  release(): Promise<void>;
}

/** The codec of a compression without anything around it. A collective call. */
export async function openAlone(communicator: Communicator, options: CompressOptions): Promise<Alone> {
  const method = chooseMethod(options);
  const plan = makePlan(communicator, options.input, options.variables, (variable) => method.blockSizeOf(variable));
  const { codec } = await method.prepare(communicator, plan, resolveResources(options, communicator));
  const units = unitsOf(plan);
  const unit = units[communicator.rank % units.length];
  if (!unit) throw new InputError('bench compress: there is nothing to compress');
  const { path, variables } = plan.files[unit.file];
  const variable = variables[unit.variable];
  const source = openSource(path);
  const blocks = split(source.readSlice(variable.path, unit.slab.read), unit.slab);
  source.close();
  const { payload } = await codec.encode(blocks, variable, unit);
  const bytes = bytesOfUnit(plan, unit);
  return {
    encode: subject(bytes, () => codec.encode(blocks, variable, unit)),
    decode: subject(bytes, () => codec.decode(payload, variable, unit.slab.blockCount)),
    release: () => codec.release(),
  };
}
