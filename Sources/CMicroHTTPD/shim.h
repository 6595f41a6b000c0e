#include <microhttpd.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* The variadic functions of libmicrohttpd, which Swift cannot call. */

static inline struct MHD_Daemon *
cmhd_start (unsigned int flags, MHD_AccessHandlerCallback handler, void *context, struct MHD_OptionItem *options)
{
  return MHD_start_daemon (flags, 0, NULL, NULL, handler, context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static inline const union MHD_ConnectionInfo *
cmhd_info (struct MHD_Connection *connection, enum MHD_ConnectionInfoType what)
{
  return MHD_get_connection_info (connection, what);
}

/* Closes the connection behind the answer instead of ending a chunked body. */
static inline enum MHD_Result
cmhd_never_chunk (struct MHD_Response *response)
{
  return MHD_set_response_options (response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

/* System calls that the Glibc module does not show. */

extern int accept4 (int descriptor, struct sockaddr *address, socklen_t *size, int flags);

static inline int
cmhd_accept (int listener, struct sockaddr *address, socklen_t *size)
{
  return accept4 (listener, address, size, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static inline int
cmhd_alarm (void)
{
  return eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static inline void
cmhd_alarm_ring (int descriptor)
{
  (void) eventfd_write (descriptor, 1);
}

static inline void
cmhd_alarm_quiet (int descriptor)
{
  eventfd_t count;
  (void) eventfd_read (descriptor, &count);
}
