// A source: five lines of text, then the stream ends.

import { allocate } from "torvyn:streaming/buffer-allocator@0.1.0";

const COUNT = 5;
let made = 0;

export const lifecycle = {
  // Once, before anything else; config is that of the node in Torvyn.toml.
  init(config) {},
  // Once, after everything else.
  teardown() {},
};

export const source = {
  // The next element; undefined says that there will never be another one.
  pull() {
    if (made === COUNT) return undefined;
    made += 1;
    return element(new TextEncoder().encode(`event ${made}`), "text/plain");
  },
  // The flow has had enough for now ("pause"), or takes more again ("ready").
  notifyBackpressure(signal) {},
};

function element(content, contentType) {
  const buffer = allocate(BigInt(content.length));
  buffer.append(content);
  return { meta: { sequence: 0n, timestampNs: 0n, contentType }, payload: buffer.freeze() };
}
