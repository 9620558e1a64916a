/** A server for one reader on this machine: fixed files, read only. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../../errors.js';
import { parseRange } from './byte-range.js';
import type { Content } from './content.js';

export interface Page {
  /** http://127.0.0.1:PORT/SECRET/ */
  readonly url: string;
  readonly port: number;
  close(): void;
}

const host = '127.0.0.1';
/** As browsers send them to this machine, also through a tunnel from another port. */
const ownHost = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/**
 * Serves `files` by their names, '' the one at the beginning. Other users of this machine can reach the port, but do not know the secret in the
 * address; pages of other hosts whose name leads here (DNS rebinding) are refused. Port 0: any that is free. Throws InputError where
 * the port is taken.
 */
export function servePage(files: ReadonlyMap<string, Content>, port: number): Promise<Page> {
  const prefix = `/${randomBytes(12).toString('hex')}/`;
  const server = createServer((request, response) => answer(request, response, prefix, files));
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? portError(port, error) : error),
    );
    server.listen(port, host, () => resolve(pageOf(server, prefix)));
  });
}

function portError(port: number, error: NodeJS.ErrnoException): InputError {
  const reason = error.code === 'EACCES' ? 'may not be used' : 'is in use';
  return new InputError(`port ${port} ${reason}`, { cause: error, hint: 'Without --port a free one is taken.' });
}

function pageOf(server: Server, prefix: string): Page {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}${prefix}`,
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  prefix: string,
  files: ReadonlyMap<string, Content>,
): void {
  const refuse = (status: number, more = {}) => response.writeHead(status, { ...headers, ...more }).end();
  if (!ownHost.test(request.headers.host ?? '')) return void refuse(403);
  if (request.method !== 'GET' && request.method !== 'HEAD') return void refuse(405, { Allow: 'GET, HEAD' });
  const path = request.url ?? '';
  const file = path.startsWith(prefix) ? files.get(path.slice(prefix.length)) : undefined;
  if (!file) return void refuse(404);
  const range = parseRange(request.headers.range, file.bytes);
  if (range === 'unsatisfiable') return void refuse(416, { 'Content-Range': `bytes */${file.bytes}` });
  const [start, stop] = range ?? [0, file.bytes];
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Type': file.type,
    'Content-Length': stop - start,
    'Accept-Ranges': 'bytes',
    ...(range ? { 'Content-Range': `bytes ${start}-${stop - 1}/${file.bytes}` } : {}),
  });
  if (request.method === 'HEAD' || start === stop) return void response.end();
  // A file that cannot be read any more breaks the connection off: the status has been sent.
  file
    .read(start, stop)
    .on('error', () => response.destroy())
    .pipe(response);
}
