/** The first start makes one organisation, so that a person can sign in without another command. */
import fs from 'node:fs';
import path from 'node:path';

import { writeWhole } from './data-dir.ts';
import { LaunchError } from './launch-error.ts';
import { type Platform } from './platform.ts';

/** The one-time invitation of the first administrator. */
export type FirstAdministrator = {
  readonly inviteLink: string;
  readonly expiresAt: string;
};

export type FirstOrganization = {
  readonly administrator: FirstAdministrator;
  /** Where the invitation is kept, for its owner only. */
  readonly file: string;
  /** Whether this start has made it. */
  readonly isNew: boolean;
};

const MUTATION = `
  mutation First($input: CreateOrganizationInput!) {
    createOrganization(input: $input) { inviteLink expiresAt }
  }`;

const INPUT = { name: 'My organisation', adminName: 'Administrator' };

type Answer = {
  readonly data?: { readonly createOrganization: FirstAdministrator } | null;
  readonly errors?: readonly { readonly message: string }[];
};

/**
 * Makes the organisation at the first start, and reads its invitation at later ones.
 * @throws LaunchError where the gateway refuses
 */
export async function firstOrganization(
  platform: Pick<Platform, 'url' | 'dataDir' | 'operatorToken'>,
): Promise<FirstOrganization> {
  const file = path.join(platform.dataDir, 'first-administrator.json');
  if (fs.existsSync(file)) {
    const administrator = JSON.parse(fs.readFileSync(file, 'utf8')) as FirstAdministrator;
    return { administrator, file, isNew: false };
  }
  const response = await fetch(`${platform.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${platform.operatorToken}`,
    },
    body: JSON.stringify({ query: MUTATION, variables: { input: INPUT } }),
  });
  const { data, errors } = (await response.json()) as Answer;
  if (!data) {
    const reasons = errors?.map(({ message }) => message).join('; ') ?? `HTTP ${response.status}`;
    throw new LaunchError(`the first organisation cannot be made: ${reasons}`);
  }
  const administrator = data.createOrganization;
  writeWhole(file, `${JSON.stringify(administrator, undefined, 2)}\n`);
  return { administrator, file, isNew: true };
}
