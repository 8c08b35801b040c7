/** What an organisation has before its first bundle: version 0, and it blocks everything. */
import { hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { DecisionTrace } from './decision.ts';

const MESSAGE = 'No policy has been published yet, so nothing is allowed';

export const GENESIS_VERSION = 0;

export const GENESIS_HASH: string = hex(
  hashOf({ domain: 'countersign/genesis-policy/v1', otherwise: MESSAGE }),
);

/** What it answers, whatever the request. */
export const genesisTrace = (): DecisionTrace => ({
  outcome: 'BLOCK',
  reasons: [{ code: 'POLICY_DENIED', rule: 'otherwise', message: MESSAGE }],
  requirements: [],
  flags: [],
  matched: [],
  rules: [],
  policy: { hash: GENESIS_HASH, version: GENESIS_VERSION },
});
