/** What stands for a decision in the audit log. */
import { hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';

/** The canonical texts of what a policy looked at and of what it said. */
export type DecisionTexts = { readonly snapshot: string; readonly trace: string };

/** SHA-256 in hex: a changed byte of either text gives another one. */
export const decisionDigest = ({ snapshot, trace }: DecisionTexts): string =>
  hex(hashOf({ domain: 'countersign/decision/v1', snapshot, trace }));
