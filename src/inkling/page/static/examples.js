// The drawn digits that excite a unit most: examples.png has a picture of every way to write a digit that
// the training knows (scripts/draw_examples.py). All go through the network while nothing else happens.

import { byId, make } from "./dom.js";
import { densePlaces, passThrough } from "./network.js";
import { SIDE } from "./strokes.js";

export class Examples {
  #pictures = null;
  #member = null;
  #values = []; // of each picture: the activations of each hidden layer

  /** Sends the pictures through a network; done() is called at the end. */
  async show(member, done) {
    if (member === this.#member) return;
    [this.#member, this.#values] = [member, []];
    this.#pictures ??= readPictures(byId("examples"));
    for (const pixels of await this.#pictures) {
      await new Promise((next) => { setTimeout(next); });
      if (member !== this.#member) return;
      const passage = passThrough(member, pixels);
      const hidden = densePlaces(passage).slice(1).map((place) => Float32Array.from(passage[place].inputs));
      this.#values.push({ pixels, hidden });
    }
    done();
  }

  /** Returns the pictures that excite a unit most, [{ pixels, value }]; fewer where it stays silent. */
  strongest({ layer, unit }, count) {
    const all = this.#values.map(({ pixels, hidden }) => ({ pixels, value: hidden[layer][unit] }));
    return all.filter(({ value }) => value > 0).sort((one, other) => other.value - one.value).slice(0, count);
  }
}

/** The pictures in an image of squares, SIDE × SIDE each. */
async function readPictures(image) {
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const across = width / SIDE;
  return Array.from({ length: (across * height) / SIDE }, (_, i) => {
    const [x, y] = [(i % across) * SIDE, Math.floor(i / across) * SIDE];
    return context.getImageData(x, y, SIDE, SIDE).data.filter((_, k) => k % 4 === 0);
  });
}
