/**
 * The static page at `/`, on which a person registers a passkey and signs in. Its script is bundled
 * once, in memory, when the process starts: there is nothing to build before and nothing to go stale.
 */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

export type Page = {
  /** Answers a GET of any path that is not the API's. */
  answer(path: string, response: ServerResponse): Promise<void>;
};

const FOLDER = new URL('../../console/', import.meta.url);

/**
 * Only files of this origin, no inline script or style, no frames, no forms; text can only become
 * part of the page as text.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const PERMISSIONS_POLICY =
  'publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), microphone=(), geolocation=()';

type File = { readonly type: string; readonly content: string };

const fileAt = (name: string): Promise<string> => readFile(new URL(name, FOLDER), 'utf8');

async function bundle(): Promise<string> {
  const { output } = await build({
    input: fileURLToPath(new URL('page.ts', FOLDER)),
    write: false,
    platform: 'browser',
    output: { format: 'esm', minify: true },
  });
  return output[0].code;
}

async function readFiles(): Promise<ReadonlyMap<string, File>> {
  const [html, css, icon, script] = await Promise.all([
    fileAt('index.html'),
    fileAt('page.css'),
    fileAt('icon.svg'),
    bundle(),
  ]);
  return new Map<string, File>([
    ['/', { type: 'text/html; charset=utf-8', content: html }],
    ['/page.css', { type: 'text/css; charset=utf-8', content: css }],
    ['/icon.svg', { type: 'image/svg+xml; charset=utf-8', content: icon }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', content: script }],
  ]);
}

/** Begins to read and bundle; the first request waits for it. */
export function openPage(): Page {
  const reading = readFiles();
  // Whoever asks for the page is told; nobody who does not ask is stopped by it.
  reading.catch(() => undefined);
  return {
    async answer(path, response) {
      const file = (await reading).get(path);
      response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
      response.setHeader('permissions-policy', PERMISSIONS_POLICY);
      response.statusCode = file === undefined ? 404 : 200;
      response.setHeader('content-type', file?.type ?? 'text/plain; charset=utf-8');
      response.end(file?.content ?? 'There is no such page.');
    },
  };
}
