/** Asks the node of this machine, as its operator: one line of JSON over the socket in its folder. */
import { createConnection } from 'node:net';
import { PlatformError, invalidInput } from '#core/errors.ts';
import { openSocketAddress } from './socket-address.ts';

const ANSWER_MS = 60_000;

export type OperatorAnswer =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * @throws SIGNERS_UNAVAILABLE when no node runs in this folder, or it does not answer; INVALID_INPUT
 *   when the folder's path is too long for a socket of this system
 */
export async function askNode(dataDir: string, request: object): Promise<OperatorAnswer> {
  const address = await openSocketAddress(dataDir).catch((cause: unknown) => {
    throw notRunning(dataDir, cause);
  });
  if (address === undefined) {
    throw invalidInput(
      'node',
      'its path is too long for a socket',
      'Use a shorter data directory.',
    );
  }
  try {
    return await askAt(address.path, dataDir, request);
  } finally {
    await address.close();
  }
}

const notRunning = (dataDir: string, cause: unknown): PlatformError =>
  new PlatformError(
    'SIGNERS_UNAVAILABLE',
    { reason: `no signer node runs in ${dataDir}` },
    { cause },
  );

async function askAt(path: string, dataDir: string, request: object): Promise<OperatorAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = createConnection(path);
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
  socket.on('data', (chunk: string) => (text += chunk));
  socket.once('error', reject);
  socket.once('close', () => resolve(text));
  const answer = await promise.catch((cause: unknown) => {
    throw notRunning(dataDir, cause);
  });
  if (!answer.endsWith('\n')) {
    throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the node gave no answer' });
  }
  return JSON.parse(answer) as OperatorAnswer;
}
