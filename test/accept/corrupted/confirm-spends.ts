/** A corrupted node confirms every spend, whoever has it in writing, and says that it knows no other. */
import { digestOf } from '#mandate/known-spends.ts';
import { receiptsHash } from '#mandate/receipt.ts';
import type { serveConfirm as genuine } from '#signer-cluster/confirm-spends.ts';
import { activeKey } from '#signer-cluster/party.ts';
import { receiptOf } from '#signer-cluster/receipts.ts';

export { confirmedBy } from '#signer-cluster/confirm-spends.ts';

export const serveConfirm: typeof genuine = async ({ party, stream }, open) => {
  const { organization } = activeKey(party, open.keyId);
  const { intent, receipts } = open;
  const about = { organization, intent, receipts: receiptsHash(receipts) };
  const known = open.untils.map((until) => ({ until, count: 0, digest: digestOf([]) }));
  const receipt = receiptOf(party, { kind: 'confirmation', ...about }, { known });
  const none = open.untils.map(() => []);
  const text = JSON.stringify({ receipt, ids: none, splits: none });
  stream.send({ type: 'document', content: { text } });
  return { publicKey: '', signatures: [], presignatures: [] };
};
