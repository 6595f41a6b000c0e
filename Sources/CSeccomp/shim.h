#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Macros and variadic functions, which Swift cannot call. */

static inline uint32_t
csandbox_refuse (void)
{
  return SCMP_ACT_ERRNO (EPERM);
}

static inline uint32_t
csandbox_unknown (void)
{
  return SCMP_ACT_ERRNO (ENOSYS);
}

static inline uint32_t
csandbox_allow (void)
{
  return SCMP_ACT_ALLOW;
}

static inline int
csandbox_set (int option, unsigned long value)
{
  return prctl (option, value, 0, 0, 0);
}

extern long int syscall (long int number, ...);

static inline int
csandbox_close_from (unsigned int first)
{
  return (int) syscall (SYS_close_range, first, ~0U, 0U);
}

/* Landlock (Linux 5.13 and later); the numbers are those of linux/landlock.h, which older headers lack in part. */

struct csandbox_landlock_rules
{
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
};

struct csandbox_landlock_path
{
  uint64_t rights;
  int32_t parent;
} __attribute__ ((packed));

/* The version of the kernel's interface; less than 1 where there is none. */
static inline int
csandbox_landlock_version (void)
{
  return (int) syscall (444, (void *) 0, 0UL, 1U);
}

static inline int
csandbox_landlock_rules (int version, const struct csandbox_landlock_rules *rules)
{
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  return (int) syscall (444, rules, size, 0U);
}

static inline int
csandbox_landlock_path (int rules, const char *path, uint64_t rights)
{
  struct csandbox_landlock_path rule = { rights, -1 };
  int code;
  rule.parent = open (path, 010000000 /* O_PATH */ | O_CLOEXEC | O_DIRECTORY);
  if (rule.parent < 0)
    return -1;
  code = (int) syscall (445, rules, 1, &rule, 0U);
  syscall (SYS_close, rule.parent);
  return code;
}

static inline int
csandbox_landlock_restrict (int rules)
{
  return (int) syscall (446, rules, 0U);
}

/* What a test lets the confined program try. */

static inline int
csandbox_try_fork (void)
{
  return (int) syscall (SYS_fork);
}

static inline int
csandbox_try_run (const char *path)
{
  const char *words[] = { path, (const char *) 0 };
  return (int) syscall (SYS_execve, path, words, words + 1);
}

static inline int
csandbox_try_memfd (void)
{
  return (int) syscall (SYS_memfd_create, "x", 0U);
}
