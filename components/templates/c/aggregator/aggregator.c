/* An aggregator: joins two elements into one. */
#define TORVYN_AGGREGATOR
#include "torvyn.h"

static char *held; /* the first of two */
static size_t size;

/* Once, before anything else; `config` is that of the node in Torvyn.toml. */
torvyn_status init(const char *config) {
  (void)config;
  return TORVYN_OK;
}

/* Once, after everything else. */
void teardown(void) {}

/* Takes an element in; emits one once there are two. */
torvyn_status ingest(torvyn_element *element, torvyn_outputs *outputs) {
  char *text = torvyn_read(element);
  size_t room = size + 3 + element->size;
  char *joined = realloc(held, room);
  if (!joined) return torvyn_failed(INTERNAL, "out of memory");
  if (!held) {
    memcpy(joined, text, element->size);
    held = joined;
    size = element->size;
    return TORVYN_OK;
  }
  memcpy(joined + size, " + ", 3);
  memcpy(joined + size + 3, text, element->size);
  torvyn_status status = torvyn_emit(outputs, joined, room, "text/plain");
  free(joined);
  held = NULL;
  size = 0;
  return status;
}

/* After the last element: what is still held. */
torvyn_status flush(torvyn_outputs *outputs) {
  return held ? torvyn_emit(outputs, held, size, "text/plain") : TORVYN_OK;
}
