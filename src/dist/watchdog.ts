/** The thread beside a rank's main thread: answers where that is, and names the rank that it waits for in vain. */
import { writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { exitCode } from '../errors.js';
import { exitAtOnce } from '../ffi/exit.js';
import { readWhereabouts, type Whereabouts } from './whereabouts.js';

/** Where the watchdog of a rank listens. */
export interface Place {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
  /** What it wants to hear first: others of the network are no part of the job. */
  readonly key: string;
}

export interface WatchdogData {
  readonly rank: number;
  readonly whereabouts: SharedArrayBuffer;
  readonly stallSeconds: number;
  readonly key: string;
  /** One int: 0 until the watchdog listens at the port that it becomes, or cannot (-1). */
  readonly port: SharedArrayBuffer;
}

/** The places of all ranks, once; or that every rank's work is done, and with which exit code this one leaves. */
export type WatchdogMessage = { readonly places: readonly Place[] } | { readonly exitCode: number };

/** What a rank answers: where it is, and for how long. */
interface Answer extends Whereabouts {
  readonly seconds: number;
}

const answerSeconds = 3;
/**
 * For the MPI library to end. MPICH 4.0 on UCX has ranks wait for one that closes its connections and needs their help to do so: 4 of 10
 * runs between two nodes never ended. No work is left by then.
 */
const leaveSeconds = 5;
/** Longer than the message needs through the launcher's pipes, which close when a rank has gone. */
const messageSeconds = 0.3;
const namedRanks = 8;

const { rank, whereabouts, stallSeconds, key: myKey, port: myPort }: WatchdogData = workerData;
const memory = new Int32Array(whereabouts);
const tickSeconds = Math.min(1, stallSeconds / 4);
let places: readonly Place[] = [];
let mine: Answer = { ...readWhereabouts(memory), seconds: 0 };

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.setEncoding('utf8').once('data', (text: string) => {
    if (text === `${myKey} end`) exitAtOnce(exitCode.failure);
    socket.end(text === `${myKey} where` ? JSON.stringify(mine) : '');
  });
});
// A rank that cannot be asked is said not to answer, should it ever be missing: no reason to fail.
server.on('error', () => tellPort(-1));
server.listen(0, () => {
  const address = server.address();
  tellPort(address !== null && typeof address === 'object' ? address.port : -1);
});
parentPort!.on('message', async (message: WatchdogMessage) => {
  if ('places' in message) {
    places = message.places;
    return;
  }
  await setTimeout(leaveSeconds * 1000);
  exitAtOnce(message.exitCode);
});

function tellPort(port: number): void {
  const memory = new Int32Array(myPort);
  Atomics.store(memory, 0, port);
  Atomics.notify(memory, 0);
}

// Ticks are counted rather than time, so that hours for which a job is suspended are not taken for a stall.
for (;;) {
  await setTimeout(tickSeconds * 1000);
  const now = readWhereabouts(memory);
  mine = { ...now, seconds: now.events === mine.events ? mine.seconds + tickSeconds : 0 };
  if (waits(mine) && mine.seconds >= stallSeconds) await investigate(mine);
}

/** Ends the process where ranks are missing, and of those that wait for them this one is the first. */
async function investigate(waiting: Answer): Promise<void> {
  const missing = waiting.peer === undefined ? await missingFromAll(waiting) : await missingAt(waiting.peer);
  const stillWaits = readWhereabouts(memory).events === waiting.events;
  if (missing.length === 0 || !stillWaits) return;
  const more = missing.length > namedRanks ? `, and ${missing.length - namedRanks} more` : '';
  writeSync(
    2,
    `swae: rank ${rank} on ${hostname()} waits in ${operationOf(waiting)} since ${Math.round(waiting.seconds)} s for ` +
      `${missing.slice(0, namedRanks).join(', ')}${more}\n  The job ends; --stall-timeout says how long it waits.\n`,
  );
  // A launcher would end the others gently at first, which a rank that waits does not hear.
  await Promise.all([...places.keys()].map((other) => other !== rank && request(other, 'end')));
  await setTimeout(messageSeconds * 1000);
  exitAtOnce(exitCode.failure);
}

/** The ranks that have not come to the collective operation; none where a rank before this one will tell. */
async function missingFromAll(waiting: Answer): Promise<string[]> {
  const missing: string[] = [];
  const late = ({ collectives }: Answer) => collectives < waiting.collectives;
  for (let other = 0; other < rank; other++) {
    const answer = await ask(other);
    if (answer && !late(answer)) return [];
    if (isStuck(answer)) missing.push(describe(other, answer));
  }
  const later = await Promise.all(
    [...places.keys()].slice(rank + 1).map(async (other) => [other, await ask(other)] as const),
  );
  for (const [other, answer] of later)
    if ((!answer || late(answer)) && isStuck(answer)) missing.push(describe(other, answer));
  return missing;
}

async function missingAt(peer: number): Promise<string[]> {
  const answer = await ask(peer);
  return isStuck(answer) ? [describe(peer, answer)] : [];
}

/** One that waits for a third rank names that itself; it counts only where nobody did so, as where they wait for one another. */
function isStuck(answer: Answer | undefined): boolean {
  return !answer || answer.seconds >= (waits(answer) ? 2 : 1) * stallSeconds;
}

function waits({ events }: Whereabouts): boolean {
  return events % 2 === 1;
}

function describe(other: number, answer: Answer | undefined): string {
  const { host } = places[other]!;
  if (!answer) return `rank ${other} on ${host} (does not answer)`;
  const state = waits(answer) ? `waits in ${operationOf(answer)}` : `at other work, after ${operationOf(answer)},`;
  return `rank ${other} on ${host} (${state} since ${Math.round(answer.seconds)} s)`;
}

function operationOf({ operation, peer }: Whereabouts): string {
  return peer === undefined ? operation : `${operation}, rank ${peer}`;
}

/** Undefined where no answer comes. */
async function ask(other: number): Promise<Answer | undefined> {
  const text = await request(other, 'where');
  return text ? JSON.parse(text) : undefined;
}

/** Says a word to the watchdog of another rank, at each of its addresses; gives what it says, '' where that is nothing. */
async function request(other: number, word: 'where' | 'end'): Promise<string> {
  const { host, addresses, port, key } = places[other]!;
  const targets = host === hostname() ? ['127.0.0.1'] : [host, ...addresses];
  return Promise.any(targets.map((target) => talk(target, port, `${key} ${word}`))).catch(() => '');
}

function talk(host: string, port: number, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host, port }, () => socket.write(words));
    socket.setTimeout(answerSeconds * 1000, () => socket.destroy(new Error('no answer')));
    socket.setEncoding('utf8');
    socket.on('data', (part) => (text += part));
    socket.on('error', reject);
    socket.on('end', () => resolve(text));
  });
}
