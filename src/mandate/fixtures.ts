/** Valid values that the tests of this folder begin from. */
import { type Id, type IdKind, newId } from '#core/ids.ts';
import { assetId, parseNetworkId } from '#core/money.ts';
import { MINUTE_MS, instant } from '#core/time.ts';
import { type TransferIntentInput } from './intent.ts';

export const NOW = instant(Date.UTC(2026, 6, 1, 9, 30));

/** The same id for the same number. */
export const idOf = <K extends IdKind>(kind: K, seed = 1): Id<K> =>
  newId(kind, NOW, new Uint8Array(10).fill(seed));

export const PAYMENT: TransferIntentInput = {
  organization: idOf('organization'),
  wallet: idOf('wallet'),
  asset: assetId('USDC', parseNetworkId('local-evm')),
  units: 50_000_000_000n,
  recipient: '0x8ba1f109551bD432803012645Ac136ddd64DBA72',
  memo: 'Invoice 2026-117',
  feeMax: 10n ** 16n,
  externalId: 'inv-2026-117',
  initiator: idOf('user'),
  created: NOW,
  expires: instant(NOW + 5 * MINUTE_MS),
};
