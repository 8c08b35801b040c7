/** Secrets that all gateways share and that only make answers stable; none of them moves funds. */
import { defineEntity, p } from '@mikro-orm/core';
import type { Bytes } from '#core/bytes.ts';
import { bytes } from './columns.ts';
import type { Tx } from './database.ts';

export const PlatformSecret = defineEntity({
  name: 'PlatformSecret',
  tableName: 'platform_secrets',
  properties: { name: p.text().primary(), value: bytes() },
});

/** The stored secret of this name; `candidate` becomes it where there is none. */
export async function platformSecret(tx: Tx, name: string, candidate: Bytes): Promise<Bytes> {
  const found = await tx.findOne(PlatformSecret, { name });
  if (found !== null) return found.value;
  await tx.execute('insert into platform_secrets values (?, ?) on conflict do nothing', [
    name,
    Buffer.from(candidate),
  ]);
  return (await tx.findOneOrFail(PlatformSecret, { name })).value;
}
