/** All requests, newest first, with search and filters. */
import { html, nothing } from '../lit/lit-html.js';
import { state, toast } from '../state.js';
import { get } from '../api.js';
import { count, duration, isFinal, left, params, shortId, STATUSES } from '../format.js';
import { go, link, place, refine } from '../router.js';
import { choice, pill, when } from '../parts/pieces.js';
import { Rows } from '../parts/list.js';
import { reasons } from '../parts/reasons.js';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const FILTERS = ['status', 'route', 'client', 'client_request_id'];

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
      ${choice('status', 'status', filters.status, STATUSES, (value) => set('status', value))}
      ${choice('route', 'route', filters.route, state.hello?.routes ?? [], (value) => set('route', value))}
      ${choice('client', 'client', filters.client, state.hello?.clients ?? [], (value) => set('client', value))}
      ${Object.values(filters).some((value) => value)
        ? html`<button class="quiet" type="button" @click=${() => refine('requests', {})}>clear</button>` : nothing}
      <span class="space"></span>
      <span class="muted count">${count(rows.rows.length)}${rows.ended ? '' : ' and more'}</span>
    </div>
    ${filters.status === 'failed' ? reasons(filters) : nothing}
    <div class="columns requests-grid" aria-hidden="true">
      <span>status</span><span>asked for</span><span>route</span><span>client</span><span class="n">attempts</span><span>last</span><span>took</span><span>accepted</span>
    </div>
    <virtual-list .look=${{
      source: rows,
      label: 'Requests',
      row,
      open: (one) => go('requests', one.id),
      empty: wanted.includes(':"') && Object.values(filters).some((v) => v) ? 'No request matches.' : 'No request yet.',
    }}></virtual-list>`;
}

function row(one) {
  return html`<div class="requests-grid">
    <span>${pill(one.status)}</span>
    <a class="what" href=${link('requests', one.id)} tabindex="-1">
      <span class="message">${params(one)}</span><span class="id">${one.client_request_id ?? shortId(one.id)}</span></a>
    <span class="route">${one.route}</span>
    <span class="client">${one.client}</span>
    <span class="n attempts">${one.attempts}</span>
    <span class="last ${one.last_status >= 400 ? 'warn' : ''}">${one.last_status ?? '–'}</span>
    <span class="took">${took(one)}</span>
    <span class="at">${when(one.created_at)}</span>
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
