// The drawing and its explanation as one picture.

import { byId, make } from "./dom.js";
import { colors } from "./palette.js";

const [WIDE, HIGH, SPACE] = [1600, 900, 40]; // pixels
const SIDE_PICTURE = 350;
const LARGEST_SCALE = 2;

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
  context.drawImage(why, SPACE, 3.75 * SPACE + SIDE_PICTURE, SIDE_PICTURE, SIDE_PICTURE);
  const left = SIDE_PICTURE + 2.5 * SPACE;
  paintNetwork(context, write, left, 2.25 * SPACE, WIDE - left - SPACE, HIGH - 3.25 * SPACE);
  make("a", { href: canvas.toDataURL("image/png"), download: "inkling.png" }).click();
}

/** Draws the network and its bars as they are on the page, as large as they can be within a box. */
function paintNetwork(context, write, x, y, width, height) {
  const frame = document.querySelector(".live").getBoundingClientRect();
  const scale = Math.min(width / frame.width, height / frame.height, LARGEST_SCALE);
  const at = (element) => {
    const box = element.getBoundingClientRect();
    const place = [x + scale * (box.left - frame.left), y + scale * (box.top - frame.top)];
    return [...place, scale * box.width, scale * box.height];
  };
  context.drawImage(byId("live"), ...at(byId("live")));
  for (const bar of document.querySelectorAll(".bar")) {
    context.fillStyle = getComputedStyle(bar.querySelector(".fill")).backgroundColor;
    context.fillRect(...at(bar.querySelector(".fill")));
    for (const words of bar.querySelectorAll(".digit, .value")) {
      const [left, top, , high] = at(words);
      write(words.textContent, Math.min(0.7 * high, 0.5 * SPACE), left, top + 0.75 * high);
    }
  }
}
