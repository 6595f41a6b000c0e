#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

/* Names pass through the thread's character set, which is no UTF-8 unless somebody says so; the set that is built into the
   C library needs no locale of the system's. NULL when there is none. */
static inline locale_t
carchive_utf8_locale (void)
{
  return newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}
