// Where answers come from: the model in the page. In the place of the app's module of that name, which
// asks a server; there are no photos here.

import { explain } from "./explain.js";
import { isOnEvenPaper } from "./normalize.js";
import { normalizePicture } from "./normalize.js";
import { passThrough } from "./network.js";
import { storedModel } from "./stored.js";
import { verdictOn } from "./verdict.js";

const stored = storedModel();

export const answers = {
  /** → { models: [{ id, name … }], default } */
  async models() {
    return { models: [stored.about], default: stored.about.id };
  },

  /** → { id, name, architecture, parameters, classes, layers, test_accuracy, settings … } */
  async model() {
    return stored.about;
  },

  /** → { digit, reason, candidates, confidence, probabilities, classes, pixels } */
  async predict(picture) {
    return readPicture(picture).verdict;
  },

  /** → what predict gives, and { layers, logits, difference, units }; pair: { for, against } or {} */
  async inside(picture, pair) {
    const { passage, verdict } = readPicture(picture);
    const { classes, layers } = stored.about;
    return { ...verdict, ...explain(passage, pair, { classes, layers, offset: stored.scaling.offset }) };
  },
};

function readPicture(picture) {
  const pixels = picture.normalized ? picture.bytes : normalizePicture(picture);
  const passage = passThrough(stored.layers, pixels, stored.scaling);
  const evenPaper = picture.normalized || isOnEvenPaper(picture);
  const known = { classes: stored.about.classes, nondigits: stored.nondigits, evenPaper };
  return { passage, verdict: verdictOn(passage, pixels, known) };
}
