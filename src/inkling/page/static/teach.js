// The tab “Teach”: the reader's own digits, and a copy of the chosen model that learns them.

import { byId, make } from "./dom.js";
import { earlyEnd } from "./ending.js";
import { inDigits, inPercent, say } from "./language.js";
import { models } from "./models.js";

const SHIPPED = "digits"; // the id of the model that comes with Inkling
const LEAST = 10; // pictures: training/fine_tuning.py

export class TeachView {
  #chosen = null; // the id of the model in use
  #classes = [];
  #before = null; // and of the one that was taught
  #asked = false; // whether this page asked for the teaching that goes on

  /** training: see training.js; use(model id) chooses a model; write() asks for digits. */
  constructor({ training, use, write }) {
    Object.assign(this, { training, use });
    byId("write").addEventListener("click", write);
    byId("teach").addEventListener("click", () => this.#teach());
    byId("use-taught").addEventListener("click", () => use(training.run.ending.model));
    byId("untaught").addEventListener("click", () => use(this.#before ?? models.default));
  }

  /** id and classes of the model in use. */
  setModel(id, classes) {
    [this.#chosen, this.#classes] = [id, classes];
    this.render();
  }

  async #teach() {
    [this.#asked, this.#before] = [true, this.#chosen];
    byId("teach-trouble").textContent = "";
    try {
      await this.training.teach(this.#chosen);
    } catch (error) {
      this.#asked = false;
      byId("teach-trouble").textContent = say(error.message);
    }
  }

  /** Something happened: see training.js. */
  show(event) {
    if (event?.event === "look") return this.#renderProgress();
    if (event?.event === "finished" && this.#asked) {
      this.#asked = false;
      this.use(event.model);
    }
    this.render();
  }

  /** Writes everything again, in the page's language. */
  render() {
    const corrections = this.training.about?.corrections;
    if (!corrections) return;
    const { folder, counts } = corrections;
    const count = Object.values(counts).reduce((sum, each) => sum + each, 0);
    const words = "Your digits are kept in the folder {folder} on this computer: {count} so far, {least} are needed.";
    byId("teach-folder").textContent = say(words, { count: inDigits(count), folder, least: LEAST });
    const labels = [...new Set([...this.#classes, ...Object.keys(counts)])];
    byId("teach-counts").replaceChildren(...labels.map((label) => {
      return make("li", {}, make("b", {}, label), make("span", {}, inDigits(counts[label] ?? 0)));
    }));
    this.#renderRun(count);
  }

  #renderRun(count) {
    const { run, busy } = this.training;
    const taught = run?.kind === "teach" ? run : null;
    byId("teach").disabled = busy || count < LEAST;
    byId("teach-waits").hidden = !busy || run.kind === "teach";
    this.#renderProgress();
    const ending = busy ? null : taught?.ending;
    byId("teach-outcome").replaceChildren(...(ending ? outcomeOf(ending) : []));
    const before = this.#before ?? models.default;
    byId("use-taught").hidden = !ending?.model || ending.model === this.#chosen;
    byId("untaught").hidden = this.#chosen === before;
    byId("untaught").textContent = before === SHIPPED ? say("Back to the model that came with Inkling")
      : say("Back to {name}", { name: before });
  }

  #renderProgress() {
    const { run, busy } = this.training;
    byId("teach-progress").hidden = !busy || run.kind !== "teach";
    byId("teach-progress").value = run?.epochs ? (run.looks[run.looks.length - 1]?.at ?? 0) / run.epochs : 0;
  }
}

/** What the teaching changed, in two lines. */
function outcomeOf(ending) {
  if (ending.error) return [earlyEnd(ending)];
  const { before, after, kept_apart: count } = ending;
  const line = (name, words) => {
    if (before[name] == null) return [];
    const [was, is] = [before, after].map((each) => inPercent(each[name]));
    return [make("p", {}, say(words, { count: inDigits(count), was }), " ", make("b", {}, is))];
  };
  return [
    ...line("yours", "Your {count} digits that were kept apart: {was} right before, now"),
    ...line("validation", "Validation images: {was} right before, now"),
  ];
}
