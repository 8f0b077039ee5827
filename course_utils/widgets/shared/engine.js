// Where the network of a page learns: in a worker, so that the page never waits for it, or,
// where workers are forbidden, in slices on the page itself, with the same results.
// `networkEngine` is the engine's files as one function (see explorer.py): as text it is
// the whole program of a worker, which a page that came as a file cannot fetch from anywhere.

/** In slices: other work has its turn after each. */
function learnerOnPage(hear) {
  let stopped = false;
  const later = (go) => setTimeout(() => stopped || go());
  const learner = networkEngine().makeLearner((report) => stopped || hear(report), later, 8);
  return { send: (message) => later(() => learner(message)), stop: () => (stopped = true) };
}

/** hear(report) for each report; send(message) to the learner; where() it is: "worker" or "page". */
function startLearner(hear) {
  const sent = []; // until the worker has shown that it hears
  let learner = null, stopped = false, heard = false;
  const moveToPage = () => {
    if (stopped || learner?.where === "page") return;
    learner?.stop();
    learner = { ...learnerOnPage(hear), where: "page" };
    sent.forEach((message) => learner.send(message)); // the worker heard none of them
  };
  try {
    const program = `"use strict"; (${networkEngine})().serve(self);`;
    const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.onmessage = ({ data }) => {
      if (!heard) URL.revokeObjectURL(address);
      heard = true;
      sent.length = 0;
      if (!data.ready) hear(data);
    };
    // A page's rules (its Content Security Policy) may refuse a worker after it was made.
    worker.onerror = (event) => !heard && (event.preventDefault(), moveToPage());
    learner = { send: (message) => worker.postMessage(message), stop: () => worker.terminate(), where: "worker" };
  } catch {
    moveToPage();
  }
  return {
    send(message) {
      if (!heard) sent.push(message);
      learner.send(message);
    },
    where: () => learner.where,
    stop() {
      stopped = true;
      learner.stop();
    },
  };
}
