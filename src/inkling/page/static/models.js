// Where models come from: the page itself, files next to it, or “inkling app”.

import { byId } from "./dom.js";
import { readModel } from "./model_file.js";
import { GONE, ask, post } from "./server.js";

const listing = JSON.parse(byId("models").textContent);
const loaded = new Map(); // address → promise of a model

export const models = {
  /** Whether “inkling app” answers: only it has new models, and reads photos. */
  server: listing.server,
  /** Whether the page is embedded in another one, which has room for pad and network only. */
  embedded: listing.embedded ?? false,
  /** The address of the site with the documentation; empty if there is none. */
  docs: listing.docs,
  /** The id of the model to begin with. */
  default: listing.default,
  /** [{ id, name, architecture, test_accuracy, test_interval, file or text }] */
  entries: listing.models,

  /** Asks the app for its list again. */
  async refresh() {
    if (listing.server) models.entries = (await (await ask("api/models")).json()).models;
  },

  /** → the model: see model_file.js; id: of an entry. */
  async load(id) {
    const entry = models.entries.find((one) => one.id === id);
    if (!entry) throw new Error(GONE);
    const { file, text = file } = entry;
    if (!loaded.has(text)) {
      loaded.set(text, loadNow(file, text).catch((error) => {
        loaded.delete(text);
        throw error;
      }));
    }
    return loaded.get(text);
  },

  /** photo: a Blob → { width, height, text, digits: [{ digit, reason, confidence, box, pixels }] } */
  async readPhoto(photo, id) {
    const address = `api/read?${new URLSearchParams({ model: id })}`;
    return post(address, photo, photo.type || undefined);
  },
};

async function loadNow(file, text) {
  return readModel(file ? await (await ask(file)).arrayBuffer() : bytesOf(byId(text).textContent));
}

function bytesOf(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i); // Uint8Array.from takes a second
  return bytes.buffer;
}
