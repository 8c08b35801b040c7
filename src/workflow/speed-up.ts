/**
 * A higher fee for a transfer that was sent and is in no block: the same payment with the same sequence
 * number, so that only one of them can be executed. What its initiator signed allows it up to the cap.
 */
import { PlatformError, invalidInput } from '#core/errors.ts';
import { canonicalText } from '#core/canonical.ts';
import { hex } from '#core/bytes.ts';
import { parseId, type TransferId, type UserId } from '#core/ids.ts';
import { formatDecimal, parseUnits } from '#core/money.ts';
import { type Instant, instant } from '#core/time.ts';
import type { FeeRaise as DraftedRaise, Network } from '#chains/adapter.ts';
import { findNetwork, nativeAsset } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { record } from '#identity/services.ts';
import { requireExternalId } from '#mandate/fields.ts';
import { parseIntent } from '#mandate/intent.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import { REPLACEMENTS_MAX, termsOf, withReplacement } from '#mandate/replacement.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { FeeRaise, findPayment, type Payment, requirePayment } from '#persistence/fee-raise.ts';
import {
  findTransfer,
  lockExternalId,
  lockTransfer,
  type TransferRow,
} from '#persistence/transfer.ts';
import { networkOf } from './assets.ts';
import { requireThawed } from './frozen.ts';
import { requireSameRequest } from './idempotency.ts';

import type { Services } from './services.ts';
import { appendTransferEvent, LEASE_MS } from './transition.ts';

/** `maxFee` in base units of the native asset; absent: up to the transfer's own cap. */
export type SpeedUpInput = {
  readonly transferId: string;
  readonly maxFee?: string | null;
  readonly externalId: string;
};

/** Who asks, and with which request; the platform itself has none. */
type Asked =
  | { readonly by: UserId; readonly externalId: string; readonly clientInput: string }
  | { readonly by: 'system' };

/**
 * Has the nodes sign the transfer's payment with a higher fee. The same externalId and input of the
 * same person raise it once.
 * @throws FORBIDDEN, NOT_FOUND, IDEMPOTENCY_CONFLICT, INVALID_INPUT above the cap and where the network
 *   knows no such thing, INSUFFICIENT_FUNDS, KEY_LOCKED, CHAIN_UNAVAILABLE, VERSION_CONFLICT when it is
 *   not sent or is in a block, when another raise is being signed, and after five of them
 */
export async function speedUpTransfer(
  services: Services,
  actor: Actor,
  input: SpeedUpInput,
): Promise<TransferRow> {
  await requireAction(services, actor, 'speedUpTransfer');
  const transferId = parseId('transfer', input.transferId, 'transferId');
  const externalId = requireExternalId(input.externalId);
  const feeMax = typeof input.maxFee === 'string' ? parseUnits(input.maxFee, 'maxFee') : undefined;
  const clientInput = canonicalText({ transferId, feeMax: feeMax?.toString() ?? '' });
  const { organization } = actor;
  const db = reader(services.db);
  const transfer = await findTransfer(db, organization, transferId);
  if (transfer === null) throw new PlatformError('NOT_FOUND', { field: 'transferId' });
  const wasAsked = async (tx: Tx): Promise<boolean> => {
    const known = await tx.findOne(FeeRaise, { organization, externalId });
    if (known === null) return false;
    const first = { id: known.transfer, clientInput: known.clientInput ?? '' };
    const author = known.requestedBy as UserId;
    await requireSameRequest(tx, actor, { first, author }, clientInput, undefined);
    return true;
  };
  if (await wasAsked(db)) return transfer;
  const drafted = await draftRaise(services, transfer, feeMax);
  return transaction(services.db, async (tx) => {
    await lockExternalId(tx, organization, 'speed-up', externalId);
    if (await wasAsked(tx)) return lockTransfer(tx, transferId);
    const asked = { by: actor.user, externalId, clientInput };
    return storeRaise(services, tx, transferId, { drafted, asked });
  });
}

/** A draft on top of what was there: good as long as no other one came in between. */
export type RaiseDraft = DraftedRaise & { readonly ordinal: number; readonly feeMax: bigint };

/**
 * Asks the chain, and changes nothing. `feeMax` is the caller's own cap, within the transfer's.
 * @throws as `speedUpTransfer`
 */
export async function draftRaise(
  services: Services,
  transfer: TransferRow,
  feeMax?: bigint,
): Promise<RaiseDraft> {
  const db = reader(services.db);
  await requireThawed(db, transfer.organization, transfer.wallet);
  const payment = await findPayment(db, transfer.id);
  requireRaisable(transfer, payment, services.clock.now());
  const cap = capOf(transfer, feeMax);
  await requireInNoBlock(services, payment);
  const { network: id, address: from } = payment.first;
  const last = payment.versions.at(-1) ?? payment.versions[0];
  const request = { from, unsigned: last.unsigned, feeMax: cap };
  const raised = await services.chains.connection(id).raiseFee(request);
  const network = await networkOf(db, transfer.organization, id);
  const max = requireReplacement(transfer, payment, network, raised);
  return { ...raised, ordinal: payment.versions.length, feeMax: max };
}

/** What the nodes will ask of it as well. @returns its fee cap @throws EVIDENCE_REJECTED */
function requireReplacement(
  transfer: TransferRow,
  { first, versions }: Payment,
  network: Network,
  { unsigned }: DraftedRaise,
): bigint {
  const { address: from } = first;
  const verbs = verbsOf(network);
  const read = (bytes: typeof unsigned) => {
    const explanation = verbs.explain(network, bytes, from);
    const digests = verbs.payloads(network, bytes).map(({ digest }) => hex(digest));
    return { explanation, terms: termsOf(explanation, digests) };
  };
  const { explanation, terms } = read(unsigned);
  requireIntended(parseIntent(transfer.intent), explanation, { network, from });
  const known = versions.map((version) => read(version.unsigned).terms);
  if (withReplacement(known, terms) === known) {
    const reason = 'a transaction that it stands for already takes the place of none';
    throw new PlatformError('EVIDENCE_REJECTED', { field: 'fee', reason });
  }
  return terms.feeMax;
}

const conflict = (reason: string, context: { readonly state?: string } = {}): PlatformError =>
  new PlatformError('VERSION_CONFLICT', { ...context, reason });

function requireRaisable(
  { state, expiresAt }: TransferRow,
  payment: Payment | undefined,
  now: Instant,
): asserts payment is Payment {
  if (state !== 'BROADCAST' || payment === undefined) {
    throw conflict(`the transfer is ${state}, and only one on its way can be sped up`, { state });
  }
  const { raises } = payment;
  if (expiresAt <= now) {
    throw conflict('what its initiator signed has expired, and no node signs for it any more');
  }
  if (raises.some(({ raw, refusal }) => !raw && !refusal)) {
    throw conflict('a higher fee of it is being signed already');
  }
  if (raises.length >= REPLACEMENTS_MAX) {
    throw conflict(`its fee has been raised ${REPLACEMENTS_MAX} times already`);
  }
}

/** @throws INVALID_INPUT above what its initiator signed */
function capOf({ network: id, feeMax }: TransferRow, wanted: bigint | undefined): bigint {
  const network = findNetwork(id);
  const cap = feeMax ?? network.feeMaxDefault;
  if (wanted === undefined || wanted <= cap) return wanted ?? cap;
  const { decimals, symbol } = nativeAsset(network);
  const reason = `above ${formatDecimal(cap, decimals)} ${symbol}, the cap of the signed request`;
  throw invalidInput('maxFee', reason, 'Name a lower fee: nodes sign nothing above that cap.');
}

async function requireInNoBlock(services: Services, { first, versions }: Payment): Promise<void> {
  const connection = services.chains.connection(first.network);
  for (const { hash } of versions) {
    if (typeof hash !== 'string') continue;
    const { state } = await connection.status(hash);
    if (state === 'included') throw conflict(`a block has its transaction ${hash}`, { state });
  }
}

/**
 * From here on the transfer's job has it signed and sent, whatever becomes of this process.
 * @throws VERSION_CONFLICT when the transfer changed since the draft
 */
export async function storeRaise(
  services: Services,
  tx: Tx,
  id: TransferId,
  { drafted, asked }: { readonly drafted: RaiseDraft; readonly asked: Asked },
): Promise<TransferRow> {
  const locked = await lockTransfer(tx, id);
  const now = services.clock.now();
  const payment = await requirePayment(tx, id);
  requireRaisable(locked, payment, now);
  const { ordinal, unsigned, feeMax } = drafted;
  if (payment.versions.length !== ordinal) throw conflict('its fee was raised at the same moment');
  const { organization } = locked;
  const { by, ...request } = asked;
  const row = { transfer: id, ordinal, organization, unsigned, feeMax, createdAt: now };
  tx.create(FeeRaise, { ...row, ...request, requestedBy: by });
  locked.updatedAt = now;
  locked.dueAt = instant(now + LEASE_MS);
  await services.jobs.send(tx, { name: 'advance-transfer', transfer: id });
  await record(services, tx, {
    organization,
    actor: by,
    action: 'transfer.speed-up-requested',
    subject: id,
    detail: { replacement: ordinal, feeMax: feeMax.toString(), nonce: `${payment.first.nonce}` },
  });
  await appendTransferEvent(tx, locked);
  return locked;
}
