/* A processor: the same text in capitals. */
#define TORVYN_PROCESSOR
#include "torvyn.h"

/* Once, before anything else; `config` is that of the node in Torvyn.toml. */
torvyn_status init(const char *config) {
  (void)config;
  return TORVYN_OK;
}

/* Once, after everything else. */
void teardown(void) {}

/* One element in; one out, or none: then it ends here. */
torvyn_status process(torvyn_element *input, torvyn_outputs *outputs) {
  char *text = torvyn_read(input);
  if (!input->size) return torvyn_failed(INVALID_INPUT, "the element is empty");
  for (size_t i = 0; i < input->size; i++)
    if (text[i] >= 'a' && text[i] <= 'z') text[i] += 'A' - 'a';
  return torvyn_emit(outputs, text, input->size, input->content_type);
}
