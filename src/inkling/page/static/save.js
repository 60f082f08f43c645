// The drawing and its explanation as one picture.

import { byId, make } from "./dom.js";
import { colors } from "./palette.js";

const [WIDE, HIGH, SPACE] = [1600, 900, 40]; // pixels
const SIDE_PICTURE = 350;

/** Saves what was drawn, why it was read so, and the network at work on it, under the answer in a sentence. */
export function savePicture(sentence) {
  const canvas = make("canvas", { width: WIDE, height: HIGH });
  const context = canvas.getContext("2d");
  const [card, text] = colors("--card", "--text").map((color) => `rgb(${color.join(" ")})`);
  const write = (words, size, x, y) => {
    context.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
    context.fillStyle = text;
    context.fillText(words, x, y);
  };
  context.fillStyle = card;
  context.fillRect(0, 0, WIDE, HIGH);
  write(sentence, SPACE, SPACE, 1.5 * SPACE);
  write(byId("why-title").textContent, 0.5 * SPACE, SPACE, 3.25 * SPACE + SIDE_PICTURE);
  context.drawImage(byId("pad"), SPACE, 2.25 * SPACE, SIDE_PICTURE, SIDE_PICTURE);
  const why = document.querySelector("#why .frame canvas");
  context.imageSmoothingEnabled = false;
  context.drawImage(why, SPACE, 3.75 * SPACE + SIDE_PICTURE, SIDE_PICTURE, SIDE_PICTURE);
  context.imageSmoothingEnabled = true;
  const left = SIDE_PICTURE + 2.5 * SPACE;
  const { width, height } = byId("live");
  const scale = Math.min((WIDE - left - SPACE) / width, (HIGH - 3.25 * SPACE) / height);
  context.drawImage(byId("live"), left, 2.25 * SPACE, scale * width, scale * height);
  make("a", { href: canvas.toDataURL("image/png"), download: "inkling.png" }).click();
}
