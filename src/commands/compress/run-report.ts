import { describeCoding } from '../../io/archive/describe-coding.js';
import type { Coding, Manifest } from '../../io/archive/format.js';
import { normalisationOf } from '../coding.js';
import { duration, formatBytes } from '../progress.js';
import { qualityOf } from '../quality.js';
import { bitsPerValue, errorFigures, nameOf, rateFigures } from '../report/error-figures.js';
import type { ReportOptions } from '../report/options.js';
import type { Figure, Report, Section } from '../report/page.js';
import { provenance } from '../report/provenance.js';
import { bothScales, sliceFigures } from '../report/slice-figures.js';
import { sliceSections } from '../report/slice-sections.js';
import { writeReport } from '../report/write.js';
import { BlockNormaliser } from '../survey/normalised.js';
import type { CompressOptions } from './command.js';
import type { Outcome } from './outcome.js';
import { byVariable, totalsOf, variableTable } from './report.js';

/** `report.html` and plots of a compression whose errors were measured; gives lines that say where they are. */
export async function reportCompression(
  run: Outcome,
  options: Pick<CompressOptions, 'modelPath'> & ReportOptions,
): Promise<string[]> {
  const { variables, sampled } = run.written.surveys;
  const outcomes = byVariable(run.written.outcomes);
  const quality = new Map(outcomes.map(({ path, errors }) => [path, qualityOf(errors!)]));
  const ranges = new Map([...quality].map(([path, { range }]) => [path, range]));
  const points = [...variables].map(([path, survey]) => ({
    name: nameOf(path),
    bitsPerValue: bitsPerValue(survey),
    psnr: quality.get(path)!.psnr,
  }));
  const normalisation = normalisationOf(run.coding);
  const normaliser = new BlockNormaliser(normalisation, run.threads);
  const slices = await sliceFigures(sampled, bothScales(normaliser, normalisation));
  await normaliser.release();
  return writeReport(
    run.folder.path,
    describeRun(run, options.modelPath, {
      figures: [...rateFigures(points), ...errorFigures(variables, ranges)],
      slices: sliceSections(sampled, slices),
    }),
    options,
  );
}

function describeRun(
  run: Outcome,
  modelPath: string | undefined,
  { figures, slices }: { readonly figures: readonly Figure[]; readonly slices: readonly Section[] },
): Report {
  const { written, folder, seconds, coding, ranks, library, threads, startedMs, plan } = run;
  const { manifest, outcomes } = written;
  const { raw, structuralRatio, encoded, ratio, ratioOnDisk } = totalsOf(run);
  const failed = manifest.files.filter((file) => file.failed !== undefined);
  return {
    title: 'Compression',
    lead: `${manifest.files.length - failed.length} of ${manifest.files.length} files ${describeMethod(coding)}, in ${duration(seconds)}.`,
    numbers: [
      [ratio.toFixed(2), 'ratio to the values, every byte counted'],
      [ratioOnDisk.toFixed(2), 'ratio to the files on the disk'],
      [structuralRatio.toFixed(2), 'ratio of the variables'],
      [formatBytes(encoded), 'archive'],
      [`${formatBytes(raw / seconds)}/s`, 'from file to file'],
    ],
    sections: [
      ...(failed.length > 0 ? [failures(failed)] : []),
      {
        title: 'Variables',
        tables: [{ caption: 'All files together', ...variableTable(outcomes, ranks) }],
      },
      { title: 'Errors', figures },
      ...slices,
      provenance({
        ranks,
        library,
        threads,
        startedMs,
        inputs: plan.files,
        made: [
          ...(modelPath === undefined || coding.kind === 'bounded' ? [] : [['model file', modelPath] as const]),
          ...describeCoding(coding),
          ['archive', folder.encodedPath],
          ['bytes of the archive', encoded.toLocaleString('en')],
        ],
      }),
    ],
  };
}

function failures(failed: Manifest['files']): Section {
  return {
    title: 'Left out',
    tables: [
      {
        caption: 'Files that are not in the archive',
        heading: ['file', 'why'],
        rows: failed.map((file) => [file.path, file.failed!]),
      },
    ],
  };
}

function describeMethod(coding: Coding): string {
  return coding.kind === 'latents' ? `to latents of ${coding.architecture}` : 'within an error bound';
}
