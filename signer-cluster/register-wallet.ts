/** Writing down which key and path a wallet has. Each node answers with the key that it derives. */
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { requireWalletOrdered } from './key-order.ts';
import { type Conversation, activeKey } from './party.ts';
import type { Result } from './proto/frames.ts';
import type { RegisterWalletRequest } from './proto/open-request.ts';

/** @throws IDEMPOTENCY_CONFLICT when the wallet, or the key's organisation, is another one */
export async function serveRegisterWallet(
  { party, stream }: Conversation,
  open: RegisterWalletRequest,
): Promise<Result> {
  const wallet = parseId('wallet', open.wallet, 'wallet');
  const organization = parseId('organization', open.organization, 'organization');
  const key = activeKey(party, open.keyId);
  if (key.organization !== organization) {
    throw new PlatformError('IDEMPOTENCY_CONFLICT', {
      reason: 'the key belongs to another organisation',
    });
  }
  requireWalletOrdered(party, { organization, wallet, key: key.keyId, path: open.path });
  const registration = { wallet, key: key.keyId, organization, path: open.path };
  const { publicKey } = await party.wallets.register(registration);
  stream.send({ type: 'accepted', content: { publicKey: hex(publicKey) } });
  return { publicKey: hex(publicKey), signatures: [], presignatures: [] };
}
