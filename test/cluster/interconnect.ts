/** Octants between two nodes, raw and compressed, over a link of known bandwidth. */
import { join } from 'node:path';
import type { Report } from '../../src/commands/bench/transfer/report.js';
import { writeOctants } from '../commands/fixtures/data.js';
import { mpiLibraries } from '../launch.js';
import { program } from '../program.js';
import { clusterTest, type Lab } from './lab.js';

const megabits = 400;

export function testInterconnect(lab: Lab): void {
  for (const library of mpiLibraries)
    clusterTest(`octants over a link of ${megabits} Mb/s, ${library}`, async (t) => {
      const input = writeOctants(join(lab.folder, `octants-${library}.h5`), {
        variables: ['U_CHI', 'U_K'],
        count: 2048,
      });
      const options = ['--arch', 'mlp', '--precision', 'int8', '--rounds', '1', '--threads', '1', '--json', '--quiet'];
      lab.shape(`${megabits}mbit`);
      try {
        const stdout = await lab.srun(
          library,
          ['--nodes=2', '--ntasks-per-node=1'],
          [process.execPath, program, 'bench', 'transfer', input, ...options],
        );
        const { machine, rawBytes, rows }: Report = JSON.parse(stdout);
        t.is(machine.nodes.length, 2);
        t.is(rawBytes, 4096 * 343 * 4);
        // Other work can only slow it down. A tenth is more than the bucket that passes at once.
        const leastSeconds = (8 * rawBytes) / (megabits * 1e6);
        t.true(rows[0].seconds > 0.9 * leastSeconds, `${rows[0].seconds} s for ${rawBytes} B`);
      } finally {
        lab.shape('off');
      }
    });
}
