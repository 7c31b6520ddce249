/* A filter: lets every second element pass. */
#define TORVYN_FILTER
#include "torvyn.h"

/* Once, before anything else; `config` is that of the node in Torvyn.toml. */
torvyn_status init(const char *config) {
  (void)config;
  return TORVYN_OK;
}

/* Once, after everything else. */
void teardown(void) {}

/* Whether the element goes on; its bytes would be torvyn_read(element). */
torvyn_status evaluate(torvyn_element *element, bool *passes) {
  *passes = element->sequence % 2 == 0;
  return TORVYN_OK;
}
