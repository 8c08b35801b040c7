/** What the ids of a Fireblocks workspace are called here: a file that its owner writes. */
import { type AssetId, parseAssetId } from '#core/money.ts';
import { addressKey, checksummed } from '#policy-lang/values/address.ts';
import { Fields, parseJson } from '#policy-tools/json-fields.ts';

export type TapMap = {
  /** Assets by the ids of Fireblocks. */
  readonly assets: ReadonlyMap<string, AssetId>;
  /** Ids of wallets by the ids of vault accounts. */
  readonly wallets: ReadonlyMap<string, string>;
  /** E-mail addresses by the ids of users. */
  readonly users: ReadonlyMap<string, string>;
  /** E-mail addresses by the ids of groups of users. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Lines `label,network,address` by the ids of destinations. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
};

export const NO_MAP: TapMap = {
  assets: new Map(),
  wallets: new Map(),
  users: new Map(),
  groups: new Map(),
  addresses: new Map(),
};

const HINT =
  'Write { "assets": { "USDC": "USDC@ethereum" }, "wallets": { "0": "wal_..." }, ' +
  '"users": { "id": "bob@acme.example" }, "groups": { "id": ["bob@acme.example"] }, ' +
  '"addresses": { "id": ["0x..."] } }.';
const EMAIL = /^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;

/** @throws INVALID_INPUT */
export function readTapMap(text: string): TapMap {
  const fields = new Fields(parseJson(text, HINT), 'map', HINT);
  fields.requireOnly(['assets', 'wallets', 'users', 'groups', 'addresses']);
  return {
    assets: mapOf(fields.object('assets'), (own, id) => parseAssetId(own.text(id))),
    wallets: mapOf(fields.object('wallets'), (own, id) => own.text(id)),
    users: mapOf(fields.object('users'), (own, id) => email(own, id, own.text(id))),
    groups: mapOf(fields.object('groups'), (own, id) =>
      own.texts(id).map((text) => email(own, id, text)),
    ),
    addresses: mapOf(fields.object('addresses'), (own, id) =>
      own.texts(id).map((text) => line(own, id, text)),
    ),
  };
}

const mapOf = <T>(fields: Fields, read: (fields: Fields, id: string) => T) =>
  new Map(fields.names.map((id) => [id, read(fields, id)] as const));

function email(fields: Fields, id: string, text: string): string {
  if (EMAIL.test(text)) return text.toLowerCase();
  throw fields.wrong(id, 'not an e-mail address');
}

function line(fields: Fields, id: string, text: string): string {
  const key = addressKey(text);
  if (key?.startsWith('evm:')) return `,ethereum,${checksummed(text)}`;
  if (key?.startsWith('solana:')) return `,solana,${text}`;
  throw fields.wrong(id, `${text} is not an address of a network that this platform knows`);
}
