// How a run ended, in the reader's language.

import { commandOf } from "./command.js";
import { make } from "./dom.js";
import { inPercent, say } from "./language.js";

/** What the app says first, and in the words of the page; the rest, such as arguments of Python, is left out. */
const REASONS = {
  "training diverged": "The loss grew beyond all numbers. Try a tenth of the learning rate.",
  "The training was interrupted": "The training was interrupted.",
  "The training process was killed": "The training process was killed.",
  "There is not enough memory": "There is not enough memory. Try a smaller network or batch.",
  "Internal error": "Internal error. The terminal of the app shows the details.",
};

/** Says why a run ended early; its last event: training/watch.py. */
export function earlyWords({ reason }) {
  const known = Object.keys(REASONS).find((start) => reason.startsWith(start));
  return say("It ended early: {reason}", { reason: say(REASONS[known] ?? reason) });
}

/** → a paragraph for a training or teaching that ended early. */
export function earlyEnd(ending) {
  const more = ending.resume ? [" ", say("This command resumes it:"), " ", make("code", {}, ending.resume)] : [];
  return make("p", { class: "fault kept" }, earlyWords(ending), ...more);
}

/** → paragraphs: the test, where the run is kept, and the command that does the same. */
export function endingOf(run, defaults) {
  const { ending } = run;
  if (ending.error) return [earlyEnd(ending)];
  const [low, high] = (ending.test_interval ?? []).map((end) => inPercent(end, 2));
  const accuracy = say("Test accuracy {percent}", { percent: inPercent(ending.test_accuracy, 2) });
  const interval = low && ` (${say("95% interval: {low} to {high}", { low, high })})`;
  const command = commandOf(run, defaults);
  const kept = command ? [say("Kept in {run}; this command does the same:", run), " ", make("code", {}, command)]
    : [say("Kept in {run}", run)];
  return [make("p", {}, make("b", {}, accuracy), interval ?? ""), make("p", { class: "kept" }, ...kept)];
}
