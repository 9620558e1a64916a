/** A Chromium without a window, for the tests of pages. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Why there is none; undefined where there is one. */
export const browserAbsence = executablePath === undefined ? 'no Chromium: apt-get install chromium' : undefined;

/** A page and what became of it. */
export interface OpenPage {
  readonly page: Page;
  /** URLs that were asked for, but for those that hold their data. */
  readonly requests: readonly string[];
  /** Errors and warnings on the console, exceptions, requests that failed. */
  readonly problems: readonly string[];
}

let browser: Promise<Browser> | undefined;
let isClosedAfterwards = false;

/** An empty page, closed after the test. `colorScheme`: what the user prefers. */
export async function openPage(
  t: ExecutionContext,
  options: { colorScheme?: 'light' | 'dark'; javaScriptEnabled?: boolean } = {},
): Promise<OpenPage> {
  // As root Chromium has no sandbox.
  browser ??= chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  const context = await (await browser).newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const [requests, problems]: [string[], string[]] = [[], []];
  page.on('request', (request) => /^(data|blob):/.test(request.url()) || requests.push(request.url()));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return { page, requests, problems };
}

/** A test of pages: skipped, with the reason in its title, where there is no Chromium. */
export function browserTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  // Not when this file is loaded: hooks are declared together with the tests, which may have to wait for other files.
  if (!isClosedAfterwards) test.after.always(async () => (await browser)?.close());
  isClosedAfterwards = true;
  if (browserAbsence) test.skip(`${title} (${browserAbsence})`, body);
  else test.serial(title, body);
}
