/** The console: start reading here. One state, drawn as a whole; each view is a function of it. */
import { html, render } from './lit/lit-html.js';
import { key, onLocked } from './api.js';
import { bind, listen } from './keys.js';
import { lock, start } from './live.js';
import { place } from './router.js';
import { changed, onChange, state } from './state.js';
import { opened } from './parts/dialogs.js';
import { applyTheme, frame, nextTheme } from './parts/frame.js';
import * as audit from './views/audit.js';
import * as converter from './views/converter.js';
import * as deliveries from './views/deliveries.js';
import * as door from './views/door.js';
import * as request from './views/request.js';
import * as requests from './views/requests.js';
import * as upstreams from './views/upstreams.js';

const VIEWS = { upstreams, requests, deliveries, converter, audit };
const app = document.getElementById('app');
let shown = null;

function view() {
  const { status } = state.connection;
  if (status === 'locked' || status === 'refused') return door;
  const { view: name, id } = place();
  if (name === 'requests' && id) return request;
  return VIEWS[name] ?? upstreams;
}

function draw() {
  const now = view();
  const entered = now !== shown;
  if (entered) {
    shown?.leave?.();
    shown = now;
  }
  bind(now.keys?.() ?? {});
  render(state.frame || now === door ? frame(now.draw()) : frame(waiting()), app);
  opened();
  // Whoever left has nothing else to do here; the attribute alone is heeded once a page.
  if (entered && now === door) document.getElementById('key')?.focus();
  document.title = now.title ? `${now.title()} · Holdfast` : 'Holdfast';
}

function waiting() {
  return html`<h1 class="hidden">Holdfast</h1><div class="waiting" role="status">${state.connection.status === 'lost' ? '' : 'Connecting to the gateway…'}</div>`;
}

onChange(draw);
onLocked(() => lock(key() ? 'This key is not known here.' : ''));
addEventListener('hashchange', changed);
applyTheme();
listen(nextTheme);
start();
draw();
