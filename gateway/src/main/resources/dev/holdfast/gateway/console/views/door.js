/** Asks for the key. */
import { html, nothing } from '../lit/lit-html.js';
import { state } from '../state.js';
import { use } from '../live.js';

export const title = () => 'Key';

export function draw() {
  const { status, words } = state.connection;
  return html`<form class="door" @submit=${submit}>
    <h1>Who looks?</h1>
    <p>The console shows every client's requests, so it wants the key of an admin client.</p>
    <label for="key">Admin key</label>
    <input id="key" name="key" type="password" autocomplete="off" spellcheck="false" required autofocus
      aria-describedby="door-words" aria-invalid=${words ? 'true' : nothing}>
    <p id="door-words" class="words ${words ? 'bad' : ''}" role=${words ? 'alert' : nothing}>
      ${words}
      ${status === 'refused' ? html`Its own requests are at <code>GET /v1/requests</code>.` : nothing}
    </p>
    <button class="primary">Open</button>
    <p class="hint">It stays in this tab and is sent as a header, never in an address.
      <code>holdfast keys create NAME --admin</code> makes one.</p>
  </form>`;
}

function submit(event) {
  event.preventDefault();
  const field = event.target.elements.key;
  const value = field.value.trim();
  field.value = '';
  if (value) use(value);
}
