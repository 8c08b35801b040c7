/** What fields and activities are called in sentences. */
import type { FieldPath, FieldRef } from '#policy-lang/checking/condition.ts';
import type { Activity } from '#policy-lang/snapshot.ts';

const FIELDS: Readonly<Record<FieldPath, string>> = {
  wallet: 'the wallet',
  'wallet.tags': "the wallet's tags",
  'wallet.address': "the wallet's address",
  network: 'the network',
  asset: 'the asset',
  amount: 'the amount',
  value: 'the value',
  recipient: 'the recipient',
  sender: 'the sender',
  initiator: 'the initiator',
  'initiator.roles': "the initiator's roles",
  'call.contract': 'the contract',
  'call.function': 'the function',
  'call.arg': 'the argument',
  'call.value': 'the value of the call',
  'message.kind': 'the kind of message',
  'typed-data.primary-type': 'the primary type',
  'typed-data.domain-name': 'the domain name',
  'typed-data.contract': 'the verifying contract',
  'typed-data.field': 'the field',
  'screening.alert-level': 'the alert level',
  'screening.risk-score': 'the risk score',
  'screening.direct-exposure': 'the direct exposure',
  'screening.categories': 'the categories of the screening',
  'screening.address-categories': 'the categories of the address',
  'screening.travel-rule': 'the state of the travel rule',
  'screening.failure': 'the failure of the screening',
  'change.kind': 'the kind of change',
  'change.target': 'the target of the change',
  'change.role': 'the role of the change',
  time: 'the time',
};

/** `the argument "amount"`. */
export const fieldInWords = ({ path, argument }: FieldRef): string =>
  argument === undefined ? FIELDS[path] : `${FIELDS[path]} ${JSON.stringify(argument)}`;

const isField = (text: string): text is FieldPath => Object.hasOwn(FIELDS, text);

/** A path of a missing fact: a field with or without its argument, a price or a total. */
export function factInWords(path: string): string {
  const [name = '', ...argument] = path.split(' ');
  if (isField(name)) return [FIELDS[name], ...argument].join(' ');
  if (/^(?:sum|count|max)\(/.test(path)) return `the total ${path}`;
  if (name === 'price') return `the price of ${argument.join(' ')}`;
  if (path === 'initiator.email') return "the initiator's e-mail address";
  return path === 'initiator.groups' ? "the initiator's groups" : `the ${path}`;
}

const ACTIVITIES: Readonly<Record<Activity, string>> = {
  transfer: 'transfer',
  allowance: 'allowance',
  'unlimited-allowance': 'unlimited allowance',
  'contract-call': 'contract call',
  'sign-message': 'message',
  incoming: 'incoming transfer',
  'permission-change': 'change of permissions',
  'policy-change': 'change of the policy',
};

/** `contract call`: what a request of the activity is called. */
export const requestInWords = (activity: Activity): string => ACTIVITIES[activity];
