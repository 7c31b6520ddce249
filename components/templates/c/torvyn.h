/* Torvyn's contract 0.1 for a component in C.

   Say which role the component has, then include this file, and define its functions:

     TORVYN_SOURCE      pull, notify_backpressure        TORVYN_ROUTER      route
     TORVYN_PROCESSOR   process                          TORVYN_AGGREGATOR  ingest, flush
     TORVYN_FILTER      evaluate                         TORVYN_SINK        push, complete

   and `init` and `teardown` in each. A function answers TORVYN_OK, or torvyn_failed(kind, "why"). */
#ifndef TORVYN_H
#define TORVYN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef enum { READY, PAUSE } torvyn_signal;
typedef enum { INVALID_INPUT, UNAVAILABLE, INTERNAL, DEADLINE_EXCEEDED, FATAL } torvyn_error;
typedef struct { bool failed; torvyn_error kind; const char *why; } torvyn_status;

typedef struct {
  uint64_t sequence, timestamp_ns;
  const char *content_type;
  int32_t payload; /* a handle; torvyn_read gives the bytes */
  char *bytes;
  size_t size;
} torvyn_element;

typedef struct { const char *data; size_t size; } torvyn_text;
typedef struct { uint64_t sequence, timestamp_ns; torvyn_text content_type; int32_t payload, pad; } torvyn_out;
typedef struct { torvyn_out *items; size_t count; } torvyn_outputs;
typedef struct { torvyn_text *items; size_t count; } torvyn_ports;

#define TORVYN_OK ((torvyn_status){false, INTERNAL, NULL})
#define torvyn_failed(kind, why) ((torvyn_status){true, (kind), (why)})

/* What you define. */
torvyn_status init(const char *config);
void teardown(void);
torvyn_status pull(torvyn_outputs *outputs);
void notify_backpressure(torvyn_signal signal);
torvyn_status process(torvyn_element *input, torvyn_outputs *outputs);
torvyn_status evaluate(torvyn_element *element, bool *passes);
torvyn_status route(torvyn_element *element, torvyn_ports *ports);
torvyn_status ingest(torvyn_element *element, torvyn_outputs *outputs);
torvyn_status flush(torvyn_outputs *outputs);
torvyn_status push(torvyn_element *element, torvyn_signal *signal);
torvyn_status complete(void);

/* Everything below is the canonical ABI of the component model. */
#define TORVYN_EXPORT(name) __attribute__((export_name(name)))
#define TORVYN_TYPES(name) \
  __attribute__((import_module("torvyn:streaming/types@0.1.0"), import_name(name)))
#define TORVYN_ALLOCATOR(name) \
  __attribute__((import_module("torvyn:streaming/buffer-allocator@0.1.0"), import_name(name)))

typedef struct { uint8_t is_error, pad[3]; int32_t buffer; torvyn_text why; } torvyn_allocated;
typedef struct { uint8_t is_error, pad[3], kind, pad2[3]; torvyn_text why; } torvyn_answer;

TORVYN_TYPES("[method]buffer.read-all") void torvyn_buffer_read_all(int32_t, torvyn_text *);
TORVYN_TYPES("[resource-drop]buffer") void torvyn_buffer_drop(int32_t);
TORVYN_TYPES("[resource-drop]flow-context") void torvyn_context_drop(int32_t);
TORVYN_ALLOCATOR("allocate") void torvyn_allocate(uint64_t, torvyn_allocated *);
TORVYN_TYPES("[method]mutable-buffer.append")
void torvyn_append(int32_t, const void *, size_t, torvyn_answer *);
TORVYN_TYPES("[method]mutable-buffer.freeze") int32_t torvyn_freeze(int32_t);
TORVYN_TYPES("[resource-drop]mutable-buffer") void torvyn_mutable_drop(int32_t);

TORVYN_EXPORT("cabi_realloc")
void *torvyn_realloc(void *old, size_t had, size_t align, size_t size) {
  (void)had;
  (void)align;
  return size ? realloc(old, size) : (void *)align;
}

static char *torvyn_string(char *bytes, size_t size) {
  char *text = size ? realloc(bytes, size + 1) : malloc(1);
  if (!text) abort();
  text[size] = 0;
  return text;
}

/* The payload, with a NUL behind it; it is freed after the call. */
static inline char *torvyn_read(torvyn_element *element) {
  if (!element->bytes) {
    torvyn_text read;
    torvyn_buffer_read_all(element->payload, &read);
    element->bytes = torvyn_string((char *)read.data, read.size);
    element->size = read.size;
  }
  return element->bytes;
}

/* Adds an element to the outputs; `content_type` stays yours. */
static inline torvyn_status torvyn_emit(torvyn_outputs *outputs, const void *bytes, size_t size,
                                        const char *content_type) {
  torvyn_allocated made;
  torvyn_answer written;
  torvyn_allocate(size, &made);
  if (made.is_error) return torvyn_failed(INTERNAL, "the host gives no buffer");
  torvyn_append(made.buffer, bytes, size, &written);
  int32_t payload = written.is_error ? 0 : torvyn_freeze(made.buffer);
  torvyn_mutable_drop(made.buffer);
  if (written.is_error) return torvyn_failed(INTERNAL, "the buffer is too small");
  outputs->items = realloc(outputs->items, (outputs->count + 1) * sizeof(torvyn_out));
  if (!outputs->items) abort();
  torvyn_text type = {content_type, strlen(content_type)};
  outputs->items[outputs->count++] = (torvyn_out){.content_type = type, .payload = payload};
  return TORVYN_OK;
}

/* Sends the element to a port; `port` stays yours. */
static inline void torvyn_to(torvyn_ports *ports, const char *port) {
  ports->items = realloc(ports->items, (ports->count + 1) * sizeof(torvyn_text));
  if (!ports->items) abort();
  ports->items[ports->count++] = (torvyn_text){port, strlen(port)};
}

static torvyn_answer *torvyn_answered(torvyn_status status, uint8_t value) {
  static torvyn_answer answer;
  const char *why = status.why ? status.why : "";
  answer = (torvyn_answer){.is_error = status.failed};
  answer.kind = status.failed ? (uint8_t)status.kind : value;
  answer.why = (torvyn_text){why, strlen(why)};
  return &answer;
}

TORVYN_EXPORT("torvyn:streaming/lifecycle@0.1.0#init")
torvyn_answer *torvyn_init(char *config, size_t size) {
  config = torvyn_string(config, size);
  torvyn_status status = init(config);
  free(config);
  return torvyn_answered(status, 0);
}

TORVYN_EXPORT("torvyn:streaming/lifecycle@0.1.0#teardown")
void torvyn_teardown(void) { teardown(); }

#define TORVYN_ELEMENT                                                             \
  uint64_t sequence, uint64_t timestamp_ns, char *type, size_t type_size, int32_t payload, \
      int32_t context
#define TORVYN_BEGIN                                    \
  type = torvyn_string(type, type_size);                \
  torvyn_element element = {.sequence = sequence,       \
                            .timestamp_ns = timestamp_ns, \
                            .content_type = type,       \
                            .payload = payload};
#define TORVYN_END            \
  free(element.bytes);        \
  torvyn_buffer_drop(payload); \
  torvyn_context_drop(context);

/* result<option<output-element>, process-error> and result<process-result, process-error> */
typedef struct {
  uint8_t is_error, pad[7];
  union {
    struct { uint8_t tag, pad[7]; torvyn_out output; } made;
    struct { uint8_t kind, pad[3]; torvyn_text why; } error;
  };
} torvyn_one;

static inline torvyn_one *torvyn_one_of(torvyn_status status, torvyn_outputs outputs, uint8_t some) {
  static torvyn_one answer;
  if (!status.failed && outputs.count > 1) status = torvyn_failed(INTERNAL, "emitted more than one");
  memset(&answer, 0, sizeof answer);
  answer.is_error = status.failed;
  if (status.failed) {
    const char *why = status.why ? status.why : "";
    answer.error.kind = (uint8_t)status.kind;
    answer.error.why = (torvyn_text){why, strlen(why)};
    for (size_t i = 0; i < outputs.count; i++) torvyn_buffer_drop(outputs.items[i].payload);
  } else {
    answer.made.tag = outputs.count ? some : !some;
    if (outputs.count) answer.made.output = outputs.items[0];
  }
  free(outputs.items);
  return &answer;
}

#ifdef TORVYN_SOURCE
TORVYN_EXPORT("torvyn:streaming/source@0.1.0#pull") torvyn_one *torvyn_pull(void) {
  torvyn_outputs outputs = {0};
  torvyn_status status = pull(&outputs);
  return torvyn_one_of(status, outputs, 1);
}
TORVYN_EXPORT("torvyn:streaming/source@0.1.0#notify-backpressure")
void torvyn_notify(int32_t signal) { notify_backpressure((torvyn_signal)signal); }
#endif

#ifdef TORVYN_PROCESSOR
TORVYN_EXPORT("torvyn:streaming/processor@0.1.0#process")
torvyn_one *torvyn_process(TORVYN_ELEMENT) {
  /* The content type may be that of the input, so it is freed a call later. */
  static char *last_type;
  free(last_type);
  TORVYN_BEGIN last_type = type;
  torvyn_outputs outputs = {0};
  torvyn_status status = process(&element, &outputs);
  TORVYN_END return torvyn_one_of(status, outputs, 0);
}
#endif

#ifdef TORVYN_FILTER
TORVYN_EXPORT("torvyn:filtering/filter@0.1.0#evaluate")
torvyn_answer *torvyn_evaluate(TORVYN_ELEMENT) {
  TORVYN_BEGIN bool passes = false;
  torvyn_status status = evaluate(&element, &passes);
  TORVYN_END free(type);
  return torvyn_answered(status, passes);
}
#endif

/* result<list<…>, process-error> */
typedef struct {
  uint8_t is_error, pad[3];
  union {
    struct { const void *items; size_t count; } list;
    struct { uint8_t kind, pad[3]; torvyn_text why; } error;
  };
} torvyn_list;

static inline torvyn_list *torvyn_list_of(torvyn_status status, const void *items, size_t count) {
  static torvyn_list answer;
  memset(&answer, 0, sizeof answer);
  answer.is_error = status.failed;
  if (status.failed) {
    const char *why = status.why ? status.why : "";
    answer.error.kind = (uint8_t)status.kind;
    answer.error.why = (torvyn_text){why, strlen(why)};
  } else {
    answer.list.items = items;
    answer.list.count = count;
  }
  return &answer;
}

#ifdef TORVYN_ROUTER
TORVYN_EXPORT("torvyn:filtering/router@0.1.0#route") torvyn_list *torvyn_route(TORVYN_ELEMENT) {
  static torvyn_ports ports;
  ports.count = 0;
  TORVYN_BEGIN torvyn_status status = route(&element, &ports);
  TORVYN_END free(type);
  return torvyn_list_of(status, ports.items, ports.count);
}
#endif

#ifdef TORVYN_AGGREGATOR
TORVYN_EXPORT("torvyn:aggregation/aggregator@0.1.0#ingest")
torvyn_one *torvyn_ingest(TORVYN_ELEMENT) {
  static char *last_type;
  free(last_type);
  TORVYN_BEGIN last_type = type;
  torvyn_outputs outputs = {0};
  torvyn_status status = ingest(&element, &outputs);
  TORVYN_END return torvyn_one_of(status, outputs, 1);
}
TORVYN_EXPORT("torvyn:aggregation/aggregator@0.1.0#flush") torvyn_list *torvyn_flush(void) {
  static torvyn_outputs outputs;
  outputs.count = 0;
  torvyn_status status = flush(&outputs);
  return torvyn_list_of(status, outputs.items, outputs.count);
}
#endif

#ifdef TORVYN_SINK
TORVYN_EXPORT("torvyn:streaming/sink@0.1.0#push") torvyn_answer *torvyn_push(TORVYN_ELEMENT) {
  TORVYN_BEGIN torvyn_signal signal = READY;
  torvyn_status status = push(&element, &signal);
  TORVYN_END free(type);
  return torvyn_answered(status, (uint8_t)signal);
}
TORVYN_EXPORT("torvyn:streaming/sink@0.1.0#complete") torvyn_answer *torvyn_complete(void) {
  return torvyn_answered(complete(), 0);
}
#endif

#endif
