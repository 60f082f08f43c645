// Asks for each digit a few times, one after the other, and keeps every drawing on the pad as one.

import { byId, make } from "./dom.js";
import { say } from "./language.js";
import { strokesPicture } from "./strokes.js";

const TIMES = 3; // each

export class WritingView {
  #labels = null; // what is asked for; null while nothing is
  #files = []; // of what was written
  #busy = false;

  /** ended() is called when all is written, or enough. */
  constructor(place, { pad, training, complain, ended }) {
    Object.assign(this, { place, pad, training, complain, ended, invitation: byId("invitation") });
    this.words = make("p", { role: "status" });
    const button = (kind, act) => {
      const made = make("button", { type: "button", class: kind });
      made.addEventListener("click", act);
      return made;
    };
    this.next = button("main", () => this.#keep());
    this.back = button("", () => this.#goBack());
    this.stop = button("", () => this.#end());
    place.append(this.words, this.next, this.back, this.stop);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.closest("button, a, input, select")) return;
      if (this.active && !this.next.disabled) this.#keep();
    });
  }

  get active() {
    return this.#labels !== null;
  }

  begin(classes) {
    [this.#labels, this.#files] = [Array(TIMES).fill(classes).flat(), []];
    this.pad.clear();
    this.render();
    this.pad.canvas.focus();
    this.pad.canvas.scrollIntoView({ block: "nearest" });
  }

  #keep() {
    if (this.pad.strokes.length === 0) return;
    this.#change(async () => {
      const label = this.#labels[this.#files.length];
      const { file } = await this.training.keep(strokesPicture(this.pad.strokes, this.pad.brush), label);
      this.#files.push(file);
    });
  }

  #goBack() {
    this.#change(async () => {
      await this.training.forget(this.#files[this.#files.length - 1]);
      this.#files.pop();
    });
  }

  /** Does one thing at a time. */
  async #change(act) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await act();
      this.pad.clear();
    } catch (error) {
      this.complain(error);
    }
    this.#busy = false;
    if (this.#files.length === this.#labels.length) this.#end();
    else this.render();
  }

  #end() {
    this.#labels = null;
    this.render();
    this.ended();
  }

  render() {
    const { active } = this;
    this.place.hidden = !active;
    this.invitation.textContent = say("Draw a digit here");
    if (!active) return;
    const label = this.#labels[this.#files.length];
    this.invitation.textContent = label === "8" ? say("Write an 8") : say("Write a {label}", { label });
    this.words.replaceChildren(make("b", {}, this.invitation.textContent),
      ` (${say("{number} of {count}", { number: this.#files.length + 1, count: this.#labels.length })})`);
    [this.next.textContent, this.back.textContent, this.stop.textContent] = [say("Next"), say("Back"), say("Enough")];
    this.next.disabled = this.pad.strokes.length === 0;
    this.back.disabled = this.#files.length === 0;
  }
}
