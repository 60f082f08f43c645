// The tab “Train”: five stories and a form, and the run in their place.

import { byId } from "./dom.js";
import { endingOf } from "./ending.js";
import { say } from "./language.js";
import { RunView } from "./run.js";
import { SettingsForm } from "./settings_form.js";
import { StoriesView } from "./stories.js";

export class TrainView {
  #asks = false; // for another run, while the last one is there

  /** training: see training.js; use(model id) chooses a model; complain(error) says what went wrong. */
  constructor({ training, use, complain }) {
    Object.assign(this, { training, use, complain });
    this.stories = new StoriesView(byId("stories"), (story) => this.#tell(story));
    this.form = new SettingsForm(byId("settings"));
    this.run = new RunView(byId("run"));
    byId("settings").addEventListener("input", () => this.stories.mark(null));
    byId("new-run").addEventListener("focusin", () => { this.#asks = true; }); // and a run that ended waits
    byId("new-run").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
    byId("see-run").addEventListener("click", () => this.#ask(false));
    byId("another-run").addEventListener("click", () => this.#ask(true));
    byId("use-run").addEventListener("click", () => this.use(this.training.run.ending.model));
    byId("run-pause").addEventListener("click", () => {
      this.#command(this.training.run.state === "paused" ? "resume" : "pause");
    });
    for (const name of ["step", "stop"]) byId(`run-${name}`).addEventListener("click", () => this.#command(name));
  }

  /** id: of the model in use. */
  setModel(id) {
    this.chosen = id;
    this.render();
  }

  /** Offers what can be chosen. */
  offer() {
    const { stories } = this.training.about;
    this.form.offer(this.training.about);
    this.stories.show(stories);
    this.#tell(stories[0]);
  }

  #tell({ id, settings }) {
    this.form.fill(settings, this.training.about.defaults);
    this.stories.mark(id);
  }

  async #start() {
    byId("run-trouble").textContent = "";
    const { data, settings } = this.form.read();
    byId("start").disabled = true; // until the run is here
    try {
      await this.training.start(data, settings);
    } catch (error) {
      byId("start").disabled = this.training.busy;
      if (!this.form.explain(error)) byId("run-trouble").textContent = say(error.message);
    }
  }

  #command(name) {
    this.training.command(name).catch(this.complain);
  }

  #ask(asks) {
    this.#asks = asks;
    this.render();
    (this.#shown ? byId("another-run") : byId("stories").firstChild)?.focus();
  }

  /** The run to show, or null. */
  get #shown() {
    const { run, busy } = this.training;
    const isHere = run?.kind === "train" || (run && !run.source); // without a source, the command line's
    return isHere && (busy || !this.#asks) ? run : null;
  }

  /** Shows what the network of this moment, or of the finished run, gives each class; null for none. */
  read(probabilities) {
    this.run.read(probabilities);
  }

  /** Something happened to the run. */
  show() {
    if (this.training.busy && this.training.run.kind === "train") this.#asks = false;
    const run = this.#shown;
    if (run?.state !== this.state || byId("run").hidden === Boolean(run)) this.render();
    else if (run) this.run.show(run, this.training.connected);
    else this.#renderForm();
  }

  #renderForm() {
    const { busy, run } = this.training;
    byId("start").disabled = busy;
    byId("train-waits").hidden = !busy;
    byId("see-run").hidden = run?.kind !== "train";
  }

  /** Writes everything again, in the page's language. */
  render() {
    if (!this.training.about) return;
    const run = this.#shown;
    this.state = run?.state;
    byId("new-run").hidden = Boolean(run);
    this.#renderForm();
    byId("run").hidden = !run;
    this.stories.render();
    this.form.offer(this.training.about);
    this.form.render();
    if (!run) return;
    const { busy } = this.training;
    byId("run-step").title = say("Go on for some steps, then pause");
    byId("run-pause").textContent = run.state === "paused" ? say("Continue") : say("Pause");
    for (const name of ["pause", "step", "stop"]) byId(`run-${name}`).hidden = !busy;
    byId("use-run").hidden = !run.ending?.model || run.ending.model === this.chosen;
    byId("another-run").hidden = busy || !run.source;
    byId("run-ending").replaceChildren(...(busy ? [] : endingOf(run, this.training.about.defaults)));
    this.run.show(run, this.training.connected);
    this.run.render();
  }
}
