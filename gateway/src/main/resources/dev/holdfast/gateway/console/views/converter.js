/** The converter: its heartbeat, its messages, its rates. */
import { html, nothing } from '../lit/lit-html.js';
import { repeat } from '../lit/directives/repeat.js';
import { state, changed } from '../state.js';
import { clock, count, duration, seconds } from '../format.js';
import { figure } from '../parts/pieces.js';

const HEARTBEAT_LIMIT_MS = 2000;
const SHOWN = 60;

let wanted = '';

export const title = () => 'Converter';

export function draw() {
  const one = state.frame.converter;
  if (!one) {
    return html`<h1 class="hidden">Converter</h1><div class="empty">No converter runs here. <code>rates.feed</code> in the configuration starts one.</div>`;
  }
  return html`<h1 class="hidden">Converter</h1>
    <section class="pulse ${one.connected ? '' : 'bad'}">
      ${heart(one)}
      <dl class="figures">
        ${figure('messages', count(one.counts.messages))}
        ${figure('converted', count(one.counts.converted))}
        ${figure('answered with an error', count(errors(one)), nothing, errors(one) ? 'warn' : '')}
        ${figure('in hand', count(one.in_hand))}
        ${figure('today’s rates', one.rate_age_ms === undefined ? '–' : `${duration(one.rate_age_ms)} old`)}
        ${figure('calls to the source', count(one.counts.source_calls), one.counts.source_failures ? html` <small>${count(one.counts.source_failures)} failed</small>` : nothing)}
        ${figure('connections lost', count(one.counts.connections_lost), nothing, one.counts.connections_lost ? 'warn' : '')}
        ${figure('frames without an answer', count(one.counts.garbage_frames), nothing, one.counts.garbage_frames ? 'warn' : '')}
      </dl>
    </section>
    <div class="two">
      <section class="messages" aria-label="Live messages"><h2>Messages <small>the newest, as they are answered</small></h2>${messages(one)}</section>
      <section class="rates" aria-label="Rates">${rates(one)}</section>
    </div>`;
}

function errors(one) {
  return Object.values(one.errors).reduce((sum, n) => sum + n, 0);
}

function heart(one) {
  const age = one.heartbeat_ms;
  const words = !one.connected
    ? 'no connection to the feed'
    : age === undefined ? 'connected, no heartbeat yet' : 'connected to the feed';
  const beat = one.counts.heartbeats_received % 2 ? 'odd' : 'even';
  return html`<div class="heart ${one.connected ? beat : 'still'}">
    <svg viewBox="0 0 100 30" aria-hidden="true"><polyline points="0,16 30,16 37,16 42,5 49,26 55,12 60,16 100,16"></polyline></svg>
    <div><b>${words}</b>
      <p>${age === undefined ? '' : html`last heartbeat ${seconds(age)} ago; over ${seconds(HEARTBEAT_LIMIT_MS)} ends the connection`}</p>
      <p class="muted">${count(one.counts.heartbeats_received)} heard, ${count(one.counts.heartbeats_sent)} sent</p>
    </div>
    <meter aria-label="Time since the last heartbeat" min="0" max=${HEARTBEAT_LIMIT_MS} low="1300" high="1700" optimum="0" value=${Math.min(HEARTBEAT_LIMIT_MS, age ?? HEARTBEAT_LIMIT_MS)}></meter>
  </div>`;
}

function messages(one) {
  if (!state.messages.length) return html`<div class="empty">No message yet.</div>`;
  return html`<ol class="tape" tabindex="0">${repeat(state.messages.slice(0, SHOWN), (message) => message.number, (message) => html`
    <li class=${message.error ? 'bad' : ''}>
      <time>${clock(message.at)}</time>
      <span class="id">${message.id}</span>
      <span class="amount">${message.amount ?? '?'} ${message.currency ?? ''}</span>
      <span class="day">${message.day ?? ''}</span>
      ${message.error
        ? html`<span class="error">${message.error}</span>`
        : html`<span class="result">${message.result} ${one.target}</span>`}
    </li>`)}</ol>`;
}

function rates(one) {
  if (!state.rates) return html`<h2>Rates</h2><div class="empty">None fetched yet.</div>`;
  const { day, valid_on: validOn, per_unit: perUnit } = state.rates;
  const shown = Object.entries(perUnit).filter(([name]) => name.includes(wanted.toUpperCase()));
  return html`<h2>Rates <small>of ${day}${validOn === day ? '' : `, valid since ${validOn}`}: one unit in ${one.target}</small></h2>
    <label class="search"><span class="hidden">Currency</span><input type="search" placeholder="currency" .value=${wanted} @input=${(event) => {
      wanted = event.target.value.trim();
      changed();
    }}></label>
    <ul class="table" tabindex="0">${shown.map(([name, rate]) => html`<li><b>${name}</b><span>${rate}</span></li>`)}</ul>`;
}
