/** Numbers as people write them in a policy, read exactly. */
import { MAX_UNITS } from '#core/money.ts';
import type { DiagnosticCode } from '#policy-lang/diagnostics.ts';
import type { Amount } from '#policy-lang/syntax/syntax.ts';

export type NumberReading =
  | { readonly ok: true; readonly value: bigint }
  | {
      readonly ok: false;
      readonly code: DiagnosticCode;
      readonly message: string;
      readonly hint: string;
    };

const PLAIN = /^(0|[1-9]\d*)(?:\.(\d+))?$/;
const GROUPED = /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/;

const fault = (code: DiagnosticCode, message: string, hint: string): NumberReading => ({
  ok: false,
  code,
  message,
  hint,
});

/**
 * The number of an amount as a whole number of its smallest units.
 * @param decimals digits after the point that the unit has
 * @param unit the unit's name, for the message
 */
export function readAmountNumber(amount: Amount, decimals: number, unit: string): NumberReading {
  if (amount.sign !== undefined) {
    const message = `An amount has no sign, but here stands "${amount.sign.text}".`;
    return fault('BAD_NUMBER', message, 'Write the digits alone.');
  }
  return readDecimal(amount.number.text, decimals, unit);
}

export function readDecimal(text: string, decimals: number, unit: string): NumberReading {
  const plain = GROUPED.test(text) ? text.replaceAll(',', '') : text;
  const [, whole, fraction = ''] = PLAIN.exec(plain) ?? [];
  if (whole === undefined) return notANumber(text);
  if (fraction.length > decimals) {
    const most = decimals === 0 ? 'no digits' : `at most ${decimals} digits`;
    const message = `${unit} has ${most} after the point, but here stand ${fraction.length}.`;
    return fault('TOO_MANY_DECIMALS', message, 'Round the amount.');
  }
  const digits = whole + fraction.padEnd(decimals, '0');
  if (digits.length > 100 || BigInt(digits) > MAX_UNITS) {
    const message = 'The number is larger than 2^256 - 1 of the smallest unit.';
    return fault('POLICY_OVERFLOW', message, 'Write a smaller number.');
  }
  return { ok: true, value: BigInt(digits) };
}

/** A whole number from `least` to `most`. */
export function readCount(text: string, least: number, most: number): NumberReading {
  const read = readDecimal(text, 0, 'This number');
  if (!read.ok) return read;
  if (read.value >= BigInt(least) && read.value <= BigInt(most)) return read;
  const message = `The number must be from ${least} to ${most}, but here stands ${text}.`;
  return fault(
    read.value > BigInt(most) ? 'POLICY_OVERFLOW' : 'BAD_NUMBER',
    message,
    'Correct it.',
  );
}

const because = (message: string, hint: string): NumberReading =>
  fault('BAD_NUMBER', message, hint);

function notANumber(text: string): NumberReading {
  if (/^\d[\d.]*[eE]\d*$/.test(text)) {
    return because('Numbers are written without an exponent.', 'Write all digits: 1,000 for 1e3.');
  }
  if (text.includes('_')) {
    return because('Digits are not grouped with "_".', 'Write 10,000 or 10000.');
  }
  if (/[A-Za-z]/.test(text)) {
    return because(
      `"${text}" is not a number.`,
      'Write digits, then a space, then the unit: 10,000 USD.',
    );
  }
  if (/^0\d/.test(text)) {
    return because('A number does not begin with a superfluous zero.', 'Delete the zero.');
  }
  if (text.includes(',')) {
    return because(
      'A comma groups digits only where exactly three follow each one.',
      'Write 10,000 or 10000; between elements of a list write a comma and a space.',
    );
  }
  return because(`"${text}" is not a number.`, 'Write it like 10,000 or 2.5.');
}
