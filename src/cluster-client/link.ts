/** One signer node as the worker reaches it: mutual TLS 1.3, streams for its sessions. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SecureContextOptions, createSecureContext } from 'node:tls';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import {
  type CosignAnswer,
  type CosignRequest,
  readCosignAnswer,
} from '#signer-cluster/proto/cosign-request.ts';
import { type PresignRequest, presignRequest } from '#signer-cluster/proto/open-request.ts';
import {
  ATTEND_METHOD,
  COSIGN_METHOD,
  HEALTH_METHOD,
  type Health,
  MESSAGE_BYTES_MAX,
  type PoolFigures,
  SESSION_METHOD,
  nodeName,
} from '#signer-cluster/proto/service.ts';
import { MODES } from '#mandate/quorum.ts';
import type { PartyId } from '#signing/kernel.ts';
import {
  type SessionStream,
  type StreamListener,
  reasonOf,
  sessionStreams,
} from './session-streams.ts';

export type AttendanceListener = {
  request(request: PresignRequest): void;
  /** The node is gone, or speaks another language. */
  ended(): void;
};

export type SignerLink = {
  readonly party: PartyId;
  readonly address: string;
  /** It has left the committee: it is asked for its shares and what it knows, and for nothing else. */
  readonly isRetired?: boolean;
  open(listener: StreamListener): SessionStream;
  /** Waits for the node's own requests until the returned function is called. */
  attend(listener: AttendanceListener): () => void;
  /** The node's answer to a checkpoint of a log; rejects with a short reason when it is silent. */
  cosign(request: CosignRequest, timeoutMs: number): Promise<CosignAnswer>;
  /** What the node says of itself; rejects with a short reason when it is silent. */
  health(timeoutMs: number): Promise<Health>;
  close(): void;
};

/**
 * How the worker meets a party: `client.pem` and `client-key.pem` of the folder, and `ca.pem`, or
 * `ca-PARTY.pem` or the committee's record for a node whose operator has an authority of his own: that one
 * vouches for no other.
 */
export function clientPapers(
  folder: string,
  party?: PartyId,
  recordedCa?: string,
): SecureContextOptions {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  const own = `ca-${party}.pem`;
  return {
    ca: existsSync(join(folder, own)) ? read(own) : (recordedCa ?? read('ca.pem')),
    cert: read('client.pem'),
    key: read('client-key.pem'),
  };
}

/** The same as credentials for TLS 1.3. */
export const clientCredentials = (
  folder: string,
  party?: PartyId,
  recordedCa?: string,
): ChannelCredentials =>
  ChannelCredentials.createFromSecureContext(
    createSecureContext({ ...clientPapers(folder, party, recordedCa), minVersion: 'TLSv1.3' }),
  );

/** The node's certificate must carry this party's name: another node of the same committee is refused. */
export function grpcLink(
  party: PartyId,
  address: string,
  credentials: ChannelCredentials,
  name: string = nodeName(party),
): SignerLink {
  const client = new Client(address, credentials, {
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 500,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
  });
  const { path, requestSerialize, responseDeserialize } = SESSION_METHOD;
  const streams = sessionStreams(() =>
    client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize),
  );
  return {
    party,
    address,
    open: (listener) => streams.open(listener),
    attend: (listener) => attendance(client, listener),
    health: (timeoutMs) => askHealth(client, party, timeoutMs),
    cosign: (request, timeoutMs) => askCosign(client, request, timeoutMs),
    close() {
      streams.close();
      client.close();
    },
  };
}

function attendance(client: Client, listener: AttendanceListener): () => void {
  const { path, requestSerialize, responseDeserialize } = ATTEND_METHOD;
  const nothing = Buffer.alloc(0);
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, nothing);
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    call.cancel();
    listener.ended();
  };
  call.on('data', (bytes: Buffer) => {
    const request = readRequest(bytes);
    if (request === undefined) end();
    else if (!over) listener.request(request);
  });
  call.on('end', end);
  call.on('error', end);
  return () => {
    over = true;
    call.cancel();
  };
}

function readRequest(bytes: Buffer): PresignRequest | undefined {
  try {
    return presignRequest(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}

/** One request and its answer; rejects with the status's name. */
function ask(
  client: Client,
  { path, requestSerialize, responseDeserialize }: typeof HEALTH_METHOD | typeof COSIGN_METHOD,
  request: Buffer,
  timeoutMs: number,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    { deadline: Date.now() + timeoutMs },
    (error, answer) => {
      if (error === null && answer !== undefined) resolve(answer);
      else reject(new Error(error === null ? 'no answer' : reasonOf(error)));
    },
  );
  return promise;
}

async function askHealth(client: Client, party: PartyId, timeoutMs: number): Promise<Health> {
  const answer = await ask(client, HEALTH_METHOD, Buffer.alloc(0), timeoutMs);
  const health = readHealth(answer, party);
  if (health === undefined) throw new Error('not an answer of this node');
  return health;
}

async function askCosign(
  client: Client,
  request: CosignRequest,
  timeoutMs: number,
): Promise<CosignAnswer> {
  const bytes = Buffer.from(JSON.stringify(request));
  const answer = await ask(client, COSIGN_METHOD, bytes, timeoutMs);
  return readCosignAnswer(JSON.parse(answer.toString('utf8')));
}

function readHealth(answer: Buffer, party: PartyId): Health | undefined {
  let fields: Partial<Health> | null;
  try {
    fields = JSON.parse(answer.toString('utf8')) as Partial<Health> | null;
  } catch {
    return undefined;
  }
  const { committee, threshold, ok, detail, presignatures, mode: said } = fields ?? {};
  if (fields?.party !== party || typeof committee !== 'string') return undefined;
  if (typeof threshold !== 'number' || typeof ok !== 'boolean') return undefined;
  const mode = MODES.find((known) => known === said);
  if (mode === undefined) return undefined;
  return {
    party,
    committee,
    threshold,
    mode,
    ok,
    isStanding: fields.isStanding === true,
    detail: String(detail),
    presignatures: figures(presignatures),
  };
}

const FIGURES = ['pools', 'fresh', 'reserved', 'made', 'burnt'] as const;

/** Copied by name; what is no number counts as none. */
function figures(value: unknown): PoolFigures {
  const fields = (value ?? {}) as Record<string, unknown>;
  const numbers = FIGURES.map((name) => [name, Number(fields[name]) || 0]);
  return Object.fromEntries(numbers) as PoolFigures;
}
