// A host's page as MCP Apps lays it down for the web, around the reference implementation of its bridge: the app in a
// frame within a sandbox of another origin. Driven by drive.mjs.
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

const SANDBOX = 'http://sandbox.test/';
let bridge;
const noticed = { sizes: [], logs: [], links: [], initialized: 0, teardown: null };
window.noticed = noticed;

window.openApp = async ({ html, ui, capabilities, context }) => {
  document.querySelector('iframe')?.remove();
  await bridge?.close();
  Object.assign(noticed, { sizes: [], logs: [], links: [], initialized: 0, teardown: null });
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin');
  frame.title = 'chart';
  document.body.append(frame);
  bridge = new AppBridge(null, { name: 'reference', version: '1' }, capabilities, { hostContext: context });
  bridge.onsizechange = ({ height }) => {
    noticed.sizes.push(height);
    frame.style.height = `${height}px`;
  };
  bridge.onloggingmessage = (message) => noticed.logs.push(message.data);
  bridge.oncalltool = (params) => window.callTool(params);
  bridge.onrequestdisplaymode = async ({ mode }) => {
    bridge.setHostContext({ ...context, displayMode: mode });
    return { mode };
  };
  const initialized = new Promise((done) => {
    bridge.oninitialized = () => {
      noticed.initialized++;
      done();
    };
  });
  const ready = new Promise((done) => (bridge.onsandboxready = done));
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = SANDBOX;
  await ready;
  await bridge.sendSandboxResourceReady({ html, csp: ui?.csp, permissions: ui?.permissions });
  await initialized;
};
window.tell = (method, params) => bridge[method](params);
