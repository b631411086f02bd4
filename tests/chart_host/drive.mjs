// Chromium with a host's page in it, driven from stdin: a line of JSON a step, a line of JSON its answer.
//
//     node drive.mjs CHROMIUM HOST_SCRIPT
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const [executablePath, hostScript] = process.argv.slice(2);
const bundle = await build({
  stdin: { contents: readFileSync(hostScript, 'utf8'), resolveDir: dirname(new URL(import.meta.url).pathname) },
  bundle: true, format: 'iife', write: false, logLevel: 'silent', legalComments: 'none',
});
const POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
  "img-src 'self' data:; font-src 'self'; media-src 'self' data:; frame-src 'none'; object-src 'none'; base-uri 'self'";
// What stands between a host and an app: passes on all but what is its own.
const SANDBOX = `<!doctype html><style>html,body{margin:0;height:100%}iframe{border:0;width:100%;height:100%;display:block}</style>
<body><script>
  const inner = document.createElement('iframe');
  inner.setAttribute('sandbox', 'allow-scripts');
  addEventListener('message', ({ source, data }) => {
    if (source === window.parent) {
      if (data?.method === 'ui/notifications/sandbox-resource-ready') {
        inner.srcdoc = data.params.html;
        document.body.append(inner);
      } else inner.contentWindow?.postMessage(data, '*');
    } else if (source === inner.contentWindow && !String(data?.method).startsWith('ui/notifications/sandbox-'))
      window.parent.postMessage(data, '*');
  });
  window.parent.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/sandbox-proxy-ready', params: {} }, '*');
</script></body>`;
const HOST = `<!doctype html><meta charset="utf-8"><title>host</title>
<style>body{margin:0}iframe{border:0;width:100%;display:block}[data-theme=dark]{background:#1b1b1b}</style><body></body>`;

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
let page;
const requests = [];
const complaints = [];
// What Chromium says of every sandbox that MCP Apps lays down.
const usual = /allow-scripts and allow-same-origin for its sandbox attribute/;
const serve = (route) => {
  const url = route.request().url();
  if (url === 'http://host.test/') return route.fulfill({ contentType: 'text/html', body: HOST });
  if (url === 'http://sandbox.test/')
    return route.fulfill({ contentType: 'text/html', body: SANDBOX, headers: { 'content-security-policy': POLICY } });
  requests.push(url);
  return route.abort();
};
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const asked = new Map();
let lastCall = 0;
const call = (params) => {
  const id = ++lastCall;
  say({ call: id, params });
  return new Promise((resolve, reject) => asked.set(id, { resolve, reject }));
};

const app = () => page.frames().find((frame) => frame.url() === 'about:srcdoc');
const steps = {
  async open({ width, theme, scheme, clock, ...options }) {
    await page?.context().close();
    requests.length = complaints.length = 0;
    page = await browser.newPage({ viewport: { width, height: 600 }, colorScheme: scheme ?? 'light' });
    page.on('console', (m) => /error|warning/.test(m.type()) && !usual.test(m.text()) && complaints.push(m.text()));
    page.on('pageerror', (problem) => complaints.push(String(problem)));
    await page.route('**/*', serve);
    await page.exposeFunction('callTool', call);
    if (clock) {
      // Installed it goes on with the machine's; from the second that it is stopped at it goes on by `pass` alone.
      await page.clock.install({ time: 0 });
      await page.clock.pauseAt(1000);
    }
    await page.goto('http://host.test/');
    await page.addScriptTag({ content: bundle.outputFiles[0].text });
    await page.evaluate((dark) => (document.body.dataset.theme = dark ? 'dark' : ''), options.context?.theme === 'dark');
    await page.evaluate((given) => window.openApp(given), options);
    while (!app()) await pause(10);
  },
  pass: ({ ms }) => page.clock.runFor(ms),
  tell: ({ method, params }) => page.evaluate(([m, p]) => window.tell(m, p), [method, params]),
  // The page's policy forbids what playwright waits by: it is asked again and again from outside.
  async until({ condition, seconds }) {
    for (const deadline = Date.now() + seconds * 1000; !(await app().evaluate(condition)); await pause(20))
      if (Date.now() > deadline) throw new Error(`${condition} in ${await app().evaluate('document.body.innerHTML')}`);
  },
  inside: ({ code }) => app().evaluate(code),
  async hurdles() {
    await app().evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    // The first heading of a page is its host's.
    const rules = { 'page-has-heading-one': { enabled: false } };
    const { violations } = await app().evaluate((given) => axe.run(given), { preload: false, rules });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary.slice(0, 300)}`);
  },
  press: ({ key }) => page.keyboard.press(key),
  // By the element, not by the place: a frame that a host is giving its size moves under a pointer.
  click: ({ selector }) =>
    app().evaluate((selected) => {
      const element = document.querySelector(selected);
      if (!element?.checkVisibility()) throw new Error(`${selected} is not there to be clicked`);
      element.click();
    }, selector),
  focus: ({ selector }) => app().focus(selector),
  tree: () => app().locator('body').ariaSnapshot(),
  host: () => page.evaluate(() => window.noticed),
  resize: ({ width }) => page.setViewportSize({ width, height: 600 }),
  trouble: async () => ({ requests, complaints }),
  screenshot: async ({ path }) => {
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ ...page.viewportSize(), height });
    await pause(500); // a frame of another process is painted when it is
    await page.screenshot({ path });
  },
};
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { step, call: id, result, error, ...given } = JSON.parse(line);
  if (id !== undefined) {
    const { resolve, reject } = asked.get(id);
    error ? reject(new Error(error)) : resolve(result);
    continue;
  }
  steps[step](given).then(
    (answer) => say({ answer: answer ?? null }),
    (problem) => say({ problem: String(problem?.stack ?? problem) }),
  );
}
await browser.close();
