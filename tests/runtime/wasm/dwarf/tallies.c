/* A processor with variables of every kind that the memory pane names.

   tallies.wasm and tallies-dwarf5.wasm were made of it with Zig 0.15.2's clang (`-O0 -g`, the second
   with `-gdwarf-5` and left a core module); the debug information of the C library, its line tables
   and its names were cut out after it, as they are twenty times what this file has. */
#define TORVYN_PROCESSOR
#include "torvyn.h"

typedef unsigned int tally;
enum level { CALM, BUSY = 5 };
struct totals {
  tally elements;
  double mean;
  const char *last_type;
};

tally taken = 7;
static signed char below = -3;
volatile _Bool started;
enum level level = BUSY;
float ratio = 0.25f;
char label[12] = "idle";
unsigned short recent[4] = {1, 2, 3, 4};
struct totals totals = {2, 1.5, 0};
char *first_text;
char mark = 'x';

torvyn_status init(const char *config) {
  (void)config;
  started = 1;
  return TORVYN_OK;
}

void teardown(void) {}

torvyn_status process(torvyn_element *input, torvyn_outputs *outputs) {
  static long long calls;
  char *text = torvyn_read(input);
  calls++;
  taken += 1;
  below--;
  recent[taken % 4] = (unsigned short)input->size;
  totals.elements++;
  totals.last_type = input->content_type;
  first_text = text;
  label[0] = 'B';
  if (mark != 'y') ratio *= 2;
  level = level == BUSY ? CALM : BUSY;
  return torvyn_emit(outputs, text, input->size, input->content_type);
}
