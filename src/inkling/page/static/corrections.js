// “That was a …” under the answer: a click keeps the drawing as a correction, on the computer of the app.

import { make } from "./dom.js";
import { inDigits, say } from "./language.js";

export class CorrectionsView {
  #picture = null;
  #classes = [];
  #kept = new WeakMap(); // picture → { label, file, folder, counts } of its correction

  constructor(place, { training, complain }) {
    Object.assign(this, { place, training, complain });
    this.question = make("p");
    this.told = make("p", { role: "status" });
    this.choices = make("div", { class: "choices", role: "group" });
    this.undo = make("button", { type: "button", class: "link" });
    this.undo.addEventListener("click", () => this.#change((picture) => this.#takeBack(picture)));
    place.append(this.question, this.told, this.choices, this.undo);
  }

  setClasses(classes) {
    if (classes.join() === this.#classes.join()) return;
    this.#classes = classes;
    this.choices.replaceChildren(...classes.map((name) => {
      const button = make("button", { type: "button" }, name);
      button.addEventListener("click", () => this.#change((picture) => this.#keep(picture, name)));
      return button;
    }));
  }

  /** picture: what is read, or null. */
  show(picture) {
    this.#picture = picture;
    this.render();
  }

  async #change(act) {
    try {
      await act(this.#picture);
    } catch (error) {
      this.complain(error);
    }
    this.render();
    (this.undo.hidden ? this.choices.firstChild : this.undo).focus();
  }

  async #keep(picture, label) {
    this.#kept.set(picture, { label, ...await this.training.keep(picture, label) });
  }

  async #takeBack(picture) {
    await this.training.forget(this.#kept.get(picture).file);
    this.#kept.delete(picture);
  }

  render() {
    const kept = this.#picture && this.#kept.get(this.#picture);
    this.place.classList.toggle("unseen", !this.#picture);
    this.place.setAttribute("aria-label", say("Correct the answer"));
    this.question.textContent = say("That was a");
    this.question.hidden = Boolean(kept);
    const told = kept ? keptWords(kept) : "";
    if (this.told.textContent !== told) this.told.textContent = told; // or it is read out again
    this.undo.textContent = say("Undo");
    this.undo.hidden = !kept;
    this.choices.hidden = Boolean(kept);
    this.choices.setAttribute("aria-label", say("That was a"));
  }
}

function keptWords({ label, folder, counts }) {
  const count = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return say("Kept as {label} in the folder {folder}, {count} so far.", { label, folder, count: inDigits(count) });
}
