/**
 * The gRPC service of a signer node: names, raw-bytes codecs and limits. Messages are frames
 * (`frames.ts`); nothing is reflected or generated.
 */

import { type Bytes, hex } from '#core/bytes.ts';
import type { Mode } from '#mandate/quorum.ts';

/** The service's full path prefix. */
const SERVICE = '/countersign.signer.v1.Signer';

const asIs = (bytes: Buffer): Buffer => bytes;
const codecs = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};

/** A stream carries sessions one after another. */
export const SESSION_METHOD = {
  path: `${SERVICE}/Session`,
  requestStream: true,
  responseStream: true,
  ...codecs,
} as const;

/**
 * A worker that attends: an empty request, and then a message for each request of the node's own
 * that the worker is asked to pass on (`PresignRequest`, JSON).
 */
export const ATTEND_METHOD = {
  path: `${SERVICE}/Attend`,
  requestStream: false,
  responseStream: true,
  ...codecs,
} as const;

/** Empty request; the answer is JSON (`Health`). */
export const HEALTH_METHOD = {
  path: `${SERVICE}/Health`,
  requestStream: false,
  responseStream: false,
  ...codecs,
} as const;

/** Request and answer are JSON (`cosign-request.ts`). */
export const COSIGN_METHOD = {
  path: `${SERVICE}/Cosign`,
  requestStream: false,
  responseStream: false,
  ...codecs,
} as const;

/** What a node says of itself. `committee` is the committee's hash in hex. */
export type Health = {
  readonly party: number;
  readonly committee: string;
  readonly threshold: number;
  readonly mode: Mode;
  readonly ok: boolean;
  /** Whether it gives receipts and shares: not from a start on until the others have said where it was. */
  readonly isStanding: boolean;
  readonly detail: string;
  readonly presignatures: PoolFigures;
};

/** How many presignatures a node holds right now, and has made and erased since its start. */
export type PoolFigures = {
  readonly pools: number;
  readonly fresh: number;
  readonly reserved: number;
  readonly made: number;
  readonly burnt: number;
};

/** The name in a node's certificate: the client requires exactly this one of the party it dials. */
export const nodeName = (party: number): string => `signer-${party}.countersign.internal`;

/** The same of a node that was made alone, from its identity, 32 bytes: it had no number then. */
export const nodeNameOf = (identity: Bytes): string =>
  `node-${hex(identity.subarray(0, 16))}.countersign.internal`;

/** How long a node keeps a stream that carries no session; a worker gives it up long before. */
export const STREAM_RESTS_MS = 60_000;

/** The largest gRPC message either side takes: a base-OT round is about a hundred times smaller. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
