/** Where from a key its wallets lie. */
import type { Family, Network } from '#chains/adapter.ts';
import { invalidInput } from '#core/errors.ts';

/** The key itself: the wallet that is made with its own key, and every wallet on ed25519. */
export const ROOT_PATH = 'm';

/**
 * Where the wallets of one key lie, by family: one account (BIP-44, with the coin type of SLIP-44),
 * none of its steps hardened. On ed25519 no public derivation exists.
 */
const ACCOUNT: Readonly<Record<Family, string | undefined>> = {
  evm: 'm/44/60/0/0',
  solana: undefined,
};

/**
 * The first path of the network's family that none of the key's wallets has passed.
 * @throws INVALID_INPUT where the key has its one wallet
 */
export function nextPath({ id, family }: Network, taken: readonly string[]): string {
  const account = ACCOUNT[family];
  if (account === undefined) {
    if (!taken.includes(ROOT_PATH)) return ROOT_PATH;
    const reason = `one key has one wallet on ${id}, and this one has it`;
    throw invalidInput('keyId', reason, 'Leave it out, and the wallet gets a key of its own.');
  }
  const indexes = taken
    .filter((path) => path.startsWith(`${account}/`))
    .map((path) => Number(path.slice(account.length + 1)));
  return `${account}/${Math.max(-1, ...indexes) + 1}`;
}
