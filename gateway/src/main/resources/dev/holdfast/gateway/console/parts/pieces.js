/** Small things that several views show. */
import { html, nothing } from '../lit/lit-html.js';
import { toast } from '../state.js';
import { moment } from '../format.js';

const NUMBERS = new Set(['attempts', 'tries']);

export function pill(status) {
  return html`<span class="pill ${status}">${status}</span>`;
}

export function when(iso) {
  return html`<time datetime=${iso} title=${iso}>${moment(iso)}</time>`;
}

export function figure(name, value, more = nothing, kind = '') {
  return html`<div class="figure ${kind}"><dt>${name}</dt><dd><span>${value}</span>${more}</dd></div>`;
}

export function copy(text, what) {
  return html`<button class="quiet small" type="button" aria-label="Copy ${what}" @click=${async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(`Copied ${what}.`);
    } catch {
      toast(`The browser does not let ${what} be copied.`, 'bad');
    }
  }}>copy</button>`;
}

/** A filter with a few choices. */
export function choice(name, label, value, options, change) {
  return html`<label class="choice"><span class="hidden">${label}</span>
    <select name=${name} .value=${value ?? ''} @change=${(event) => change(event.target.value)}>
      <option value="" ?selected=${!value}>any ${label}</option>
      ${options.map((option) => html`<option value=${option} ?selected=${option === value}>${option}</option>`)}
    </select></label>`;
}

/** A filter by a client: one of a list, or typed where they are too many for one. */
export function byClient(names, value, change) {
  return names.length > 0 ? choice('client', 'client', value, names, change)
    : html`<label class="choice"><span class="hidden">client</span>
      <input type="search" name="client" placeholder="client" autocomplete="off" .value=${value ?? ''}
        @change=${(event) => change(event.target.value.trim())}></label>`;
}

/** A filter by a time of this place, kept as the gateway wants it. */
export function time(name, label, value, change) {
  return html`<label class="choice time"><span>${label}</span>
    <input type="datetime-local" name=${name} .value=${value ? local(value) : ''}
      @change=${(event) => change(event.target.value ? new Date(event.target.value).toISOString() : '')}></label>`;
}

function local(iso) {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Does something that may fail, and says how it went. */
export async function attempt(done, action) {
  try {
    const result = await action();
    toast(done, 'good');
    return result;
  } catch (error) {
    toast(error.message, 'bad');
    return null;
  }
}

/** The names over a list's columns, for the eye; the list itself tells them to who listens. */
export function columns(kind, names) {
  return html`<div class="columns ${kind}" aria-hidden="true">${names.map((name) => html`<span class=${NUMBERS.has(name) ? 'n' : ''}>${name}</span>`)}</div>`;
}
