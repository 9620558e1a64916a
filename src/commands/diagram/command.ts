import { extname } from 'node:path';
import type { Argv } from 'yargs';
import { UsageError } from '../../errors.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { labelOf } from '../../models/architectures.js';
import { architectureOptions, resolveArchitecture } from '../architecture-options.js';
import { printingCommand } from '../command-module.js';
import { readModel, resolveModelPath } from '../model-file.js';
import { modelPathOption } from '../options.js';
import { drawMermaid } from './mermaid.js';
import { drawSvg } from './svg.js';

const draw = { svg: drawSvg, mermaid: drawMermaid };
type Format = keyof typeof draw;
const formats = Object.keys(draw) as Format[];

const formatOfExtension: Readonly<Record<string, Format>> = { '.svg': 'svg', '.mmd': 'mermaid', '.mermaid': 'mermaid' };

function options(parser: Argv) {
  return parser
    .options(architectureOptions)
    .option('model-path', { ...modelPathOption, demandOption: false })
    .conflicts('model-path', Object.keys(architectureOptions))
    .option('output', { type: 'string', describe: 'file to write. Default: print' })
    .option('format', {
      choices: formats,
      describe: 'Default: by the extension of --output (.svg, .mmd, .mermaid), else mermaid',
    })
    .example('$0 diagram --arch conv-bn --output conv-bn.svg', 'a picture, for light and dark pages')
    .example('$0 diagram --model-path save/swae_all_vars_5x5x5_mlp', 'a Mermaid flowchart on stdout');
}

export const diagramCommand = printingCommand(
  'diagram',
  'draw an architecture as SVG or Mermaid',
  options,
  (options) => {
    const { modelPath, output } = options;
    const format = options.format ?? formatOf(output);
    const architecture =
      modelPath === undefined
        ? resolveArchitecture(options)
        : readModel(resolveModelPath(modelPath)).model.architecture;
    const picture = draw[format](architecture);
    const { name, widths, blockSize, latentSize } = architecture;
    const what = { name, widths, blockSize, latentSize, format };
    if (output === undefined) return { result: { ...what, picture }, lines: [picture] };
    writeFileAtomic(output, [Buffer.from(`${picture}\n`)]);
    return {
      result: { ...what, output },
      lines: [`${output}: ${labelOf(architecture)}, blocks of ${blockSize}³, ${format}`],
    };
  },
);

function formatOf(output: string | undefined): Format {
  if (output === undefined) return 'mermaid';
  const extension = extname(output).toLowerCase();
  if (!Object.hasOwn(formatOfExtension, extension))
    throw new UsageError(
      `--output "${output}": expected ${Object.keys(formatOfExtension).join(', ')}, or --format ${formats.join('|')}`,
    );
  return formatOfExtension[extension];
}
