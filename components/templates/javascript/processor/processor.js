// A processor: the same text in capitals.

import { allocate } from "torvyn:streaming/buffer-allocator@0.1.0";

export const lifecycle = {
  // Once, before anything else; config is that of the node in Torvyn.toml.
  init(config) {},
  // Once, after everything else.
  teardown() {},
};

export const processor = {
  // One element in; one out (tag "emit") or none (tag "drop").
  process(input) {
    const text = new TextDecoder().decode(input.payload.readAll());
    // An error that the flow shows: throw { tag: "invalid-input", val: "why" }.
    const content = new TextEncoder().encode(text.toUpperCase());
    return { tag: "emit", val: element(content, input.meta.contentType) };
  },
};

function element(content, contentType) {
  const buffer = allocate(BigInt(content.length));
  buffer.append(content);
  return { meta: { sequence: 0n, timestampNs: 0n, contentType }, payload: buffer.freeze() };
}
