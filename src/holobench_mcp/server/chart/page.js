// Shows the chart of a tool's answer inside a host's frame. It speaks JSON-RPC with the host by postMessage, as
// MCP Apps lays down (2026-01-26), and nothing else with anybody: no network, no storage, no other frame.
'use strict';
{
  const CHART = 'io.github.holobench-mcp/chart';
  const PROGRESS = 'measurement_progress';
  const WAIT_S = 10; // how long one question after a measurement waits for news
  const PAUSE_MS = 5000; // between two questions that were answered at once
  const root = document.documentElement;
  const place = document.getElementById('chart');
  const news = document.getElementById('news');
  const wider = document.getElementById('wider');

  // ------------------------------------------------------------------ the protocol

  const pending = new Map();
  let lastId = 0;
  let host = {};
  let context = {};
  let over = false;

  const send = (message) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const notify = (method, params = {}) => send({ method, params });
  const request = (method, params) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      pending.set(id, { resolve, reject, method });
      send({ id, method, params });
    });

  const answers = {
    ping: () => ({}),
    'ui/resource-teardown': () => {
      end();
      return {};
    },
  };
  const notices = {
    'ui/notifications/tool-input': (params) => expect(params?.arguments),
    'ui/notifications/tool-result': (params) => show(params),
    'ui/notifications/tool-cancelled': (params) => cancelled(params?.reason),
    'ui/notifications/host-context-changed': (params) => adopt(params),
  };

  const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

  window.addEventListener('message', ({ source, data }) => {
    if (source !== window.parent || typeof data !== 'object' || data?.jsonrpc !== '2.0') return;
    if (typeof data.method !== 'string') return settle(data);
    if (data.id === undefined) return void (over || own(notices, data.method)?.(data.params));
    const answer = own(answers, data.method);
    if (answer) send({ id: data.id, result: answer(data.params) });
    else send({ id: data.id, error: { code: -32601, message: `This page does not serve ${data.method}` } });
  });

  function settle({ id, result, error }) {
    const asked = pending.get(id);
    if (!asked) return;
    pending.delete(id);
    if (error) asked.reject(new Error(String(error.message ?? 'The host refused.')));
    else asked.resolve(result ?? {});
  }

  // What the host asked to end: nothing is asked, said or measured any more.
  function end() {
    over = true;
    for (const [id, { method }] of pending)
      if (method === 'tools/call') notify('notifications/cancelled', { requestId: id, reason: 'The chart is closed' });
    pending.clear();
    sizes.disconnect();
  }

  // ------------------------------------------------------------------ the host's looks

  function adopt(changed) {
    context = { ...context, ...changed };
    if (context.theme === 'light' || context.theme === 'dark') root.dataset.theme = context.theme;
    const { top = 0, right = 0, bottom = 0, left = 0 } = context.safeAreaInsets ?? {};
    const insets = [top, right, bottom, left].map((n) => `${Math.max(0, Number(n) || 0)}px`);
    document.body.style.setProperty('padding', insets.join(' '));
    const font = context.styles?.variables?.['--font-sans'];
    if (typeof font === 'string') root.style.setProperty('--host-font', font);
    const modes = context.availableDisplayModes ?? [];
    wider.hidden = !modes.includes('fullscreen') || place.childElementCount === 0;
    wider.textContent = context.displayMode === 'fullscreen' ? 'Back into the conversation' : 'Show larger';
  }

  wider.addEventListener('click', async () => {
    const mode = context.displayMode === 'fullscreen' ? 'inline' : 'fullscreen';
    try {
      const given = await request('ui/request-display-mode', { mode });
      adopt({ displayMode: given.mode ?? context.displayMode });
    } catch {
      wider.hidden = true;
    }
  });

  let reported = '';
  const sizes = new ResizeObserver(() => {
    const width = Math.ceil(root.clientWidth);
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (over || `${width} ${height}` === reported) return;
    reported = `${width} ${height}`;
    notify('ui/notifications/size-changed', { width, height });
  });

  // ------------------------------------------------------------------ what is shown

  // The server escapes whatever is data. Should it ever fail to, nothing but what a chart is made of gets in here.
  const ELEMENTS = new Set(
    `section header footer article figure figcaption div span p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption
    colgroup col thead tbody tfoot tr th td details summary strong em b i bdi small code pre kbd abbr time br hr svg g path
    line rect circle ellipse polygon polyline text tspan title desc defs symbol use clippath marker`.split(/\s+/),
  );
  const ATTRIBUTES = new Set(
    `class id role tabindex title lang dir scope colspan rowspan span open datetime x y x1 x2 y1 y2 dx dy cx cy r rx ry
    width height d points transform viewbox preserveaspectratio overflow text-anchor dominant-baseline fill stroke
    stroke-width stroke-dasharray stroke-linecap stroke-linejoin opacity fill-opacity stroke-opacity fill-rule
    clip-path vector-effect marker-start marker-mid marker-end markerwidth markerheight refx refy orient pathlength
    textlength lengthadjust font-size font-weight focusable`.split(/\s+/),
  );
  const SPACES = new Set([null, '', 'http://www.w3.org/1999/xhtml', 'http://www.w3.org/2000/svg']);

  function harmless({ name, value }) {
    const key = name.toLowerCase();
    if (key === 'href') return value.startsWith('#');
    if (/url\s*\(|\\/i.test(value) && key !== 'title' && !key.startsWith('aria-')) return /^url\(#[\w-]+\)$/.test(value);
    return ATTRIBUTES.has(key) || key.startsWith('aria-') || /^data-[\w-]+$/.test(key);
  }

  function sanitised(html) {
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    let dropped = 0;
    for (const element of [...parsed.body.querySelectorAll('*')]) {
      if (!ELEMENTS.has(element.localName.toLowerCase()) || !SPACES.has(element.namespaceURI)) {
        element.remove();
        dropped++;
        continue;
      }
      for (const attribute of [...element.attributes])
        if (!harmless(attribute)) {
          element.removeAttributeNode(attribute);
          dropped++;
        }
    }
    const content = document.createDocumentFragment();
    content.append(...[...parsed.body.childNodes].filter((node) => node.nodeType === 1 || node.nodeType === 3));
    return { content: document.importNode(content, true), dropped };
  }

  function make(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  // Renders anew only what is new, so that a reader's focus and scroll stay where they are.
  let shown = '';
  function put(key, content, dropped = 0) {
    if (key === shown) return;
    shown = key;
    place.replaceChildren(content);
    if (dropped) log(`${dropped} parts of the chart were not shown, because a chart has none such`);
    adopt({});
  }

  function log(text) {
    if (host.logging) notify('notifications/message', { level: 'warning', logger: 'holobench-mcp', data: text });
  }

  function say(text) {
    if (news.textContent !== text) news.textContent = text;
    news.hidden = !text;
  }

  const textOf = (value) => (typeof value === 'string' ? value : '');

  function expect(call) {
    if (shown) return;
    const what = textOf(call?.benchmark ?? call?.measurement);
    say(what ? `Waiting for the answer about ${what}.` : 'Waiting for the answer.');
  }

  function cancelled(reason) {
    follow(null);
    const why = textOf(reason);
    say(why ? `The call was cancelled: ${why}` : 'The call was cancelled, so there is nothing to show.');
  }

  // The chart of an answer as text; empty where there is none, or none that can be read.
  async function chartOf(result) {
    const packed = result._meta?.[CHART]?.gzip;
    if (typeof packed !== 'string') return '';
    try {
      const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
      return await new Response(stream).text();
    } catch (problem) {
      log(`the chart can't be read: ${problem.message}`);
      return '';
    }
  }

  let answer = 0; // counts what was to be shown: what is overtaken while it is unpacked is not
  let answered = 0; // how many were shown, for whoever drives the page
  async function show(result) {
    if (typeof result !== 'object' || result === null) return;
    const mine = ++answer;
    const html = await chartOf(result);
    if (over || mine !== answer) return;
    const structure = result.isError ? undefined : result.structuredContent;
    if (result.isError) {
      const blocks = Array.isArray(result.content) ? result.content : [];
      const text = blocks.map((block) => textOf(block?.text)).join('\n');
      put(`error ${text}`, words('Error', text || 'The call failed.'));
      say('');
    } else if (html) {
      const { content, dropped } = sanitised(html);
      put(html, content, dropped);
      say('');
    } else if (typeof structure === 'object' && structure !== null) {
      unfinished(structure) ? progress(structure) : summary(structure);
    } else {
      say('This answer has nothing that can be drawn.');
    }
    root.dataset.answers = ++answered;
    follow(structure);
  }

  function words(heading, reason, nextStep) {
    const section = make('section', { className: 'hb-words' });
    section.append(make('h2', {}, heading), make('p', {}, reason));
    if (nextStep) section.append(make('p', { className: 'hb-next' }, 'Next: ', make('code', {}, nextStep)));
    return section;
  }

  const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

  function summary(structure) {
    const word = textOf(structure.decision) || textOf(structure.status) || 'Answer';
    const section = words(capital(word), textOf(structure.reason), textOf(structure.next_step));
    section.firstChild.className = `hb-badge hb-${/^[a-z]+$/.test(word) ? word : 'inconclusive'}`;
    put(`summary ${JSON.stringify(structure)}`, section);
    say('');
  }

  // ------------------------------------------------------------------ a measurement that has no answer yet

  const unfinished = ({ status }) => status === 'running' || status === 'waiting';

  function progress(structure) {
    const bar = document.getElementById('rounds');
    const [done, planned] = [Number(structure.rounds_done) || 0, Number(structure.rounds_planned) || 0];
    const name = textOf(structure.benchmark) || 'the benchmark';
    if (!bar || shown !== `progress ${name}`) {
      const section = make('section', { className: 'hb-words' });
      section.append(make('h2', {}, `Measuring ${name}`), make('progress', { id: 'rounds' }));
      document.getElementById('rounds')?.remove();
      put(`progress ${name}`, section);
    }
    const drawn = document.getElementById('rounds');
    drawn.setAttribute('aria-label', `Measuring ${name}`);
    if (planned) Object.assign(drawn, { max: planned, value: Math.min(done, planned) });
    say(textOf(structure.reason));
  }

  let followed = null; // the measurement that is asked after
  let round = 0; // counts what was begun to follow: one that is replaced ends
  const again = make('button', { type: 'button', id: 'again' }, 'Look again');
  again.addEventListener('click', () => {
    again.remove();
    const measurement = followed;
    followed = null;
    follow({ status: 'running', measurement });
  });

  // Asks after a measurement until there is an answer: one question at a time, and none while nobody looks, after a
  // refusal, or where the call that was answered is itself one that an agent repeats.
  function follow(structure) {
    const measurement = structure && unfinished(structure) ? textOf(structure.measurement) : '';
    if (!measurement || !host.serverTools || context.toolInfo?.tool?.name === 'wait_measurement') {
      followed = null;
      again.remove();
      round++;
      return;
    }
    if (measurement === followed) return;
    followed = measurement;
    ask(++round, measurement);
  }

  async function ask(mine, measurement) {
    while (!over && mine === round) {
      await visible();
      if (over || mine !== round) return;
      const began = Date.now();
      try {
        const result = await request('tools/call', {
          name: PROGRESS,
          arguments: { measurement, wait_seconds: WAIT_S },
        });
        if (over || mine !== round) return;
        await show(result);
      } catch (problem) {
        if (over || mine !== round) return;
        say(`${news.textContent} How far it is by now can't be asked: ${problem.message}`);
        news.after(again);
        return;
      }
      if (mine === round) await new Promise((done) => setTimeout(done, Math.max(0, PAUSE_MS - (Date.now() - began))));
    }
  }

  function visible() {
    if (!document.hidden) return Promise.resolve();
    return new Promise((done) => {
      document.addEventListener('visibilitychange', function look() {
        if (document.hidden) return;
        document.removeEventListener('visibilitychange', look);
        done();
      });
    });
  }

  // ------------------------------------------------------------------ begin

  request('ui/initialize', {
    protocolVersion: '2026-01-26',
    appInfo: { name: 'holobench-mcp chart', version: root.dataset.version ?? '' },
    appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
  }).then(
    (result) => {
      host = result.hostCapabilities ?? {};
      adopt(result.hostContext ?? {});
      notify('ui/notifications/initialized');
      sizes.observe(document.body);
    },
    (problem) => say(`The host did not take this page: ${problem.message}`),
  );
}
