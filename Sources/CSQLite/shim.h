#include <sqlite3.h>

/* sqlite3_config is variadic, which Swift cannot call. Without the count of memory in use SQLite need not take a mutex
   for each allocation. To be called before the first connection is opened. */
static inline int csqlite_configure(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
