/** All requests, newest first, with search and filters. */
import { html, nothing } from '../lit/lit-html.js';
import { state, toast } from '../state.js';
import { get } from '../api.js';
import { count, duration, isFinal, left, moment, params, REASONS, shortId, STATUSES } from '../format.js';
import { go, link, place, refine } from '../router.js';
import { all } from '../parts/bulk.js';
import { byClient, choice, columns, pill, time, when } from '../parts/pieces.js';
import { Rows } from '../parts/list.js';
import { reasons } from '../parts/reasons.js';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const FILTERS = ['status', 'reason', 'route', 'client', 'since', 'until', 'text', 'client_request_id'];
/** What an operation can choose by. */
const CHOSEN = ['status', 'reason', 'route', 'client', 'since', 'until'];
/** Clients whose calls are told; those that used most. */
const MOST_CLIENTS = 5;
const COLUMNS = ['status', 'asked for', 'route', 'client', 'attempts', 'last', 'took', 'accepted'];

let rows = null;
let shownFilters = '';

export const title = () => 'Requests';

export function draw() {
  const { query } = place();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? '']));
  const wanted = JSON.stringify(filters);
  if (!rows || wanted !== shownFilters) {
    shownFilters = wanted;
    rows = new Rows('/v1/requests', 'requests', filters);
  }
  const set = (name, value) => refine('requests', { ...filters, [name]: value });
  return html`<h1 class="hidden">Requests</h1>
    <div class="filters">
      <form class="search" role="search" @submit=${(event) => search(event, set)}>
        <input type="search" name="search" aria-label="An id, or the caller's own client_request_id" enterkeyhint="search"
          placeholder="id or client_request_id" autocomplete="off" spellcheck="false" .value=${filters.client_request_id}
          @search=${(event) => event.target.value === '' && filters.client_request_id && set('client_request_id', '')}>
      </form>
      <label class="search text"><span class="hidden">A text in what was asked for</span>
        <input type="search" name="text" placeholder="text in what was asked" maxlength="256" autocomplete="off" spellcheck="false"
          .value=${filters.text} @change=${(event) => set('text', event.target.value.trim())}></label>
      ${choice('status', 'status', filters.status, STATUSES, (value) => set('status', value))}
      ${choice('reason', 'reason', filters.reason, REASONS, (value) => set('reason', value))}
      ${choice('route', 'route', filters.route, state.hello?.routes ?? [], (value) => set('route', value))}
      ${byClient(state.hello?.clients ?? [], filters.client, (value) => set('client', value))}
      ${time('since', 'accepted since', filters.since, (value) => set('since', value))}
      ${time('until', 'accepted before', filters.until, (value) => set('until', value))}
      ${acts(filters)}
      ${Object.values(filters).some((value) => value)
        ? html`<button class="quiet" type="button" @click=${() => refine('requests', {})}>clear</button>` : nothing}
      <span class="space"></span>
      <span class="muted count">${count(rows.rows.length)}${rows.ended ? '' : ' and more'}${rows.ended || !rows.back ? '' : html`, looked back to ${moment(rows.back)}`}</span>
    </div>
    ${filters.status === 'failed' ? reasons(filters) : nothing}
    ${tally(set)}
    ${columns('requests-grid', COLUMNS)}
    <virtual-list .look=${{
      source: rows,
      label: 'Requests',
      columns: COLUMNS,
      row,
      open: (one) => go('requests', one.id),
      empty: wanted.includes(':"') && Object.values(filters).some((v) => v) ? 'No request matches.' : 'No request yet.',
    }}></virtual-list>`;
}

let tallied = null;

/** How many of those that were fetched stand where, and how many calls were made for whom; counted once for each fetch. */
function counts() {
  if (tallied?.of !== rows.rows) {
    const statuses = new Map();
    const calls = new Map();
    for (const one of rows.rows) {
      statuses.set(one.status, (statuses.get(one.status) ?? 0) + 1);
      calls.set(one.client, (calls.get(one.client) ?? 0) + one.attempts);
    }
    tallied = { of: rows.rows, statuses, calls: [...calls].sort((a, b) => b[1] - a[1]).slice(0, MOST_CLIENTS) };
  }
  return tallied;
}

function tally(set) {
  const { statuses, calls } = counts();
  if (!statuses.size) return nothing;
  return html`<p class="tally"><span class="muted">${rows.ended ? 'All of these:' : 'Of the newest:'}</span>
    ${STATUSES.filter((one) => statuses.has(one)).map((one) => html`
      <button type="button" class="quiet small" @click=${() => set('status', one)}>${count(statuses.get(one))} ${one}</button>`)}
    <span class="muted">Calls:</span>
    ${calls.map(([client, n]) => html`
      <button type="button" class="quiet small" @click=${() => set('client', client)}>${count(n)} for ${client}</button>`)}</p>`;
}

/** What can be done to all that is chosen; a text or a reference chooses for the eye alone. */
function acts(filters) {
  if (filters.text || filters.client_request_id || !CHOSEN.some((name) => filters[name])) return nothing;
  const chosen = Object.fromEntries(CHOSEN.map((name) => [name, filters[name]]));
  const then = () => document.querySelector('virtual-list')?.reload();
  const retries = filters.status === 'failed' || (filters.reason && !filters.status);
  return html`
    ${retries ? html`<button type="button" @click=${() => all('retry', chosen, 'that the filter chooses have failed', then)}>Retry all…</button>` : nothing}
    ${filters.status && isFinal(filters.status) ? nothing
      : html`<button type="button" class="bad" @click=${() => all('cancel', chosen, 'that the filter chooses have no end yet', then)}>Cancel all…</button>`}`;
}

function row(one) {
  return html`<div class="requests-grid">
    <span role="gridcell">${pill(one.status)}</span>
    <span role="gridcell" class="what"><a href=${link('requests', one.id)} tabindex="-1">
      <span class="message">${params(one)}</span><span class="id">${one.client_request_id ?? shortId(one.id)}</span></a></span>
    <span role="gridcell" class="route">${one.route}</span>
    <span role="gridcell" class="client">${one.client}</span>
    <span role="gridcell" class="n attempts">${one.attempts}</span>
    <span role="gridcell" class="last ${one.last_status >= 400 ? 'warn' : ''}">${one.last_status ?? '–'}</span>
    <span role="gridcell" class="took">${took(one)}</span>
    <span role="gridcell" class="at">${when(one.created_at)}</span>
  </div>`;
}

function took(one) {
  if (one.completed_at) return duration(Date.parse(one.completed_at) - Date.parse(one.created_at));
  return isFinal(one.status) ? '–' : html`<span class="muted">${left(one)}</span>`;
}

async function search(event, set) {
  event.preventDefault();
  const text = event.target.elements.search.value.trim();
  if (!ID.test(text)) {
    set('client_request_id', text);
    return;
  }
  try {
    await get(`/v1/requests/${text}`);
    go('requests', text);
  } catch (error) {
    toast(error.status === 404 ? 'There is no request of this id.' : error.message, 'bad');
  }
}
