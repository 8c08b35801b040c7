/**
 * Where a node's sealing key comes from: a file, a file that a passphrase opens, a secret of the
 * environment, or a command that asks a key management service. Each is asked once, at start, and gives
 * the same 32 bytes, so that one can take the place of another without sealing anything anew.
 */
import { spawn } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import process from 'node:process';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Committee } from './committee.ts';
import { StartRefused } from './sealing.ts';
import { openWithPassphrase } from './wrapped-key.ts';

/** `sealing` of a `node.json`, with absolute paths. */
export type SealingSource =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'passphrase-file'; readonly path: string; readonly wrapped: string }
  | { readonly from: 'environment' }
  | { readonly from: 'kms'; readonly command: readonly string[]; readonly wrapped: string };

/** Asks for the 32-byte sealing key. @throws StartRefused with the reason */
export type SealingKeySource = () => Promise<Bytes>;

/** What a wrapped key is bound to. */
export type KeyOwner = { readonly committee: Pick<Committee, 'hash'>; readonly party: PartyId };

const KEY_BYTES = 32;

/**
 * The secret of the environment. The node's own environment would show it to whoever may look at the
 * process, for as long as it runs: the bundle's `signer` takes it out and hands it over in the open file
 * that the second variable names.
 */
export const SECRET_VARIABLE = 'SIGNER_SEALING_KEY';
const DESCRIPTOR_VARIABLE = 'SIGNER_SEALING_FD';

export function sealingKeySource(
  node: KeyOwner & { readonly sealing: SealingSource },
  env: NodeJS.ProcessEnv = process.env,
): SealingKeySource {
  const { sealing: source } = node;
  switch (source.from) {
    case 'file':
      return async () => keyOf(await readPrivate(source.path, 'the sealing key file'));
    case 'passphrase-file':
      return async () => {
        const passphrase = await readPrivate(source.path, 'the passphrase file');
        return openWithPassphrase(await readFile(source.wrapped, 'utf8'), passphrase, node);
      };
    case 'environment':
      return async () => keyOf(handedOver(env));
    case 'kms':
      return async () => askKms(source.command, await readFile(source.wrapped), env);
    default:
      return source satisfies never;
  }
}

/** A text that nobody but its owner can read, without the blanks around it. @throws StartRefused */
export async function readPrivate(path: string, what: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new StartRefused(`${what} can be read by others: set its mode to 0600`);
  }
  return (await readFile(path, 'utf8')).trim();
}

function keyOf(text: string): Bytes {
  if (/^[0-9a-f]{64}$/.test(text)) return parseHex(text);
  throw new StartRefused('the sealing key must be 64 hex digits');
}

function handedOver(env: NodeJS.ProcessEnv): string {
  const descriptor = env[DESCRIPTOR_VARIABLE];
  delete env[DESCRIPTOR_VARIABLE];
  if (env[SECRET_VARIABLE] !== undefined) {
    throw new StartRefused(
      `${SECRET_VARIABLE} stands in the process's environment, where it can be read for as long as ` +
        'the process runs: start the node by the "signer" of its bundle, which takes it out',
    );
  }
  if (descriptor === undefined) throw new StartRefused(`${SECRET_VARIABLE} is not set`);
  const text = readFileSync(Number(descriptor), 'utf8').trim();
  closeSync(Number(descriptor));
  return text;
}

const KMS_TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 16_384;

async function askKms(
  command: readonly string[],
  wrapped: Uint8Array,
  env: NodeJS.ProcessEnv,
): Promise<Bytes> {
  const answer = await runCommand(command, wrapped, env);
  const key = answeredKey(answer);
  answer.fill(0);
  if (key === undefined) throw kmsRefused('has not answered with a key of 32 bytes');
  return key;
}

const kmsRefused = (reason: string): StartRefused =>
  new StartRefused(`the command of the KMS ${reason}`);

/**
 * What a command of the KMS makes of its input; it is run without a shell.
 * @throws StartRefused where it cannot be run, says no, or says too much
 */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  input: Uint8Array,
  env: NodeJS.ProcessEnv,
): Promise<Buffer> {
  const child = spawn(program, args, {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: KMS_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => void pieces.push(piece));
  // A command that does not read its input may still answer; its exit code decides.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const { promise, resolve, reject } = Promise.withResolvers<number | string>();
  child.once('error', (error: NodeJS.ErrnoException) =>
    reject(kmsRefused(`cannot be run (${error.code})`)),
  );
  child.once('close', (code, signal) => resolve(code ?? signal ?? 'no exit code'));
  const end = await promise;
  if (end !== 0) throw kmsRefused(`has failed (${end})`);
  const answer = Buffer.concat(pieces);
  for (const piece of pieces) piece.fill(0);
  if (answer.length > 0 && answer.length <= ANSWER_BYTES_MAX) return answer;
  throw kmsRefused('has answered with nothing, or with too much');
}

/** 32 bytes, or in hex, or in base64, which is what the services' own command lines print. */
function answeredKey(answer: Buffer): Bytes | undefined {
  if (answer.length === KEY_BYTES) return new Uint8Array(answer);
  const text = answer.toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return parseHex(text.toLowerCase());
  if (/^[0-9A-Za-z+/]{43}=$/.test(text)) return parseHex(hex(Buffer.from(text, 'base64')));
  return undefined;
}

const SOURCES = ['passphrase-file', 'environment', 'kms'] as const;
const FIELDS: Readonly<Record<(typeof SOURCES)[number], readonly string[]>> = {
  'passphrase-file': ['path', 'wrapped'],
  environment: [],
  kms: ['command', 'wrapped'],
};

/**
 * Reads `sealing` of a `node.json`.
 * @param at resolves a path of that file
 * @throws TypeError that says what is wrong
 */
export function parseSealing(
  value: unknown,
  at: (path: unknown, field: string) => string,
): SealingSource {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const from = SOURCES.find((one) => one === fields['from']);
  if (from === undefined) throw new TypeError(`sealing.from must be one of ${SOURCES.join(', ')}`);
  const foreign = Object.keys(fields).find(
    (name) => name !== 'from' && !FIELDS[from].includes(name),
  );
  if (foreign !== undefined) throw new TypeError(`unknown field sealing.${foreign}`);
  if (from === 'environment') return { from };
  const wrapped = at(fields['wrapped'], 'sealing.wrapped');
  if (from === 'passphrase-file')
    return { from, path: at(fields['path'], 'sealing.path'), wrapped };
  const { command } = fields;
  const isCommand =
    Array.isArray(command) &&
    command.length > 0 &&
    command.every((word) => typeof word === 'string');
  if (!isCommand) throw new TypeError('sealing.command must be a list of words');
  return { from, command, wrapped };
}
