// A sink: prints every element. Printing needs the grant stdio:stdout in Torvyn.toml.

export const lifecycle = {
  // Once, before anything else; config is that of the node in Torvyn.toml.
  init(config) {},
  // Once, after everything else.
  teardown() {},
};

export const sink = {
  // Takes an element; "pause" would ask for a short rest.
  push(element) {
    const text = new TextDecoder().decode(element.payload.readAll());
    console.log(`#${element.meta.sequence} ${text}`);
    return "ready";
  },
  // Once, after the last element.
  complete() {
    console.log("complete");
  },
};
