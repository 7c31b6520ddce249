// An aggregator: joins two elements into one.

import { allocate } from "torvyn:streaming/buffer-allocator@0.1.0";

const SIZE = 2;
let gathered = [];

export const lifecycle = {
  // Once, before anything else; config is that of the node in Torvyn.toml.
  init(config) {},
  // Once, after everything else.
  teardown() {},
};

export const aggregator = {
  // Takes an element in; gives one out once there are enough.
  ingest(input) {
    gathered.push(new TextDecoder().decode(input.payload.readAll()));
    return gathered.length === SIZE ? joined() : undefined;
  },
  // After the last element: what is still held.
  flush() {
    return gathered.length > 0 ? [joined()] : [];
  },
};

function joined() {
  const content = new TextEncoder().encode(gathered.join(" + "));
  gathered = [];
  return element(content, "text/plain");
}

function element(content, contentType) {
  const buffer = allocate(BigInt(content.length));
  buffer.append(content);
  return { meta: { sequence: 0n, timestampNs: 0n, contentType }, payload: buffer.freeze() };
}
