// The card next to the pad, where the app trains for this computer: the tabs “Train” and “Teach”, and the
// corrections below the answer.

import { answerTo } from "./answer.js";
import { CorrectionsView } from "./corrections.js";
import { byId } from "./dom.js";
import { keepFocus } from "./focus.js";
import { models } from "./models.js";
import { Tabs } from "./tabs.js";
import { TeachView } from "./teach.js";
import { TrainView } from "./train.js";
import { Training } from "./training.js";
import { WritingView } from "./writing.js";

export class Learning {
  /**
   * draw() shows the pad, read() reads its picture again, listAgain() lists the models, useModel(id) chooses
   * one, complain(error) says what went wrong.
   */
  constructor({ pad, draw, read, listAgain, useModel, complain }) {
    Object.assign(this, { draw, readAgain: read, listAgain, complain });
    const use = (id) => useModel(id).catch(complain);
    const training = new Training((event) => this.#changed(event));
    this.training = training;
    this.tabs = new Tabs(byId("parts"), (name) => this.#opened(name));
    this.train = new TrainView({ training, use, complain });
    this.teach = new TeachView({ training, use, write: () => this.#write() });
    this.corrections = new CorrectionsView(byId("correct"), { training, complain });
    const ended = () => this.#written();
    this.writing = new WritingView(byId("writing"), { pad, training, complain, ended });
  }

  /** Opens the tabs where something can be trained. */
  async offer() {
    const { training } = this;
    if (!await training.begin()) return;
    byId("parts").hidden = false;
    byId("network-title").classList.add("visually-hidden");
    byId("tab-teach").hidden = byId("correct").hidden = !training.about.corrections;
    this.train.offer();
    this.render();
    addEventListener("hashchange", () => this.#follow());
    this.#follow();
    if (training.about.running) training.listen();
  }

  /** Whether another tab than the network's is open. */
  get open() {
    return this.tabs.current !== "network";
  }

  close() {
    this.tabs.open("network");
  }

  /** Opens the tab that the address names. */
  #follow() {
    const name = location.hash.slice(1);
    const tab = this.tabs.tabs.find(({ id }) => id === `tab-${name}`);
    if (tab && !tab.hidden) this.tabs.open(name);
  }

  #opened(name) {
    history.replaceState(null, "", this.open ? `#${name}` : location.pathname); // for a reload
    if (!this.open) return;
    this.training.listen();
    this.train.render();
    this.readAgain();
  }

  #changed(event) {
    this.train.show();
    this.teach.show(event);
    keepFocus();
    if (!event && this.training.connected) this.complain(null); // the app is there again
    if (event?.event === "finished") this.listAgain().then(this.readAgain).catch(this.complain);
  }

  /** Another model is in use. */
  setModel(id, classes) {
    this.classes = classes;
    this.corrections.setClasses(classes);
    this.train.setModel(id);
    this.teach.setModel(id, classes);
    keepFocus();
  }

  /** Another picture is on show, or none. */
  show(picture) {
    this.corrections.show(picture);
    this.writing.render();
  }

  /** Has the run on show read pixels, or none: the app while it learns, this page when it has. */
  async read(pixels) {
    if (this.tabs.current !== "train") return;
    const { training, train } = this;
    training.draw(pixels);
    const id = training.run?.ending?.model;
    if (training.busy || !id) return;
    const reader = await models.load(id).catch(() => null); // its file may be gone
    const picture = pixels && { bytes: Uint8Array.from(pixels), normalized: true };
    if (reader && !training.busy) train.read(picture && answerTo(reader, picture).probabilities);
  }

  #write() {
    this.draw();
    this.writing.begin(this.classes);
    byId("correct").hidden = true;
  }

  #written() {
    byId("correct").hidden = false;
    byId("teach").focus();
  }

  render() {
    for (const view of [this.train, this.teach, this.corrections, this.writing]) view.render();
  }
}
