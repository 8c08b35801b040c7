/**
 * What the families' transports share: bodies of bounded length, and errors that never repeat an
 * endpoint's URL or words, for both may hold a provider's API key.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { Network } from './adapter.ts';

/** A block without transactions has some kilobytes; more than this is no answer to our questions. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

export const unavailable = (network: Network, reason: string): PlatformError =>
  new PlatformError('CHAIN_UNAVAILABLE', { network: network.id, reason });

/** Why the wire failed, in our own words. System codes such as ECONNREFUSED are safe to show. */
export function wireReason(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: string; cause?: unknown };
  if (name === 'TimeoutError' || code === 'TIMEOUT') return 'the endpoint did not answer in time';
  const system = (cause as { code?: unknown } | undefined)?.code;
  if (typeof system === 'string') return `the endpoint cannot be reached (${system})`;
  return 'the endpoint gave no usable answer';
}

/** Reads a body up to the limit, so that an endpoint cannot fill the memory. */
export async function boundedBody(response: Response): Promise<Bytes> {
  const parts: Bytes[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX) throw new RangeError('the answer is too long');
    parts.push(part);
  }
  return concat(...parts);
}

/** @throws NOT_CONFIGURED when the text is no http(s) URL */
export function requireHttp(network: Network, url: string): void {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  const reason = `the endpoint of ${network.id} is no http or https URL`;
  throw new PlatformError('NOT_CONFIGURED', { network: network.id, reason });
}

/** The endpoints that one setting names, with blanks between them. */
export const endpointsIn = (text: string): readonly string[] => text.trim().split(/\s+/);
