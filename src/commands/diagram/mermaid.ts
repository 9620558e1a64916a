import { type Architecture, labelOf } from '../../models/architectures.js';
import type { Layer } from '../../models/layers.js';
import { formatParameters, formatShape, inputShape, stagesOf, summarise } from '../../models/summary.js';

/** A flowchart: a node for each stage with its layers as lines, and the shape of what passes on each arrow. */
export function drawMermaid(architecture: Architecture): string {
  const { blockSize, latentSize, encoder, decoder } = architecture;
  const coding = chain('encoder', encoder, 'block', 'latent');
  const decoding = chain('decoder', decoder, 'latent', 'reconstruction');
  return [
    '---',
    `title: "${labelOf(architecture)}: blocks of ${blockSize}³ to ${latentSize} latents"`,
    // Else each line of a node would be broken in two or three.
    'config:',
    '  flowchart:',
    '    wrappingWidth: 480',
    '---',
    'flowchart TB',
    `  block(["Block of ${blockSize}³"])`,
    ...subgraph('encoder', 'Encoder', coding.nodes),
    '  latent(["Latent"])',
    ...subgraph('decoder', 'Decoder', decoding.nodes),
    `  reconstruction(["Block of ${blockSize}³"])`,
    ...coding.arrows,
    ...decoding.arrows,
  ].join('\n');
}

function chain(prefix: string, layers: readonly Layer[], from: string, to: string) {
  const stages = stagesOf(summarise(layers));
  const ids = [from, ...stages.map((_, i) => `${prefix}${i}`), to];
  const shapes = [inputShape(layers), ...stages.map((stage) => stage[stage.length - 1].output)];
  return {
    nodes: stages.map((stage, i) => `${ids[i + 1]}["${stage.map(line).join('<br/>')}"]`),
    arrows: shapes.map((shape, i) => `  ${ids[i]} -->|"${formatShape(shape)}"| ${ids[i + 1]}`),
  };
}

function line(layer: ReturnType<typeof summarise>[number]): string {
  const parameters = formatParameters(layer);
  return parameters ? `${layer.title} · parameters: ${parameters}` : layer.title;
}

function subgraph(id: string, title: string, nodes: readonly string[]): string[] {
  return [`  subgraph ${id}["${title}"]`, ...nodes.map((node) => `    ${node}`), '  end'];
}
