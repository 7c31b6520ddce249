// A router: elements with an even number to the port "even", the others to "odd".

export const lifecycle = {
  // Once, before anything else; config is that of the node in Torvyn.toml.
  init(config) {},
  // Once, after everything else.
  teardown() {},
};

export const router = {
  // The ports that the element goes to; an edge in Torvyn.toml begins at each of them.
  route(element) {
    return [element.meta.sequence % 2n === 0n ? "even" : "odd"];
  },
};
