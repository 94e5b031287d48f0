// Uses both pages in a browser as a person would, one step after another, and fails on every complaint of the console: a file that
// the Content-Security-Policy keeps out, an error of a script, a request to another place.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { report } from './report.mjs';

const url = process.env.GANTRY_URL;
/** Of the one step that asks without a token, and of Swagger UI about what it does itself. */
const EXPECTED = /status of 401|escaping deep link whitespace/;

function browserPath() {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return execFileSync('sh', ['-c', names.map((name) => `command -v ${name}`).join(' || ')]).toString().trim();
}

// Without its sandbox, which containers do not allow; it only ever sees this one server.
const browser = await chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
page.setDefaultTimeout(15_000);
const complaints = [];
const complain = (text) => EXPECTED.test(text) || complaints.push(text);
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(message.text()));
page.on('pageerror', (error) => complain(error.message));
page.on('request', (request) => /^(data:|blob:)/.test(request.url()) || request.url().startsWith(url) || complain(`asks ${request.url()}`));

const dialog = () => page.locator('.dialog-ux');
const me = () => page.locator('.opblock').filter({ hasText: '/auth/me' }).first();

/** The address leads to what is open, so that it is open already after a reload. */
async function openMe() {
  const tryIt = me().getByRole('button', { name: 'Try it out' });
  if (!(await tryIt.isVisible())) await me().locator('.opblock-summary-control').click();
  await tryIt.click();
}

/** Calls `GET /auth/me` from the page; what it shows of the answer. */
async function callMe() {
  await me().getByRole('button', { name: 'Execute' }).click();
  const live = me().locator('.live-responses-table .response').first();
  await live.waitFor();
  return live.innerText();
}

async function openDialog() {
  await page.locator('.auth-wrapper .authorize').click();
  await dialog().waitFor();
}

const closeDialog = () => dialog().getByRole('button', { name: 'Close', exact: true }).first().click();

const steps = {
  async 'Swagger UI opens with the calls of the server'() {
    await page.goto(`${url}/docs`);
    await page.getByText('/auth/token', { exact: true }).waitFor();
    assert.equal(await page.title(), 'Gantry API');
    assert.ok((await page.locator('.opblock').count()) > 20);
  },

  async 'a call without a token is refused, and shown as it is'() {
    await openMe();
    assert.match(await callMe(), /401/);
  },

  async 'one signs in with name and password'() {
    await openDialog();
    const form = dialog().locator('.auth-container').filter({ hasText: '(OAuth2, password)' });
    await form.locator('input[type=text]').first().fill('admin');
    await form.locator('input[type=password]').first().fill('admin');
    await form.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
    await form.getByText('Authorized', { exact: true }).waitFor();
    await closeDialog();
  },

  async 'a call is tried and answered as whoever signed in'() {
    const answer = await callMe();
    assert.match(answer, /200/);
    assert.match(answer, /"username": "admin"/);
  },

  async 'a token that one has works as well'() {
    await page.reload();
    await page.getByText('/auth/token', { exact: true }).waitFor();
    await openDialog();
    const form = dialog().locator('.auth-container').filter({ hasText: '(http, Bearer)' });
    await form.locator('input').first().fill(process.env.GANTRY_TOKEN);
    await form.getByRole('button', { name: 'Apply credentials' }).click();
    await closeDialog();
    await openMe();
    assert.match(await callMe(), /"username": "admin"/);
  },

  async 'shapes are shown of what is sent and answered'() {
    await page.locator('.opblock').filter({ hasText: '/studies/upload' }).first().locator('.opblock-summary-control').click();
    await page.getByText('dicom_files').first().waitFor();
    await page.locator('section.models').scrollIntoViewIfNeeded();
  },

  async 'nothing of the session is kept in the browser'() {
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes(process.env.GANTRY_TOKEN) && !kept.includes('eyJ'), kept);
  },

  async 'it is dark where people like it dark'() {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${url}/docs`);
    await page.getByText('/auth/token', { exact: true }).waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.classList.contains('dark-mode')));
  },

  async 'ReDoc shows the same calls, to be read'() {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${url}/redoc`);
    await page.locator('[data-section-id]').first().waitFor();
    await page.getByText('/auth/token').first().waitFor();
    assert.equal(await page.title(), 'Gantry API reference');
  },

  async 'its menu leads to a call with its shapes and its need of a token'() {
    await page.locator('.menu-content label').filter({ hasText: 'Studies' }).first().click();
    await page.locator('.menu-content label').filter({ hasText: 'Upload a study' }).first().click();
    await page.getByText('dicom_files').first().waitFor();
    await page.getByText('Authorizations:').first().waitFor();
  },

  async 'the pages lead to each other'() {
    await page.getByRole('link', { name: 'Try calls' }).click();
    await page.getByText('/auth/token', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Read' }).click();
    await page.locator('[data-section-id]').first().waitFor();
  },
};

mkdirSync('screenshots', { recursive: true });
const failures = [];
let number = 0;
for (const [name, step] of Object.entries(steps)) {
  number += 1;
  try {
    await step();
  } catch (error) {
    failures.push(`${name}: ${error.message}`);
  }
  await page.screenshot({ path: `screenshots/${String(number).padStart(2, '0')}.png` });
}
failures.push(...complaints.map((complaint) => `the browser complains: ${complaint}`));
await browser.close();
report('page', number - Math.min(number, failures.length), failures);
