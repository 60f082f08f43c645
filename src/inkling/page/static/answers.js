// Where answers come from: the only module that knows there is a server.
//
// A picture is { bytes: Uint8Array, width, height, normalized }: grey values row by row, 0 paper, 255
// ink; normalized says that they are 28 × 28 and as the network sees them. A page without a server puts
// another object of the same functions in the place of `answers`; one without `read` has no photos.

/** What went wrong, in a sentence for the reader. */
export class AnswerError extends Error {}

export const answers = {
  /** → { models: [{ id, name, architecture, test_accuracy, test_interval }], default } */
  models() {
    return fetchAnswer("api/models", {});
  },

  /** → { id, name, architecture, parameters, classes, layers, test_accuracy, settings, history … } */
  model(id) {
    return fetchAnswer("api/model", { model: id });
  },

  /** → { digit, reason, candidates, confidence, probabilities, classes, pixels } */
  predict(picture, id) {
    return postPicture("api/predict", picture, { model: id });
  },

  /** → what predict gives, and { layers, logits, difference, units }; pair: { for, against } or {} */
  inside(picture, pair, id) {
    return postPicture("api/inside", picture, { ...pair, model: id });
  },

  /** photo: a Blob → { width, height, text, digits: [{ digit, reason, confidence, box, pixels }] } */
  read(photo, id) {
    const type = photo.type || "application/octet-stream";
    return fetchAnswer("api/read", { model: id }, { body: photo, headers: { "Content-Type": type } });
  },
};

function postPicture(path, picture, options) {
  const { width, height, normalized } = picture;
  const query = { ...options, width, height, ...(normalized && { normalized: 1 }) };
  const headers = { "Content-Type": "application/octet-stream" };
  return fetchAnswer(path, query, { body: picture.bytes, headers });
}

async function fetchAnswer(path, query, post) {
  let response;
  let answer;
  try {
    response = await fetch(`${path}?${new URLSearchParams(query)}`, post && { method: "POST", ...post });
    answer = await response.json();
  } catch {
    throw new AnswerError("No answer: is “inkling app” still running?");
  }
  if (!response.ok) throw new AnswerError(answer.error ?? response.statusText);
  return answer;
}
