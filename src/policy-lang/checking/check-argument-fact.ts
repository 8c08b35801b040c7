/** Checks what a test gives for an argument of a call or a field of typed data. */
import { reportMismatch } from '#policy-lang/checks/fitting-types.ts';
import type { NetworkId } from '#core/money.ts';
import { type Instant, SECOND_MS } from '#core/time.ts';
import { checkUnits } from './check-amounts.ts';
import { checkPlainNumber } from './check-texts.ts';
import { checkDuration } from './check-total.ts';
import { readSoundAddress } from '#policy-lang/checks/sound-addresses.ts';
import type { Scope } from './scope.ts';
import type { FactValue } from '#policy-lang/snapshot.ts';
import type { Amount, Fact } from '#policy-lang/syntax/syntax.ts';

type Surroundings = { readonly network: NetworkId | undefined; readonly now: Instant };

export function checkArgumentFact(
  scope: Scope,
  { field, value }: Fact,
  { network, now }: Surroundings,
): FactValue | undefined {
  if (field.argument === undefined) {
    const message = `Behind "${field.text}" stands its name in quotes.`;
    scope.report.add('MISSING_PART', field.span, message, `Write ${field.text} "amount" = 5;`);
    return undefined;
  }
  switch (value.kind) {
    case 'address': {
      const key = readSoundAddress(scope.report, value.value);
      return key && { type: 'address', address: value.value.text };
    }
    case 'text':
      return { type: 'text', text: value.text.text };
    case 'word':
      if (value.value.text === 'true' || value.value.text === 'false') {
        return { type: 'boolean', value: value.value.text === 'true' };
      }
      break;
    case 'amount':
      return checkQuantity(scope, value, network);
    case 'now': {
      const offsetMs = value.offset === undefined ? 0 : checkDuration(scope, value.offset);
      if (offsetMs === undefined) return undefined;
      return { type: 'number', number: BigInt(Math.floor((now + offsetMs) / SECOND_MS)) };
    }
    default:
  }
  const message = 'An argument is a number, an amount, an address, a text, true or false.';
  reportMismatch(scope, value.span, message, 'Write it like 5 USDC.');
  return undefined;
}

function checkQuantity(
  scope: Scope,
  amount: Amount,
  network: NetworkId | undefined,
): FactValue | undefined {
  if (amount.unit === undefined) {
    const plain = checkPlainNumber(scope, amount, 0);
    return plain && { type: 'number', number: plain.scaled };
  }
  if (network === undefined) {
    const message = `How many units ${amount.unit.text} has depends on the network.`;
    scope.report.add('MISSING_PART', amount.span, message, 'Give it: network = "ethereum";');
    return undefined;
  }
  const units = checkUnits(scope, amount, new Set([network]));
  const limit = units?.limits.get(network);
  return limit === undefined ? undefined : { type: 'number', number: limit };
}
