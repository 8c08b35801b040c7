/** How a mandate is read from the wire. Whether it holds is judged elsewhere. */
import { count, exactly, list, text } from './fields.ts';
import type {
  MandateFields,
  QuoteFields,
  ScreeningFields,
  StatementFields,
} from './open-request.ts';

/** @throws FrameRefused when a field is missing or foreign. */
export function mandate(value: unknown): MandateFields {
  const names = [
    'intent',
    'unsigned',
    'initiator',
    'policy',
    'approvals',
    'quotes',
    'screening',
    'log',
  ];
  const fields = exactly(value, names, 'the mandate');
  const policy = exactly(fields['policy'], ['hash', 'version'], 'the policy');
  return {
    intent: text(fields['intent'], 'intent'),
    unsigned: text(fields['unsigned'], 'unsigned'),
    initiator: statement(fields['initiator']),
    policy: {
      hash: text(policy['hash'], 'policy.hash'),
      version: count(policy['version'], 'policy.version'),
    },
    approvals: list(fields['approvals'], 'approvals', statement),
    quotes: list(fields['quotes'], 'quotes', quote),
    screening: fields['screening'] === null ? null : screening(fields['screening']),
    log: text(fields['log'], 'log'),
  };
}

function quote(value: unknown): QuoteFields {
  const fields = exactly(value, ['currency', 'price', 'asOf', 'maxAgeMs'], 'a quote');
  return {
    currency: text(fields['currency'], 'currency'),
    price: text(fields['price'], 'price'),
    asOf: text(fields['asOf'], 'asOf'),
    maxAgeMs: count(fields['maxAgeMs'], 'maxAgeMs'),
  };
}

function screening(value: unknown): ScreeningFields {
  const fields = exactly(value, ['statement', 'signature'], 'a screening');
  return {
    statement: text(fields['statement'], 'statement'),
    signature: text(fields['signature'], 'signature'),
  };
}

export function statement(value: unknown): StatementFields {
  const names = ['statement', 'credentialId', 'authenticatorData', 'clientDataJSON', 'signature'];
  const fields = exactly(value, names, 'a signed statement');
  return {
    statement: text(fields['statement'], 'statement'),
    credentialId: text(fields['credentialId'], 'credentialId'),
    authenticatorData: text(fields['authenticatorData'], 'authenticatorData'),
    clientDataJSON: text(fields['clientDataJSON'], 'clientDataJSON'),
    signature: text(fields['signature'], 'signature'),
  };
}
