/**
 * When pools are filled, and who may ask for it. A set's node with the lowest number watches its pool
 * and asks, by a request that it signs and hands to a worker that attends; every node of the set then
 * judges for itself. A worker can neither start presigning nor repeat a request: the initiator takes
 * part, and every node takes each request once.
 */
import { hex, parseHex } from '#core/bytes.ts';
import { canonicalBytes } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { type Instant, SECOND_MS } from '#core/time.ts';
import type { PartyId, Random } from '#signing/kernel.ts';
import { type Committee, memberOf } from './committee.ts';
import { type KeyPair, isSignedBy, publicKeyOf, signWith } from './identity.ts';
import { type Pool, type Presignatures, poolName } from './presignatures.ts';
import type { PresignRequest } from './proto/open-request.ts';

/** A worker that passes requests on. */
export type Attendant = (request: PresignRequest) => void;

export type Refill = {
  /** A worker attends until the returned function is called; undefined where too many do. */
  readonly attend: (attendant: Attendant) => (() => void) | undefined;
  /** A signature of this pool was made, or was to be. */
  readonly used: (pool: Pool) => void;
  /** A signature was made without a presignature: workers know of none that is left. */
  readonly missed: (pool: Pool) => void;
  /**
   * Lets one session fill the pool, which says at its end whether it did. The next waits for its end:
   * the initiator may be through, and ask again, a moment before its peers are.
   * @throws EVIDENCE_REJECTED when no node of the set asked for it, RATE_LIMITED, IDEMPOTENCY_IN_FLIGHT
   */
  readonly admit: (pool: Pool, request: PresignRequest) => Promise<(filled: boolean) => void>;
};

export type RefillParts = {
  readonly me: PartyId;
  readonly committee: Committee;
  readonly signing: KeyPair;
  readonly presignatures: Presignatures;
  readonly random: Random;
  readonly now: () => Instant;
};

/** How long a request that no session came of keeps the next one back. */
const PATIENCE_MS = SECOND_MS;
export const ATTENDANTS_MAX = 16;
/** How many requests of one peer are remembered; older ones the initiator refuses by itself. */
export const REQUESTS_KEPT = 4_096;

/** What the initiator has asked for and not got. */
type Wish = { readonly nonce: string; readonly askedAt: Instant };

/** How many presignatures a peer may still ask for, and what it has asked. */
type Allowance = { left: number; at: Instant; readonly nonces: Set<string> };

/** What the initiator signs: the request, and the committee that it is for. */
const statementOf = (committee: Committee, request: Omit<PresignRequest, 'signature'>) =>
  canonicalBytes({
    domain: 'countersign/presign-request/v1',
    committee: hex(committee.hash),
    key: request.keyId,
    signers: request.signers,
    initiator: request.initiator,
    count: request.count,
    nonce: request.nonce,
  });

function requireNew(nonces: ReadonlySet<string>, nonce: string): void {
  if (!nonces.has(nonce)) return;
  const reason = 'this request was taken before';
  throw new PlatformError('EVIDENCE_REJECTED', { field: 'nonce', reason });
}

export function refill(parts: RefillParts): Refill {
  const { me, committee, presignatures, now } = parts;
  const { target, batch, perSecond } = presignatures.limits;
  const attendants: Attendant[] = [];
  const wishes = new Map<string, Wish>();
  const running = new Map<string, Promise<void>>();
  const allowances = new Map<PartyId, Allowance>();

  /** Asks for what is missing, unless it is another node's to ask, or has been asked for. */
  function ask(pool: Pool, isStale: boolean): void {
    const name = poolName(pool);
    const level = presignatures.fresh(pool).length;
    const wish = wishes.get(name);
    const isWaiting = wish !== undefined && now() < wish.askedAt + PATIENCE_MS;
    const isEnough = level > target / 2 && !isStale;
    if (pool.signers[0] !== me || isWaiting || running.has(name) || isEnough) return;
    const attendant = attendants.shift();
    if (attendant === undefined) return;
    attendants.push(attendant);
    const count = Math.max(0, Math.min(batch, target - level));
    const nonce = hex(parts.random(32));
    wishes.set(name, { nonce, askedAt: now() });
    const { keyId, signers } = pool;
    const request = { purpose: 'presign', keyId, signers, initiator: me, count, nonce } as const;
    const signature = hex(signWith(parts.signing, statementOf(committee, request)));
    attendant({ ...request, signature });
  }

  function requireGenuine(request: PresignRequest): void {
    const { initiator, signers, signature } = request;
    const member = memberOf(committee, initiator);
    const identity = member === undefined ? undefined : publicKeyOf('Ed25519', member.identity);
    const isGenuine =
      identity !== undefined &&
      signers.includes(initiator) &&
      isSignedBy(identity, statementOf(committee, request), parseHex(signature));
    if (isGenuine) return;
    throw new PlatformError('EVIDENCE_REJECTED', {
      field: 'signature',
      reason: 'no node of the set asked for these presignatures',
    });
  }

  /** A bucket for each peer: `perSecond` flow into it, and no more than one second's. */
  function spend({ initiator, count, nonce }: PresignRequest): void {
    const fresh = { left: perSecond, at: now(), nonces: new Set<string>() };
    const allowance = allowances.get(initiator) ?? fresh;
    requireNew(allowance.nonces, nonce);
    const gained = ((now() - allowance.at) * perSecond) / SECOND_MS;
    allowance.left = Math.min(perSecond, allowance.left + gained);
    allowance.at = now();
    allowances.set(initiator, allowance);
    if (allowance.left < count + 1) {
      throw new PlatformError('RATE_LIMITED', { reason: `party ${initiator} asks for too many` });
    }
    allowance.left -= count + 1;
    allowance.nonces.add(nonce);
    for (const oldest of allowance.nonces) {
      if (allowance.nonces.size <= REQUESTS_KEPT) break;
      allowance.nonces.delete(oldest);
    }
  }

  return {
    attend(attendant) {
      if (attendants.length >= ATTENDANTS_MAX) return undefined;
      attendants.push(attendant);
      return () => {
        const at = attendants.indexOf(attendant);
        if (at >= 0) attendants.splice(at, 1);
      };
    },
    used: (pool) => ask(pool, false),
    missed: (pool) => ask(pool, true),
    async admit(pool, request) {
      const name = poolName(pool);
      requireGenuine(request);
      if (request.initiator === me) {
        if (wishes.get(name)?.nonce !== request.nonce) {
          const reason = 'this node did not ask, or the request was used';
          throw new PlatformError('EVIDENCE_REJECTED', { field: 'nonce', reason });
        }
        wishes.delete(name);
      } else spend(request);
      await running.get(name);
      if (running.has(name)) {
        throw new PlatformError('IDEMPOTENCY_IN_FLIGHT', { reason: 'the pool is being filled' });
      }
      const { promise, resolve: end } = Promise.withResolvers<void>();
      running.set(name, promise);
      let isOver = false;
      return (filled) => {
        if (isOver) return;
        isOver = true;
        running.delete(name);
        end();
        // A pool in use is filled to the top, one batch after the other.
        if (filled && presignatures.fresh(pool).length < target) ask(pool, true);
      };
    },
  };
}
