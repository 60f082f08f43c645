// Five runs that tell a story, by their names in training/presets.py: a title, and what to watch for.

import { make } from "./dom.js";
import { say } from "./language.js";

const STORIES = {
  good: ["A good run", "The loss falls fast, and validation stays close to training."],
  learning_rate_too_large: ["Learning rate too large", "Loss and accuracy jump up and down: each step goes too far."],
  dead_relus: ["Dead ReLUs", "Silent units: a unit that is 0 for every image stops learning."],
  sorted_labels: ["Sorted labels", "The confusion matrix: it answers the digit it saw last."],
  sigmoid_squared_error: ["Sigmoid, squared error", "The loss gets stuck: where the sigmoid is flat, little is learned."],
};

export class StoriesView {
  #stories = [];
  #chosen = null;

  /** choose({ id, settings }) is called when one is chosen. */
  constructor(place, choose) {
    Object.assign(this, { place, choose });
  }

  show(stories) {
    this.#stories = stories.filter(({ id }) => id in STORIES);
    this.render();
  }

  /** Marks a story, or none. */
  mark(id) {
    this.#chosen = id;
    [...this.place.children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(this.#stories[i].id === id));
    });
  }

  render() {
    this.place.setAttribute("aria-label", say("Stories"));
    this.place.replaceChildren(...this.#stories.map((story) => {
      const [title, watch] = STORIES[story.id].map((words) => say(words));
      const button = make("button", { type: "button" }, make("b", {}, title), make("span", {}, watch));
      button.addEventListener("click", () => this.choose(story));
      return button;
    }));
    this.mark(this.#chosen);
  }
}
