/** Small things that several views show. */
import { html, nothing } from '../lit/lit-html.js';
import { toast } from '../state.js';
import { moment } from '../format.js';

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
