// zig cc -target wasm32-freestanding -g -O1 -nostdlib -Wl,--no-entry musl/errno.c app.c -o app.wasm
extern int errno;
static int taken;
int add(int n) { errno = n; taken += n; return taken; }
__attribute__((export_name("work"))) int work(int n) { return add(n); }
