import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRoundBody, encodeRoundBody } from './round-body.ts';

const part = fc.uint8Array({ maxLength: 300 });
const received = fc.oneof(
  fc.constant({}),
  part.map((broadcast) => ({ broadcast })),
  part.map((direct) => ({ direct })),
  fc.tuple(part, part).map(([broadcast, direct]) => ({ broadcast, direct })),
  fc.tuple(part, part).map(([broadcast, standing]) => ({ broadcast, standing })),
);

test('what a party says in a round comes back as it was', () => {
  fc.assert(
    fc.property(received, (said) => {
      expect(decodeRoundBody(encodeRoundBody(said), 2)).toEqual(said);
    }),
  );
});

test('any other bytes are blamed on their sender, and nothing else is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        expect(encodeRoundBody(decodeRoundBody(bytes, 2))).toEqual(bytes);
      } catch (error) {
        expect(error).toMatchObject({ kind: 'cheat', check: 'MALFORMED_BODY', culprits: [2] });
      }
    }),
  );
});
