/**
 * The page at `/`: a person registers a passkey with an invitation, signs in, sees who they are and
 * signs out; adds a passkey, stops the organisation, and registers service accounts, where the roles let.
 * The session's token stays in this tab.
 */
import { browserAuthenticator } from '#sdk/browser-authenticator.ts';
import { CountersignClient } from '#sdk/client.ts';
import { isCountersignError } from '#sdk/error.ts';
import type { RoleName, Viewer } from '#sdk/types.ts';

const TOKEN = 'countersign-session';
const SECTIONS = ['invited', 'signed-out', 'signed-in'] as const;

/** Of the person who is signed in. */
let organizationId = '';

const client = new CountersignClient({
  url: location.origin,
  origin: location.origin,
  authenticator: browserAuthenticator(),
});

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

function show(section: (typeof SECTIONS)[number]): void {
  for (const id of SECTIONS) element(id).hidden = id !== section;
}

function tell(sentence: string | undefined): void {
  element('notice').textContent = sentence ?? '';
  element('notice').hidden = sentence === undefined;
}

const items = (texts: readonly string[]): HTMLElement[] =>
  texts.map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  });

function welcome({ user, organization, roles, permissions }: Viewer): void {
  element('person').textContent = user.name;
  element('organization').textContent = organization.name;
  element('email').textContent = user.email ?? 'none';
  element('roles').replaceChildren(...items(roles.map(({ title }) => title)));
  element('permissions').replaceChildren(...items(permissions));
  element('programs').hidden = !permissions.includes('users:invite');
  element('freezing').hidden = !permissions.includes('organization:freeze');
  element('added').textContent = '';
  element('frozen').textContent = '';
  organizationId = organization.id;
  show('signed-in');
}

/** The invitation of the link; it stands in the fragment, which no server sees. */
const inviteToken = (): string | null => new URLSearchParams(location.hash.slice(1)).get('invite');

async function register(): Promise<void> {
  const { sessionToken, viewer } = await client.register({ inviteToken: inviteToken() ?? '' });
  // The invitation is used up: neither the address bar nor the history keeps it.
  history.replaceState(null, '', '/');
  sessionStorage.setItem(TOKEN, sessionToken);
  welcome(viewer);
}

async function signIn(): Promise<void> {
  const { sessionToken, viewer } = await client.login();
  sessionStorage.setItem(TOKEN, sessionToken);
  welcome(viewer);
}

async function signOut(): Promise<void> {
  sessionStorage.removeItem(TOKEN);
  await client.logout();
  show('signed-out');
}

const field = (id: string): string =>
  (element(id) as HTMLInputElement | HTMLSelectElement).value.trim();

async function registerProgram(): Promise<void> {
  element('registered').textContent = '';
  const name = field('program-name');
  const { user } = await client.createServiceAccount({
    name,
    roles: [field('program-role') as RoleName],
    publicKey: field('program-key'),
  });
  element('registered').textContent =
    user === null
      ? `Others must approve of it before ${name} may sign in.`
      : `${user.name} is registered, and may sign in with its key.`;
}

/** The browser asks twice: for the new passkey, and for one that is there already. */
async function addPasskey(): Promise<void> {
  element('added').textContent = '';
  const { credential } = await client.addCredential();
  element('added').textContent =
    credential === null
      ? 'Others must approve of it before you can use the new passkey.'
      : 'The new passkey is yours: sign in with either.';
}

async function freeze(): Promise<void> {
  element('frozen').textContent = '';
  const { organization } = await client.freezeOrganization({ organizationId });
  element('frozen').textContent = `${organization.name} is frozen until two people release it.`;
}

/** What a person reads of an error: the platform's own words, or what the browser said. */
function wordsFor(error: unknown): string {
  if (isCountersignError(error)) return error.message;
  if (error instanceof Error && error.name === 'NotAllowedError') {
    return 'The passkey was not used: the request was cancelled or timed out. Try again.';
  }
  if (error instanceof Error && error.name === 'InvalidStateError') {
    return 'This device has a passkey of yours already. Choose another device.';
  }
  if (error instanceof Error && /^ERROR_INVALID_(?:DOMAIN|RP_ID)$/.test(codeOf(error))) {
    const here = `The passkeys of this platform are not for ${location.origin}.`;
    return `${here} Open the address that "npm start" shows, such as http://localhost:4000.`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The library's own code of a refusal by the browser. */
const codeOf = (error: Error): string => String((error as { readonly code?: unknown }).code);

function onClick(id: string, action: () => Promise<void>): void {
  const button = element(id) as HTMLButtonElement;
  button.addEventListener('click', () => {
    button.disabled = true;
    tell(undefined);
    action()
      .catch((error: unknown) => tell(wordsFor(error)))
      .finally(() => {
        button.disabled = false;
      });
  });
}

/** Goes on with the session of this tab, if it is still good. */
async function start(): Promise<void> {
  if (inviteToken() !== null) return show('invited');
  const token = sessionStorage.getItem(TOKEN);
  if (token === null) return show('signed-out');
  try {
    welcome(await client.resume(token));
  } catch (error) {
    sessionStorage.removeItem(TOKEN);
    show('signed-out');
    tell(wordsFor(error));
  }
}

onClick('register', register);
onClick('sign-in', signIn);
onClick('add-passkey', addPasskey);
onClick('freeze', freeze);
onClick('register-program', registerProgram);
onClick('sign-out', signOut);
addEventListener('hashchange', () => void start());
await start();
