/* What a plain host over wasmtime's C library takes for a routed call; see call_layers.py. It makes
   each list empty and then fills it: a host that moves values which stand ready takes less.

   usage: call_floor LIBRARY COMPONENT CALLS ROUNDS SIZE KIND...
   KIND are the numbers that this wasmtime gives U8, LIST, RECORD, U64, STRING and RESOURCE.
   Prints the microseconds of processor time of one call for each round. The headers of wasmtime are not installed
   with its Python package, so what is used of them is declared here. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  uint8_t kind;
  union {
    uint8_t u8;
    uint64_t u64;
    struct { size_t size; void *data; } list;
    void *resource;
    char room[24];
  } of;
} value;
typedef struct { size_t size; char *data; } name;
typedef struct { name name; value value; } entry;

static void *library;

static void *find(const char *symbol) {
  void *found = dlsym(library, symbol);
  if (!found) { fprintf(stderr, "no %s\n", symbol); exit(3); }
  return found;
}
#define CALL(result, symbol, types) ((result(*) types)find(#symbol))

static void (*list_new)(void *, size_t);
static void (*to_host)(void *, void *, void **);
static void (*host_delete)(void *);
static uint32_t (*host_rep)(void *);
static uint8_t kind_u8, kind_list;
static size_t payload_size;
static uint8_t *payload;

static void *read_all(void *data, void *context, void *type, value *given, size_t count,
                      value *result, size_t results) {
  void *host;
  to_host(context, given[0].of.resource, &host);
  host_rep(host);
  host_delete(host);
  list_new(&result->of.list, payload_size);
  value *items = result->of.list.data;
  for (size_t i = 0; i < payload_size; i++) {
    items[i].kind = kind_u8;
    items[i].of.u8 = payload[i];
  }
  result->kind = kind_list;
  return 0;
}

static void *dropped(void *data, void *context, uint32_t number) { return 0; }

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void check(void *error, const char *what) {
  if (error) { fprintf(stderr, "cannot %s\n", what); exit(3); }
}

int main(int count, char **given) {
  if (count != 12) return 2;
  library = dlopen(given[1], RTLD_NOW);
  if (!library) { fprintf(stderr, "%s\n", dlerror()); return 3; }
  int calls = atoi(given[3]), rounds = atoi(given[4]);
  payload_size = atol(given[5]);
  kind_u8 = atoi(given[6]);
  kind_list = atoi(given[7]);
  int record = atoi(given[8]), u64 = atoi(given[9]), string = atoi(given[10]);
  int resource = atoi(given[11]);
  payload = malloc(payload_size + 1);
  memset(payload, '1', payload_size);
  list_new = find("wasmtime_component_vallist_new_uninit");
  to_host = find("wasmtime_component_resource_any_to_host");
  host_delete = find("wasmtime_component_resource_host_delete");
  host_rep = find("wasmtime_component_resource_host_rep");

  FILE *file = fopen(given[2], "rb");
  static uint8_t bytes[1 << 22];
  size_t size = fread(bytes, 1, sizeof bytes, file);
  void *engine = CALL(void *, wasm_engine_new, (void))();
  void *component = 0, *types = 0;
  check(CALL(void *, wasmtime_component_new, (void *, uint8_t *, size_t, void **))(
            engine, bytes, size, &component), "compile");
  void *linker = CALL(void *, wasmtime_component_linker_new, (void *))(engine);
  void *root = CALL(void *, wasmtime_component_linker_root, (void *))(linker);
  const char *interface = "torvyn:streaming/types@0.1.0";
  check(CALL(void *, wasmtime_component_linker_instance_add_instance,
             (void *, const char *, size_t, void **))(root, interface, strlen(interface), &types),
        "define the types");
  const char *resources[] = {"buffer", "mutable-buffer", "flow-context"};
  for (uint32_t i = 0; i < 3; i++) {
    void *kind = CALL(void *, wasmtime_component_resource_type_new_host, (uint32_t))(i + 1);
    check(CALL(void *, wasmtime_component_linker_instance_add_resource,
               (void *, const char *, size_t, void *, void *, void *, void *))(
              types, resources[i], strlen(resources[i]), kind, dropped, 0, 0),
          "define a resource");
  }
  const char *method = "[method]buffer.read-all";
  check(CALL(void *, wasmtime_component_linker_instance_add_func,
             (void *, const char *, size_t, void *, void *, void *))(
            types, method, strlen(method), read_all, 0, 0), "define read-all");
  CALL(void, wasmtime_component_linker_instance_delete, (void *))(types);
  CALL(void, wasmtime_component_linker_instance_delete, (void *))(root);
  check(CALL(void *, wasmtime_component_linker_define_unknown_imports_as_traps,
             (void *, void *))(linker, component), "define the rest");
  void *store = CALL(void *, wasmtime_store_new, (void *, void *, void *))(engine, 0, 0);
  void *context = CALL(void *, wasmtime_store_context, (void *))(store);
  uint64_t instance[4], function[4];
  check(CALL(void *, wasmtime_component_linker_instantiate, (void *, void *, void *, void *))(
            linker, context, component, instance), "instantiate");
  void *(*export)(void *, void *, void *, const char *, size_t) =
      find("wasmtime_component_instance_get_export_index");
  const char *router = "torvyn:filtering/router@0.1.0";
  void *outer = export(instance, context, 0, router, strlen(router));
  void *inner = export(instance, context, outer, "route", 5);
  CALL(bool, wasmtime_component_instance_get_func, (void *, void *, void *, void *))(
      instance, context, inner, function);

  entry element[3], meta[3];
  element[0].name = (name){4, "meta"};
  element[1].name = (name){7, "payload"};
  element[2].name = (name){7, "context"};
  meta[0].name = (name){8, "sequence"};
  meta[1].name = (name){12, "timestamp-ns"};
  meta[2].name = (name){12, "content-type"};
  meta[0].value.kind = meta[1].value.kind = u64;
  meta[1].value.of.u64 = 0;
  meta[2].value.kind = string;
  meta[2].value.of.list.size = 16;
  meta[2].value.of.list.data = "application/json";
  element[0].value.kind = record;
  element[0].value.of.list.size = 3;
  element[0].value.of.list.data = meta;
  element[1].value.kind = element[2].value.kind = resource;
  value parameter = {.kind = record};
  parameter.of.list.size = 3;
  parameter.of.list.data = element;
  void *(*host_new)(bool, uint32_t, uint32_t) = find("wasmtime_component_resource_host_new");
  void *(*to_any)(void *, void *, void **) = find("wasmtime_component_resource_host_to_any");
  void (*any_delete)(void *) = find("wasmtime_component_resource_any_delete");
  void (*value_delete)(void *) = find("wasmtime_component_val_delete");
  void *(*call)(void *, void *, value *, size_t, value *, size_t) =
      find("wasmtime_component_func_call");
  void *host = host_new(false, 7, 3);
  to_any(context, host, &element[2].value.of.resource);
  for (int round = 0; round < rounds; round++) {
    double began = microseconds();
    for (int i = 0; i < calls; i++) {
      host = host_new(false, 1, 1);
      to_any(context, host, &element[1].value.of.resource);
      host_delete(host);
      meta[0].value.of.u64 = i;
      value result;
      memset(&result, 0, sizeof result);
      check(call(function, context, &parameter, 1, &result, 1), "call");
      value_delete(&result);
      any_delete(element[1].value.of.resource);
    }
    printf("%.4f\n", (microseconds() - began) / calls);
  }
  return 0;
}
