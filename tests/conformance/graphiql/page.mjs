// Uses the page in a browser as a person would, one step after another, and fails on every complaint of the console: a file that
// the Content-Security-Policy keeps out, an error of a script, a refused request.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { report } from './report.mjs';
import { draw, upload, url } from './server.mjs';

/** A word of the patient's name in the file that is uploaded. */
const PATIENT = 'CompressedSamples';
/** What may be kept in the browser: the session until the tab closes, and how the page looks. */
const KEPT = /^(gantry:session|graphiql:(theme|docExplorerFlex|editorFlex|secondaryEditorFlex))$/;

function browserPath() {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return execFileSync('sh', ['-c', names.map((name) => `command -v ${name}`).join(' || ')]).toString().trim();
}

// Without its sandbox, which containers do not allow; it only ever sees this one server.
const browser = await chromium.launch({ executablePath: browserPath(), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
page.setDefaultTimeout(15_000);
const complaints = [];
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(error.message));
page.on('request', (request) => request.url().startsWith(url) || complaints.push(`asks ${request.url()}`));

/** Everything that the page ever writes into localStorage or sessionStorage. */
const stored = [];
await page.exposeFunction('tell', (key, value) => stored.push({ key, value }));
await page.addInitScript(() => {
  const write = Storage.prototype.setItem;
  Storage.prototype.setItem = function setItem(key, value) {
    globalThis.tell(key, value);
    write.call(this, key, value);
  };
});

const button = (name, exact = false) => page.getByRole('button', { name, exact });
const run = () => button('Execute query').click();
const response = () => page.getByRole('region', { name: 'Result Window' });
const query = () => page.getByRole('region', { name: 'Operation Editor' });
const shown = (text) => response().getByText(text).first().waitFor();
const notice = () => page.locator('.notice');
let study;

async function signIn(username, password) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await button('Sign in', true).click();
}

/** Opens an example in a tab of its own. */
async function example(title, name) {
  if (await button('Show Examples').isVisible()) await button('Show Examples').click();
  await page.getByRole('region', { name: 'Examples' }).getByRole('button', { name: new RegExp(`^${title}`) }).click();
  await page.getByRole('tab', { name }).waitFor();
}

const steps = {
  async 'the page opens with an example, and its files come from the server'() {
    await page.goto(`${url}/graphiql`);
    await query().getByText('Worklist').first().waitFor();
    assert.equal(await page.title(), 'Gantry GraphiQL');
  },

  async 'the schema is read, and documentation shows it'() {
    await button('Show Documentation Explorer').click();
    await page.getByRole('link', { name: 'Query', exact: true }).click();
    await page.getByRole('link', { name: 'studies', exact: true }).waitFor();
  },

  async 'who is not signed in is told so in words'() {
    await run();
    await notice().filter({ hasText: 'only for people who are signed in' }).waitFor();
  },

  async 'a wrong password is told, the right one signs in'() {
    await signIn('admin', 'wrong');
    await notice().filter({ hasText: 'Not signed in' }).waitFor();
    await signIn('admin', 'admin');
    await page.getByText('Signed in as').waitFor();
    assert.equal(await notice().textContent(), '');
  },

  async 'a query is answered as whoever is signed in'() {
    study = await upload();
    await run();
    await shown(study);
  },

  async 'fields are completed from the schema'() {
    await query().getByText('studyId').first().click();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.type('patientG');
    await page.locator('.suggest-widget').getByText('patientGender').first().waitFor();
    await page.keyboard.press('Escape');
  },

  async 'an example names the newest study by itself, and is answered'() {
    await example('One study', 'Study');
    await run();
    await shown('sopInstanceUid');
  },

  async 'variables are checked against the operation'() {
    const variables = page.getByRole('region', { name: 'Variables' });
    await variables.getByText('study').first().click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('{ "study": true ');
    await variables.locator('.squiggly-warning, .squiggly-error').first().waitFor();
  },

  async 'a subscription receives events until it is stopped'() {
    await example('Watch a study', 'WatchStudy');
    await run();
    await shown('SNAPSHOT');
    await draw(study);
    await shown('JOB_SUCCEEDED');
    await button('Stop query').click();
    await button('Execute query').waitFor();
  },

  async 'history holds what was run'() {
    await button('Show History').click();
    await page.getByRole('region', { name: 'History' }).getByText('WatchStudy').waitFor();
  },

  async 'a reload keeps the session, which ends with the tab'() {
    await page.reload();
    await page.getByText('Signed in as').waitFor();
    const other = await browser.newPage();
    await other.goto(`${url}/graphiql`);
    await other.getByLabel('User name').waitFor();
    await other.close();
  },

  async 'nothing about patients and no password is kept in the browser'() {
    await run();
    await shown(PATIENT);
    assert.ok(stored.some(({ key }) => key === 'gantry:session'));
    for (const { key, value } of stored) {
      assert.match(key, KEPT);
      assert.ok(!value.includes(PATIENT) && !value.includes(study), key);
    }
  },

  async 'signing out leaves nothing on the screen'() {
    await button('Sign out').click();
    await page.getByLabel('User name').waitFor();
    await query().getByText('Worklist').first().waitFor();
    assert.equal(await page.getByText(PATIENT).count(), 0);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
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
