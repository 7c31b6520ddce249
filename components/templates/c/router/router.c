/* A router: elements with an even number to the port "even", the others to "odd". */
#define TORVYN_ROUTER
#include "torvyn.h"

/* Once, before anything else; `config` is that of the node in Torvyn.toml. */
torvyn_status init(const char *config) {
  (void)config;
  return TORVYN_OK;
}

/* Once, after everything else. */
void teardown(void) {}

/* The ports that the element goes to; an edge in Torvyn.toml begins at each of them. */
torvyn_status route(torvyn_element *element, torvyn_ports *ports) {
  torvyn_to(ports, element->sequence % 2 == 0 ? "even" : "odd");
  return TORVYN_OK;
}
