/** Keys: each exists only as shares, one at each signer node. */
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import { connectionOf, type Connection, type Later, NodeInterface } from './node.ts';
import { User } from './organization.ts';
import { DateTimeScalar, HexScalar } from './scalars.ts';
import { Waiting } from './waiting.ts';
import { type Wallet, WalletConnection } from './wallet.ts';

export const KeyState = {
  CREATING: 'CREATING',
  ACTIVE: 'ACTIVE',
  EXPORTED: 'EXPORTED',
  FAILED: 'FAILED',
} as const;
export type KeyState = (typeof KeyState)[keyof typeof KeyState];
registerEnumType(KeyState, {
  name: 'KeyState',
  description: 'How far a key is.',
  valuesConfig: {
    CREATING: { description: 'The signer nodes are making it.' },
    ACTIVE: { description: 'The signer nodes sign with it.' },
    EXPORTED: { description: 'It has left the signer nodes, which sign with it no more.' },
    FAILED: { description: 'The signer nodes refused to make it.' },
  },
});

export const KeyTask = {
  CREATE: 'create',
  REFRESH: 'refresh',
  RESHARE: 'reshare',
  IMPORT: 'import',
  EXPORT: 'export',
} as const;
export type KeyTask = (typeof KeyTask)[keyof typeof KeyTask];
registerEnumType(KeyTask, {
  name: 'KeyTask',
  description: 'What the signer nodes are doing with a key.',
  valuesConfig: {
    CREATE: { description: 'Making it.' },
    REFRESH: { description: 'Taking new shares of it.' },
    RESHARE: { description: 'Giving it to other holders, or under another threshold.' },
    IMPORT: { description: 'Taking it in from outside.' },
    EXPORT: { description: 'Letting it leave.' },
  },
});

export const KeyProvenance = { GENERATED: 'generated', IMPORTED: 'imported' } as const;
export type KeyProvenance = (typeof KeyProvenance)[keyof typeof KeyProvenance];
registerEnumType(KeyProvenance, {
  name: 'KeyProvenance',
  description: 'Where a key is from.',
  valuesConfig: {
    GENERATED: { description: 'The signer nodes made it: nobody has ever had it whole.' },
    IMPORTED: { description: 'It existed whole, outside.' },
  },
});

@ObjectType('KeyFailure', { description: 'Why the nodes refused for good.' })
export class KeyFailure {
  @Field(() => String, { description: 'A stable code, e.g. `EVIDENCE_REJECTED`.' })
  code!: string;

  @Field(() => String, { description: 'What a person reads.' })
  message!: string;
}

@ObjectType('Key', {
  implements: NodeInterface,
  description: 'A key that exists only as shares, one at each signer node.',
})
export class Key extends NodeInterface {
  @Field(() => String, { description: 'The name that people read.' })
  name!: string;

  @Field(() => String, {
    description:
      'How it is made and signs: `ecdsa-secp256k1`, `frost-ed25519` or `frost-secp256k1`.',
  })
  scheme!: string;

  @Field(() => String, { description: 'The curve: `secp256k1` or `ed25519`.' })
  curve!: string;

  @Field(() => KeyState, { description: 'How far it is.' })
  state!: KeyState;

  @Field(() => KeyProvenance, { description: 'Where it is from.' })
  provenance!: KeyProvenance;

  @Field(() => HexScalar, {
    nullable: true,
    description:
      'The public key: 33 bytes, compressed, on secp256k1, 32 on ed25519; absent until it is made.',
  })
  publicKey?: string | null;

  @Field(() => KeyTask, { nullable: true, description: 'What the nodes are doing with it.' })
  task?: KeyTask | null;

  @Field(() => Waiting, { nullable: true, description: 'What keeps the task from its end.' })
  waiting?: Waiting | null;

  @Field(() => KeyFailure, {
    nullable: true,
    description: 'Why its last task was refused for good.',
  })
  failure?: KeyFailure | null;

  @Field(() => String, { nullable: true, description: "The caller's own id of the request." })
  externalId?: string | null;

  @Field(() => User, { description: 'Who made it.' })
  createdBy!: User;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When its holders last took new shares.',
  })
  refreshedAt?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The extended public key (BIP-32, base58check): who has it sees every address below. Absent on ' +
      'ed25519, and until the key is made.',
  })
  xpub?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'The shares of an exported key, each encrypted to its recipient, for who may export keys.',
  })
  exportedShares?: readonly string[] | null;

  @Field(() => WalletConnection, { description: 'The wallets that are it, or derived from it.' })
  wallets!: Later<Connection<Wallet>>;
}

export const KeyConnection = connectionOf('Key', () => Key, 'newest first');

@InputType('CreateKeyInput', { description: 'A key to be made.' })
export class CreateKeyInput {
  @Field(() => String, { description: 'The name that people read, 1 to 100 characters.' })
  name!: string;

  @Field(() => String, {
    description:
      'How it is made and signs: `ecdsa-secp256k1`, `frost-ed25519` or `frost-secp256k1`.',
  })
  scheme!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Your own id of this request: the same id and input return the same key.',
  })
  externalId?: string | null;
}

@ObjectType('CreateKeyPayload', { description: 'The new key.' })
export class CreateKeyPayload {
  @Field(() => Key, { description: 'In state CREATING until the nodes have made it.' })
  key!: Key;

  @Field(() => ChangeRequest, { description: 'The change of authority that asked for it.' })
  change!: Later<ChangeRequest>;
}

@InputType('RefreshKeyInput', { description: 'A key that the nodes take new shares of.' })
export class RefreshKeyInput {
  @Field(() => ID, { description: 'The id of the key.' })
  keyId!: string;
}

@ObjectType('RefreshKeyPayload', { description: 'The key.' })
export class RefreshKeyPayload {
  @Field(() => Key, { description: 'With the task REFRESH until every node has new shares.' })
  key!: Key;

  @Field(() => ChangeRequest, { description: 'The change of authority that asked for it.' })
  change!: Later<ChangeRequest>;
}

@InputType('ReshareKeyInput', { description: 'Who is to hold a key, and how many sign together.' })
export class ReshareKeyInput {
  @Field(() => ID, { description: 'The id of the key.' })
  keyId!: string;

  @Field(() => [Int], { description: 'The parties that deal: holders now, enough to sign.' })
  dealers!: number[];

  @Field(() => [Int], { description: 'The parties that hold it afterwards.' })
  receivers!: number[];

  @Field(() => Int, { description: 'How many of the receivers sign together, 2 at least.' })
  threshold!: number;
}

@ObjectType('ReshareKeyPayload', { description: 'The key.' })
export class ReshareKeyPayload {
  @Field(() => Key, { description: 'With the task RESHARE until every receiver has its share.' })
  key!: Key;

  @Field(() => ChangeRequest, { description: 'The change of authority that asked for it.' })
  change!: Later<ChangeRequest>;
}

@InputType('ImportKeyInput', { description: 'A key that existed outside.' })
export class ImportKeyInput {
  @Field(() => String, { description: 'The name that people read, 1 to 100 characters.' })
  name!: string;

  @Field(() => String, {
    description: 'How it signs: `ecdsa-secp256k1`, `frost-ed25519` or `frost-secp256k1`.',
  })
  scheme!: string;

  @Field(() => String, {
    description: 'What `countersign signer deal` wrote: each share is encrypted to its node.',
  })
  dealing!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Your own id of this request: the same id and input return the same key.',
  })
  externalId?: string | null;
}

@ObjectType('ImportKeyPayload', { description: 'The new key.' })
export class ImportKeyPayload {
  @Field(() => Key, {
    description: 'In state CREATING until the nodes have taken it in, with the word of operators.',
  })
  key!: Key;

  @Field(() => ChangeRequest, { description: 'The change of authority that asked for it.' })
  change!: Later<ChangeRequest>;
}

@InputType('ExportKeyInput', { description: 'A key that is to leave the signer nodes.' })
export class ExportKeyInput {
  @Field(() => ID, { description: 'The id of the key.' })
  keyId!: string;

  @Field(() => HexScalar, { description: "The recipient's X25519 public key, 32 bytes." })
  recipient!: string;

  @Field(() => [Int], {
    description:
      'The parties that hand out their shares: enough to sign, and so many that the others cannot.',
  })
  exporters!: number[];
}

@ObjectType('ExportKeyPayload', { description: 'The key.' })
export class ExportKeyPayload {
  @Field(() => Key, {
    description: 'With the task EXPORT until every exporter has handed out its share.',
  })
  key!: Key;

  @Field(() => ChangeRequest, { description: 'The change of authority that asked for it.' })
  change!: Later<ChangeRequest>;
}
