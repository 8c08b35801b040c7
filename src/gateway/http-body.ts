/** Reads the body of a request: bounded, UTF-8 only, JSON only. */
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';

/** A policy bundle of the greatest size fits several times. */
export const BODY_MAX_BYTES = 1_048_576;

/** A fault of the request that the client sees, with its HTTP status. */
export function badRequest(message: string, status = 400): GraphQLError {
  const code = status === 413 ? 'PAYLOAD_TOO_LARGE' : 'BAD_REQUEST';
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}

const tooLarge = (): GraphQLError =>
  badRequest(`The body is larger than ${BODY_MAX_BYTES} bytes.`, 413);

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_MAX_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** `application/json`, in UTF-8 or without a charset. */
const JSON_TYPE = /^application\/json *(?:; *charset="?utf-8"? *)?$/i;

/**
 * The parsed JSON of a POST; undefined for another content type, which Apollo then refuses with its
 * own words (so that a form or plain text is never read as GraphQL).
 * @throws GraphQLError with the HTTP status 400, 413 or 415.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined;
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) return undefined;
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw badRequest('Send the body without compression.', 415);
  const bytes = await readBytes(request);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw badRequest('The body is not JSON in UTF-8.');
  }
}
