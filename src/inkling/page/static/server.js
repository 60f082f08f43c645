// Requests to “inkling app”. Only this module asks for anything, and training.js, which listens to a run.

/** What is said of a model that is not in the list any more. */
export const GONE = "This model is gone. Choose another one.";

const SLOW = "It took too long. Try again in a moment.";
const WORDS = {
  404: GONE,
  408: SLOW,
  413: "This picture is too large, or there is too much in it.",
  503: SLOW,
};

/** Asks the app; throws an error in a sentence, with the field of the form that it is about. */
export async function ask(address, request) {
  let response;
  try {
    response = await fetch(address, request);
  } catch {
    throw new Error("No answer: is “inkling app” still running?");
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  const error = new Error(WORDS[response.status] ?? told.error ?? response.statusText);
  throw Object.assign(error, { field: told.field });
}

/** Sends a body; → what the app says to it. */
export async function post(address, body, type = "application/octet-stream") {
  return (await ask(address, { method: "POST", body, headers: { "Content-Type": type } })).json();
}
