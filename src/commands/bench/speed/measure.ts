import { measureInTurn, median, medianRatio, type Rounds, type Subject } from '../../../engines/throughput.js';
import { ceilingKinds, openCeiling } from './ceiling.js';
import { openCopies } from './copies.js';
import type { Pytorch } from './pytorch.js';
import type { OpenSubject, Setting } from './setting.js';
import { type TaskName, tasks, type Variant } from './tasks.js';

/** Rates are medians over the rounds, ratios medians of the rounds' ratios. */
export interface Row {
  readonly architecture: string;
  readonly batch: number;
  readonly threads: number;
  /** Precision, or optimiser. */
  readonly variant: string;
  readonly blocksPerSecond: number;
  /** 10⁹ bytes of float32 blocks. */
  readonly gigabytesPerSecond: number;
  readonly gigaflopsPerSecond: number;
  /** What a product of large matrices of the same precision reaches in onnxruntime. */
  readonly ceilingGigaflopsPerSecond: number;
  readonly ofCeiling: number;
  /** Of its time, what moving as many bytes to the device and back takes. */
  readonly ofCopies?: number;
  /** Times the speed of the first variant. */
  readonly ofFirst: number;
  readonly pytorch?: { readonly blocksPerSecond: number; readonly ratio: number };
}

export async function measureSetting(
  name: TaskName,
  setting: Setting,
  variants: readonly Variant[],
  pytorch: Pytorch | undefined,
  rounds: Rounds,
): Promise<Row[]> {
  const { architecture, rows, threads } = setting;
  const kinds = ceilingKinds.filter((kind) => variants.some(({ ceiling }) => ceiling === kind));
  const ceilings: OpenSubject[] = [];
  for (const kind of kinds) ceilings.push(await openCeiling(kind, setting));
  const ours: OpenSubject[] = [];
  for (const variant of variants) ours.push(await variant.open(setting));
  const copies: OpenSubject[] = [];
  if (setting.device.kind !== 'cpu')
    for (const variant of variants) copies.push(await openCopies(rows, variant.copiedOf(setting), setting));
  const peers: Subject[] = pytorch ? [await pytorch.open(name, setting)] : [];
  const rates = await measureInTurn([...ceilings, ...ours, ...copies, ...peers], rounds);
  for (const subject of [...ceilings, ...ours, ...copies]) await subject.release();
  const [first] = rates.slice(ceilings.length);
  const theirs = pytorch ? rates[rates.length - 1] : undefined;
  const copied = rates.slice(ceilings.length + ours.length).slice(0, copies.length);
  const flops = tasks[name].flopsOf(architecture);
  return variants.map((variant, i) => {
    const mine = rates[ceilings.length + i];
    const blocksPerSecond = median(mine);
    const ceiling = rates[kinds.indexOf(variant.ceiling)];
    return {
      architecture: architecture.name,
      batch: rows,
      threads,
      variant: variant.name,
      blocksPerSecond,
      gigabytesPerSecond: (blocksPerSecond * 4 * architecture.blockSize ** 3) / 1e9,
      gigaflopsPerSecond: (blocksPerSecond * flops) / 1e9,
      ceilingGigaflopsPerSecond: median(ceiling) / 1e9,
      ofCeiling: flops * medianRatio(mine, ceiling),
      ...(copies.length > 0 && { ofCopies: medianRatio(mine, copied[i]) }),
      ofFirst: medianRatio(mine, first),
      ...(theirs && { pytorch: { blocksPerSecond: median(theirs), ratio: medianRatio(mine, theirs) } }),
    };
  });
}
