/** The worker as the page calls it. */
import type { FromWorker, Opened, Request, Served, Shown } from './messages.js';

export interface WorkerClient {
  open(served: Served): Promise<Opened>;
  show(request: Request): Promise<Shown>;
}

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

export function startWorker(): WorkerClient {
  const worker = new Worker('decode-worker.js', { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data === 'ready') return resolve();
      const { resolve: take, reject: refuse } = waiting.get(data.id)!;
      waiting.delete(data.id);
      if ('error' in data) refuse(new Error(data.error));
      else take(data.result as never);
    };
    worker.onerror = ({ message }) => reject(new Error(`the decoder could not be loaded: ${message}`));
  });
  const ask = async <Result>(content: object): Promise<Result> => {
    await ready;
    return new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject });
      worker.postMessage({ id: next++, ...content });
    });
  };
  return { open: (open) => ask({ open }), show: (show) => ask({ show }) };
}
