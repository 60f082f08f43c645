// The form for the settings of a run. What is wrong with one is said next to it.

import { changesIn, optionsOf } from "./command.js";
import { make } from "./dom.js";
import { say } from "./language.js";

const FIELDS = {
  data: "Data",
  hidden: "Hidden layers",
  activation: "Activation",
  optimizer: "Optimizer",
  learning_rate: "Learning rate",
  batch_size: "Batch size",
  augment: "Augmentation",
  epochs: "Epochs",
};
const SOURCES = { mnist: "MNIST", pen: "drawn digits" };
const NUMBERS = ["learning_rate", "batch_size", "epochs"];
/** What to write, under a field with a bad setting. */
const HINTS = {
  hidden: "Write at most {layers} layers of 1 to {units} units, such as 256,128; nothing for none.",
  learning_rate: "Write a number above 0, such as 0.005; nothing for the optimizer's own.",
  batch_size: "Write a whole number from 1 to {batch_size}, such as 128.",
  epochs: "Write a whole number from 1 to {epochs}, such as 10.",
};

export class SettingsForm {
  #extra = {}; // settings of a story without a field
  #limits = {};

  constructor(place) {
    this.fields = {};
    this.extra = make("p", { class: "hint" });
    for (const [name, words] of Object.entries(FIELDS)) place.append(this.#make(name, words));
    place.append(this.extra);
    const { optimizer, learning_rate: rate } = this.fields;
    optimizer.input.addEventListener("input", () => { rate.input.value = ""; }); // each has its own
  }

  #make(name, words) {
    const id = `set-${name}`;
    const isList = !(name in HINTS);
    const about = { id, "aria-describedby": `${id}-fault`, autocomplete: "off", spellcheck: "false" };
    const input = make(isList ? "select" : "input", isList ? { id, "aria-describedby": `${id}-fault` } : about);
    if (NUMBERS.includes(name)) input.inputMode = "decimal";
    const fault = make("p", { class: "fault", id: `${id}-fault` });
    input.addEventListener("input", () => this.#accuse(name, ""));
    this.fields[name] = { input, fault };
    return make("div", { class: "field" }, make("label", { for: id, "data-say": true }, words), input, fault);
  }

  /** Fills the lists: the answer to GET api/training. */
  offer({ options, sources, limits }) {
    this.#limits = limits;
    for (const [name, values] of Object.entries({ ...options, data: sources })) {
      const { input } = this.fields[name];
      const before = input.value;
      input.replaceChildren(...values.map((value) => {
        return make("option", { value }, say(SOURCES[value] ?? value.replaceAll("_", " ")));
      }));
      if (values.includes(before)) input.value = before;
    }
  }

  /** Fills in the settings of a story; what it does not say has its default. */
  fill(settings, defaults) {
    for (const [name, { input }] of Object.entries(this.fields)) {
      input.value = settings[name] ?? defaults[name] ?? input.value;
      this.#accuse(name, "");
    }
    const changes = Object.entries(changesIn(settings, defaults));
    this.#extra = Object.fromEntries(changes.filter(([name]) => !(name in this.fields)));
    this.render();
  }

  /** → { data, settings } */
  read() {
    const settings = { ...this.#extra };
    for (const [name, { input }] of Object.entries(this.fields)) {
      const isWritten = name in HINTS;
      const text = isWritten ? input.value.normalize("NFKC").trim() : input.value; // of full width too
      if (name === "hidden") settings.hidden = layersOf(text);
      else if (NUMBERS.includes(name)) settings[name] = text && numberOf(text);
      else settings[name] = text;
      if (settings[name] === "") delete settings[name]; // the default
    }
    const { data, ...rest } = settings;
    return { data, settings: rest };
  }

  /** Says what is wrong, next to its field; → whether there is such a field. */
  explain({ field, message }) {
    if (!(field in this.fields)) return false;
    this.#accuse(field, field in HINTS ? say(HINTS[field], this.#limits) : say(message));
    this.fields[field].input.focus();
    return true;
  }

  #accuse(name, words) {
    this.fields[name].fault.textContent = words;
    this.fields[name].input.setAttribute("aria-invalid", String(words !== ""));
  }

  render() {
    const options = optionsOf(this.#extra);
    this.fields.learning_rate.input.placeholder = say("the optimizer's own");
    this.extra.textContent = options.length ? say("Also: {options}", { options: options.join(" ") }) : "";
  }
}

/** "256, 128" → [256, 128]; "none", as the command line writes it, → [] */
function layersOf(text) {
  return text === "none" || text === say("none") ? [] : text.split(/[\s,;、]+/).filter(Boolean).map(numberOf);
}

/** A number, or the text as it is, which the app then rejects. */
function numberOf(text) {
  return text !== "" && isFinite(text) ? Number(text) : text;
}
