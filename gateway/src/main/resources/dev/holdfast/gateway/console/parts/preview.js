/**
 * What a result is that was kept as it came: pictures and JSON are shown, all else can be fetched.
 * Nothing of it ever runs: a picture is an <img> of bytes that were fetched with the viewer's key,
 * JSON is text.
 */
import { html, nothing } from '../lit/lit-html.js';
import { changed, toast } from '../state.js';
import { bytes } from '../api.js';

/** Larger ones are not shown, in bytes. */
const MAX_PICTURE = 4 << 20;
const MAX_JSON = 256 << 10;
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'];

let shown = null;

export function preview(request) {
  const path = request.links?.result && `/v1/requests/${request.id}/result`;
  if (!path || request.status !== 'succeeded') return nothing;
  if (shown?.id !== request.id) {
    shown = { id: request.id };
    look(shown, path, request.result ?? {});
  }
  return html`<section class="values preview"><h2>Result as it came</h2>
    ${shown.picture ? html`<img src=${shown.picture} alt="The result, a picture">` : nothing}
    ${shown.text ? html`<div class="value"><pre>${shown.text}</pre></div>` : nothing}
    ${shown.error ? html`<p class="bad">${shown.error}</p>` : nothing}
    <button type="button" class="quiet" @click=${() => save(path, request.id)}>Save ${size(request.result?.bytes)}</button>
  </section>`;
}

const media = (type) => (type ?? '').split(';')[0].trim().toLowerCase();

const size = (count) => (count === undefined ? 'it' : `${count.toLocaleString('en')} bytes`);

async function look(mine, path, result) {
  const type = media(result.content_type);
  const json = type === 'application/json' || type.endsWith('+json');
  const picture = PICTURES.includes(type);
  if (!(json && result.bytes <= MAX_JSON) && !(picture && result.bytes <= MAX_PICTURE)) return;
  try {
    const blob = await bytes(path);
    if (picture) {
      mine.picture = await dataUrl(new Blob([blob], { type }));
    } else {
      mine.text = pretty(await blob.text());
    }
  } catch (error) {
    mine.error = error.message;
  }
  if (mine === shown) changed();
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function dataUrl(blob) {
  return new Promise((then, failed) => {
    const reader = new FileReader();
    reader.onload = () => then(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** The key travels in a header, so a plain link would not do. */
async function save(path, name) {
  try {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await bytes(path));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  } catch (error) {
    toast(error.message, 'bad');
  }
}
