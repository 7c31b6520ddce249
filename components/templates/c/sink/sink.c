/* A sink: prints every element. Printing needs the grant stdio:stdout in Torvyn.toml. */
#define TORVYN_SINK
#include "torvyn.h"
#include <inttypes.h>
#include <stdio.h>

/* Once, before anything else; `config` is that of the node in Torvyn.toml. */
torvyn_status init(const char *config) {
  (void)config;
  return TORVYN_OK;
}

/* Once, after everything else. */
void teardown(void) {}

/* Takes an element; PAUSE would ask for a short rest. */
torvyn_status push(torvyn_element *element, torvyn_signal *signal) {
  char *text = torvyn_read(element);
  printf("#%" PRIu64 " %.*s\n", element->sequence, (int)element->size, text);
  fflush(stdout);
  *signal = READY;
  return TORVYN_OK;
}

/* Once, after the last element. */
torvyn_status complete(void) {
  puts("complete");
  fflush(stdout);
  return TORVYN_OK;
}
