/** The page in a real browser, with Chromium's virtual authenticator as the passkey. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrganization } from '#identity/organization.ts';
import { freePort } from '#launcher/ports.ts';
import { Credential } from '#persistence/identity.ts';
import { reader } from '#persistence/database.ts';
import { CountersignClient } from '#sdk/client.ts';
import { generateServiceKey, publicKeyOf, serviceKeyAuthenticator } from '#sdk/service-key.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { openGateway } from './gateway.ts';
import { openPage } from './page.ts';
import type { GatewayServer } from './server.ts';

const CHROMIUM = '/usr/bin/chromium';
const TOKEN = 'the operator token of this test';
const reason = existsSync(CHROMIUM) ? '' : ` (skipped: there is no ${CHROMIUM})`;

/** What an injected text would try, run in the page; the answer is the rule that stopped it. */
const INJECT = `new Promise((resolve) => {
  document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
  const script = document.createElement('script');
  script.textContent = 'window.stolen = true';
  document.body.append(script);
}).catch(String)`;

const shown = (tab: Tab) => tab.locator('section:visible h1').textContent();

describe.skipIf(reason !== '')(`the page${reason}`, () => {
  let stage: WorkflowStage;
  let gateway: GatewayServer;
  let browser: Browser;
  let origin: string;
  let link: string;

  beforeAll(async () => {
    stage = await openWorkflowStage();
    const port = await freePort();
    origin = `http://localhost:${port}`;
    const services = { ...stage.services, origin };
    gateway = await openGateway({
      services,
      databaseUrl: stage.database.url,
      operatorToken: TOKEN,
      page: openPage(),
      introspection: false,
      listen: { port, host: '127.0.0.1' },
    });
    const input = { name: 'Acme', adminName: 'Ada Admin', adminEmail: 'ada@acme.example' };
    const made = await createOrganization(services, { own: TOKEN, sent: TOKEN }, input);
    link = made.administrator.link;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser.close();
    await gateway.close();
    await stage.close();
  });

  /** A tab with a passkey device of its own; `complaints` is what its console says is wrong. */
  async function openTab() {
    const context = await browser.newContext();
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(error.message));
    const devtools = await context.newCDPSession(tab);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const verify = (isUserVerified: boolean) =>
      devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    return { tab, complaints, verify, close: () => context.close() };
  }

  test('a person registers from the printed link, signs out, and signs in again', async () => {
    const { tab, complaints, close } = await openTab();
    await tab.goto(link);
    expect(await shown(tab)).toBe('Create your passkey');
    await tab.getByRole('button', { name: 'Create a passkey' }).click();
    await tab.getByRole('heading', { name: 'Ada Admin' }).waitFor();
    expect(tab.url()).toBe(`${origin}/`);
    expect(await tab.locator('#organization').textContent()).toBe('Acme');
    expect(await tab.locator('#email').textContent()).toBe('ada@acme.example');
    expect(await tab.locator('#roles li').allTextContents()).toEqual(['Admin']);
    expect(await tab.locator('#permissions li').allTextContents()).toContain('users:invite');

    await tab.reload();
    await tab.getByRole('heading', { name: 'Ada Admin' }).waitFor();

    await tab.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tab.reload();
    expect(await shown(tab)).toBe('Sign in');

    await tab.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await tab.getByRole('heading', { name: 'Ada Admin' }).waitFor();
    expect(complaints).toEqual([]);
    const credentials = await reader(stage.services.db).find(Credential, {});
    expect(credentials).toMatchObject([{ state: 'active' }]);
    await close();
  });

  test('an administrator registers a service account with the passkey', async () => {
    const { tab, complaints, close } = await openTab();
    const input = { name: 'Beta', adminName: 'Bea', adminEmail: null };
    const services = { ...stage.services, origin };
    const made = await createOrganization(services, { own: TOKEN, sent: TOKEN }, input);
    await tab.goto(made.administrator.link);
    await tab.getByRole('button', { name: 'Create a passkey' }).click();
    await tab.getByRole('heading', { name: 'Bea' }).waitFor();
    const key = await generateServiceKey('P-256');
    await tab.getByText('Register a service account').click();
    await tab.getByLabel('Name').fill('Payroll');
    await tab.getByLabel('Role').selectOption('Finance Operator');
    const register = tab.getByRole('button', { name: 'Register, with your passkey' });
    await tab.getByLabel('Public key').fill('AAAA');
    await register.click();
    await expect.poll(() => tab.locator('#notice').textContent()).toMatch(/publicKey: not an/);
    await tab.getByLabel('Public key').fill(publicKeyOf(key));
    await register.click();
    await expect
      .poll(() => tab.locator('#registered').textContent())
      .toMatch(/Payroll is registered/);
    expect(complaints).toEqual([]);
    const authenticator = await serviceKeyAuthenticator(key);
    const client = new CountersignClient({ url: origin, origin, authenticator });
    const { viewer } = await client.login();
    expect(viewer).toMatchObject({
      user: { name: 'Payroll' },
      organization: { name: 'Beta' },
      roles: [{ name: 'finance-operator' }],
    });
    client.close();
    await close();
  });

  test('a used invitation, and a device without a passkey, are told in words', async () => {
    const { tab, complaints, close } = await openTab();
    await tab.goto(link);
    await tab.getByRole('button', { name: 'Create a passkey' }).click();
    await expect
      .poll(() => tab.locator('#notice').textContent())
      .toMatch(/this invitation was used already/);
    await tab.goto(`${origin}/?again`);
    await tab.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect.poll(() => tab.locator('#notice').textContent()).toMatch(/passkey/);
    expect(complaints).toEqual([]);
    await close();
  });

  test('a person whom the device does not verify is not signed in', async () => {
    const { tab, verify, close } = await openTab();
    await verify(false);
    await tab.goto(`${origin}/`);
    await tab.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect.poll(() => tab.locator('#notice').textContent()).not.toBe('');
    expect(await shown(tab)).toBe('Sign in');
    await close();
  });

  test('at another address than that of the passkeys the page says where to go', async () => {
    const { tab, close } = await openTab();
    await tab.goto(origin.replace('localhost', '127.0.0.1'));
    await tab.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect
      .poll(() => tab.locator('#notice').textContent())
      .toMatch(/are not for http:\/\/127\.0\.0\.1:\d+\. Open the address/);
    await close();
  });

  test('the page runs no script but its own', async () => {
    const { tab, close } = await openTab();
    await tab.goto(`${origin}/`);
    const blocked = await tab.evaluate<string>(INJECT);
    expect(blocked).toMatch(/script|trusted/i);
    await close();
  });
});
