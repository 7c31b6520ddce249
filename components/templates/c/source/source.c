/* A source: five lines of text, then the stream ends. */
#define TORVYN_SOURCE
#include "torvyn.h"

enum { COUNT = 5 };
static int made;

/* Once, before anything else; `config` is that of the node in Torvyn.toml. */
torvyn_status init(const char *config) {
  (void)config;
  return TORVYN_OK;
}

/* Once, after everything else. */
void teardown(void) {}

/* The next element; none says that there will never be another one. */
torvyn_status pull(torvyn_outputs *outputs) {
  if (made == COUNT) return TORVYN_OK;
  char content[] = "event 0";
  content[sizeof content - 2] += ++made;
  return torvyn_emit(outputs, content, sizeof content - 1, "text/plain");
}

/* The flow has had enough for now (PAUSE), or takes more again (READY). */
void notify_backpressure(torvyn_signal signal) { (void)signal; }
