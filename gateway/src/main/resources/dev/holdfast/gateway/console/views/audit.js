/** What operators did: who paused, resumed, retried, cancelled, redelivered, one or all that a filter chose, made and ended keys. */
import { html } from '../lit/lit-html.js';
import { count } from '../format.js';
import { go, link } from '../router.js';
import { when } from '../parts/pieces.js';
import { Rows } from '../parts/list.js';

const REQUEST = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OF_REQUESTS = new Set(['retry', 'cancel']);

let rows = null;

export const title = () => 'Audit';

export function draw() {
  rows ??= new Rows('/v1/audit', 'acts', {});
  return html`<h1 class="hidden">Audit</h1>
    <div class="filters"><span class="muted">What was done with admin keys and by holdfast keys.</span>
      <span class="space"></span>
      <span class="muted count">${count(rows.rows.length)}${rows.ended ? '' : ' and more'}</span></div>
    <div class="columns audit-grid" aria-hidden="true"><span>when</span><span>who</span><span>did</span><span>to</span></div>
    <virtual-list .look=${{ source: rows, label: 'Audit', row, open, empty: 'Nobody did anything yet.' }}></virtual-list>`;
}

export function leave() {
  rows = null;
}

function ofRequest(one) {
  return OF_REQUESTS.has(one.what) && REQUEST.test(one.target);
}

function open(one) {
  if (ofRequest(one)) go('requests', one.target);
}

function row(one) {
  return html`<div class="audit-grid">
    <span class="at">${when(one.at)}</span><span class="who">${one.who}</span><b class="what">${one.what}</b>
    ${ofRequest(one)
      ? html`<a class="target id" href=${link('requests', one.target)} tabindex="-1">${one.target}</a>`
      : html`<span class="target">${one.target}</span>`}
  </div>`;
}
