// Chromium looks at the pages of a server: signs in, waits for news, and measures every page at three widths.
//
//     node look.mjs CHROMIUM URL TOKEN SITE
//
// Prints a line of JSON for each thing it did; reads a line before it waits for news.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const [executablePath, url, token, site] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const page = await browser.newPage();
const complaints = [];
page.on('console', (message) => {
  if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text());
});
page.on('pageerror', (error) => complaints.push(String(error)));
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const text = () => page.innerText('body');
// What a reader with a screen reader, a keyboard or weak eyes would stumble over.
const hurdles = async () => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run({ preload: false }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
};

// A link on a page of somebody else, to a page that takes a session.
await page.goto('data:text/html,' + encodeURIComponent(`<a href="${url}/bench/sort">there</a>`));
await page.click('a');
await page.waitForSelector('#hb-token');
const signIn = await hurdles();
await page.fill('#hb-token', `${token}x`);
await page.click('button');
await page.waitForSelector('[role=alert]');
say({ refused: await page.innerText('[role=alert]'), signIn });
await page.fill('#hb-token', token);
await page.click('button');
await page.waitForURL('**/bench/sort');
await page.click('nav a');
await page.waitForSelector('.hb-benches');
say({ signedIn: new URL(page.url()).pathname, text: await text(), cookie: await page.evaluate('document.cookie') });

// Signed in, the same link on that page leads in.
await page.goto('data:text/html,' + encodeURIComponent(`<a href="${url}/bench/sort">there</a>`));
await page.click('a');
await page.waitForSelector('.hb-history');
await page.goto(url);

await page.evaluate('window.stays = true');
say({ waits: true });
await lines.next();
await page.waitForFunction(() => document.body.innerText.includes('cccccccccc'), null, { timeout: 60000 });
say({ news: await text(), reloaded: !(await page.evaluate('window.stays === true')) });

const comparison = await page.getAttribute('.hb-compared a', 'href');
const places = [url, `${url}/bench/sort`, `${url}${comparison}`, `${url}/nothing`, `file://${site}/index.html`];
for (const colorScheme of ['light', 'dark']) {
  await page.emulateMedia({ colorScheme });
  for (const width of [360, 768, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const place of places) {
      await page.goto(place);
      const shown = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        ground: getComputedStyle(document.body).backgroundColor,
      }));
      const looked = (colorScheme === 'light') === (width === 360) && width !== 768;
      say({ place: place.replace(url, ''), colorScheme, width, ...shown, hurdles: looked ? await hurdles() : [] });
    }
  }
}
await page.click('main a');
await page.waitForSelector('.hb-recorded');
say({ siteLink: page.url() });

await page.goto(url);
await page.click('form button');
await page.waitForSelector('#hb-token');
say({ signedOut: true, complaints: complaints.filter((said) => !/404/.test(said)) });
await browser.close();
process.exit(0);
