import { expect, test } from 'vitest';
import { SECRET_FIELDS } from './tasks.ts';
import { copyOf, eraseSecrets } from './thread-messages.ts';

test('bytes travel without what lies beside them in their buffer', () => {
  const buffer = new Uint8Array(64).fill(7);
  const view = buffer.subarray(8, 12);
  const value = { id: 1, incoming: new Map([[2, { direct: view, list: [view, 'text', 3n] }]]) };
  const moved: ArrayBuffer[] = [];
  expect(copyOf(value, moved)).toEqual(value);
  expect(moved.map(({ byteLength }) => byteLength)).toEqual([4, 4]);
  expect(moved).not.toContain(buffer.buffer);
});

test.each(SECRET_FIELDS)('what stands under %s is overwritten', (field) => {
  const secret = new Uint8Array(4).fill(7);
  const ofPeer = new Uint8Array(4).fill(7);
  const context = new Uint8Array(4).fill(7);
  eraseSecrets({ [field]: secret, context });
  eraseSecrets({ [field]: new Map([[2, ofPeer]]), context });
  expect([secret, ofPeer]).toEqual([new Uint8Array(4), new Uint8Array(4)]);
  expect(context).toEqual(new Uint8Array(4).fill(7));
});

test('what made nothing has nothing to overwrite', () => {
  expect(() => eraseSecrets(undefined)).not.toThrow();
});
