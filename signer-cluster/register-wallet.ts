/**
 * Writing down which key and path a wallet has. Each node derives the key and the address by itself, and
 * signs that they are the wallet's.
 */
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { WalletSubject } from '#mandate/receipt-text.ts';
import { requireWalletOrdered } from './key-order.ts';
import { type Conversation, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { RegisterWalletRequest } from './proto/open-request.ts';
import { receiptOf } from './receipts.ts';

/**
 * @throws IDEMPOTENCY_CONFLICT when the wallet, or the key's organisation, is another one; SIGNERS_UNAVAILABLE while
 *   the log may have placed it elsewhere before this node's start
 */
export async function serveRegisterWallet(
  { party, stream }: Conversation,
  open: RegisterWalletRequest,
): Promise<Result> {
  const wallet = parseId('wallet', open.wallet, 'wallet');
  const organization = parseId('organization', open.organization, 'organization');
  party.starts.requireLog(organization);
  const key = activeKey(party, open.keyId);
  if (key.organization !== organization) {
    throw new PlatformError('IDEMPOTENCY_CONFLICT', {
      reason: 'the key belongs to another organisation',
    });
  }
  const registration = { wallet, key: key.keyId, organization, path: open.path };
  const { network } = requireWalletOrdered(party, registration);
  const own = await party.wallets.register(registration);
  const publicKey = hex(own.publicKey);
  const subject: WalletSubject = {
    kind: 'wallet',
    ...registration,
    scheme: key.scheme,
    network,
    publicKey,
    address: verbsOf(findNetwork(network)).address(own.publicKey),
    holders: [...key.parties],
  };
  const attestation = receiptOf(party, subject, {});
  stream.send({ type: 'accepted', content: { publicKey } });
  stream.send({ type: 'document', content: { text: JSON.stringify(attestation) } });
  return { publicKey, signatures: [], presignatures: [] };
}
