/**
 * Where screening answers come from: an http(s) endpoint that is asked about each request, or a file
 * of addresses. Whatever goes wrong is the failure `provider-failure`, so that the policy decides what
 * becomes of the request.
 */
import { createPrivateKey, sign as signBytes } from 'node:crypto';
import type { Bytes } from '#core/bytes.ts';
import { instant, MINUTE_MS } from '#core/time.ts';
import { signScreening } from '#mandate/screening-word.ts';
import { open } from 'node:fs/promises';
import { isPlatformError } from '#core/errors.ts';
import { addressKey } from '#policy-lang/values/address.ts';
import {
  providerFailure,
  readAnswer,
  requireFields,
  requireOnly,
  type ScreeningAnswer,
  type ScreeningRequest,
  type ScreeningSource,
  unreadable,
} from './screening.ts';

export type ScreeningOptions = {
  /** A file's path or an http(s) URL. */
  readonly source: string;
  /** Sent to the URL as a bearer token. */
  readonly token?: string;
  /**
   * With which a file's answers are signed, as a provider of one's own: Ed25519, 32 bytes. Nodes take them where
   * their operators trust its public key; whoever has the key says what it likes of any payment.
   */
  readonly key?: Bytes;
  /** How long an answer is waited for. */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 65_536;
const FILE_BYTES_MAX = 16 * 1_048_576;

export function openScreening(options: ScreeningOptions): ScreeningSource {
  const ask = /^https?:\/\//.test(options.source) ? askEndpoint : lookUp;
  return {
    async screen(request) {
      try {
        return await ask(options, request);
      } catch (error) {
        return providerFailure(inWords(error));
      }
    },
  };
}

/** What the source is, never what it said: an answer's text must not end up in a decision. */
function inWords(error: unknown): string {
  if (isPlatformError(error))
    return `its answer is not readable: ${String(error.context['reason'])}`;
  if (error instanceof SyntaxError) return 'its answer is not JSON';
  if (error instanceof TooLarge) return 'its answer is larger than the limit';
  if (error instanceof Refused) return `it answered ${error.status}`;
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  return isLate ? 'it did not answer in time' : 'it cannot be reached';
}

class TooLarge extends Error {}
class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super();
    this.status = status;
  }
}

async function askEndpoint(
  { source, token, timeoutMs = TIMEOUT_MS }: ScreeningOptions,
  { units, ...request }: ScreeningRequest,
): Promise<ScreeningAnswer> {
  const response = await fetch(source, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ ...request, amount: units.toString() }),
    // An endpoint that sends the request elsewhere would send the token, too.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Refused(response.status);
  }
  return readAnswer(JSON.parse(await readWithin(response.body ?? [], ANSWER_BYTES_MAX)));
}

/** The text of a stream, which is not read beyond the limit. @throws TooLarge */
async function readWithin(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytesMax: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > bytesMax) throw new TooLarge();
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** `{ networks?: [NETWORK], addresses: { ADDRESS: ANSWER }, otherwise?: ANSWER }` */
async function lookUp(
  { source, key }: ScreeningOptions,
  request: ScreeningRequest,
): Promise<ScreeningAnswer> {
  const { network, to } = request;
  await using file = await open(source, 'r');
  const text = await readWithin(file.createReadStream({ autoClose: false }), FILE_BYTES_MAX);
  const book = requireFields(JSON.parse(text), 'the file');
  requireOnly(book, ['networks', 'addresses', 'otherwise']);
  const { networks = [network] } = book;
  if (!Array.isArray(networks)) throw unreadable('networks is not a list');
  if (!networks.includes(network)) {
    const message = `the screening file does not speak of ${network}`;
    return { status: 'failed', failure: 'unsupported-network', message };
  }
  const wanted = addressKey(to);
  const listed = Object.entries(requireFields(book['addresses'], 'addresses'));
  const found = listed.find(([address]) => addressKey(address) === wanted)?.[1];
  const answer = found ?? book['otherwise'];
  if (answer !== undefined) return signedBy(key, request, readAnswer(answer));
  const message = 'the screening file does not speak of this address';
  return { status: 'failed', failure: 'unscreenable', message };
}

/** Before the 32 bytes of an Ed25519 key (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Long enough for a payment to reach the nodes: each try asks anew. */
const SIGNED_FOR_MS = 10 * MINUTE_MS;

function signedBy(
  key: Bytes | undefined,
  { network, asset, units, from, to }: ScreeningRequest,
  answer: ScreeningAnswer,
): ScreeningAnswer {
  if (key === undefined || answer.status !== 'done') return answer;
  const payment = { network, asset, units: units.toString(), from, to };
  const created = instant(Date.now());
  const time = { created, expires: instant(created + SIGNED_FOR_MS) };
  const der = Buffer.concat([PKCS8_PREFIX, key]);
  const own = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const sign = (message: Bytes) => new Uint8Array(signBytes(null, message, own));
  return { ...answer, signed: signScreening(payment, { ...answer.result }, time, sign) };
}
