// A run, watched: curves, weights, confusion matrix, silent units, findings, and the reader's drawing read by
// the network of this moment.

import { Confusion } from "./confusion.js";
import { paintCurves } from "./curves.js";
import { make } from "./dom.js";
import { earlyWords } from "./ending.js";
import { findingsOf } from "./findings.js";
import { inDigits, inPercent, say } from "./language.js";
import { paintWeights } from "./weights.js";

const SPEAK_EVERY = 5000; // ms
const PAINT_EVERY = 160; // ms; looks come more often, and painting takes time from the training
const THREE = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };

export class RunView {
  #run = null;
  #look = null; // that is painted
  #drawn = []; // what the bars show
  #isDue = false; // whether it will be painted
  #paintedAt = -Infinity;
  #spokenAt = 0;

  constructor(place) {
    this.place = place;
    this.status = make("p", { class: "run-status" });
    this.progress = make("progress", { max: 1, value: 0, "data-say-label": "Progress" });
    this.loss = new Cell("Loss by epoch");
    this.accuracy = new Cell("Accuracy by epoch");
    this.reading = new Cell("Your drawing, read now", make("ul", { class: "shares" }));
    this.weights = new Cell("First-layer weights");
    this.matrix = new Cell("Confusion matrix");
    this.confusion = new Confusion(this.matrix.canvas);
    this.silent = new Cell("Silent units", make("ul", { class: "shares" }));
    this.findings = make("ul", { class: "findings" });
    this.spoken = make("p", { class: "visually-hidden", role: "status" });
    const cells = [this.loss, this.accuracy, this.reading, this.weights, this.matrix, this.silent];
    this.cells = make("div", { class: "cells" }, ...cells.map(({ box }) => box));
    place.append(this.status, this.progress, this.cells, this.findings, this.spoken);
    const resized = new ResizeObserver(() => {
      this.#look = null;
      this.show(this.#run, this.connected);
    });
    for (const part of [place, this.cells]) resized.observe(part); // also when they come on show
  }

  /** Shows a run soon. */
  show(run, connected) {
    if (run?.run !== this.#run?.run) this.#empty();
    this.#run = run;
    this.connected = connected;
    if (this.#isDue) return;
    this.#isDue = true;
    const left = this.#paintedAt + PAINT_EVERY - performance.now();
    setTimeout(() => requestAnimationFrame(() => this.#update()), Math.max(left, 0));
  }

  /** Shows what the network of this run gives each class for the drawing; null for none. */
  read(probabilities) {
    this.#drawn = probabilities ?? [];
    if (this.#run?.classes) this.#renderReading();
  }

  /** Writes and paints everything again. */
  render() {
    this.findings.replaceChildren();
    this.#look = null;
    this.#update();
  }

  /** Removes what was seen of the run before. */
  #empty() {
    this.findings.replaceChildren();
    [this.#look, this.#drawn] = [null, []];
    this.confusion.show([], []);
    this.weights.canvas.width = 0;
    this.silent.list([]);
    for (const cell of [this.weights, this.matrix, this.silent]) cell.say("");
  }

  #update() {
    this.#isDue = false;
    this.#paintedAt = performance.now();
    if (!this.#run || this.place.clientWidth === 0) return; // it is not on show
    this.cells.hidden = !this.#run.classes;
    if (!this.#run.classes) return this.#renderStatus(); // it is loading
    const { look, findings } = this.#run;
    const isNew = look && look !== this.#look;
    this.#look = look;
    const legends = this.#paintCurves();
    if (isNew) this.#paintLook(look);
    for (const legend of legends) legend(); // words come after pictures, which would each wait for their layout
    if (isNew) this.#writeLook(look);
    this.#renderStatus();
    if (this.findings.children.length !== findings.length) this.findings.replaceChildren(...findingsOf(findings));
    this.#renderReading();
    this.#speak();
  }

  #renderStatus() {
    const { look, looks, records, epochs, network, data, state } = this.#run;
    const latest = look ?? records[records.length - 1];
    this.progress.value = epochs ? (looks[looks.length - 1]?.at ?? records.length) / epochs : 0;
    this.progress.hidden = this.status.hidden = state === "finished";
    const words = network ? [`${data}, ${network}`] : [say("loading {data}", { data })];
    if (latest) {
      words.push(say("epoch {epoch} of {epochs}", { epoch: latest.epoch, epochs }),
        say("{number} images/s", { number: inDigits(latest.images_per_second) }),
        say("learning rate {rate}", { rate: inDigits(latest.learning_rate, 0, THREE) }));
    }
    if (state === "paused") words.push(say("paused"));
    if (!this.connected) words.push(say("no connection; this is the last that was seen"));
    this.status.textContent = words.join(" · ");
  }

  /** → functions that write what the curves end with. */
  #paintCurves() {
    const { looks, records, epochs } = this.#run;
    const before = records.filter(({ epoch }) => epoch < (looks[0]?.at ?? Infinity)); // this page was there
    const shown = [...before.map(({ epoch: at, train_loss: loss, train_accuracy: accuracy }) => {
      return { at, loss, accuracy };
    }), ...looks];
    const show = (cell, name, options) => {
      const values = (list, x, y) => list.map((each) => [each[x], each[y]]).filter(([, value]) => value !== null);
      const training = values(shown, "at", name);
      const validation = values(records, "epoch", `validation_${name}`);
      const lines = [
        { color: "--for", points: training },
        { color: "--against", points: validation, dots: true },
      ];
      paintCurves(cell.canvas, { lines, epochs, ...options });
      const last = (points) => points.length ? options.tell(points[points.length - 1][1]) : "–";
      const keys = [["positive", "training", last(training)], ["negative", "validation", last(validation)]];
      return () => cell.legend(keys);
    };
    const plain = (value) => inDigits(value, value < 10 ? 2 : 0);
    const percent = (value) => inPercent(value, 0);
    return [
      show(this.loss, "loss", { low: 0, high: 0.1, write: plain, tell: (value) => inDigits(value, 3) }),
      show(this.accuracy, "accuracy", { low: 0.9, high: 1, write: percent, tell: (value) => inPercent(value) }),
    ];
  }

  #renderReading() {
    const { classes } = this.#run;
    const best = this.#drawn.indexOf(Math.max(...this.#drawn));
    this.reading.list(classes.map((name, i) => [name, this.#drawn[i] ?? null, i === best]));
    this.reading.say(this.#drawn.length ? "" : say("Draw a digit: it is read while the network learns."));
  }

  #paintLook({ weights, confusion }) {
    paintWeights(this.weights.canvas, weights);
    if (confusion) this.confusion.show(confusion, this.#run.classes);
  }

  #writeLook({ weights, confusion, silent, drawing }) {
    this.#drawn = drawing?.probabilities ?? [];
    const units = inDigits(weights.units);
    this.weights.say(say("{units} units: ink on blue raises them, ink on orange lowers them", { units }));
    this.weights.canvas.setAttribute("aria-label", say("The weights of {units} units as pictures", { units }));
    if (confusion) {
      const [right, all] = this.confusion.sums.map((count) => inDigits(count));
      this.matrix.say(say("rows: the digit; columns: how it is read; {right} of {all} right", { right, all }));
    }
    this.silent.list(silent.map((share, i) => [say("Layer {layer}", { layer: i + 1 }), share]));
    this.silent.say(say("share of units with the same output for every image"));
  }

  #speak() {
    const { state, records, findings, ending } = this.#run;
    const last = records[records.length - 1];
    if (performance.now() - this.#spokenAt < SPEAK_EVERY && state === "running") return;
    let words = this.status.textContent;
    if (state === "finished") words = say("Test accuracy {percent}", { percent: inPercent(ending.test_accuracy, 2) });
    else if (state === "failed") words = earlyWords(ending);
    else if (last?.validation_accuracy != null) {
      words = say("epoch {epoch}: {percent} of the validation images right, findings: {count}",
        { epoch: last.epoch, percent: inPercent(last.validation_accuracy), count: findings.length });
    }
    if (this.spoken.textContent === words) return;
    this.spoken.textContent = words;
    this.#spokenAt = performance.now();
  }
}

/** A part of the view: a title, a picture or list, and a line of words. */
class Cell {
  constructor(title, content = null) {
    this.canvas = content ? null : make("canvas", { role: "img", "data-say-label": title });
    this.content = content ?? this.canvas;
    this.words = make("p", { class: "hint" });
    this.box = make("figure", { class: "cell" }, make("figcaption", { "data-say": true }, title),
      make("div", { class: content ? "" : "picture" }, this.content), this.words);
  }

  say(words) {
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  /** keys: [[kind, words, value]] */
  legend(keys) {
    if (!this.words.firstChild) this.words.append(...keys.map(([kind]) => make("span", { class: `key ${kind}` })));
    keys.forEach(([, words, value], i) => { this.words.children[i].textContent = `${say(words)} ${value}`; });
  }

  /** Shows shares as bars: [[name, share, whether it is the best]]. */
  list(rows) {
    if (this.content.children.length !== rows.length) {
      this.content.replaceChildren(...rows.map(() => make("li", {}, make("span"),
        make("span", { class: "track" }, make("span", { class: "fill" })), make("span", { class: "number" }))));
    }
    rows.forEach(([name, share, isBest], i) => {
      const [label, track, number] = this.content.children[i].children;
      this.content.children[i].classList.toggle("best", Boolean(isBest));
      [label.textContent, number.textContent] = [name, share === null ? "" : inPercent(share, 0)];
      track.firstChild.style.setProperty("--share", share ?? 0);
    });
  }
}
