// Training in “inkling app”: what can be asked of it, and the run that its events tell of.
//
// A run is its first event, "loading" or "started", and what came after: { kind, run, source, data, settings,
// network, classes, epochs, images, state: loading, running, paused, finished or failed, look: the last one,
// looks: [{ at: in epochs, loss, accuracy }], records: one for each epoch, findings, ending: the last event }.

import { ask, post } from "./server.js";

const MOST_LOOKS = 1000; // beyond them, every other one is dropped
const DRAW_EVERY = 150; // ms
const RETRY = 3000; // ms
const STATES = { paused: "paused", resumed: "running", finished: "finished", failed: "failed" };

export class Training {
  about = null; // what can be chosen: GET api/training; null where this page may not train
  run = null; // the run that goes on, or the last one
  connected = true;
  #source = null;
  #drawing = { wanted: null, sent: null, busy: false };

  /** changed(event) is called for every event, with null when the connection was lost or is there again. */
  constructor(changed) {
    this.changed = changed;
  }

  /** Asks what can be trained; → whether this page may train. */
  async begin() {
    const about = await ask("api/training").then((response) => response.json()).catch(() => null);
    this.about = about?.allowed ? about : this.about;
    return this.about !== null;
  }

  get busy() {
    return ["loading", "running", "paused"].includes(this.run?.state);
  }

  /** Listens to the run from now on; the app repeats what was. */
  listen() {
    if (this.#source) return;
    this.#source = new EventSource("api/training/events");
    this.#source.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    this.#source.onopen = () => this.#opened();
    this.#source.onerror = () => this.#lost();
  }

  start(data, settings) {
    return post("api/training", JSON.stringify({ data, settings }), "application/json");
  }

  teach(model) {
    return post("api/teach", JSON.stringify({ model }), "application/json");
  }

  /** name: pause, resume, step or stop. */
  command(name) {
    return post(`api/training/${name}`, "");
  }

  /** Has the network of this moment read a drawing, 28 × 28 bytes, or none; the last one counts. */
  async draw(pixels) {
    const drawing = this.#drawing;
    drawing.wanted = pixels;
    if (drawing.busy || !this.busy) return;
    drawing.busy = true;
    const pause = () => new Promise((next) => { setTimeout(next, DRAW_EVERY); });
    for (await pause(); this.busy && drawing.sent !== drawing.wanted; await pause()) {
      drawing.sent = drawing.wanted;
      await post("api/training/drawing", Uint8Array.from(drawing.sent ?? [])).catch(() => {});
    }
    drawing.busy = false;
  }

  /** Keeps a picture as a correction; → { file, folder, counts }. */
  keep({ bytes, width, height }, label) {
    const about = new URLSearchParams({ label, width, height });
    return this.#corrected(post(`api/corrections?${about}`, bytes));
  }

  /** Takes a correction back. */
  forget(file) {
    const about = new URLSearchParams({ file });
    const headers = { "Content-Type": "application/json" };
    return this.#corrected(ask(`api/corrections?${about}`, { method: "DELETE", headers })
      .then((response) => response.json()));
  }

  async #corrected(answer) {
    const corrections = await answer;
    this.about.corrections = corrections;
    this.changed({ event: "corrections" });
    return corrections;
  }

  #hear(event) {
    if (event.event === "loading") this.#begin({ ...event, source: event.data, state: "loading" });
    if (event.event === "started") this.#begin({ ...event, source: this.run?.source, state: "running" });
    const { run } = this;
    if (!run) return;
    if (event.event === "look") this.#look(event);
    if (event.event === "epoch") run.records.push(event);
    if (event.event === "stopped") run.stopped = true;
    if (event.event === "finding") run.findings.push(event);
    if (event.event in STATES) run.state = STATES[event.event];
    if (!this.busy) run.ending = event;
    this.changed(event);
  }

  /** A run that is told of again, after a lost connection, keeps its looks: the app repeats but the last. */
  #begin(first) {
    const same = this.run?.run === first.run;
    const { looks, look } = same ? this.run : { looks: [], look: null };
    this.run = { ...(same && this.run), ...first, looks, look, records: [], findings: [], ending: null };
    if (!same) this.#drawing.sent = null;
    if (this.#drawing.wanted) this.draw(this.#drawing.wanted);
  }

  #look(look) {
    const { run } = this;
    run.look = look;
    const at = look.epoch - 1 + look.images / run.images;
    if (run.looks.length && run.looks[run.looks.length - 1].at >= at) return;
    run.looks.push({ at, loss: look.loss, accuracy: look.accuracy });
    if (run.looks.length > MOST_LOOKS) run.looks = run.looks.filter((_, i) => i % 2);
  }

  /** After a loss: a run that is gone, because the app was started anew, has failed. */
  async #opened() {
    if (this.connected) return;
    this.connected = true;
    if (await this.begin() && !this.about.running && this.busy) {
      const reason = "The app was started anew, and the run is not in it.";
      this.#hear({ event: "failed", error: reason, reason });
    }
    this.changed(null);
  }

  #lost() {
    this.connected = false;
    this.changed(null);
    if (this.#source.readyState !== EventSource.CLOSED) return; // the browser tries again
    this.#source = null;
    setTimeout(() => this.listen(), RETRY);
  }
}
