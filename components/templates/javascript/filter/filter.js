// A filter: lets every second element pass.

export const lifecycle = {
  // Once, before anything else; config is that of the node in Torvyn.toml.
  init(config) {},
  // Once, after everything else.
  teardown() {},
};

export const filter = {
  // Whether the element goes on; its bytes would be element.payload.readAll().
  evaluate(element) {
    return element.meta.sequence % 2n === 0n;
  },
};
