/** The policy of the organisation that tests pay with: the walkthrough's three rules. */
import type { PublishPolicyInput } from '#workflow/inputs.ts';

export const VENDOR = '0x52908400098527886E0F7030069857D2E4169EE7';
export const VENDOR_ON_SOLANA = '4sSeY2WTHnFooQ6pAG5BpVskzY9HznsvHiRprJtkp6WT';

export type PolicyShape = {
  readonly version: number;
  readonly limit?: string;
  readonly approvalAbove?: string;
  readonly quorum?: number;
  readonly managers?: readonly string[];
  /** What else the policy holds, as it is written. */
  readonly more?: string;
  /** Instead of transfers alone. */
  readonly governs?: string;
  /** Its list and its group are read from the registry instead of its own files. */
  readonly isRegistered?: boolean;
  /** When it ends, e.g. `2027-01-01T00:00 UTC`. */
  readonly until?: string;
};

/** The walkthrough's three rules with other figures. */
export function policyFiles(shape: PolicyShape): PublishPolicyInput {
  const { version, limit = '250,000', approvalAbove = '10,000', quorum = 1 } = shape;
  const { more = '', governs = 'transfer' } = shape;
  const until = shape.until === undefined ? '' : ` until ${shape.until}`;
  const { isRegistered = false } = shape;
  const from = (path: string) => (isRegistered ? 'registry' : path);
  const managers = shape.managers ?? ['bob@acme.example', 'ben@acme.example'];
  const rules = `policy "Acme vendor payments" {
  version    ${version}
  effective  from 2026-01-01T00:00 UTC${until}
  owner      "compliance@acme.example"
  governs    ${governs}
  otherwise  block "No rule allows this transfer"
}

import list  approved-vendors from "${from('lists/approved-vendors.csv')}"
import group managers         from "${from('groups.yaml')}"

rule vendor-list "Pay approved vendors only" {
  when    wallet tagged "payments" and recipient in approved-vendors
  then    allow
  because "Destination is on the approved vendor list"
}

rule daily-limit "Daily transfer limit per wallet" {
  when    sum(value) over last 24h by wallet > ${limit} USD
  then    block "Daily transfer limit of the wallet is exceeded"
}

rule manager-approval "Managers approve payments above a limit" {
  when    value > ${approvalAbove} USD
  then    require approval by ${quorum} of managers, not by initiator, expires after 24h
}

${more}`;
  if (isRegistered) return { files: [{ path: 'payments.policy', content: rules }] };
  return {
    files: [
      { path: 'payments.policy', content: rules },
      { path: 'lists/approved-vendors.csv', content: VENDOR_LIST },
      { path: 'groups.yaml', content: `managers: [${managers.join(', ')}]\n` },
    ],
  };
}

const VENDOR_LIST = `label,network,address
Vendor XYZ,local-evm,${VENDOR}
Vendor XYZ,local-solana,${VENDOR_ON_SOLANA}
`;
