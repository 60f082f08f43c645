// A photo of digits: dropped, pasted, or chosen, which on a phone may mean taken; a box over each digit that was found.

import { byId, make } from "./dom.js";
import { say } from "./language.js";
import { models } from "./models.js";
import { reduced } from "./reduce.js";
import { sentenceOf } from "./result.js";

const LOCAL = /^(localhost|127\..+|\[::1\])$/; // names of the reader's own computer
const AWAY = "Your drawings stay in this browser; photos are read on the computer that runs Inkling, which keeps none.";
const NO_PHOTOS = "Your drawings stay in this browser. Photos are read by “inkling app” only.";

export class PhotoView {
  #answer = null;
  #reading = false;
  #trouble = ""; // what went wrong with this photo
  #address = null;
  #photo = null;
  #chosen = 0; // the number of the digit that is looked at

  /** read(photo) → promise of an answer; open(digit) shows one; arrive() comes first. */
  constructor({ read, open, arrive }) {
    Object.assign(this, { read, open, arrive });
    this.place = byId("photo");
    this.text = byId("photo-text");
    const privacy = models.server ? AWAY : NO_PHOTOS;
    if (!models.server || !LOCAL.test(location.hostname)) document.querySelector("footer p").textContent = privacy;
    this.#listen();
  }

  #listen() {
    const file = byId("file");
    for (const name of ["choose", "another"]) byId(name).addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files.length) this.show(file.files[0]);
      file.value = ""; // so that the same file can be chosen again
    });
    document.addEventListener("paste", (event) => this.#fromTransfer(event, event.clipboardData));
    document.addEventListener("drop", (event) => this.#fromTransfer(event, event.dataTransfer));
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("dragging");
    });
    for (const end of ["drop", "dragleave"]) {
      document.addEventListener(end, () => document.body.classList.remove("dragging"));
    }
  }

  #fromTransfer(event, transfer) {
    const [photo] = transfer?.files ?? [];
    if (event.type === "drop") event.preventDefault();
    if (photo) this.show(photo);
  }

  /** Shows a photo and reads it. */
  async show(photo) {
    this.arrive();
    if (this.#address) URL.revokeObjectURL(this.#address);
    const address = URL.createObjectURL(photo);
    this.#address = address;
    [this.#photo, this.#answer, this.#trouble, this.#reading] = [null, null, "", true];
    this.open(null);
    this.#layOut(address);
    try {
      const sent = await reduced(photo);
      if (address !== this.#address) return; // another photo came meanwhile
      this.#photo = sent;
      const answer = await this.read(sent);
      if (address !== this.#address) return;
      const digits = answer.digits.filter(({ reason }) => reason !== "empty");
      this.#answer = { ...answer, digits };
    } catch (error) {
      if (address !== this.#address) return;
      this.#trouble = error.message;
      if (!this.#photo) this.#reveal(false);
    }
    this.#reading = false;
    this.render();
    if (this.#answer?.digits.length) this.#choose(0);
  }

  /** Opens the chosen digit again, when the reader comes back to the photo. */
  reopen() {
    this.open(this.#answer?.digits[this.#chosen] ?? null);
  }

  /** Reads the photo again, with another model. */
  readAgain() {
    if (this.#photo) this.show(this.#photo);
  }

  /** Shows the photo, or in its place the invitation to choose one. */
  #reveal(isShown) {
    byId("empty-photo").hidden = isShown;
    byId("photo-tools").hidden = this.place.hidden = !isShown;
  }

  #layOut(address) {
    const image = make("img", { src: address, alt: "" });
    image.addEventListener("load", () => { // photo and frame get the sides of the picture
      const ratio = image.naturalWidth / image.naturalHeight;
      this.place.style.aspectRatio = ratio;
      this.place.classList.toggle("upright", ratio < 1);
      byId("photo-frame").style.aspectRatio = Math.max(ratio, 1);
    });
    this.#reveal(true);
    this.place.replaceChildren(image);
    this.render();
  }

  /** Writes everything again, in the page's language. */
  render() {
    this.text.textContent = this.#words();
    if (!this.#answer) return;
    this.place.querySelector("img").alt = this.#words();
    const boxes = this.#answer.digits.map((digit, i) => this.#boxOf(digit, i));
    this.place.replaceChildren(this.place.querySelector("img"), ...boxes);
  }

  #words() {
    if (this.#trouble) return say(this.#trouble);
    if (this.#reading) return say("Reading …");
    if (!this.#answer) return "";
    const { digits, text } = this.#answer;
    return digits.length ? text.join("\n") : say("No digits found.");
  }

  #boxOf(digit, number) {
    const { width, height } = this.#answer;
    const [left, top, right, bottom] = digit.box;
    const tag = make("span", {}, digit.digit ?? "?");
    const title = `${number + 1}: ${sentenceOf(digit)}`;
    const words = { title, "aria-label": title, "aria-pressed": String(number === this.#chosen) };
    const box = make("button", { type: "button", class: "box", ...words }, tag);
    Object.assign(box.style, {
      left: `${(100 * left) / width}%`,
      top: `${(100 * top) / height}%`,
      width: `${(100 * (right - left)) / width}%`,
      height: `${(100 * (bottom - top)) / height}%`,
    });
    box.classList.toggle("refused", digit.digit === null);
    box.addEventListener("click", () => this.#choose(number));
    return box;
  }

  #choose(number) {
    this.#chosen = number;
    const boxes = this.place.querySelectorAll(".box");
    boxes.forEach((box, i) => box.setAttribute("aria-pressed", String(i === number)));
    this.open(this.#answer.digits[number]);
  }
}
