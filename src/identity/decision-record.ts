/** What is kept of a decision: enough to make it again, byte for byte. */
import type { Canonical } from '#core/canonical.ts';
import type { DecisionId, OrganizationId } from '#core/ids.ts';
import { formatInstant, parseInstant } from '#core/time.ts';
import { decisionDigest, type DecisionTexts } from '#policy-lang/decision-digest.ts';
import type { DecisionTrace } from '#policy-lang/decision.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { snapshotText, traceText } from '#policy-lang/snapshot-text.ts';
import type { Tx } from '#persistence/database.ts';
import { PolicyDecision, type PolicyDecisionRow } from '#persistence/policy-decision.ts';
import type { DecisionRecord } from '#persistence/transfer.ts';

/** A decision with all that it looked at and said, before it is stored. */
export type Decided = {
  readonly snapshot: Snapshot;
  readonly trace: DecisionTrace;
  /** Both in their canonical form. */
  readonly texts: DecisionTexts;
  readonly record: DecisionRecord;
};

export function decidedOf(id: DecisionId, snapshot: Snapshot, trace: DecisionTrace): Decided {
  const texts = { snapshot: snapshotText(snapshot), trace: traceText(trace) };
  const { rules: _, ...decision } = JSON.parse(texts.trace) as Readonly<Record<string, Canonical>>;
  return {
    snapshot,
    trace,
    texts,
    record: {
      id,
      at: formatInstant(snapshot.now),
      decision,
      digest: decisionDigest(texts),
    },
  };
}

/** Keeps the decision in the transaction of the step that rests on it. */
export function storeDecision(
  tx: Tx,
  about: {
    readonly organization: OrganizationId;
    readonly subject: PolicyDecisionRow['subject'];
  },
  { trace, texts, record }: Decided,
): void {
  tx.create(PolicyDecision, {
    id: record.id,
    organization: about.organization,
    subject: about.subject,
    at: parseInstant(record.at),
    policyHash: trace.policy.hash,
    policyVersion: trace.policy.version,
    outcome: trace.outcome,
    ...texts,
    digest: record.digest,
  });
}

/** What a total with a condition looks at later on: the request and the prices of its own time. */
export function factsOf(snapshot: Snapshot): string {
  const { registry: _registry, ...facts } = snapshot;
  return snapshotText({ ...facts, aggregates: new Map(), causes: new Map() });
}
