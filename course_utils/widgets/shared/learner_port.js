// The learner at the end of a worker's wire.

function serve(port) {
  const channel = new MessageChannel(); // sooner than a timer, which waits at least 4 ms
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()();
  const later = (go) => (waiting.push(go), channel.port2.postMessage(null));
  const learner = makeLearner((report) => port.postMessage(report), later, 30);
  port.onmessage = ({ data }) => learner(data);
  port.postMessage({ ready: true });
}
