import { expect, test } from 'vitest';
import { type Protocol, ProtocolAbort } from '#signing/kernel.ts';
import type { MadePresignature, SchemeProtocols } from './protocols.ts';
import { PROTOCOLS } from './schemes.ts';
import { serveTasks } from './serve-tasks.ts';
import type { Tasks } from './tasks.ts';
import { type Answer, copyOf } from './thread-messages.ts';

const scheme = 'ecdsa-secp256k1';
const zeros = new Uint8Array(4);
const secret = () => new Uint8Array(4).fill(7);
const NO_MESSAGES = new Map();

/** A thread whose presignatures come after one round, or do not. */
function thread(finish: () => MadePresignature) {
  const answers: unknown[] = [];
  const made: MadePresignature[] = [];
  function* presign(): Protocol<MadePresignature> {
    yield {};
    made.push(finish());
    return made.at(-1) as MadePresignature;
  }
  const ecdsa = {
    ...(PROTOCOLS.schemes[scheme] as SchemeProtocols),
    presigning: { presign, online: presign as never },
  };
  const answer = (one: Answer) => void answers.push(copyOf(one, []));
  const order = serveTasks({ ...PROTOCOLS, schemes: { [scheme]: ecdsa } }, secret, answer);
  const taken = { scheme, me: 1, parties: [1, 2], context: secret(), share: secret() } as const;
  const ofPeer = secret();
  const pairs = new Map([[2, ofPeer]]);
  const asked: Tasks['presign']['takes'] = { ...taken, pairs };
  order({ type: 'begin', id: 1, name: 'presign', taken: asked });
  return { order, answers, made, secrets: [asked.share, ofPeer] };
}

const presignature = (): MadePresignature => ({ id: secret(), secret: secret() });

test('what a task took and made is overwritten when it is over, after the answer', () => {
  const { order, answers, made, secrets } = thread(presignature);
  expect(secrets).toEqual([secret(), secret()]);
  order({ type: 'goOn', id: 1, incoming: NO_MESSAGES });
  expect(answers.at(-1)).toEqual({
    type: 'step',
    id: 1,
    step: { done: true, value: presignature() },
  });
  expect(secrets).toEqual([zeros, zeros]);
  expect(made).toEqual([{ id: secret(), secret: zeros }]);
});

test.each<[string, () => MadePresignature, object]>([
  [
    'an abort',
    () => {
      throw new ProtocolAbort('cheat', 'OPENING_MISMATCH', [2]);
    },
    { type: 'abort', id: 1, kind: 'cheat', check: 'OPENING_MISMATCH', culprits: [2] },
  ],
  [
    'a bug',
    () => {
      throw new RangeError('wrong');
    },
    { type: 'failure', id: 1, error: new RangeError('wrong') },
  ],
])('%s is told, and leaves no secret', (_, finish, answer) => {
  const { order, answers, secrets } = thread(finish);
  order({ type: 'goOn', id: 1, incoming: NO_MESSAGES });
  expect(answers.at(-1)).toEqual(answer);
  expect(secrets).toEqual([zeros, zeros]);
});

test('a task that is given up leaves no secret, and does not go on', () => {
  const { order, answers, secrets } = thread(presignature);
  order({ type: 'end', id: 1 });
  expect(secrets).toEqual([zeros, zeros]);
  order({ type: 'goOn', id: 1, incoming: NO_MESSAGES });
  expect(answers.at(-1)).toMatchObject({ type: 'failure', id: 1 });
});
