/** What is around every view: name, ways, connection, theme. */
import { html, nothing } from '../lit/lit-html.js';
import { state, changed } from '../state.js';
import { again, lock } from '../live.js';
import { key } from '../api.js';
import { link, place } from '../router.js';
import { seconds, count } from '../format.js';
import { dialog } from './dialogs.js';

const VIEWS = [
  ['upstreams', 'Upstreams', 'M3 6h11M3 12h15M3 18h7'],
  ['requests', 'Requests', 'M4 5h16M4 12h16M4 19h16'],
  ['deliveries', 'Deliveries', 'M4 6h16v12H4zM4 7l8 6 8-6'],
  ['converter', 'Converter', 'M4 9h14l-4-4M20 15H6l4 4'],
  ['audit', 'Audit', 'M5 4h14v16H5zM8 9h8M8 13h8M8 17h4'],
];

const THEMES = ['', 'light', 'dark'];
const THEME = 'holdfast.theme';

export function applyTheme() {
  const chosen = localStorage.getItem(THEME) ?? '';
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

export function nextTheme() {
  const now = localStorage.getItem(THEME) ?? '';
  localStorage.setItem(THEME, THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  applyTheme();
  changed();
}

function themeWords() {
  return { '': 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark' }[localStorage.getItem(THEME) ?? ''];
}

function themeIcon() {
  return { '': '◐', light: '○', dark: '●' }[localStorage.getItem(THEME) ?? ''];
}

export function frame(view) {
  const inside = state.connection.status !== 'locked' && state.connection.status !== 'refused';
  return html`
    <a class="skip" href="#main" @click=${(event) => {
      event.preventDefault();
      document.getElementById('main').focus();
    }}>To the content</a>
    <header class="top">
      <a class="brand" href=${link('upstreams')}><img src="console/icon.svg" alt="" width="24" height="24">Holdfast</a>
      ${inside ? ways() : nothing}
      <span class="space"></span>
      ${inside ? connection() : nothing}
      <button class="quiet icon" type="button" title=${themeWords()} aria-label=${themeWords()} @click=${nextTheme}>${themeIcon()}</button>
      <button class="quiet icon" type="button" title="Keys (?)" aria-label="Keys" @click=${() => {
        state.dialog = { kind: 'keys' };
        changed();
      }}>?</button>
      ${inside && key() ? html`<button class="quiet" type="button" @click=${() => lock()}>Leave</button>` : nothing}
    </header>
    ${inside ? banner() : nothing}
    <main id="main" tabindex="-1" class=${place().view}>${view}</main>
    <div class="toasts" role="status" aria-live="polite">
      ${state.toasts.map((one) => html`<div class="toast ${one.kind}">${one.words}</div>`)}
    </div>
    ${dialog()}`;
}

function ways() {
  const here = place().view;
  const shown = VIEWS.filter(([name]) => name !== 'converter' || state.hello?.converter !== false);
  return html`<nav aria-label="Views">${shown.map(([name, title, path]) => html`
    <a href=${link(name)} aria-current=${here === name ? 'page' : nothing}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path}></path></svg>${title}${badge(name)}
    </a>`)}</nav>`;
}

function badge(name) {
  const waiting = name === 'deliveries' ? state.frame?.pending_deliveries : 0;
  return waiting ? html`<span class="badge" aria-label="${waiting} pending">${count(waiting)}</span>` : nothing;
}

function connection() {
  const { status } = state.connection;
  const words = { live: 'live', connecting: 'connecting', lost: 'lost' }[status];
  return html`<span class="connection ${status}" role="status"><i></i>${words}</span>`;
}

function banner() {
  const { status, retryAt, words } = state.connection;
  if (status === 'lost' || (status === 'connecting' && state.frame)) {
    const left = retryAt - performance.now();
    return html`<div class="banner bad" role="alert">
      <span><b>The connection to the gateway is lost.</b> ${words}
      What you see is as it was${status === 'lost' && left > 0 ? html`; next try in ${seconds(left)}` : '; trying again'}.</span>
      <button type="button" @click=${again}>Try now</button>
    </div>`;
  }
  if (state.frame && !state.frame.store) {
    return html`<div class="banner bad" role="alert"><b>The store cannot write or read now.</b> New requests are refused until it can.</div>`;
  }
  return nothing;
}
