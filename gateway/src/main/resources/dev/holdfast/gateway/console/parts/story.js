/** A request's story as a timeline: a strip to scale, and each event in words. */
import { html, svg, nothing } from '../lit/lit-html.js';
import { post } from '../api.js';
import { duration, isFinal, moment, seconds, tone } from '../format.js';
import { attempt as tryTo, pill } from './pieces.js';

const WAITS = { slot: 'waited for a slot', backoff: 'waited before trying again' };

export function story(request, attempts, deliveries, reload) {
  const accepted = Date.parse(request.created_at);
  const calls = attempts.map((one) => {
    const at = Date.parse(one.started_at);
    return { ...one, at, waitedFrom: Math.max(accepted, at - one.waited_ms), end: one.latency_ms === undefined ? null : at + one.latency_ms };
  });
  const end = request.completed_at ? Date.parse(request.completed_at) : Date.now();
  return html`<section class="story" aria-label="Timeline">
    <h2>What happened</h2>
    ${strip(accepted, end, calls)}
    <ol class="timeline">${told(request, accepted, end, calls, deliveries, reload)}</ol>
  </section>`;
}

function strip(accepted, end, calls) {
  const span = Math.max(1, end - accepted);
  const x = (at) => (Math.max(0, Math.min(1, (at - accepted) / span)) * 1000).toFixed(1);
  const width = (from, to) => Math.max(3, x(to) - x(from));
  return html`<div class="strip">${svg`<svg viewBox="0 0 1000 26" preserveAspectRatio="none" aria-hidden="true">
    <rect class="wait" x="0" y="9" width="1000" height="8"></rect>
    ${calls.map((one) => svg`
      <rect class="waited ${one.waited_for}" x=${x(one.waitedFrom)} y="9" width=${width(one.waitedFrom, one.at)} height="8"></rect>`)}
    ${calls.map((one) => svg`
      <rect class="call ${kind(one)}" x=${x(one.at)} y="3" width=${width(one.at, one.end ?? end)} height="20" rx="2"></rect>`)}
  </svg>`}<span>0 s</span><span>${duration(span)}</span></div>`;
}

function kind(one) {
  return one.outcome === 'running' ? 'running' : tone(one.outcome);
}

function told(request, accepted, end, calls, deliveries, reload) {
  const before = calls.filter((one) => one.at < accepted - 1000);
  const after = calls.filter((one) => one.at >= accepted - 1000);
  return html`
    ${before.length ? item(accepted, before[0].at, 'joined', html`<b>Others asked the same before</b>: ${before.length} earlier ${before.length === 1 ? 'attempt' : 'attempts'} served them`) : nothing}
    ${item(accepted, accepted, 'accepted', html`<b>Accepted</b> and on disk`)}
    ${after.map((one) => html`
      ${one.waited_ms > 50 && WAITS[one.waited_for]
        ? item(accepted, one.waitedFrom, `waited ${one.waited_for}`, html`${WAITS[one.waited_for]} <b>${duration(one.waited_ms)}</b>`) : nothing}
      ${item(accepted, one.at, kind(one), html`<b>${one.retry ? `Retry ${one.retry}, attempt` : 'Attempt'} ${one.number}</b> ${attemptWords(one)}`)}`)}
    ${isFinal(request.status)
      ? item(accepted, end, `end ${request.status}`, html`<b>${ending(request)}</b>`)
      : item(accepted, end, 'open', html`${nowWords(request)}`)}
    ${deliveries.map((one) => delivery(accepted, one, reload))}`;
}

function attemptWords(one) {
  if (one.outcome === 'running') return 'is under way';
  const what = one.status ? html`was answered <span class="code ${kind(one)}">${one.status}</span>` : html`ended: <span class="code ${kind(one)}">${one.outcome}</span>`;
  return html`${what} after ${duration(one.latency_ms)}`;
}

function ending(request) {
  const words = { succeeded: 'Succeeded', failed: 'Failed', expired: 'Expired', cancelled: 'Cancelled' };
  return request.failure ? `${words[request.status]}: ${request.failure.reason}` : words[request.status];
}

function nowWords(request) {
  if (request.status === 'running') return 'A call is under way.';
  const blocked = {
    paused: 'Waits until its upstream, or its partition of it, is resumed.',
    unauthorized: 'Waits for a valid credential: its upstream answers 401 to all, or to its partition.',
    breaker: 'Waits until somebody is at home at its upstream: no call reaches it.',
    closed: 'Waits until its upstream takes calls again, or those of its partition',
  }[request.waiting_for];
  if (request.estimated_seconds === undefined) return blocked ?? 'Waits.';
  const done = `done in about ${duration(request.estimated_seconds * 1000)}.`;
  if (blocked) return `${blocked}, ${done}`;
  if (request.status === 'scheduled') return `Waits for its time, ${done}`;
  if (request.status === 'queued') return `Waits for a slot as number ${request.position}, ${done}`;
  return `Waits for its next attempt, ${done}`;
}

function delivery(accepted, one, reload) {
  const again = () => tryTo('It is delivered again, with the same webhook-id.', () => post(`/v1/deliveries/${one.id}/redeliver`)).then(reload);
  return html`
    ${item(accepted, Date.parse(one.created_at), `webhook ${one.status}`, html`
      <b>Webhook</b> <code>${one.type}</code> to <span class="url">${one.url}</span> ${pill(one.status)}
      <button type="button" class="small" @click=${again}>Redeliver</button>
      ${one.next_at && one.status === 'pending' ? html`<span class="muted">next try ${dueWords(one.next_at)}</span>` : nothing}`)}
    ${one.tries.map((tried) => item(accepted, Date.parse(tried.at), `try ${tried.status >= 200 && tried.status < 300 ? 'ok' : 'again'}`, html`
      Try ${tried.number}: ${tried.status ? html`answered <span class="code ${tried.status < 300 ? 'ok' : 'again'}">${tried.status}</span>` : tried.error} after ${duration(tried.latency_ms)}`))}`;
}

function dueWords(iso) {
  const left = Date.parse(iso) - Date.now();
  return left > 0 ? `in ${seconds(left)}` : 'now';
}

/** With a tenth of a second as long as that tells one event from the next. */
function since(ms) {
  return ms >= 10_000 && ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms);
}

function item(accepted, at, kinds, words) {
  const offset = at - accepted;
  return html`<li class=${kinds}><time title=${new Date(at).toISOString()}>
    <b>${offset < 0 ? '−' : '+'}${since(Math.abs(offset))}</b><span>${moment(at)}</span></time><div class="words">${words}</div></li>`;
}
