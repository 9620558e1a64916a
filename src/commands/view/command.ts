import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import type { Argv } from 'yargs';
import { UsageError } from '../../errors.js';
import { openArchive } from '../../io/archive/archive-reader.js';
import { complain } from '../../terminal.js';
import { archiveDescription, resolveArchivePath } from '../archive-path.js';
import { printingCommand } from '../command-module.js';
import { filesOfPage } from './files.js';
import { type Page, servePage } from './server.js';

function options(parser: Argv) {
  return parser
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: archiveDescription,
    })
    .option('source', {
      type: 'string',
      describe: 'the folder (or file) that was compressed: shows the originals and errors too',
    })
    .option('port', { type: 'number', default: 0, describe: 'port of the page; 0: any that is free' })
    .option('open', { type: 'boolean', default: false, describe: 'open the page in a browser' })
    .example('$0 view results/compressed_…', 'prints the address of a page that decodes it')
    .example('$0 view results/compressed_… --source data/sample', 'with originals and errors beside the reconstruction')
    .example('ssh -N -L 8080:127.0.0.1:8080 LOGIN-NODE', 'on your own machine, for view … --port 8080 on a cluster');
}

export const viewCommand = printingCommand(
  'view <file>',
  'look at an archive in a browser, which decodes it',
  options,
  async ({ file, source, port, open }) => {
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      throw new UsageError(`--port must be a whole number from 0 to 65535, got ${port}`);
    const path = resolveArchivePath(file);
    const archive = openArchive(path);
    archive.close();
    const { files, notes } = filesOfPage(path, archive.manifest, source);
    const page = await servePage(files, port);
    if (open) openBrowser(page.url);
    const { url, port: taken } = page;
    return {
      result: { url, notes },
      lines: [
        ...notes,
        `${basename(path)}: ${url}`,
        `from another machine first: ssh -N -L ${taken}:127.0.0.1:${taken} ${userInfo().username}@${hostname()}`,
        'Ctrl-C ends it.',
      ],
      ended: endBySignal(page),
    };
  },
);

/** In order, with exit code 0. */
async function endBySignal(page: Page): Promise<void> {
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
  page.close();
}

function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(program, [url], { stdio: 'ignore', detached: true })
    .on('error', () => complain(`${program} is not there`, 'Open the address yourself.'))
    .unref();
}
